//! Runs of handlers. The test itself listens where a script was told to.

use std::{
    collections::BTreeMap, fs, net::TcpListener, path::Path, process::Stdio, time::Duration,
};

use insta::assert_snapshot;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr},
    time::{sleep, timeout},
};

use crate::{
    project::ScriptProject,
    transcript::{transcript, transcript_of},
};

/// More than any of these takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Says what it was told, and runs until somebody says that it may end.
const SCRIPT: &str = "env > told.new; mv told.new told; while [ ! -e end ]; do sleep 0.05; done";

fn start(project: &ScriptProject, words: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = project
        .command(words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    (child, lines)
}

/// The variables of ours that the script was started with.
async fn told(project: &ScriptProject) -> BTreeMap<String, String> {
    let file = project.file("told");
    let written = timeout(PATIENCE, async {
        while !file.exists() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    written.await.unwrap();
    let text = fs::read_to_string(file).unwrap();
    let variables = text.lines().filter_map(|line| line.split_once('='));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    variables.map(owned).collect()
}

/// The rest of the line that begins with this word.
async fn line(lines: &mut Lines<BufReader<ChildStderr>>, first: &str) -> String {
    let found = timeout(PATIENCE, async {
        loop {
            let line = lines.next_line().await.unwrap().expect("a further line");
            if let Some(rest) = line.trim_start().strip_prefix(first) {
                return rest.trim_start().to_owned();
            }
        }
    });
    found.await.unwrap()
}

#[tokio::test]
async fn handlers_are_served_until_their_process_ends_by_itself() {
    let project = ScriptProject::of_handlers("", SCRIPT);
    let (mut child, mut lines) = start(&project, "run");
    let told = told(&project).await;
    assert_eq!(told["SLINGSHOT_SERVICES"], "");
    assert!(!told.contains_key("SLINGSHOT_BUS"));
    let address = &told["SLINGSHOT_HTTP"];
    let server = TcpListener::bind(address).unwrap();
    let serving = line(&mut lines, "Serving").await;
    assert_eq!(serving, format!("http://{address}  /greet, /stream/upload"));
    assert!(line(&mut lines, "Ready").await.starts_with("all handlers"));
    drop(server);
    fs::write(project.file("end"), "").unwrap();
    let said = line(&mut lines, "a │").await;
    assert!(said.ends_with("has ended, as it was asked to"), "{said}");
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn the_table_http_goes_to_the_process_and_services_run_in_it() {
    let project = ScriptProject::of_both(&format!("READY {SCRIPT}"));
    let file = project.file("slingshot.toml");
    let system = fs::read_to_string(&file).unwrap()
        + "[http]\nlisten = \"127.0.0.1:0\"\napi-keys = [\"env:KEY\"]\nbus = \"amqp\"\nfiles = \"uploads\"\n";
    fs::write(file, system).unwrap();
    let (mut child, mut lines) = start(&project, "run --until-idle");
    let told = told(&project).await;
    let shown = [
        "SLINGSHOT_SERVICES",
        "SLINGSHOT_HTTP_KEYS",
        "SLINGSHOT_BUS",
        "SLINGSHOT_FILES",
    ];
    let shown = shown
        .map(|name| format!("{name}={}\n", told[name]))
        .concat();
    assert_snapshot!(shown, @"");
    assert!(Path::new(&project.file(".slingshot/objects/uploads")).is_dir());
    let _server = TcpListener::bind(&told["SLINGSHOT_HTTP"]).unwrap();
    let ready = line(&mut lines, "Ready").await;
    assert!(ready.starts_with("all services and handlers"), "{ready}");
    // The services have nothing to do, and that decides.
    while let Ok(Some(_)) = lines.next_line().await {}
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn what_cannot_run_is_said_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let system = format!("[http]\nlisten = \"{address}\"\n");
    let project = ScriptProject::of_handlers(&system, SCRIPT);
    let mut all = String::new();
    for words in ["run", "run --until-idle"] {
        all += &transcript_of(project.path(), words, project.command(words)).await;
    }
    let both = ScriptProject::of_both(SCRIPT);
    let words = "run --formation a=2";
    all += &transcript_of(both.path(), words, both.command(words)).await;
    assert_snapshot!(all.replace(&address, "[ADDRESS]"), @"");
    assert!(!project.file("told").exists() && !both.file("told").exists());
}

#[tokio::test]
async fn handlers_are_described() {
    let project = ScriptProject::of_handlers("", SCRIPT);
    let words = "describe";
    assert_snapshot!(transcript_of(project.path(), words, project.command(words)).await, @"");
}

#[tokio::test]
async fn new_handlers_have_no_findings_until_one_calls_nobody() {
    let directory = tempfile::tempdir().unwrap();
    assert_snapshot!(transcript(directory.path(), "new greeter --template handlers").await, @"");
    let project = directory.path().join("greeter");
    assert_snapshot!(transcript(&project, "topology check --persona auditor").await, @"");
    let main = project.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(
        &main,
        text.replace("publish(\"titles\"", "publish(\"title\""),
    )
    .unwrap();
    assert_snapshot!(transcript(&project, "topology check").await, @"");
}
