//! What a command prints, in a form that is the same on every machine.

use std::path::Path;

use tokio::process::Command;

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

/// The same of a command that is prepared.
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
