//! Services that crash, hang and are left alone.

use std::{fs, path::Path, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process, test_kill_process, test_kill_process_group};
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use crate::project::ScriptProject;

/// More than any of these takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "never happened: {what}");
}

/// The number that a script has written.
async fn pid(file: &Path) -> Pid {
    let read = || {
        fs::read_to_string(file)
            .ok()?
            .trim()
            .parse()
            .ok()
            .and_then(Pid::from_raw)
    };
    until("the service writes its process id", || read().is_some()).await;
    read().unwrap()
}

fn start(project: &ScriptProject, words: &str) -> Child {
    project
        .command(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn own_pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap()
}

/// What the run said about its service.
async fn messages(child: Child) -> (Option<i32>, Vec<String>) {
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_a = text.lines().filter_map(|line| line.strip_prefix("a │ "));
    // Each line begins with the time of day.
    let about_a = about_a.filter_map(|line| line.split_once(' ').map(|(_, said)| said));
    // The shell's own word for the `sleep` that gets the signal with it.
    let said = about_a.filter(|line| *line != "Terminated");
    // The delays are random within bounds.
    let steady = said.map(|line| line.split(" in ").next().unwrap_or(line).to_owned());
    (output.status.code(), steady.collect())
}

#[tokio::test]
async fn a_system_with_nothing_to_do_ends_and_leaves_nothing() {
    let project =
        ScriptProject::new("echo $$ > pid; READY echo hello; while :; do sleep 0.05; done");
    let (code, lines) = messages(start(&project, "run --until-idle")).await;
    assert_eq!((code, lines), (Some(0), vec!["hello".to_owned()]));
    let service = pid(&project.file("pid")).await;
    // What the script had started is dead, and a member of the group until somebody reaps it.
    until("the service is gone", || {
        test_kill_process_group(service).is_err()
    })
    .await;
    assert!(!project.file(".slingshot/run.json").exists());
}

#[tokio::test]
async fn a_crashed_service_is_started_again() {
    let project = ScriptProject::new(
        "echo x >> starts
         [ $(wc -l < starts) = 1 ] && exit 9
         [ $(wc -l < starts) = 2 ] && kill -KILL $$
         READY while :; do sleep 0.05; done",
    );
    let (code, lines) = messages(start(&project, "run --until-idle")).await;
    assert_eq!(
        (code, lines),
        (
            Some(0),
            vec![
                "has ended with code 9; starting it again".to_owned(),
                "was killed by signal 9; starting it again".to_owned(),
            ]
        )
    );
}

#[tokio::test]
async fn a_service_that_cannot_run_ends_the_run() {
    let project = ScriptProject::new("echo no such queue; exit 2");
    let (code, lines) = messages(start(&project, "run --until-idle")).await;
    assert_eq!(
        (code, lines),
        (
            Some(1),
            vec![
                "no such queue".to_owned(),
                "given up: its configuration is wrong; its last lines say why".to_owned(),
            ]
        )
    );
}

#[tokio::test]
async fn a_signal_drains_the_services() {
    let project = ScriptProject::new(
        "trap 'echo drained; exit 0' TERM
         READY echo $$ > pid; while :; do sleep 0.05; done",
    );
    let run = start(&project, "run");
    pid(&project.file("pid")).await;
    kill_process(own_pid(&run), Signal::INT).unwrap();
    assert_eq!(messages(run).await, (Some(0), vec!["drained".to_owned()]));
}

#[tokio::test]
async fn a_second_signal_is_immediate() {
    let project = ScriptProject::new(
        "trap 'echo $$ > draining' TERM
         READY echo $$ > pid; while :; do sleep 0.05; done",
    );
    let run = start(&project, "run");
    let service = pid(&project.file("pid")).await;
    kill_process(own_pid(&run), Signal::INT).unwrap();
    pid(&project.file("draining")).await;
    kill_process(own_pid(&run), Signal::INT).unwrap();
    assert_eq!(messages(run).await.0, Some(0));
    until("the service is gone", || {
        test_kill_process_group(service).is_err()
    })
    .await;
}

#[tokio::test]
async fn nothing_outlives_a_run_that_is_killed() {
    let project = ScriptProject::new(
        "exec > /dev/null 2>&1 # nobody reads it once the run is gone
         trap 'echo $$ > drained; exit 0' TERM
         READY sleep 1000 & echo $! > child; echo $$ > pid; while :; do sleep 0.05; done",
    );
    let mut run = start(&project, "run");
    let service = pid(&project.file("pid")).await;
    let child = pid(&project.file("child")).await;
    run.kill().await.unwrap();
    until("the service is gone", || {
        test_kill_process_group(service).is_err()
    })
    .await;
    until("its child is gone", || test_kill_process(child).is_err()).await;
    assert!(
        project.file("drained").exists(),
        "it was asked before it was killed"
    );

    // The next run finds the project free, if it has to wait for it.
    let (code, _) = messages(start(&project, "run --until-idle")).await;
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn two_runs_do_not_share_a_project() {
    let project = ScriptProject::new("READY echo $$ > pid; while :; do sleep 0.05; done");
    let run = start(&project, "run");
    pid(&project.file("pid")).await;
    let second = project.command("run").output().await.unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    let expected = format!(
        "error: process {} runs this project already",
        run.id().unwrap()
    );
    assert!(said.contains(&expected), "{said}");
    kill_process(own_pid(&run), Signal::TERM).unwrap();
    assert_eq!(messages(run).await.0, Some(0));
}
