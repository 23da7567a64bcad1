//! `cargo build`, and what it says it has made.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{ChildStderr, ChildStdout, Command},
};

use super::{Binary, Build, Package, Target, command, missing};
use crate::{Context, exit::Failure, lines, printer::Printer, project::Project};

/// A line of `cargo build --message-format=json`.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

/// Where cargo's own lines go: its progress, and what the compiler says.
pub(super) enum Words<'p> {
    /// To stderr, by itself.
    Own,
    /// To stderr among other lines.
    Printed(&'p Printer),
}

impl Words<'_> {
    fn arrange(&self, command: &mut Command) {
        if let Self::Printed(printer) = self {
            let color = if printer.colors_messages() {
                "always"
            } else {
                "never"
            };
            command.args(["--color", color]).stderr(Stdio::piped());
        }
    }

    async fn pass_on(&self, stderr: Option<ChildStderr>) {
        if let Self::Printed(printer) = self {
            lines::each(stderr, |line| printer.line(&line)).await;
        }
    }
}

/// One build of these packages.
///
/// # Errors
///
/// If cargo is not there, or the build fails.
pub(super) async fn now(
    context: &Context,
    project: &Project,
    packages: &[&Package],
    build: Build,
    words: Words<'_>,
) -> Result<Vec<Binary>, Failure> {
    let cargo = &context.environment.cargo;
    let mut command = command(cargo);
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
    words.arrange(&mut command);
    let mut child = command
        .spawn()
        .map_err(|error| missing::no_cargo(cargo, error))?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let stderr = child.stderr.take();
    let broken =
        |error: std::io::Error| Failure::unreadable("cannot read from cargo").because(error);
    let (binaries, ()) = tokio::join!(made(stdout, packages), words.pass_on(stderr));
    let binaries = binaries.map_err(broken)?;
    if child.wait().await.map_err(broken)?.success() {
        Ok(binaries.into_values().collect())
    } else {
        Err(missing::build_failed(&context.environment.path))
    }
}

/// What cargo says it has made.
async fn made(
    stdout: ChildStdout,
    packages: &[&Package],
) -> std::io::Result<BTreeMap<PathBuf, Binary>> {
    let mut binaries = BTreeMap::new();
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(binary) = binary(&line, packages) {
            binaries.insert(binary.path.clone(), binary);
        }
    }
    Ok(binaries)
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
