//! A process with handlers for files, and what is around it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
    sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource},
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) struct Host {
    process: Child,
    pub(super) address: SocketAddr,
    directory: TempDir,
}

/// An object store, and the sys-map that names it.
pub(super) struct Bucket {
    objects: ObjectStore,
    sys_map: SysMapServer,
    directory: TempDir,
}

impl Host {
    pub(super) async fn start(program: &str, environment: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let process = command(program, &directory)
            .envs(environment.iter().copied())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut host = Self {
            process,
            address: ([127, 0, 0, 1], 0).into(),
            directory,
        };
        host.says("listening").await;
        let log = host.log();
        let (_, url) = log.split_once("\"url\":\"http://").unwrap();
        let (address, _) = url.split_once('"').unwrap();
        host.address = address.parse().unwrap();
        host
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// Waits until the log holds something.
    pub(super) async fn says(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(words) {
            let running = self.process.try_wait().unwrap().is_none();
            assert!(
                running && Instant::now() < deadline,
                "it does not say {words}:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }

    pub(super) fn terminate(&self) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
    }

    pub(super) async fn ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it goes on:\n{}", self.log());
            sleep(LOOK).await;
        }
    }

    /// The memory that it takes, and the most that it ever took.
    pub(super) fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            let kilobytes = line.split_whitespace().nth(1).unwrap();
            kilobytes.parse::<u64>().unwrap() * 1024
        };
        (field("VmRSS:"), field("VmHWM:"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn command(program: &str, directory: &TempDir) -> Command {
    let mut command = Command::new(program);
    command
        .env("SLINGSHOT_HTTP", "127.0.0.1:0")
        .env("SLINGSHOT_ADMIN", "off")
        .env("SLINGSHOT_LOG", "json")
        .env("SLINGSHOT_STATE", directory.path().join("state"))
        .env_remove("SLINGSHOT_SYS_MAP")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// How a process that cannot start ends, and what it says.
pub(super) fn refused(program: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let directory = TempDir::new().unwrap();
    let mut command = command(program, &directory);
    let ended = command.envs(environment.iter().copied()).output().unwrap();
    (
        ended.status.code(),
        String::from_utf8_lossy(&ended.stderr).into_owned(),
    )
}

impl Bucket {
    pub(super) async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let objects = ObjectStore::start(ObjectStoreConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: directory.path().join("objects"),
            access_key: "access".to_owned(),
            secret_key: Secret::new("secret".to_owned()),
            buckets: vec!["files".to_owned()],
        })
        .await
        .unwrap();
        for secret in ["access", "secret"] {
            fs::write(directory.path().join(secret), secret).unwrap();
        }
        let map = directory.path().join("slingshot.toml");
        fs::write(&map, system(directory.path(), objects.address())).unwrap();
        let sys_map = SysMapServer::start(SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::File(map),
            engines: Engines::default(),
        })
        .await
        .unwrap();
        Self {
            objects,
            sys_map,
            directory,
        }
    }

    /// A process with the built-in handlers over it.
    pub(super) async fn serve(&self, environment: &[(&str, &str)]) -> Host {
        let url = self.sys_map.url();
        let mut all = vec![
            ("SLINGSHOT_SYS_MAP", url.as_str()),
            ("SLINGSHOT_FILES", "files"),
        ];
        all.extend_from_slice(environment);
        Host::start(env!("CARGO_BIN_EXE_kept-files"), &all).await
    }

    /// The store is gone.
    pub(super) async fn stop(self) {
        self.objects.shutdown().await;
    }

    /// What the store has on its disk, be it an object or a part of one.
    pub(super) fn contents(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = vec![self.directory.path().join("objects")];
        while let Some(directory) = waiting.pop() {
            // What is removed while this looks is not there.
            let Ok(entries) = fs::read_dir(directory) else {
                continue;
            };
            for path in entries.flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Waits until that is so.
    pub(super) async fn comes_to(&self, holds: impl Fn(&[PathBuf]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.contents()) {
            assert!(Instant::now() < deadline, "{:?}", self.contents());
            sleep(LOOK).await;
        }
    }
}

fn system(place: &Path, objects: SocketAddr) -> String {
    let place = place.display();
    format!(
        r#"
# A system has one, and this process does not.
[services.other]
in = "other"
out = []

[object-storage]
host = "http://{objects}"
region = "here"
access-key = "file:{place}/access"
secret-key = "file:{place}/secret"
"#
    )
}
