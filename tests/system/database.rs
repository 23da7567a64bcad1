//! Services and a PostgreSQL of their own, which restarts, changes its password and speaks TLS.

use std::{fs, path::Path, process::Command, time::Duration};

use slingshot_local::{
    Environment, Secret,
    database::{Database, DatabaseConfig},
};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    brokers::Target,
    services::proxy::Proxy,
    stage::{Postgres, Stage, ids},
};

/// A private cluster behind an address that stays the same when it restarts.
struct Cluster {
    directory: TempDir,
    /// None while it is down.
    running: Option<Database>,
    proxy: Proxy,
}

impl Cluster {
    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let running = Database::start(config(directory.path())).await.unwrap();
        let proxy = Proxy::start(address(&running)).await;
        Self {
            directory,
            running: Some(running),
            proxy,
        }
    }

    fn postgres(&self) -> Postgres {
        let endpoint = self.running.as_ref().unwrap().endpoint();
        Postgres {
            host: "127.0.0.1".to_owned(),
            port: self.proxy.address.port(),
            username: endpoint.username.clone(),
            password: "first".to_owned(),
            database: endpoint.database.clone(),
            tls: false,
        }
    }

    async fn restart(&mut self, down: Duration) {
        self.running.take().unwrap().shutdown().await;
        self.proxy.cut();
        sleep(down).await;
        let running = Database::start(config(self.directory.path()))
            .await
            .unwrap();
        self.proxy.forward(Some(address(&running)));
        self.running = Some(running);
    }

    async fn stop(self) {
        self.running.unwrap().shutdown().await;
    }
}

fn config(directory: &Path) -> DatabaseConfig {
    DatabaseConfig {
        directory: directory.to_owned(),
        password: Secret::new("first".to_owned()),
        webassembly: None,
        environment: Environment::read(),
    }
}

fn address(database: &Database) -> String {
    let endpoint = database.endpoint();
    format!("{}:{}", endpoint.host, endpoint.port)
}

/// The services try a message once: a restart that counted as an attempt would be a dead letter.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_and_nothing_is_done_twice_while_postgresql_restarts() {
    const MESSAGES: u64 = 300;
    let target = Target::embedded().await;
    let mut cluster = Cluster::start().await;
    let postgres = cluster.postgres().prepared();
    for service in ["counting", "counting-async"] {
        postgres.run("TRUNCATE effects");
        let mut stage = Stage::start(&target, "restarts", service, &postgres).await;
        for round in 0..3 {
            for id in 0..MESSAGES / 3 {
                let id = 10 + round * MESSAGES / 3 + id;
                stage.send(id, Some(&format!("m-{id}"))).await;
            }
            cluster.restart(Duration::from_millis(400 * round)).await;
        }
        let count = u32::try_from(MESSAGES).unwrap();
        let arrived = ids(&stage.take("even", count).await);
        assert_eq!(stage.take("in.dlq", 0).await.len(), 0);
        let distinct: std::collections::BTreeSet<_> = arrived.iter().map(|(_, id)| id).collect();
        assert_eq!(distinct.len(), arrived.len());
        assert_eq!(postgres.effects(), i64::from(count));
        assert_eq!(
            postgres.number("SELECT count(DISTINCT request) FROM effects"),
            i64::from(count)
        );
        stage.finish().await;
    }
    cluster.stop().await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_changed_is_read_again() {
    let target = Target::embedded().await;
    let cluster = Cluster::start().await;
    let first = cluster.postgres().prepared();
    for service in ["counting", "counting-async"] {
        first.run("TRUNCATE effects");
        let mut stage = Stage::start(&target, "rotated", service, &first).await;
        stage.send(1, Some("m-1")).await;
        stage.take("even", 1).await;
        // A secret is not looked for twice in a second.
        sleep(Duration::from_millis(1_100)).await;
        fs::write(stage.password_file(), "second").unwrap();
        first.run(
            "ALTER ROLE slingshot PASSWORD 'second'; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name LIKE 'slingshot:%'",
        );
        stage.send(2, Some("m-2")).await;
        assert_eq!(stage.take("even", 1).await[0].data, b"2");
        assert!(stage.log(0).contains("a refused secret has changed"));
        assert!(!stage.log(0).contains("second\""), "{}", stage.log(0));
        stage.finish().await;
        let second = Postgres {
            password: "second".to_owned(),
            ..first.clone()
        };
        second.run("ALTER ROLE slingshot PASSWORD 'first'");
    }
    cluster.stop().await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn async_functions_speak_tls_with_a_server_that_the_platform_trusts() {
    let target = Target::embedded().await;
    let cluster = Cluster::start().await;
    let plain = cluster.postgres().prepared();
    let certificate = make_certificate(cluster.directory.path());
    turn_tls_on(&plain, &certificate);
    let postgres = Postgres { tls: true, ..plain };

    let mut trusting = Stage::new(&target, "tls", "counting-async", &postgres).await;
    let file = certificate.with_extension("crt").display().to_string();
    trusting.variables.push(("SSL_CERT_FILE", file));
    trusting.spawn();
    trusting.all_consume().await;
    trusting.send(1, Some("m-1")).await;
    trusting.take("even", 1).await;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE ssl AND application_name = 'slingshot:counting-async'";
    assert!(postgres.number(encrypted) >= 1);
    trusting.finish().await;

    let mut wary = Stage::new(&target, "tls", "counting-async", &postgres).await;
    wary.spawn();
    wary.says(0, "UnknownIssuer").await;
    wary.kill(0);
    cluster.stop().await;
    target.stop().await;
}

/// A certificate for 127.0.0.1 that no platform knows: `server.crt` and `server.key`.
fn make_certificate(directory: &Path) -> std::path::PathBuf {
    let stem = directory.join("server");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=127.0.0.1"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(stem.with_extension("key"))
        .arg("-out")
        .arg(stem.with_extension("crt"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    stem
}

/// The server writes its own copies, as the user whom it runs as.
fn turn_tls_on(postgres: &Postgres, certificate: &Path) {
    for extension in ["crt", "key"] {
        let text = fs::read_to_string(certificate.with_extension(extension)).unwrap();
        for line in text.lines() {
            postgres.run(&format!(
                "COPY (SELECT '{line}') TO PROGRAM 'umask 077; cat >> server.{extension}'"
            ));
        }
    }
    postgres.run("ALTER SYSTEM SET ssl = on");
    postgres.run("SELECT pg_reload_conf()");
}
