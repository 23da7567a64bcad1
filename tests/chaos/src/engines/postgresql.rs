//! A PostgreSQL cluster of the test's own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use diesel::{Connection as _, PgConnection};
use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{Guardian, PATIENCE, ended, free_port, log, newest, signal};

/// Where Debian's packages are.
const INSTALLED: &str = "/usr/lib/postgresql";

/// What differs from PostgreSQL's defaults. `fsync` is off because what is killed here are processes, and
/// what a process has written stays with the system.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=32MB",
    "max_connections=200",
    "fsync=off",
];

#[derive(Debug)]
pub(crate) struct PostgreSql {
    programs: PathBuf,
    directory: PathBuf,
    guardian: Arc<Guardian>,
    port: u16,
    /// As whom it runs: it refuses root.
    user: Option<(u32, u32)>,
    server: Mutex<Option<Child>>,
}

impl PostgreSql {
    pub(crate) async fn start(directory: &Path, guardian: &Arc<Guardian>) -> Result<Self> {
        let programs = newest(INSTALLED, "", "bin", "postgres")?;
        fs::create_dir_all(directory)?;
        let user = rustix::process::geteuid()
            .is_root()
            .then(nobody)
            .transpose()?;
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(directory, Some(user), Some(group))?;
        }
        let postgresql = Self {
            programs,
            directory: directory.to_owned(),
            guardian: Arc::clone(guardian),
            port: free_port()?,
            user,
            server: Mutex::default(),
        };
        let made = postgresql
            .command("initdb")?
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(postgresql.data())
            .status()
            .await?;
        ensure!(
            made.success(),
            "initdb failed: {}",
            postgresql.log_file().display()
        );
        postgresql.begin().await?;
        Ok(postgresql)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.with_extension("log")
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(self.programs.join(program));
        let log_file = self.log_file();
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(log(&log_file)?)
            .stderr(log(&log_file)?);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        Ok(command)
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) async fn begin(&self) -> Result<()> {
        let mut command = self.command("postgres")?;
        command
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let mut server = command.process_group(0).spawn().context("postgres")?;
        if let Some(id) = server.id() {
            self.guardian.watch(id)?;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.connect().await {
                Ok(_) => break,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) if server.try_wait()?.is_some() => {
                    bail!(
                        "PostgreSQL ended at its start: {}",
                        self.log_file().display()
                    )
                }
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
        *self.server.lock().await = Some(server);
        Ok(())
    }

    /// Ends the server: `INT` is its fast shutdown, `QUIT` its immediate one, which needs recovery.
    pub(crate) async fn end(&self, how: Signal) -> Result<()> {
        let Some(mut server) = self.server.lock().await.take() else {
            return Ok(());
        };
        let id = server.id().context("a server that ran")?;
        signal(id, how)?;
        ended(&mut server, "PostgreSQL").await?;
        self.guardian.forget(id);
        Ok(())
    }

    /// A connection that no proxy is in the way of.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let url = format!(
            "postgres://postgres@{}/postgres?connect_timeout=10",
            self.address()
        );
        let connected = tokio::task::spawn_blocking(move || PgConnection::establish(&url)).await?;
        connected.context("PostgreSQL")
    }
}

/// The user that owns nothing, from the list that every Unix has.
fn nobody() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        match fields[..] {
            ["nobody", _, user, group, ..] => Some((user.parse().ok()?, group.parse().ok()?)),
            _ => None,
        }
    });
    ids.context("PostgreSQL does not run as root, and there is no user `nobody`")
}
