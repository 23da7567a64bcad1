//! `bus_handlers.rs` in processes of their own, and the bus between them.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, Response};
use serde_json::Value;
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{brokers, environment, services::proxy::Proxy};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) const LOOK: Duration = Duration::from_millis(20);

/// How handlers call each other in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Process,
    Embedded,
    RabbitMq,
}

/// The processes of one test, and what is between them.
pub(super) struct Stage {
    pub(super) directory: TempDir,
    over: Option<Over>,
}

/// A broker, and how it is found.
struct Over {
    proxy: Proxy,
    url: String,
    /// Says that the broker is where the proxy is.
    sys_map: SysMapServer,
    /// Says where it is itself.
    direct: SysMapServer,
    _embedded: Option<slingshot_local::broker::Broker>,
}

impl Stage {
    /// `test` names what is the test's own on a broker that others use too.
    pub(super) async fn new(mode: Mode, test: &str) -> Self {
        // Another test may have.
        drop(rustls::crypto::ring::default_provider().install_default());
        let directory = TempDir::new().unwrap();
        let over = match mode {
            Mode::Process => None,
            Mode::Embedded => {
                let broker = brokers::start(&directory.path().join("broker")).await;
                let address = broker.address().to_string();
                Some(Over::start(&directory, &address, "/", Some(broker)).await)
            }
            Mode::RabbitMq => {
                let vhost = format!("bus-{test}");
                add_vhost(&vhost).await;
                let url = environment::amqp_url();
                let (_, rest) = url.rsplit_once('@').unwrap();
                let (address, _) = rest.split_once('/').unwrap();
                Some(Over::start(&directory, address, &vhost, None).await)
            }
        };
        Self { directory, over }
    }

    /// With a broker of the test's own.
    pub(super) async fn at(address: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let directory = TempDir::new().unwrap();
        let over = Some(Over::start(&directory, address, "/", None).await);
        Self { directory, over }
    }

    pub(super) fn proxy(&self) -> &Proxy {
        &self.over.as_ref().unwrap().proxy
    }

    /// A client of the broker's own.
    pub(super) async fn client(&self) -> brokers::Client {
        brokers::Client::connect(&self.over.as_ref().unwrap().url).await
    }

    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A process with all handlers, which are called over the bus.
    pub(super) async fn start(&self) -> Process {
        let url = self.over.as_ref().map(|over| over.sys_map.url());
        self.start_with(url, &[]).await
    }

    /// One whose environment says more.
    pub(super) async fn start_told(&self, variables: &[(&str, &str)]) -> Process {
        let url = self.over.as_ref().map(|over| over.sys_map.url());
        self.start_with(url, variables).await
    }

    /// One that keeps its connection whatever the proxy does.
    pub(super) async fn start_direct(&self) -> Process {
        let url = self.over.as_ref().map(|over| over.direct.url());
        self.start_with(url, &[]).await
    }

    /// The exit code and the log of a process that cannot begin.
    pub(super) async fn refused(&self, variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut process = self.spawn(variables);
        (process.ended().await.code(), process.log())
    }

    fn spawn(&self, variables: &[(&str, &str)]) -> Process {
        let handlers = Command::new(env!("CARGO_BIN_EXE_bus-handlers"));
        self.spawn_this(handlers, variables)
    }

    fn spawn_this(&self, mut handlers: Command, variables: &[(&str, &str)]) -> Process {
        let log = tempfile::Builder::new()
            .tempfile_in(self.directory.path())
            .unwrap();
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let admin = free.local_addr().unwrap();
        drop(free);
        let child = handlers
            .env("SLINGSHOT_HTTP", "127.0.0.1:0")
            .env("SLINGSHOT_ADMIN", admin.to_string())
            .env("SLINGSHOT_LOG", "json")
            .env("SLINGSHOT_STATE", "off")
            .env_remove("SLINGSHOT_SYS_MAP")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        Process {
            child,
            log: log.into_temp_path().keep().unwrap(),
            address: ([127, 0, 0, 1], 0).into(),
            admin,
            client: Client::new(),
        }
    }

    /// A process of other handlers, on the same bus.
    pub(super) async fn start_this(&self, handlers: Command) -> Process {
        let url = self.over.as_ref().map(|over| over.sys_map.url());
        self.start_all(handlers, url, &[]).await
    }

    async fn start_with(&self, sys_map: Option<String>, more: &[(&str, &str)]) -> Process {
        let handlers = Command::new(env!("CARGO_BIN_EXE_bus-handlers"));
        self.start_all(handlers, sys_map, more).await
    }

    async fn start_all(
        &self,
        handlers: Command,
        sys_map: Option<String>,
        more: &[(&str, &str)],
    ) -> Process {
        let mut variables = more.to_vec();
        if let Some(url) = &sys_map {
            variables.extend([
                ("SLINGSHOT_BUS", "amqp"),
                ("SLINGSHOT_SYS_MAP", url.as_str()),
            ]);
        }
        let mut process = self.spawn_this(handlers, &variables);
        let line = process.says("\"listening\"", 1).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let (_, address) = line["url"].as_str().unwrap().split_once("://").unwrap();
        process.address = address.parse().unwrap();
        if self.over.is_some() {
            process.says("the bus is connected", 1).await;
        }
        process
    }
}

