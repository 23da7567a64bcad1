//! Secrets, from their references to the login, and nowhere else: everything that a service prints at
//! its most talkative is searched for them.

mod password_store;
mod rotation;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use slingshot_local::{
    broker::{Broker, BrokerConfig},
    objects::{ObjectStore, ObjectStoreConfig},
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use self::password_store::PasswordStore;
use crate::{
    brokers::Client,
    clone::binaries,
    sys_map::{Running, Served, sample_system, service},
};

const PASSWORD: &str = "correct-horse-battery-staple";

/// How a password may be written by a client that prints what it sends: as it is, as Base64 from each
/// of the three places that it may begin at, and as the numbers of its bytes.
fn forms(secret: &str) -> [String; 5] {
    let bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
    let base64 = |skip: usize| encoded(secret.as_bytes().get(skip..).unwrap());
    [
        secret.to_owned(),
        base64(0),
        base64(1),
        base64(2),
        bytes.join(", "),
    ]
}

/// Base64 of the whole groups of three.
fn encoded(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks_exact(3) {
        let number = group
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            text.push(digits[number >> shift & 63].into());
        }
    }
    text
}

#[track_caller]
pub(crate) fn check_hidden(secret: &str, text: &str) {
    for form in forms(secret) {
        let line = text.lines().find(|line| line.contains(&form));
        assert_eq!(line, None, "a secret is printed");
    }
}

/// The embedded broker, behind a password.
struct Locked {
    broker: Broker,
    _directory: TempDir,
}

impl Locked {
    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let broker = Broker::start(BrokerConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: directory.path().into(),
            username: "slingshot".into(),
            password: PASSWORD.into(),
        });
        Self {
            broker: broker.await.unwrap(),
            _directory: directory,
        }
    }

    /// A system that finds it, and its password there.
    fn system(&self, password: &str) -> String {
        sample_system(self.broker.address().port(), "slingshot", password, "kept")
    }

    async fn client(&self) -> Client {
        let address = self.broker.address();
        Client::connect(&format!("amqp://slingshot:{PASSWORD}@{address}/%2f")).await
    }
}

/// Runs a service that finds its password at `reference`, until it has worked.
async fn check_login(reference: &str, environment: &[(&str, &Path)]) {
    let locked = Locked::start().await;
    let sys_map = Served::start(&locked.system(reference)).await;
    let mut command = service("sample");
    command
        .envs(environment.iter().copied())
        .env("SLINGSHOT_SYS_MAP", &sys_map.url)
        .env("RUST_LOG", "trace");
    let mut process = Running::start(&mut command);
    process.prints("consuming").await;
    let client = locked.client().await;
    client.publish("sample", "10").await;
    client.reaches("kept", 1).await;
    assert_eq!(process.terminate().await, Some(0), "{}", process.log());
    check_hidden(PASSWORD, &process.log());
    check_hidden(PASSWORD, &sys_map.process.log());
    let described = command.arg("--describe").output().await.unwrap();
    assert!(described.status.success());
    check_hidden(PASSWORD, &String::from_utf8(described.stdout).unwrap());
    client.close().await;
    locked.broker.shutdown().await;
}

/// Runs a service that cannot find its password at `reference`: what it says of that.
async fn complaint(reference: &str, environment: &[(&str, &Path)]) -> String {
    let locked = Locked::start().await;
    let sys_map = Served::start(&locked.system(reference)).await;
    let mut command = service("sample");
    command
        .envs(environment.iter().copied())
        .env("SLINGSHOT_SYS_MAP", &sys_map.url);
    let mut process = Running::start(&mut command);
    assert_eq!(process.ends().await, Some(1), "{}", process.log());
    check_hidden(PASSWORD, &process.log());
    let log = process.log();
    let (_, complaint) = log.trim_end().rsplit_once("error=").expect(&log);
    locked.broker.shutdown().await;
    // A value of several words is quoted in the log.
    complaint.trim_matches('"').to_owned()
}

#[tokio::test]
async fn an_entry_of_pass_logs_in() {
    let store = PasswordStore::new();
    let entry = format!("{PASSWORD}\nlogin: slingshot\n");
    store.insert("slingshot/dev/broker", &entry);
    let environment = store.environment();
    let environment = [
        (environment[0].0, environment[0].1.as_path()),
        (environment[1].0, environment[1].1.as_path()),
    ];
    check_login("pass:slingshot/dev/broker", &environment).await;
    assert_eq!(
        complaint("pass:slingshot/dev/other", &environment).await,
        "`pass show slingshot/dev/other` failed: Error: slingshot/dev/other is not in the password store."
    );
}

#[tokio::test]
async fn an_environment_variable_logs_in() {
    let password = [("BROKER_PASSWORD", Path::new(PASSWORD))];
    check_login("env:BROKER_PASSWORD", &password).await;
    assert_eq!(
        complaint("env:NO_PASSWORD", &password).await,
        "the environment variable `NO_PASSWORD` is not set"
    );
}

