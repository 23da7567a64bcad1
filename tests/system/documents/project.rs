//! A copy of the example in a directory of its own, with state of its own, and the command line that
//! works on it. The binaries are those of the clone, unmodified.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::clone::{binaries, repository};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(20);

pub(super) struct Project {
    directory: TempDir,
}

impl Project {
    pub(super) fn new() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("slingshot-documents-")
            .tempdir()
            .unwrap();
        let example = repository().join("examples/documents");
        fs::copy(
            example.join("slingshot.toml"),
            directory.path().join("slingshot.toml"),
        )
        .unwrap();
        copy_tree(&example.join("src"), &directory.path().join("src"));
        let manifest = format!(
            "[package]\nname = \"documents\"\nedition = \"2024\"\n\n\
             [dependencies]\nslingshot = {{ path = \"{}\" }}\n\n[workspace]\n",
            repository().display()
        );
        fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
        Self { directory }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Changes `slingshot.toml`.
    pub(super) fn edit(&self, change: impl FnOnce(String) -> String) {
        let file = self.path().join("slingshot.toml");
        let text = change(fs::read_to_string(&file).unwrap());
        fs::write(file, text).unwrap();
    }

    /// `slingshot WORDS…` in the project.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(binaries().join("slingshot"));
        command
            .args(words)
            .current_dir(self.path())
            // `--no-build` looks for the binaries where a build in the project would put them.
            .env("CARGO_TARGET_DIR", binaries().parent().unwrap())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(super) async fn slingshot(&self, words: &[&str]) -> Ran {
        let output = self.command(words).output();
        let output = tokio::time::timeout(PATIENCE, output)
            .await
            .expect("the command ends")
            .unwrap();
        Ran(output)
    }

    /// Starts a command that a test is going to disturb; what it prints goes to files.
    pub(super) fn start(&self, words: &[&str]) -> Started {
        let log = self.path().join("log");
        let errors = fs::File::create(&log).unwrap();
        let child = self
            .command(words)
            .stdout(errors.try_clone().unwrap())
            .stderr(errors)
            .spawn()
            .unwrap();
        Started { child, log }
    }

    /// The page that `report` wrote.
    pub(super) async fn page(&self) -> Page {
        Page(
            self.slingshot(&["get", "report", "out", "0"])
                .await
                .succeeded(),
        )
    }

    /// The processes of this project: services, the guardian, an embedded PostgreSQL.
    pub(super) fn processes(&self) -> Vec<u32> {
        processes_with(&[self.path().as_os_str().as_encoded_bytes()])
    }

    /// Waits for a service's process.
    pub(super) async fn process_of(&self, service: &str) -> u32 {
        let name = format!("\0SLINGSHOT_SERVICES={service}\0");
        let words = [self.path().as_os_str().as_encoded_bytes(), name.as_bytes()];
        wait_for(&format!("a process of {service}"), || {
            processes_with(&words).first().copied()
        })
        .await
    }

    /// Waits until no process of this project is left.
    pub(super) async fn is_left_alone(&self) {
        wait_for("the end of every process", || {
            self.processes().is_empty().then_some(())
        })
        .await;
    }
}

/// A command that has ended.
pub(super) struct Ran(Output);

impl Ran {
    pub(super) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(super) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// What it printed, once it is clear that it exited with 0.
    #[track_caller]
    pub(super) fn succeeded(&self) -> String {
        let errors = String::from_utf8_lossy(&self.0.stderr);
        assert_eq!(self.code(), Some(0), "{}\n{errors}", self.out());
        self.out()
    }
}

/// A command that runs.
pub(super) struct Started {
    child: Child,
    log: PathBuf,
}

impl Started {
    /// Waits until the command has printed `words`.
    pub(super) async fn prints(&self, words: &str) {
        wait_for(words, || self.log().contains(words).then_some(())).await;
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(super) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(super) async fn succeeds(&mut self) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status
            .unwrap_or_else(|_| panic!("it does not end:\n{}", self.log()))
            .unwrap();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }
}

/// The page with the results.
pub(super) struct Page(pub(super) String);

impl Page {
    /// One of the totals at its head.
    #[track_caller]
    pub(super) fn total(&self, name: &str) -> u64 {
        let (_, rest) = self
            .0
            .split_once(&format!("<dt>{name}</dt><dd>"))
            .expect(name);
        let (digits, _) = rest.split_once("</dd>").unwrap();
        digits.replace('\u{202F}', "").parse().unwrap()
    }
}

/// Ends a process at once.
pub(super) async fn kill(process: u32) {
    Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .status()
        .await
        .unwrap();
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let copy = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), copy).unwrap();
        }
    }
}

/// Processes whose command line or environment has all of `words`.
fn processes_with(words: &[&[u8]]) -> Vec<u32> {
    let has = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|part| part == word);
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut text = fs::read(entry.path().join("cmdline")).ok()?;
        text.extend(fs::read(entry.path().join("environ")).unwrap_or_default());
        words.iter().all(|word| has(&text, word)).then_some(id)
    });
    processes.collect()
}

async fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(LOOK).await;
    }
}
