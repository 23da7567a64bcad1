//! `slingshot run --watch` of a service in Rust, as somebody meets it who edits beside it.

use std::{fs, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::{sleep, timeout},
};

use crate::{
    clone::binaries,
    templates::{Project, succeeded},
};

/// How long a build and a start may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// A run of a project, and what it says.
struct Watched {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Watched {
    fn start(project: &Project) -> Self {
        let slingshot = binaries().join("slingshot");
        let mut child = Project::prepared(&slingshot, &["run", "--watch"], &project.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// All that is said up to a line that holds a text.
    async fn until(&mut self, wanted: &str) -> String {
        let mut said = String::new();
        let found = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                said += &line;
                said += "\n";
                if line.contains(wanted) {
                    return true;
                }
            }
            false
        };
        let found = timeout(PATIENCE, found).await;
        assert!(found == Ok(true), "no line has {wanted}:\n{said}");
        said
    }

    async fn interrupt(mut self) {
        let pid = self.child.id().unwrap().to_string();
        let interrupted = Command::new("kill").args(["-INT", &pid]).status().await;
        assert!(interrupted.unwrap().success());
        self.until("drained").await;
        let ended = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{ended}");
    }
}

/// Several quick saves of a text, of which the last adds modules.
async fn save_often(project: &Path, text: &str) {
    let source = |name: &str| project.join("src").join(name);
    for count in 0..4 {
        fs::write(source("main.rs"), format!("{text}\n// {count}\n")).unwrap();
        sleep(Duration::from_millis(50)).await;
    }
    fs::create_dir(source("words")).unwrap();
    fs::write(
        source("words/lines.rs"),
        "pub const LINES: &str = \"LINES\";\n",
    )
    .unwrap();
    fs::write(source("words.rs"), "mod lines;\npub use lines::LINES;\n").unwrap();
    let prelude = "use slingshot::prelude::*;";
    let text = text
        .replace(prelude, &format!("{prelude}\n\nmod words;"))
        .replace("{lines} lines", "{lines} {}")
        .replace("{bytes} bytes\"", "{bytes} bytes\", words::LINES");
    fs::write(source("main.rs"), text).unwrap();
}

#[tokio::test]
async fn a_service_is_built_again_when_a_source_changes() {
    let project = Project::new("worker").await;
    let path = project.path();
    let main = path.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    let first = ["run", "--input", "README.md", "--until-idle"];
    succeeded(&project.slingshot(&first, &path).await);
    let counted = path.join(".slingshot/objects/counts/1");
    // Sends the first file's id again, and reads what was counted.
    let counts = async || {
        fs::remove_file(&counted).unwrap();
        let sent = ["send", project.name(), "1"];
        succeeded(&project.slingshot(&sent, &path).await);
        let written = async {
            loop {
                match fs::read_to_string(&counted) {
                    Ok(text) if !text.is_empty() => return text,
                    _ => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        timeout(PATIENCE, written).await.unwrap()
    };
    let mut run = Watched::start(&project);
    run.until("Ready").await;

    fs::write(&main, text.replace("{lines} lines", "{lins} lines")).unwrap();
    let said = run.until("goes on running").await;
    for wanted in [
        "Changed src/main.rs",
        "cannot find value `lins`",
        "the build failed",
    ] {
        assert!(said.contains(wanted), "no {wanted} in\n{said}");
    }
    assert!(counts().await.contains(" lines, "), "the old process works");

    save_often(&path, &text).await;
    let said = run.until("consuming").await;
    assert_eq!(said.matches("Changed").count(), 1, "{said}");
    assert_eq!(said.matches("Restarting").count(), 1, "{said}");
    assert!(counts().await.contains(" LINES, "), "the new process works");

    fs::write(
        path.join("src/words/lines.rs"),
        "pub const LINES: &str = \"rows\";\n",
    )
    .unwrap();
    run.until("Changed src/words/lines.rs").await;
    run.until("consuming").await;
    assert!(counts().await.contains(" rows, "), "the new process works");
    run.interrupt().await;
}
