//! A password store of GNU `pass` with a key of its own, which needs no passphrase.

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// Is gone when it is dropped, with the agent that holds its key.
pub(super) struct PasswordStore {
    home: TempDir,
}

impl PasswordStore {
    pub(super) fn new() -> Self {
        // The agent's socket is in it, and a socket's path may have 107 bytes.
        let home = tempfile::Builder::new()
            .prefix("g.")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
        let store = Self { home };
        store.run(
            "gpg",
            &[
                "--batch",
                "--quiet",
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "",
                "--quick-generate-key",
                "slingshot-test <test@slingshot.invalid>",
                "default",
                "default",
                "never",
            ],
            "",
        );
        let list = ["--batch", "--list-secret-keys", "--with-colons"];
        let keys = store.run("gpg", &list, "");
        let keys = String::from_utf8(keys.stdout).unwrap();
        let fingerprint = keys
            .lines()
            .find_map(|line| line.strip_prefix("fpr:"))
            .unwrap();
        store.run("pass", &["init", fingerprint.trim_matches(':')], "");
        store
    }

    pub(super) fn insert(&self, entry: &str, text: &str) {
        self.run("pass", &["insert", "--multiline", "--force", entry], text);
    }

    /// The variables by which `pass` finds the store.
    pub(super) fn environment(&self) -> [(&'static str, PathBuf); 2] {
        let home = self.home.path();
        [
            ("GNUPGHOME", home.to_owned()),
            ("PASSWORD_STORE_DIR", home.join("store")),
        ]
    }

    fn run(&self, program: &str, words: &[&str], input: &str) -> Output {
        let missing = format!("{program} runs: it is asked for by this test");
        let mut child = Command::new(program)
            .args(words)
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect(&missing);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {words:?}: {errors}");
        output
    }
}

impl Drop for PasswordStore {
    fn drop(&mut self) {
        self.run("gpgconf", &["--kill", "gpg-agent"], "");
    }
}
