//! The one place that reads environment variables.

use std::path::PathBuf;

/// What the surroundings of the process say.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `PATH`: the directories in which programs are looked for.
    pub path: Vec<PathBuf>,
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
            path: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            virtual_environment: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        }
    }
}
