//! Makes settings. Nothing is written if a setting has the wanted value already, and
//! the value that it had before can be put back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};

use super::{are_shown, as_set, as_written, find, in_line, path};
use ipvs::error::os_text;
use ipvs::model::Setting;

/// The reason why a setting does not have the value that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum UnsetError {
    /// This kernel has no setting of this name.
    #[error("this kernel has no setting net.ipv4.vs.{name}{}", origin(name))]
    Unknown {
        /// Its name.
        name: String,
    },
    /// The setting can't be read, or the kernel does not take the value.
    #[error("cannot set net.ipv4.vs.{} to {}: {}", setting.name, setting.value, os_text(error))]
    Refused {
        /// The setting that was asked for.
        setting: Setting,
        /// The system's reason.
        error: io::Error,
    },
    /// The kernel took the value for another one.
    #[error("cannot set net.ipv4.vs.{} to {}: the kernel takes that for {taken}", setting.name, setting.value)]
    Taken {
        /// The setting that was asked for.
        setting: Setting,
        /// The value that the kernel made of it, before the old value was put back.
        taken: String,
    },
}

/// Returns where a setting comes from that this kernel may lack, as a part of a
/// sentence.
fn origin(name: &str) -> String {
    let Some(known) = find(name) else {
        return String::new();
    };
    match (known.scheduler, known.since) {
        (Some(scheduler), _) => format!(", which comes with the scheduler {scheduler}"),
        (None, Some(linux)) => format!(", which came with Linux {linux}"),
        (None, None) => String::new(),
    }
}

/// A setting of this network namespace that is about to be made.
#[derive(Debug)]
pub struct PendingSetting {
    /// The setting that is asked for.
    setting: Setting,
    file: File,
}

/// A setting that was made.
#[derive(Debug)]
pub struct MadeSetting {
    pending: PendingSetting,
    before: String,
}

/// The fate of a setting that was made and is to be put back.
#[derive(Debug)]
pub enum PutBack {
    /// It has its old value again.
    Done,
    /// Another program has changed it meanwhile; it is left alone.
    Theirs,
}

impl PendingSetting {
    /// Looks for the setting. Returns none if it has the wanted value already.
    /// Nothing is written.
    ///
    /// # Errors
    /// Where there is no such setting, or it may not be written.
    pub fn find(setting: &Setting) -> Result<Option<Self>, UnsetError> {
        let refused = |error| refused(setting, error);
        let text = fs::read_to_string(path(&setting.name)).map_err(refused)?;
        if is(setting, &in_line(&text)) {
            return Ok(None);
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path(&setting.name))
            .map_err(refused)?;
        Ok(Some(Self {
            setting: setting.clone(),
            file,
        }))
    }

    /// Returns the setting that is asked for.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Writes the setting. Returns none if it has got the wanted value meanwhile.
    ///
    /// # Errors
    /// Where the kernel refuses the value, or takes it for another one: the setting
    /// has its old value then.
    pub fn make(mut self) -> Result<Option<MadeSetting>, UnsetError> {
        let before = self.read().map_err(|error| refused(&self.setting, error))?;
        if is(&self.setting, &before) {
            return Ok(None);
        }
        let value = self.setting.value.clone();
        self.write(&value)
            .map_err(|error| refused(&self.setting, error))?;
        let taken = self.read().map_err(|error| refused(&self.setting, error))?;
        if is(&self.setting, &taken) {
            return Ok(Some(MadeSetting {
                pending: self,
                before,
            }));
        }
        self.write(&before)
            .map_err(|error| refused(&self.setting, error))?;
        Err(UnsetError::Taken {
            setting: self.setting,
            taken,
        })
    }

    fn read(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.file.rewind()?;
        self.file.read_to_string(&mut text)?;
        Ok(in_line(&text))
    }

    /// Writes a value. The kernel takes it at the start of the file, in one piece.
    fn write(&mut self, value: &str) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(format!("{value}\n").as_bytes())
    }
}

impl MadeSetting {
    /// Returns the setting with its new value.
    pub fn setting(&self) -> &Setting {
        &self.pending.setting
    }

    /// Gives the setting its old value back, unless it has been changed meanwhile.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn put_back(mut self) -> io::Result<PutBack> {
        let now = self.pending.read()?;
        if !is(&self.pending.setting, &now) {
            return Ok(PutBack::Theirs);
        }
        self.pending.write(&self.before)?;
        Ok(PutBack::Done)
    }
}

/// Returns whether the setting needs no change if this is its value in the kernel.
fn is(setting: &Setting, value: &str) -> bool {
    let Setting {
        name,
        value: wanted,
    } = setting;
    let (wanted, value) = (as_written(wanted), as_written(value));
    as_set(name, &wanted) == as_set(name, &value)
}

fn refused(setting: &Setting, error: io::Error) -> UnsetError {
    match error.kind() {
        // Without the folder, the settings are hidden from this process.
        io::ErrorKind::NotFound if are_shown() => UnsetError::Unknown {
            name: setting.name.clone(),
        },
        _ => UnsetError::Refused {
            setting: setting.clone(),
            error,
        },
    }
}

/// Makes a setting, unless it has the wanted value already.
///
/// # Errors
/// Where there is no such setting, or the kernel refuses the value.
pub fn set(setting: &Setting) -> Result<(), UnsetError> {
    if let Some(pending) = PendingSetting::find(setting)? {
        pending.make()?;
    }
    Ok(())
}
