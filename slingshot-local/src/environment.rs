//! The one place that reads environment variables.

use std::{ffi::OsString, path::PathBuf};

/// What the surroundings of the process say.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `PATH`: where programs are looked for.
    pub path: OsString,
    /// `VIRTUAL_ENV`: the active Python environment.
    pub virtual_environment: Option<PathBuf>,
}

impl Environment {
    /// Reads it, once.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that the rule points to"
    )]
    pub fn read() -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            virtual_environment: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        }
    }
}