#[tokio::test]
async fn a_file_logs_in() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let reference = format!("file:{}", file.display());
    check_login(&reference, &[]).await;

    fs::write(&file, format!("\n{PASSWORD}\n")).unwrap();
    assert_eq!(
        complaint(&reference, &[]).await,
        format!("the secret `{reference}` is empty: its first line counts")
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(
        complaint(&reference, &[]).await,
        format!(
            "the secret file {} could not be read: No such file or directory (os error 2)",
            file.display()
        )
    );
}

#[tokio::test]
async fn the_keys_of_an_object_store_are_found_and_not_printed() {
    let [access_key, secret_key] = ["an-access-key-of-the-test", "a-secret-key-of-the-test"];
    let directory = TempDir::new().unwrap();
    let store = ObjectStore::start(ObjectStoreConfig {
        address: ([127, 0, 0, 1], 0).into(),
        directory: directory.path().join("objects"),
        access_key: access_key.into(),
        secret_key: slingshot_local::Secret::new(secret_key),
        buckets: vec!["documents".into(), "archive".into()],
    });
    let store = store.await.unwrap();
    let key = directory.path().join("key");
    fs::write(&key, secret_key).unwrap();
    let locked = Locked::start().await;
    let system = format!(
        r#"{}
[services.archive]
in = "archive"
buckets = {{ in = "documents", out = "archive", receipts = "archive" }}
out = []

[object-storage]
host = "http://{}"
access-key = "env:ACCESS_KEY"
secret-key = "file:{}"
"#,
        locked.system("env:BROKER_PASSWORD"),
        store.address(),
        key.display()
    );
    let sys_map = Served::start(&system).await;
    let mut command = service("archive");
    command
        .env("SLINGSHOT_SYS_MAP", &sys_map.url)
        .env("BROKER_PASSWORD", PASSWORD)
        .env("ACCESS_KEY", access_key)
        .env("RUST_LOG", "trace");
    let mut process = Running::start(&mut command);
    process.prints("consuming").await;
    let client = locked.client().await;
    client.publish("archive", "7").await;
    client.reaches("archive.dlq", 1).await;
    // The store knows the keys, and has no such object.
    process.prints("there is no object `7`").await;
    assert_eq!(process.terminate().await, Some(0));
    for secret in [PASSWORD, access_key, secret_key] {
        check_hidden(secret, &process.log());
        check_hidden(secret, &sys_map.process.log());
    }
    client.close().await;
    store.shutdown().await;
    locked.broker.shutdown().await;
}

#[tokio::test]
async fn a_password_that_the_broker_refuses_is_not_printed() {
    let locked = Locked::start().await;
    let sys_map = Served::start(&locked.system("env:BROKER_PASSWORD")).await;
    let refused = "a-password-of-last-year";
    let mut command = service("sample");
    command
        .env("SLINGSHOT_SYS_MAP", &sys_map.url)
        .env("BROKER_PASSWORD", refused)
        .env("RUST_LOG", "trace");
    let mut process = Running::start(&mut command);
    process.prints("connecting again").await;
    assert_eq!(process.terminate().await, Some(0), "{}", process.log());
    check_hidden(refused, &process.log());
    locked.broker.shutdown().await;
}

#[tokio::test]
async fn a_pass_that_hangs_is_ended_with_all_that_it_started() {
    let directory = TempDir::new().unwrap();
    let child = directory.path().join("child");
    let script = format!(
        "#!/bin/sh\nprintf '{PASSWORD}\\n'\nsleep 600 &\necho $! >{}\nwait\n",
        child.display()
    );
    let pass = directory.path().join("pass");
    fs::write(&pass, script).unwrap();
    fs::set_permissions(&pass, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", directory.path().display());

    binaries();
    let start = Instant::now();
    let complaint = complaint("pass:broker", &[("PATH", Path::new(&path))]).await;
    assert_eq!(
        complaint,
        "`pass show broker` did not answer within 10s; does its key want a passphrase?"
    );
    let time = start.elapsed();
    assert!(time < Duration::from_secs(30), "{time:?}");
    let child = fs::read_to_string(child).unwrap();
    let command_line = Path::new("/proc").join(child.trim()).join("cmdline");
    // What has ended and is not yet collected has no command line.
    while fs::read(&command_line).is_ok_and(|line| !line.is_empty()) {
        assert!(start.elapsed() < Duration::from_mins(1), "it still runs");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_machine_without_pass_says_so() {
    let empty = TempDir::new().unwrap();
    assert_eq!(
        complaint("pass:broker", &[("PATH", empty.path())]).await,
        "`pass show broker` did not start: No such file or directory (os error 2); is GNU pass installed?"
    );
}
