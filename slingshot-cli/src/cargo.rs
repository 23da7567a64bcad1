//! Cargo, called back: which packages hold services, and one build for all of them.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{
    Context,
    exit::{Exit, Failure},
    project::Project,
};

/// The package that makes another one a package of services.
const FACADE: &str = "slingshot";

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

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
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
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Target {
    fn is_binary(&self) -> bool {
        self.kind.iter().any(|kind| kind == "bin")
    }
}

/// A line of `cargo build --message-format=json`.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

/// Builds every binary of the project's packages that use Slingshot, with cargo's own progress on
/// stderr.
///
/// # Errors
///
/// If cargo is not there, the project has no such package, or the build fails.
pub(crate) async fn build(
    context: &Context,
    project: &Project,
    build: Build,
) -> Result<Vec<Binary>, Failure> {
    let cargo = &context.environment.cargo;
    let metadata = metadata(cargo, &project.directory).await?;
    let packages: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| package.is_of(&project.directory))
        .collect();
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
        build_now(cargo, project, &packages, build).await
    }
}

impl Package {
    fn is_of(&self, project: &Path) -> bool {
        self.manifest_path.starts_with(project)
            && self.targets.iter().any(Target::is_binary)
            && self
                .dependencies
                .iter()
                .any(|dependency| dependency.name == FACADE)
    }
}

async fn metadata(cargo: &OsStr, directory: &Path) -> Result<Metadata, Failure> {
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| no_cargo(cargo, error))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(
            Failure::usage("cargo cannot read the project").because(words.trim().to_owned())
        );
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Failure::new(Exit::Bug, "cargo metadata is not as expected").because(error)
    })
}

fn no_cargo(cargo: &OsStr, error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot start {}", cargo.display()))
        .because(error)
        .help("install Rust from https://rustup.rs")
}

async fn build_now(
    cargo: &OsStr,
    project: &Project,
    packages: &[&Package],
    build: Build,
) -> Result<Vec<Binary>, Failure> {
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "--bins",
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(&project.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if build.release {
        command.arg("--release");
    }
    for package in packages {
        command.arg("--package").arg(&package.id);
    }
    let mut child = command.spawn().map_err(|error| no_cargo(cargo, error))?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut binaries = BTreeMap::new();
    let mut lines = BufReader::new(stdout).lines();
    let broken =
        |error: std::io::Error| Failure::unreadable("cannot read from cargo").because(error);
    while let Some(line) = lines.next_line().await.map_err(broken)? {
        if let Some(binary) = binary(&line, packages) {
            binaries.insert(binary.path.clone(), binary);
        }
    }
    if child.wait().await.map_err(broken)?.success() {
        Ok(binaries.into_values().collect())
    } else {
        Err(Failure::new(
            Exit::Findings,
            "the build failed; the lines above say why",
        ))
    }
}

/// Procedural macros may print, so that only some lines are messages.
fn binary(line: &str, packages: &[&Package]) -> Option<Binary> {
    let message: Message = serde_json::from_str(line.trim_start()).ok()?;
    let target = message.target.filter(Target::is_binary)?;
    let package = packages
        .iter()
        .find(|package| Some(&package.id) == message.package_id.as_ref())?;
    (message.reason == "compiler-artifact").then_some(())?;
    Some(Binary {
        package: package.name.clone(),
        name: target.name,
        path: message.executable?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executables_of_our_packages_are_taken_from_cargos_messages() {
        let package = Package {
            id: "path+file:///p#0.1.0".into(),
            name: "p".into(),
            manifest_path: "/p/Cargo.toml".into(),
            dependencies: Vec::new(),
            targets: Vec::new(),
        };
        let message = |id: &str, kind: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"name":"b","kind":["{kind}"]}},"executable":"/t/b"}}"#
            )
        };
        let found = |line: &str| binary(line, &[&package]).map(|binary| binary.path);
        assert_eq!(found(&message(&package.id, "bin")), Some("/t/b".into()));
        assert_eq!(found(&message(&package.id, "lib")), None);
        assert_eq!(found(&message("other", "bin")), None);
        assert_eq!(found("a macro printed this"), None);
    }
}
