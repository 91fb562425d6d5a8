//! A virtual service as one word or two: `TCP 10.0.0.1:80`, `FWM 7`, `FWM 7 IPv6`.
//! Findings and facts name services so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use ipvs::model::{VirtualId, WordError};
use ipvs::rules::{Numeric, Selector};

/// A virtual service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Named(pub VirtualId);

impl Named {
    /// The service as a word of the command line.
    pub fn option(&self) -> String {
        Selector::new(&self.0, &Numeric).to_string()
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Named {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        text.parse().map(Self)
    }
}

impl From<Named> for String {
    fn from(named: Named) -> Self {
        named.to_string()
    }
}

impl TryFrom<String> for Named {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        text.parse()
    }
}
