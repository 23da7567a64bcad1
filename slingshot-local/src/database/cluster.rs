//! A cluster of real PostgreSQL: made once, started often.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    DatabaseError, NAME, READY,
    binaries::Binaries,
    place::Place,
    process::{Log, Process},
};
use crate::Secret;

/// How often we look whether the server is ready.
const LOOK: Duration = Duration::from_millis(10);

/// What differs from PostgreSQL's defaults, and why.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    // A socket in `/tmp` would be a second way in, and may clash with a PostgreSQL of the machine.
    "unix_socket_directories=",
    // Enough for development; the default takes 128 MB.
    "shared_buffers=32MB",
    // Every replica of every service holds a connection.
    "max_connections=200",
    // Defaults, named because the promise that nothing is lost stands on them.
    "fsync=on",
    "synchronous_commit=on",
    "log_checkpoints=off",
];

/// The cluster in a place, seen by one PostgreSQL.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    place: &'a Place,
    binaries: &'a Binaries,
}

impl<'a> Cluster<'a> {
    pub(super) fn new(place: &'a Place, binaries: &'a Binaries) -> Self {
        Self { place, binaries }
    }

    /// Makes the cluster with its role and database if it is not there, and sets the password if it
    /// is another than the last.
    pub(super) async fn make(&self, password: &Secret, log: &Log) -> Result<(), DatabaseError> {
        let data = self.place.data();
        let known = self.place.cluster().join("password");
        if self.place.made_by().is_none() {
            let new = self.place.cluster().join("data.new");
            remove_tree(&new)?;
            self.initialize(&new, log).await?;
            self.set_password(&new, password, log).await?;
            self.command(&new, &format!("CREATE DATABASE {NAME};\n"), log)
                .await?;
            write_private(&known, password.expose())?;
            // Everything or nothing: a killed `initdb` leaves `data.new`, which the next start removes.
            return fs::rename(&new, &data)
                .map_err(|source| DatabaseError::File { path: data, source });
        }
        if fs::read_to_string(&known).is_ok_and(|known| known == password.expose()) {
            return Ok(());
        }
        super::lock_file::settle(&data).await?;
        self.set_password(&data, password, log).await?;
        write_private(&known, password.expose())
    }

    async fn initialize(&self, data: &Path, log: &Log) -> Result<(), DatabaseError> {
        let mut initdb = self.place.command(&self.binaries.program("initdb"));
        initdb.arg("--pgdata").arg(data).args([
            "--username",
            NAME,
            "--encoding=UTF8",
            // The same order of texts on every machine.
            "--locale=C",
            "--auth-host=scram-sha-256",
            "--auth-local=peer",
        ]);
        log.run("making the database (initdb)", &mut initdb).await
    }

    async fn set_password(
        &self,
        data: &Path,
        password: &Secret,
        log: &Log,
    ) -> Result<(), DatabaseError> {
        let quoted = password.expose().replace('\'', "''");
        self.command(
            data,
            &format!("ALTER ROLE {NAME} PASSWORD '{quoted}';\n"),
            log,
        )
        .await
    }

    /// Runs one SQL command while no server runs.
    async fn command(&self, data: &Path, sql: &str, log: &Log) -> Result<(), DatabaseError> {
        // On standard input, not in an argument: everybody may read those.
        let mut script = tempfile::tempfile().map_err(|source| DatabaseError::File {
            path: PathBuf::from("a temporary file"),
            source,
        })?;
        let written = script
            .write_all(sql.as_bytes())
            .and_then(|()| std::io::Seek::rewind(&mut script));
        written.map_err(|source| DatabaseError::File {
            path: PathBuf::from("a temporary file"),
            source,
        })?;
        let mut single = self.place.command(&self.binaries.program("postgres"));
        single
            .args(["--single", "-D"])
            .arg(data)
            // Without it the exit status does not say whether the command worked. Statements are not
            // logged, for one holds the password.
            .args([
                "-c",
                "exit_on_error=on",
                "-c",
                "log_min_error_statement=panic",
                "postgres",
            ])
            .stdin(Stdio::from(script));
        log.run("setting up the database", &mut single).await
    }

    /// Starts the server and waits until it accepts connections.
    pub(super) async fn serve(&self, port: u16, log: &Log) -> Result<Process, DatabaseError> {
        let data = self.place.data();
        let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
        for setting in SETTINGS
            .into_iter()
            .chain([format!("port={port}").as_str()])
        {
            arguments.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let start = log.end();
        let mut process = Process::start(
            self.place,
            &self.binaries.program("postgres"),
            &arguments,
            log,
        )?;
        let deadline = Instant::now() + READY;
        while Instant::now() < deadline {
            if process.has_ended() {
                // `bind` of PostgreSQL, in words that no release has changed.
                if log.since(start).contains("Address already in use") {
                    return Err(DatabaseError::PortTaken);
                }
                return Err(log.failure("starting PostgreSQL", start));
            }
            if is_ready(&data, port) {
                return Ok(process);
            }
            sleep(LOOK).await;
        }
        process.shutdown().await;
        Err(DatabaseError::NotReady {
            after: READY,
            log: log.path().to_owned(),
        })
    }

    pub(super) fn data(&self) -> PathBuf {
        self.place.data()
    }
}

/// Whether `postmaster.pid` is of this start (line 4: the port) and says `ready` (line 8).
fn is_ready(data: &Path, port: u16) -> bool {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.get(3) == Some(&port.to_string().as_str()) && lines.get(7) == Some(&"ready")
}

fn remove_tree(path: &Path) -> Result<(), DatabaseError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(DatabaseError::File {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), DatabaseError> {
    crate::private_file::write(path, text).map_err(|source| DatabaseError::File {
        path: path.to_owned(),
        source,
    })
}
