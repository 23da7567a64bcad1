//! Passwords and keys that are changed at the server while a service runs: it goes on without a restart,
//! and prints neither the old ones nor the new.

use std::{fs, path::Path};

use lapin::options::QueueDeleteOptions;
use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
};
use tempfile::TempDir;
use tokio::process::Command;

use super::check_hidden;
use crate::{
    brokers::{Client, Target},
    environment,
    sys_map::{Running, Served, blocks},
};

const OLD: &str = "a-password-of-last-year";
const NEW: &str = "a-password-of-this-year";

/// A service of `obedient-services` at its most talkative, on RabbitMQ.
struct Service {
    client: Client,
    prefix: String,
    process: Running,
    sys_map: Served,
}

impl Service {
    /// `user` logs in to RabbitMQ with what is in the file `broker` of `place`. `engines` follow in the map.
    async fn start(name: &str, user: &str, place: &Path, engines: &str) -> Self {
        let client = Target::rabbitmq().client().await;
        let prefix = format!("rotation.{name}.");
        for queue in ["in", "out", "in.dlq"] {
            let delete = QueueDeleteOptions::default();
            let queue = format!("{prefix}{queue}");
            let deleted = client.channel.queue_delete(queue.as_str().into(), delete);
            deleted.await.unwrap();
        }
        let url = environment::amqp_url();
        let (_, port) = url.rsplit_once(':').unwrap();
        let (port, _) = port.split_once('/').unwrap();
        let sys_map = Served::start(&format!(
            r#"
[services.{name}]
in = "{prefix}in"
buckets = {{ in = "made", out = "made" }}
out = [{{ case = true, queues = ["{prefix}out"] }}, {{ case = "even", queues = ["{prefix}out"] }}]

[rabbitmq]
host = "127.0.0.1"
port = {port}
username = "{user}"
password = "file:{}/broker"
{engines}"#,
            place.display()
        ))
        .await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_obedient-services"));
        command
            .env_clear()
            .env("SLINGSHOT_SYS_MAP", &sys_map.url)
            .env("SLINGSHOT_SERVICES", name)
            .env("SLINGSHOT_LOG", "human")
            .env("NO_COLOR", "1")
            .env("RUST_LOG", "trace");
        let process = Running::start(&mut command);
        process.prints(" consuming ").await;
        Self {
            client,
            prefix,
            process,
            sys_map,
        }
    }

    /// Sends an id and waits until there are so many results.
    async fn works(&self, id: u64, results: u32) {
        let queue = |name: &str| format!("{}{name}", self.prefix);
        self.client.publish(&queue("in"), &id.to_string()).await;
        self.client.reaches(&queue("out"), results).await;
        assert_eq!(self.client.depth(&queue("in.dlq")).await, 0);
    }

    async fn end(mut self, secrets: &[&str]) {
        assert_eq!(
            self.process.terminate().await,
            Some(0),
            "{}",
            self.process.log()
        );
        for secret in secrets {
            check_hidden(secret, &self.process.log());
            check_hidden(secret, &self.sys_map.process.log());
        }
        self.client.close().await;
    }
}

