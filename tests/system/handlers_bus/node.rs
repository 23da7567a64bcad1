//! A RabbitMQ of a test's own, which may end and begin again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep},
};

use super::stage::LOOK;

/// Where the packages have their scripts; those on the path change the user.
const INSTALLED: &str = "/usr/lib/rabbitmq/lib";

/// How long a node may take to begin or to end.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) struct Node {
    directory: TempDir,
    server: PathBuf,
    environment: Vec<(&'static str, String)>,
    port: u16,
}

impl Node {
    pub(super) async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        for name in ["mnesia", "log", "home"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let within = |name: &str| directory.path().join(name).display().to_string();
        let [port, distribution, mapper] = free_ports();
        fs::write(within("plugins"), "[].").unwrap();
        let settings = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\nlog.console = true\nlog.file = false\n\
             disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.absolute = 512MB\n"
        );
        fs::write(within("rabbitmq.conf"), settings).unwrap();
        let erlang = "-kernel inet_dist_use_interface {127,0,0,1}".to_owned();
        let environment = vec![
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
            ("HOME", within("home")),
            ("LANG", "C.UTF-8".to_owned()),
            ("RABBITMQ_NODENAME", format!("bus{port}@localhost")),
            ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_NODE_PORT", port.to_string()),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("RABBITMQ_CONFIG_FILE", within("rabbitmq.conf")),
            ("RABBITMQ_MNESIA_BASE", within("mnesia")),
            ("RABBITMQ_LOG_BASE", within("log")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", within("plugins")),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erlang),
            ("RABBITMQ_LOGS", "-".to_owned()),
            ("RABBITMQ_PID_FILE", within("pid")),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("ERL_EPMD_PORT", mapper.to_string()),
        ];
        let node = Self {
            directory,
            server: installed(),
            environment,
            port,
        };
        node.begin().await;
        node
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it, with time to write everything down or without, and begins again.
    pub(super) async fn restart(&self, how: Signal) {
        let id = self.id().expect("it runs");
        kill_process(id, how).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while Path::new(&format!("/proc/{}", id.as_raw_nonzero())).exists() {
            assert!(Instant::now() < deadline, "it does not end");
            sleep(LOOK).await;
        }
        fs::remove_file(self.directory.path().join("pid")).ok();
        self.begin().await;
    }

    async fn begin(&self) {
        let log = self.directory.path().join("output");
        let output = fs::File::options().create(true).append(true).open(&log);
        let output = output.unwrap();
        let mut shell = Command::new(&self.server)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        // Whoever waits for it is told that it has ended.
        std::thread::spawn(move || shell.wait());
        let deadline = Instant::now() + PATIENCE;
        while self.id().is_none() || !answers(&self.address()).await {
            let waiting = Instant::now() < deadline;
            assert!(waiting, "{}", fs::read_to_string(&log).unwrap_or_default());
            sleep(LOOK).await;
        }
    }

    /// The Erlang machine's.
    fn id(&self) -> Option<Pid> {
        let written = fs::read_to_string(self.directory.path().join("pid")).ok()?;
        Pid::from_raw(written.trim().parse().ok()?)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(id) = self.id() {
            kill_process(id, Signal::KILL).ok();
        }
        // Its port mapper, which is on a port of its own, outlives it.
        let mut mapper = Command::new("epmd");
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        mapper.env_clear().envs(environment).arg("-kill");
        drop(mapper.stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

fn installed() -> PathBuf {
    let versions = fs::read_dir(INSTALLED).unwrap();
    let servers = versions.map(|it| it.unwrap().path().join("sbin/rabbitmq-server"));
    let newest = servers.filter(|it| it.exists()).max();
    newest.expect("RabbitMQ is installed: scripts/with-services does that")
}

fn free_ports() -> [u16; 3] {
    let free = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    free.map(|it| it.local_addr().unwrap().port())
}

/// A node answers a protocol's header with a method's frame once it takes connections.
async fn answers(address: &str) -> bool {
    let asked = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(b"AMQP\0\0\x09\x01").await?;
        connection.read_u8().await
    };
    asked.await.is_ok_and(|first: u8| first == 1)
}
