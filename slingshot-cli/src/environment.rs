//! What the process was started with. Read once, here, and passed down as values.

use std::{
    ffi::OsString,
    io::IsTerminal,
    path::{Path, PathBuf},
};

/// The environment of one invocation.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and none excludes another"
)]
pub(crate) struct Environment {
    /// The command line, the program's own name first.
    pub(crate) arguments: Vec<OsString>,
    /// Where relative paths start.
    pub(crate) current_directory: PathBuf,
    /// This program, for the guardian that it starts from itself.
    pub(crate) executable: PathBuf,
    /// The cargo that called us, else the one on the path.
    pub(crate) cargo: OsString,
    /// The directories in which programs are looked for.
    pub(crate) path: Vec<PathBuf>,
    /// The virtual environment of Python that is active.
    pub(crate) virtual_env: Option<PathBuf>,
    /// `NO_COLOR` is set to something.
    pub(crate) no_color: bool,
    /// GitHub runs this, and turns what we print into annotations.
    pub(crate) is_github_action: bool,
    /// What to log, as `RUST_LOG` says it.
    pub(crate) log_filter: Option<String>,
    /// Where things that can be made again are kept between runs.
    pub(crate) cache_directory: PathBuf,
    /// Progress can be drawn.
    pub(crate) stderr_is_terminal: bool,
    /// A person could answer a question.
    pub(crate) stdin_is_terminal: bool,
    /// Bytes on stdout would reach a person.
    pub(crate) stdout_is_terminal: bool,
}

impl Environment {
    /// The words that start this program again. `cargo run` starts it by its path, and then the bare
    /// name may be on nobody's `PATH`.
    pub(crate) fn program(&self) -> String {
        if self.is_called_by_cargo() {
            return "cargo slingshot".to_owned();
        }
        match self.arguments.first().map(|name| name.to_string_lossy()) {
            Some(name) if name.contains('/') => crate::quoted(&name),
            _ => "slingshot".to_owned(),
        }
    }

    /// Cargo starts `cargo slingshot x` as `cargo-slingshot slingshot x`.
    pub(crate) fn is_called_by_cargo(&self) -> bool {
        self.arguments
            .get(1)
            .is_some_and(|word| word == "slingshot")
    }

    /// Reads the environment of this process.
    ///
    /// # Errors
    ///
    /// If the process has no current directory or cannot find its own program.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that reads the environment"
    )]
    pub(crate) fn read() -> std::io::Result<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Ok(Self {
            arguments: std::env::args_os().collect(),
            current_directory: std::env::current_dir()?,
            executable: std::env::current_exe()?,
            cargo: variable("CARGO").unwrap_or_else(|| "cargo".into()),
            path: variable("PATH")
                .map_or_else(Vec::new, |path| std::env::split_paths(&path).collect()),
            virtual_env: variable("VIRTUAL_ENV").map(PathBuf::from),
            no_color: variable("NO_COLOR").is_some(),
            is_github_action: variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            log_filter: variable("RUST_LOG").and_then(|value| value.into_string().ok()),
            cache_directory: variable("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")))
                .unwrap_or_else(std::env::temp_dir)
                .join("slingshot"),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
        })
    }
}
