//! A project whose services are scripts: a cargo of our own says that they have been built.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokio::process::Command;

use crate::transcript::slingshot;

/// How a script says that it is ready, as the runtime's report stream does.
const READY: &str = r#"
exec 3<>"/dev/tcp/${SLINGSHOT_REPORT/:/\/}"
echo '{"service":"a","pid":'$$',"state":"ready","received":0,"succeeded":0,"failed":0,"in_flight":0,"cases":[],"durations_us":[],"dead_letter_reasons":[]}' >&3
"#;

const SERVICE: &str = r#"{"name":"a","source":{"file":"a","line":1,"column":1},"sys_map":null,"cases":null,"reads":[],"writes":[],"needs":{"objects":false,"database":false},"replicas":null}"#;
const HANDLERS: &str = r#"{"name":"greet","kind":"request","source":{"file":"a","line":1,"column":1},"replicas":5,"queue":null,"timeout":"30s"},{"name":"keep","kind":"upload","source":{"file":"a","line":9,"column":1},"replicas":null,"queue":null,"timeout":null}"#;

const OF_A_SERVICE: &str = "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\n";

/// A project with the one binary `a`, which is a script.
pub(crate) struct ScriptProject {
    directory: TempDir,
}

impl ScriptProject {
    /// `script` is bash; `READY` in it reports that the service is ready.
    pub(crate) fn new(script: &str) -> Self {
        let described = format!(r#""services":[{SERVICE}]"#);
        Self::with(OF_A_SERVICE, &described, script)
    }

    /// A project with two handlers and no service.
    pub(crate) fn of_handlers(system: &str, script: &str) -> Self {
        let described = format!(r#""services":[],"handlers":[{HANDLERS}]"#);
        Self::with(system, &described, script)
    }

    /// A project whose code has neither services nor handlers.
    pub(crate) fn of_nothing(system: &str, script: &str) -> Self {
        Self::with(system, r#""services":[],"handlers":[]"#, script)
    }

    /// A project with two handlers beside the service.
    pub(crate) fn of_both(script: &str) -> Self {
        let described = format!(r#""services":[{SERVICE}],"handlers":[{HANDLERS}]"#);
        Self::with(OF_A_SERVICE, &described, script)
    }

    fn with(system: &str, described: &str, script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
        write("slingshot.toml", system);
        let script = script.replace("READY", READY);
        let describe = format!(
            "if [ \"$1\" = --describe ]; then echo '{{\"format_version\":1,{described}}}'; exit; fi"
        );
        write("a", &format!("#!/bin/bash\n{describe}\n{script}"));
        let shown = path.display();
        write(
            "cargo",
            &format!(
                r#"#!/bin/bash
case "$1" in
metadata) echo '{{"packages":[{{"id":"p","name":"p","manifest_path":"{shown}/Cargo.toml","dependencies":[{{"name":"slingshot"}}],"targets":[{{"name":"a","kind":["bin"]}}]}}],"target_directory":"{shown}/target"}}' ;;
build) echo '{{"reason":"compiler-artifact","package_id":"p","target":{{"name":"a","kind":["bin"]}},"executable":"{shown}/a"}}' ;;
esac
"#
            ),
        );
        for program in ["a", "cargo"] {
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(path.join(program), executable).unwrap();
        }
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// `slingshot` in this project, with our cargo.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = slingshot(self.path());
        command
            .env("CARGO", self.path().join("cargo"))
            .args(words.split_whitespace());
        command
    }

    /// A file that the script writes.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}
