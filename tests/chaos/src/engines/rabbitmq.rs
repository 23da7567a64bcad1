//! A RabbitMQ node of the test's own.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{Guardian, PATIENCE, ended, free_port, log, newest, signal};

/// Where Debian's package and RabbitMQ's own have their scripts; the wrappers on the path change the user.
const INSTALLED: &str = "/usr/lib/rabbitmq/lib";

/// Memory that the node may take before it blocks publishers.
const MEMORY: &str = "512MB";

/// Makes every channel with a consumer that passes a filter do what the client never asked for.
const TO_CONSUMERS: &str = "[rabbit_channel:do(C, METHOD) || C <- rabbit_channel:list_local(), \
     rabbit_channel:info(C, [consumer_count]) =/= [{consumer_count, 0}]].";

/// Acknowledges what was never delivered: 406.
const WRONG_ACK: &str = "{'basic.ack', 987654321, false}";

/// Asks for a queue that is not there: 404.
const MISSING_QUEUE: &str =
    r#"{'queue.declare', 0, <<"chaos.missing">>, true, false, false, false, false, []}"#;

/// The answer of the node to what a client never asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelError {
    NotFound,
    PreconditionFailed,
}

#[derive(Debug)]
pub(crate) struct RabbitMq {
    scripts: PathBuf,
    directory: PathBuf,
    guardian: Arc<Guardian>,
    port: u16,
    environment: Vec<(&'static str, String)>,
    node: Mutex<Option<Node>>,
}

#[derive(Debug)]
struct Node {
    shell: Child,
    /// The Erlang machine.
    id: u32,
}

impl RabbitMq {
    pub(crate) async fn start(directory: &Path, guardian: &Arc<Guardian>) -> Result<Self> {
        let scripts = newest(INSTALLED, "rabbitmq_server-", "sbin", "rabbitmq-server")?;
        for name in ["mnesia", "log", "home"] {
            fs::create_dir_all(directory.join(name))?;
        }
        let port = free_port()?;
        let within = |name: &str| directory.join(name).display().to_string();
        fs::write(within("plugins"), "[].")?;
        let settings = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\n\
             log.console = true\nlog.console.level = info\nlog.file = false\n\
             disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.absolute = {MEMORY}\n"
        );
        fs::write(within("rabbitmq.conf"), settings)?;
        let erlang = "-kernel inet_dist_use_interface {127,0,0,1}".to_owned();
        let environment = vec![
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            ),
            ("HOME", within("home")),
            ("LANG", "C.UTF-8".to_owned()),
            ("RABBITMQ_NODENAME", format!("chaos{port}@localhost")),
            ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_NODE_PORT", port.to_string()),
            ("RABBITMQ_DIST_PORT", free_port()?.to_string()),
            ("RABBITMQ_CONFIG_FILE", within("rabbitmq.conf")),
            ("RABBITMQ_MNESIA_BASE", within("mnesia")),
            ("RABBITMQ_LOG_BASE", within("log")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", within("plugins")),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erlang),
            ("RABBITMQ_LOGS", "-".to_owned()),
            ("RABBITMQ_PID_FILE", within("pid")),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("ERL_EPMD_PORT", free_port()?.to_string()),
        ];
        let rabbitmq = Self {
            scripts,
            directory: directory.to_owned(),
            guardian: Arc::clone(guardian),
            port,
            environment,
            node: Mutex::default(),
        };
        rabbitmq.begin().await?;
        Ok(rabbitmq)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new(self.scripts.join(script));
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory)
            .stdin(Stdio::null());
        command
    }

    /// Starts the node and waits until it takes connections.
    pub(crate) async fn begin(&self) -> Result<()> {
        let pid_file = self.directory.join("pid");
        fs::remove_file(&pid_file).ok();
        let log_file = self.directory.with_extension("log");
        let mut shell = self
            .command("rabbitmq-server")
            .stdout(log(&log_file)?)
            .stderr(log(&log_file)?)
            .process_group(0)
            .spawn()
            .context("rabbitmq-server")?;
        let deadline = Instant::now() + PATIENCE;
        let id = loop {
            let id = fs::read_to_string(&pid_file).unwrap_or_default();
            if let Ok(id) = id.trim().parse() {
                break id;
            }
            ensure!(
                Instant::now() < deadline,
                "RabbitMQ does not start: {}",
                log_file.display()
            );
            if shell.try_wait()?.is_some() {
                bail!("RabbitMQ ended at its start: {}", log_file.display());
            }
            sleep(Duration::from_millis(50)).await;
        };
        self.guardian.watch(id)?;
        *self.node.lock().await = Some(Node { shell, id });
        let address = self.address();
        while !tokio::task::spawn_blocking(move || answers(address)).await? {
            ensure!(
                Instant::now() < deadline,
                "RabbitMQ does not answer: {}",
                log_file.display()
            );
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Ends the node, with time to write everything down or without.
    pub(crate) async fn end(&self, how: Signal) -> Result<()> {
        let node = self.node.lock().await.take();
        let Some(Node { mut shell, id }) = node else {
            return Ok(());
        };
        signal(id, how)?;
        ended(&mut shell, "RabbitMQ").await?;
        self.guardian.forget(id);
        Ok(())
    }

    /// Closes the channel of every consumer, with an error of the broker's.
    pub(crate) async fn close_channels(&self, error: ChannelError) -> Result<()> {
        let method = match error {
            ChannelError::NotFound => MISSING_QUEUE,
            ChannelError::PreconditionFailed => WRONG_ACK,
        };
        self.control(&["eval", &TO_CONSUMERS.replace("METHOD", method)])
            .await
            .map(drop)
    }

    /// Closes the connections of every service, as an operator does.
    pub(crate) async fn close_connections(&self) -> Result<()> {
        let script = "[rabbit_networking:close_connection(C, \"as the chaos test has it\") || \
             C <- rabbit_networking:local_connections()].";
        self.control(&["eval", script]).await.map(drop)
    }

    /// Kills the process of a queue. The broker starts it again, and cancels its consumers.
    pub(crate) async fn crash_queue(&self, queue: &str) -> Result<()> {
        let script = format!(
            "{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>)), \
             exit(amqqueue:get_pid(Q), kill)."
        );
        self.control(&["eval", &script]).await.map(drop)
    }

    /// Blocks whoever publishes, as a node without memory does, or lets go.
    pub(crate) async fn block_publishers(&self, block: bool) -> Result<()> {
        let bytes = if block { "1MB" } else { MEMORY };
        let command = ["set_vm_memory_high_watermark", "absolute", bytes];
        self.control(&command).await.map(drop)
    }

    /// Every queue with its messages, ready and not acknowledged.
    pub(crate) async fn queues(&self) -> Result<Vec<(String, u64)>> {
        let command = [
            "list_queues",
            "--quiet",
            "--no-table-headers",
            "name",
            "messages",
        ];
        let listed = self.control(&command).await?;
        let lines = listed.lines().filter_map(|line| line.split_once('\t'));
        lines
            .map(|(name, count)| Ok((name.to_owned(), count.trim().parse()?)))
            .collect()
    }

    async fn control(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command("rabbitmqctl").args(arguments).output().await?;
        ensure!(
            output.status.success(),
            "rabbitmqctl {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    pub(crate) async fn shutdown(&self) -> Result<()> {
        let ended = self.end(Signal::TERM).await;
        // The node's port mapper outlives it; this one is on a port of our own.
        let mut mapper = Command::new("epmd");
        mapper
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        mapper
            .arg("-kill")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
            .ok();
        ended
    }
}

/// The node answers a protocol header with a method frame once it takes connections.
fn answers(address: SocketAddr) -> bool {
    let asked = || -> std::io::Result<u8> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(Duration::from_secs(2)))?;
        connection.write_all(b"AMQP\0\0\x09\x01")?;
        let mut first = [0];
        connection.read_exact(&mut first)?;
        Ok(first[0])
    };
    asked().is_ok_and(|first| first == 1)
}
