//! What a command prints, in a form that is the same on every machine.

use std::{fs, path::Path};

use tempfile::TempDir;
use tokio::process::Command;

/// Two services without code, and remarks between their lines.
pub(crate) const SYSTEM: &str = r#"[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [
  # about the texts
  { case = "text", queues = ["words"] }, # counted
  { case = "image", queues = [] },
]

[services.words]
in = "words"
"#;

/// A directory with these files.
pub(crate) fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("there is room");
    for (name, text) in files {
        let path = directory.path().join(name);
        let parent = path.parent().expect("a file has a directory");
        fs::create_dir_all(parent).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
    directory
}

/// A command that sees nothing of the machine that the test runs on.
pub(crate) fn slingshot(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slingshot"));
    command
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("RUST_LOG")
        .env("COLUMNS", "100")
        .kill_on_drop(true);
    command
}

/// Runs `slingshot WORDS` and shows everything that a user would see of it.
pub(crate) async fn transcript(directory: &Path, words: &str) -> String {
    let mut command = slingshot(directory);
    command.args(words.split_whitespace());
    transcript_of(directory, words, command).await
}

/// The same of several, one after the other.
pub(crate) async fn transcripts(directory: &Path, all: &[&str]) -> String {
    let mut text = String::new();
    for words in all {
        text += &transcript(directory, words).await;
    }
    text
}

/// As [`transcript`], with a text on stdin.
pub(crate) async fn transcript_with_stdin(directory: &Path, words: &str, stdin: &[u8]) -> String {
    let elsewhere = tempfile::tempdir().expect("there is room");
    let path = elsewhere.path().join("stdin");
    fs::write(&path, stdin).expect("a file can be written");
    let stdin = fs::File::open(path).expect("a file can be read");
    let mut command = slingshot(directory);
    command.args(words.split_whitespace()).stdin(stdin);
    transcript_of(directory, words, command).await
}

/// As [`transcript`], of a command that is prepared.
pub(crate) async fn transcript_of(directory: &Path, words: &str, mut command: Command) -> String {
    let output = command.output().await.expect("the command starts");
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.replace(&directory.display().to_string(), "[DIR]")
            .replace(env!("CARGO_BIN_EXE_slingshot"), "slingshot")
    };
    format!(
        "$ slingshot {words}\n{}--- stderr\n{}--- {}\n",
        text(&output.stdout),
        text(&output.stderr),
        output.status,
    )
}