impl Over {
    async fn start(
        directory: &TempDir,
        address: &str,
        vhost: &str,
        embedded: Option<slingshot_local::broker::Broker>,
    ) -> Self {
        let proxy = Proxy::start(address.to_owned()).await;
        let port = proxy.address.port();
        let (_, own_port) = address.rsplit_once(':').unwrap();
        let sys_map = sys_map(directory, "proxy", port, vhost).await;
        let direct = self::sys_map(directory, "direct", own_port.parse().unwrap(), vhost).await;
        let vhost = vhost.replace('/', "%2f");
        Self {
            proxy,
            url: format!("amqp://guest:guest@{address}/{vhost}"),
            sys_map,
            direct,
            _embedded: embedded,
        }
    }
}

async fn sys_map(directory: &TempDir, name: &str, port: u16, vhost: &str) -> SysMapServer {
    let password = directory.path().join("guest");
    fs::write(&password, "guest").unwrap();
    let map = directory.path().join(format!("{name}.toml"));
    let text = format!(
        "[system]\nname = \"bus\"\n\n[rabbitmq]\nhost = \"127.0.0.1\"\nport = {port}\nvhost = \"{vhost}\"\n\
         username = \"guest\"\npassword = \"file:{}\"\n",
        password.display(),
    );
    fs::write(&map, text).unwrap();
    let config = SysMapConfig {
        address: ([127, 0, 0, 1], 0).into(),
        source: SysMapSource::File(map),
        engines: Engines::default(),
    };
    SysMapServer::start(config).await.unwrap()
}

async fn add_vhost(name: &str) {
    let add = format!(
        "V = <<\"{name}\">>, U = <<\"guest\">>, A = <<\".*\">>, rabbit_vhost:add(V, U), \
         rabbit_auth_backend_internal:set_permissions(U, V, A, A, A, U)."
    );
    let tool = environment::rabbitmq_tools().join("rabbitmqctl");
    let added = tokio::process::Command::new(tool)
        .args(["eval", &add])
        .output()
        .await
        .unwrap();
    assert!(added.status.success(), "{added:?}");
}

/// One process.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    address: SocketAddr,
    admin: SocketAddr,
    client: Client,
}

impl Process {
    /// Asks a handler over HTTP: a status, and what the answer says.
    pub(super) async fn ask(&self, handler: &str, data: &str) -> (u16, Value) {
        let answer = self.try_to_ask(handler, data).await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        (status, answer["message"].clone())
    }

    /// The process may end before it answers.
    pub(super) async fn try_to_ask(&self, handler: &str, data: &str) -> reqwest::Result<Response> {
        let envelope = serde_json::json!({ "type": "request", "src": "test", "data": data });
        let url = format!("http://{}/{handler}", self.address);
        self.client.post(url).json(&envelope).send().await
    }

    /// Asks within a trace.
    pub(super) async fn ask_within(&self, traceparent: &str, handler: &str, data: &'static str) {
        let url = format!("http://{}/{handler}", self.address);
        let request = self.client.post(url).header("traceparent", traceparent);
        let answer = request.body(data).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Whatever the status, as a text.
    pub(super) async fn asked(&self, handler: &str, data: &str) -> String {
        let (status, message) = self.ask(handler, data).await;
        let message = message
            .as_str()
            .map_or_else(|| message.to_string(), str::to_owned);
        format!("{status} {message}")
    }

    pub(super) async fn state(&self, name: &str) -> u64 {
        self.ask("state", name).await.1.as_u64().unwrap()
    }

    /// Waits until a state has a value.
    pub(super) async fn comes_to(&self, name: &str, value: u64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = self.state(name).await;
            if now == value {
                return;
            }
            let waiting = now < value && Instant::now() < deadline;
            assert!(waiting, "{name} is {now}, not {value}:\n{}", self.log());
            sleep(LOOK).await;
        }
    }

    /// Waits until it has said something that many times. The last line that says it.
    pub(super) async fn says(&mut self, words: &str, times: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            let mut lines = log.lines().filter(|line| line.contains(words));
            if let Some(line) = lines.nth(times - 1) {
                return line.to_owned();
            }
            let running = self.child.try_wait().unwrap().is_none();
            let waiting = running && Instant::now() < deadline;
            assert!(waiting, "it does not say {words} {times} times:\n{log}");
            sleep(LOOK).await;
        }
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// What an address of the admin server answers.
    pub(super) async fn probed(&self, path: &str) -> String {
        let answer = self
            .client
            .get(format!("http://{}{path}", self.admin))
            .send();
        answer.await.unwrap().text().await.unwrap()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
    }

    pub(super) async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }

    /// Ends it as a supervisor would.
    pub(super) async fn finished(mut self) {
        self.terminate();
        assert_eq!(self.ended().await.code(), Some(0), "{}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until there is such a file.
pub(super) async fn appears(path: PathBuf) {
    let deadline = Instant::now() + PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < deadline, "no {}", path.display());
        sleep(LOOK).await;
    }
}
