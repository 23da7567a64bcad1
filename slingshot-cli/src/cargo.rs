//! Cargo, called back: which packages hold services, and one build for all of them.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tokio::process::Command;

use self::compile::Words;
pub(crate) use self::inputs::look;
use crate::{
    Context,
    exit::{Exit, Failure},
    program::Program,
    project::Project,
};

mod compile;
mod inputs;
mod missing;

/// The package that makes another one a package of services.
const FACADE: &str = "slingshot";

/// What `cargo run` tells the program that it starts about that program's own package. Build scripts
/// look at some of it (that of `ring` does), and would be run again for another program's.
const OF_OUR_PACKAGE: [&str; 16] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// What to build, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    pub(crate) release: bool,
    /// Take what was built before.
    pub(crate) skip: bool,
}

/// A binary that may hold services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl From<Binary> for Program {
    fn from(binary: Binary) -> Self {
        Self::binary(binary.name, binary.path)
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    #[serde(default)]
    workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// Where it is, if it is not a registry's.
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    #[serde(default)]
    src_path: PathBuf,
}

impl Target {
    fn is_binary(&self) -> bool {
        self.kind.iter().any(|kind| kind == "bin")
    }

    /// Whether it is part of what a binary is made of.
    fn is_built(&self) -> bool {
        const NOT_BUILT: [&str; 3] = ["test", "example", "bench"];
        !self
            .kind
            .iter()
            .any(|kind| NOT_BUILT.contains(&kind.as_str()))
    }
}

/// Builds every binary of the project's packages that use Slingshot, with cargo's own progress on
/// stderr. Where that is optional, there may be none.
///
/// # Errors
///
/// If cargo is not there, the project has no such package, or the build fails.
pub(crate) async fn build(
    context: &Context,
    project: &Project,
    build: Build,
    is_optional: bool,
) -> Result<Vec<Binary>, Failure> {
    build_saying(context, project, build, is_optional, Words::Own).await
}

/// The same while services run, whose lines cargo's stand among.
///
/// # Errors
///
/// As [`build()`].
pub(crate) async fn build_again(
    context: &Context,
    project: &Project,
    build: Build,
    is_optional: bool,
) -> Result<Vec<Binary>, Failure> {
    let words = Words::Printed(&context.printer);
    build_saying(context, project, build, is_optional, words).await
}

async fn build_saying(
    context: &Context,
    project: &Project,
    build: Build,
    is_optional: bool,
    words: Words<'_>,
) -> Result<Vec<Binary>, Failure> {
    let cargo = &context.environment.cargo;
    let metadata = metadata(cargo, &project.directory).await?;
    let packages: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| package.is_of(&project.directory))
        .collect();
    if packages.is_empty() && is_optional {
        return Ok(Vec::new());
    }
    if packages.is_empty() {
        return Err(Failure::new(
            Exit::NoInput,
            format!(
                "no package in {} uses Slingshot",
                project.directory.display()
            ),
        )
        .help("a package of services has a binary, and `slingshot` among its [dependencies]"));
    }
    if build.skip {
        built_before(&metadata, &packages, build)
    } else {
        compile::now(context, project, &packages, build, words).await
    }
}

impl Package {
    fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    fn is_of(&self, project: &Path) -> bool {
        self.manifest_path.starts_with(project)
            && self.targets.iter().any(Target::is_binary)
            && self
                .dependencies
                .iter()
                .any(|dependency| dependency.name == FACADE)
    }
}

/// Cargo as its user would have started it.
pub(crate) fn command(cargo: &OsStr) -> Command {
    let mut command = Command::new(cargo);
    for name in OF_OUR_PACKAGE {
        command.env_remove(name);
    }
    command
}

async fn metadata(cargo: &OsStr, directory: &Path) -> Result<Metadata, Failure> {
    let output = command(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| missing::no_cargo(cargo, error))?;
    if !output.status.success() {
        return Err(missing::unreadable_project(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Failure::new(Exit::Bug, "cargo metadata is not as expected").because(error)
    })
}

fn built_before(
    metadata: &Metadata,
    packages: &[&Package],
    build: Build,
) -> Result<Vec<Binary>, Failure> {
    let profile = if build.release { "release" } else { "debug" };
    let directory = metadata.target_directory.join(profile);
    let binaries = packages.iter().flat_map(|package| {
        let targets = package.targets.iter().filter(|target| target.is_binary());
        targets.map(|target| Binary {
            package: package.name.clone(),
            name: target.name.clone(),
            path: directory.join(format!("{}{}", target.name, std::env::consts::EXE_SUFFIX)),
        })
    });
    binaries
        .map(|binary| {
            if binary.path.is_file() {
                Ok(binary)
            } else {
                Err(
                    Failure::usage(format!("{} has not been built", binary.path.display()))
                        .help("leave --no-build out"),
                )
            }
        })
        .collect()
}
