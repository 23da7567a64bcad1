//! The embedded system as a whole: one project, many runs.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use slingshot_local::{Environment, LocalConfig, LocalError, LocalSystem, reset};
use slingshot_topology::{SourceFile, System, read_toml, sys_map};
use tokio::time::{Instant, sleep};

use super::database::project;

const MAP: &str = r#"
[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "typed" }
out = [{ case = "text", queues = ["words"] }]
"#;

/// As much as anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn config(project: &Path, map: &str) -> LocalConfig {
    let file = project.join("slingshot.toml");
    fs::write(&file, map).unwrap();
    let (system, findings) = read_toml(&SourceFile::new("slingshot.toml", map));
    assert!(findings.is_empty(), "{findings:?}");
    LocalConfig {
        directory: project.join(".slingshot"),
        system,
        file: Some(file),
        objects: true,
        database: true,
        webassembly: None,
        environment: Environment::read(),
    }
}

async fn answer(system: &LocalSystem, path: &str) -> String {
    let url = format!("{}{path}", system.sys_map_url());
    let answer = super::plain_http().get(url).send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn everything_that_the_map_does_not_name_is_started_and_served() {
    let project = project();
    let system = LocalSystem::start(config(project.path(), MAP))
        .await
        .unwrap();
    let names: Vec<_> = system.parts().into_iter().map(|part| part.name).collect();
    assert_eq!(names, ["broker", "object store", "database", "sys-map"]);

    let rabbitmq = sys_map::RabbitMq::from_json(&answer(&system, "/rabbitmq").await).unwrap();
    assert_eq!(
        (rabbitmq.host.as_str(), rabbitmq.username.as_str()),
        ("127.0.0.1", "slingshot")
    );
    let database = sys_map::Database::from_json(&answer(&system, "/db").await).unwrap();
    assert_eq!(database.database, "slingshot");
    let objects =
        sys_map::ObjectStorage::from_json(&answer(&system, "/object-storage").await).unwrap();
    assert!(
        objects.host.starts_with("http://127.0.0.1:"),
        "{}",
        objects.host
    );
    for bucket in ["raw", "typed"] {
        assert!(
            project
                .path()
                .join(".slingshot/objects")
                .join(bucket)
                .is_dir()
        );
    }
    system.shutdown().await;
}

#[tokio::test]
async fn secrets_are_made_once_and_readable_by_their_owner_only() {
    let project = project();
    let secrets = || -> Vec<(String, String)> {
        let directory = project.path().join(".slingshot/secrets");
        let mut secrets: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
                let secret = fs::read_to_string(entry.path()).unwrap();
                (entry.file_name().into_string().unwrap(), secret)
            })
            .collect();
        secrets.sort();
        secrets
    };
    let start = || LocalSystem::start(config(project.path(), MAP));
    start().await.unwrap().shutdown().await;
    let first = secrets();
    assert_eq!(first.len(), 4);
    start().await.unwrap().shutdown().await;
    assert_eq!(secrets(), first);
}

#[tokio::test]
async fn engines_that_the_map_names_are_not_started() {
    let project = project();
    let map = format!(
        "{MAP}\n[rabbitmq]\nhost = \"rabbit.example.com\"\nport = 5671\ntls = true\nusername = \"u\"\n\
         password = \"env:RABBIT\"\n"
    );
    let remote = LocalConfig {
        database: false,
        ..config(project.path(), &map)
    };
    let system = LocalSystem::start(remote).await.unwrap();
    let names: Vec<_> = system.parts().into_iter().map(|part| part.name).collect();
    assert_eq!(names, ["object store", "sys-map"]);
    assert_eq!(
        system.system().rabbitmq.as_ref().unwrap().host,
        "rabbit.example.com"
    );
    assert!(system.broker().is_none());
    system.shutdown().await;
}

