//! The parts of the `ipvsadm` program, for its tests. Nothing here is meant for
//! other programs: those use the library `ipvs`.

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod diagnose;
#[doc(hidden)]
pub mod estimation;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod names;
mod netns;
#[doc(hidden)]
pub mod openmetrics;
#[doc(hidden)]
pub mod render;
#[doc(hidden)]
pub mod routing;
#[doc(hidden)]
pub mod rules;
#[doc(hidden)]
pub mod run;
mod signals;
#[doc(hidden)]
pub mod status;
#[doc(hidden)]
pub mod sysctls;
#[doc(hidden)]
pub mod view;
#[doc(hidden)]
pub mod watch;