/// Runs a program of PostgreSQL or RabbitMQ, and returns what it prints.
async fn run(program: impl AsRef<Path>, words: &[&str]) -> String {
    let output = Command::new(program.as_ref()).args(words).output().await;
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

async fn rabbitmqctl(words: &[&str]) -> String {
    run(environment::rabbitmq_tools().join("rabbitmqctl"), words).await
}

#[tokio::test]
async fn a_password_that_is_changed_at_rabbitmq_as_the_guide_says_is_found_again() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("broker");
    fs::write(&file, OLD).unwrap();
    rabbitmqctl(&["add_user", "slingshot", OLD]).await;
    rabbitmqctl(&["set_permissions", "slingshot", ".*", ".*", ".*"]).await;
    let service = Service::start("pausing", "slingshot", place.path(), "").await;
    service.works(1, 1).await;

    fs::write(place.path().join("new-password"), NEW).unwrap();
    let rotate =
        blocks("secrets.md", "sh")[0].replace("/run/secrets/rabbitmq", &file.display().to_string());
    let rotated = Command::new("bash")
        .args(["-euc", &rotate])
        .current_dir(place.path())
        .env(
            "PATH",
            environment::path_with(&environment::rabbitmq_tools()),
        )
        .output();
    let rotated = rotated.await.unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    // Who is connected stays connected.
    service.works(2, 2).await;
    let connections = rabbitmqctl(&["--quiet", "list_connections", "pid", "user"]).await;
    for connection in connections.lines() {
        if let Some((pid, "slingshot")) = connection.split_once('\t') {
            rabbitmqctl(&["close_connection", pid, "the password was changed"]).await;
        }
    }
    service.process.prints("a refused secret has changed").await;
    service.works(3, 3).await;
    service.end(&[OLD, NEW]).await;
    rabbitmqctl(&["delete_user", "slingshot"]).await;
}

async fn psql(statement: &str) {
    let url = environment::database_url();
    run("psql", &[url.as_str(), "--quiet", "--command", statement]).await;
}

#[tokio::test]
async fn a_password_that_is_changed_at_postgresql_is_found_again() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("broker"), "guest").unwrap();
    let file = place.path().join("database");
    fs::write(&file, OLD).unwrap();
    psql(&format!("CREATE ROLE locked LOGIN PASSWORD '{OLD}'")).await;
    let url = environment::database_url();
    let (_, port) = url.rsplit_once(':').unwrap();
    let (port, database) = port.split_once('/').unwrap();
    let engines = format!(
        "[database]\nhost = \"127.0.0.1\"\nport = {port}\nusername = \"locked\"\ndatabase = \"{database}\"\n\
         password = \"file:{}\"\n",
        file.display()
    );
    let service = Service::start("connected", "guest", place.path(), &engines).await;
    service.works(1, 1).await;

    psql(&format!("ALTER ROLE locked PASSWORD '{NEW}'")).await;
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'locked'").await;
    fs::write(&file, NEW).unwrap();
    service.works(2, 2).await;
    service.process.prints("a refused secret has changed").await;
    service.end(&[OLD, NEW]).await;
    psql("DROP ROLE locked").await;
}

#[tokio::test]
async fn keys_that_are_changed_at_the_object_store_are_found_again() {
    let [access, new_access] = ["an-access-key-of-last-year", "an-access-key-of-this-year"];
    let place = TempDir::new().unwrap();
    let write = |name: &str, secret: &str| fs::write(place.path().join(name), secret).unwrap();
    write("broker", "guest");
    write("access", access);
    write("secret", OLD);
    let store = async |port, access: &str, secret: &str| {
        let store = ObjectStore::start(ObjectStoreConfig {
            address: ([127, 0, 0, 1], port).into(),
            directory: place.path().join("objects"),
            access_key: access.to_owned(),
            secret_key: Secret::new(secret),
            buckets: vec!["made".to_owned()],
        });
        store.await.unwrap()
    };
    let first = store(0, access, OLD).await;
    let address = first.address();
    let here = place.path().display();
    let engines = format!(
        "[object-storage]\nhost = \"http://{address}\"\naccess-key = \"file:{here}/access\"\n\
         secret-key = \"file:{here}/secret\"\n"
    );
    let service = Service::start("obedient", "guest", place.path(), &engines).await;
    service.works(12, 1).await;

    first.shutdown().await;
    fs::remove_file(place.path().join("objects/made/12")).unwrap();
    let second = store(address.port(), new_access, NEW).await;
    write("access", new_access);
    write("secret", NEW);
    service.works(12, 2).await;
    assert_eq!(
        fs::read(place.path().join("objects/made/12")).unwrap(),
        b"twelve"
    );
    service.process.prints("a refused secret has changed").await;
    service.end(&[access, new_access, OLD, NEW]).await;
    second.shutdown().await;
}