#[tokio::test]
async fn two_runs_in_one_project_do_not_share_it() {
    let project = project();
    let small = || LocalConfig {
        database: false,
        ..config(project.path(), MAP)
    };
    let system = LocalSystem::start(small()).await.unwrap();
    let second = LocalSystem::start(small()).await.unwrap_err();
    let process = match &second {
        LocalError::InUse { process, .. } => *process,
        other => panic!("{other}"),
    };
    assert_eq!(process, Some(std::process::id()));
    let refused = reset(&project.path().join(".slingshot")).unwrap_err();
    assert!(matches!(refused, LocalError::InUse { .. }), "{refused}");
    system.shutdown().await;
    LocalSystem::start(small()).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_reset_removes_the_state_and_nothing_else() {
    let project = project();
    let directory = project.path().join(".slingshot");
    reset(&directory).unwrap();
    let system = LocalSystem::start(config(project.path(), MAP))
        .await
        .unwrap();
    system.shutdown().await;
    fs::write(directory.join("notes"), "mine").unwrap();
    fs::write(project.path().join("neighbour"), "mine").unwrap();
    reset(&directory).unwrap();
    let mut left: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, [".gitignore", "lock", "notes", "postgres.log"]);
    assert!(project.path().join("neighbour").exists());
}

#[tokio::test]
async fn a_bucket_that_an_edit_names_is_made() {
    let project = project();
    let small = LocalConfig {
        database: false,
        ..config(project.path(), MAP)
    };
    let system = LocalSystem::start(small).await.unwrap();
    let edited = MAP.replace("\"typed\"", "\"sorted\"");
    fs::write(project.path().join("slingshot.toml"), edited).unwrap();
    until(|| project.path().join(".slingshot/objects/sorted").is_dir()).await;
    system.shutdown().await;
}

#[tokio::test]
async fn nothing_of_a_killed_run_stands_in_the_way_of_the_next() {
    let project = project();
    let mut holder = hold(project.path());
    until(|| project.path().join("held").exists()).await;
    let parts = fs::read_to_string(project.path().join("held")).unwrap();
    assert!(
        parts
            .lines()
            .all(|address| TcpStream::connect(address).is_ok()),
        "{parts}"
    );
    // SIGKILL: nothing in the process can clean up after it.
    holder.kill().unwrap();
    holder.wait().unwrap();

    let system = LocalSystem::start(config(project.path(), MAP))
        .await
        .unwrap();
    let refused = |address: &str| TcpStream::connect(address).is_err();
    assert!(
        parts.lines().all(refused),
        "something of the killed run still listens: {parts}"
    );
    system.shutdown().await;
}

#[tokio::test]
async fn the_database_of_a_killed_run_ends_by_itself() {
    let project = project();
    let mut holder = hold(project.path());
    until(|| project.path().join("held").exists()).await;
    let parts = fs::read_to_string(project.path().join("held")).unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    until(|| {
        parts
            .lines()
            .all(|address| TcpStream::connect(address).is_err())
    })
    .await;
}

async fn until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A run in a process of its own: this very program, with the test below as its work.
fn hold(project: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "system::hold_a_system", "--ignored"])
        .current_dir(project)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "not a test: the process that other tests start and kill"]
async fn hold_a_system() {
    let system = LocalSystem::start(config(Path::new("."), MAP))
        .await
        .unwrap();
    let addresses: Vec<_> = system
        .parts()
        .iter()
        .map(|part| part.address.to_string())
        .collect();
    fs::write("held.new", addresses.join("\n")).unwrap();
    fs::rename("held.new", "held").unwrap();
    sleep(PATIENCE).await;
    system.shutdown().await;
}

#[tokio::test]
async fn a_system_without_a_file_is_served_as_it_is() {
    let project = project();
    let fixed = LocalConfig {
        file: None,
        system: System {
            name: None,
            ..config(project.path(), MAP).system
        },
        database: false,
        objects: false,
        ..config(project.path(), MAP)
    };
    let system = LocalSystem::start(fixed).await.unwrap();
    assert_eq!(answer(&system, "/sniff/in").await, "raw");
    system.shutdown().await;
}
