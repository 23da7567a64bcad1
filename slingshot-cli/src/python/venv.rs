//! `.slingshot/venv`: the virtual environment that is made for a project that has none.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use tokio::process::Command;

use super::{
    MADE,
    interpreter::{self, Found},
    interpreter_in,
    requirements::Requirements,
};
use crate::{
    Context,
    cargo::Build,
    exit::{Exit, Failure},
    lines,
    printer::Printer,
    project::Project,
    project::shown,
};

/// What was installed last: written when all of it was.
const INSTALLED: &str = "slingshot-installed.txt";

/// Where it is, or is to be.
#[derive(Debug)]
pub(super) struct Venv {
    pub(super) directory: PathBuf,
}

impl Venv {
    pub(super) fn of(project: &Project) -> Self {
        Self {
            directory: project.state().join(MADE),
        }
    }

    /// Its directory, once it has what the project asks for.
    ///
    /// # Errors
    ///
    /// If the project asks for nothing, or one of the steps fails.
    pub(super) async fn ready(
        &self,
        context: &Context,
        project: &Project,
        build: Build,
    ) -> Result<PathBuf, Failure> {
        let requirements = Requirements::of(&project.directory)?;
        if self.has_all(&requirements) {
            return Ok(self.directory.clone());
        }
        if build.skip {
            let place = self.directory.display();
            return Err(
                Failure::usage(format!("{place} has not been made, or is not up to date"))
                    .help("leave --no-build out"),
            );
        }
        let here = &context.environment.current_directory;
        let place = shown(&self.directory, here).to_string();
        if !self.runs().await {
            self.make(context, &place).await?;
        }
        context.printer.status(
            "Installing",
            &format!("what {} names, into {place}", requirements.file),
        );
        self.install(context, project, &requirements).await?;
        let installed = self.directory.join(INSTALLED);
        fs::write(&installed, &requirements.text).map_err(|error| {
            Failure::unreadable(format!("cannot write {}", installed.display())).because(error)
        })?;
        Ok(self.directory.clone())
    }

    /// Whether a run takes it as it is.
    pub(super) fn has_all(&self, requirements: &Requirements) -> bool {
        let installed = fs::read_to_string(self.directory.join(INSTALLED));
        installed.is_ok_and(|text| text == requirements.text)
            && interpreter_in(&self.directory).is_file()
    }

    /// One whose making was interrupted, or whose interpreter has gone, does not.
    async fn runs(&self) -> bool {
        let has_pip = Command::new(interpreter_in(&self.directory))
            .args(["-m", "pip", "--version"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await;
        has_pip.is_ok_and(|status| status.success())
    }

    async fn make(&self, context: &Context, place: &str) -> Result<(), Failure> {
        let Found {
            interpreter,
            version: [major, minor, _],
            ..
        } = interpreter::on_path(&context.environment.path).await?;
        context.printer.status(
            "Creating",
            &format!("{place}, a virtual environment of Python {major}.{minor}"),
        );
        let output = Command::new(&interpreter)
            .args(["-m", "venv", "--clear"])
            .arg(&self.directory)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await;
        let failed = || Failure::usage(format!("cannot make {place}"));
        let output = output.map_err(|error| failed().because(error))?;
        if output.status.success() {
            return Ok(());
        }
        // Debian's says on stdout which package is missing.
        let words = [output.stdout, output.stderr].concat();
        let words = String::from_utf8_lossy(&words);
        Err(failed()
            .because(words.trim().to_owned())
            .help("make .venv with a tool of your own, or activate an environment"))
    }

    async fn install(
        &self,
        context: &Context,
        project: &Project,
        wanted: &Requirements,
    ) -> Result<(), Failure> {
        let mut pip = pip(&interpreter_in(&self.directory));
        pip.args(&wanted.arguments).current_dir(&project.directory);
        let status = attended(&context.printer, &mut pip).await;
        let failed = || {
            let message = format!("what {} names cannot be installed", wanted.file);
            Failure::new(Exit::Findings, message)
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(failed().help("the lines of pip above say why")),
            Err(error) => Err(failed().because(error)),
        }
    }
}

/// Runs pip, which may fetch and build for minutes: its mistakes are lines of ours, and what it does at the moment is
/// the progress.
async fn attended(printer: &Printer, pip: &mut Command) -> io::Result<ExitStatus> {
    let mut child = pip.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let progress = lines::each(stdout, |line| printer.progress(Some(line)));
    let mistakes = lines::each(stderr, |line| printer.line(&line));
    tokio::join!(progress, mistakes);
    printer.progress(None);
    child.wait().await
}

fn pip(interpreter: &Path) -> Command {
    let mut pip = Command::new(interpreter);
    pip.args([
        "-m",
        "pip",
        "install",
        "--progress-bar=off",
        "--disable-pip-version-check",
        "--no-input",
    ])
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .kill_on_drop(true);
    pip
}
