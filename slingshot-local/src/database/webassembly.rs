//! PostgreSQL as WebAssembly: the program `slingshot-postgres`, which is a package of its own.

use std::{fs, path::Path, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    time::timeout,
};

use super::{
    DatabaseError, NAME,
    place::Place,
    process::{Log, Process},
};
use crate::{Secret, private_file};

/// How long the program may take: a first start unpacks the engine and makes the cluster, which took
/// 26 s on a machine with other work.
const READY: Duration = Duration::from_mins(2);

/// How the line begins by which the program says that it listens.
const READY_WORD: &str = "ready";

/// Starts the program and waits until it listens.
pub(super) async fn serve(
    program: &Path,
    place: &Place,
    port: u16,
    password: &Secret,
    log: &Log,
) -> Result<Process, DatabaseError> {
    let data = place.cluster().join("webassembly");
    let password_file = place.cluster().join("webassembly.password");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DatabaseError::File { path, source }
    };
    fs::create_dir_all(&data).map_err(failed(&data))?;
    private_file::write(&password_file, password.expose()).map_err(failed(&password_file))?;
    let arguments = [
        "--data".to_owned(),
        data.display().to_string(),
        "--port".to_owned(),
        port.to_string(),
        "--password-file".to_owned(),
        password_file.display().to_string(),
        "--user".to_owned(),
        NAME.to_owned(),
        "--database".to_owned(),
        NAME.to_owned(),
    ];
    let start = log.end();
    let mut process = Process::start(place, program, &arguments, log)?;
    let output = process.output().expect("standard output is a pipe");
    let mut lines = BufReader::new(output).lines();
    let ready = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.starts_with(READY_WORD) {
                return true;
            }
        }
        false
    };
    match timeout(READY, ready).await {
        Ok(true) => Ok(process),
        Ok(false) => Err(log.failure("starting PostgreSQL as WebAssembly", start)),
        Err(_) => {
            process.shutdown().await;
            Err(DatabaseError::NotReady {
                after: READY,
                log: log.path().to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, TcpListener},
        os::unix::fs::PermissionsExt as _,
    };

    use super::*;

    /// A program that keeps the contract of `slingshot-postgres` and listens where it is told.
    const STAND_IN: &str = r#"#!/usr/bin/env python3
import signal, socket, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert open(arguments["--password-file"]).readline() == "secret"
server = socket.create_server(("127.0.0.1", int(arguments["--port"])))
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("ready", arguments["--port"], flush=True)
signal.pause()
"#;

    #[tokio::test]
    async fn the_program_is_started_and_stopped_by_its_contract() {
        let project = tempfile::tempdir().unwrap();
        let program = project.path().join("slingshot-postgres");
        fs::write(&program, STAND_IN).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place::of_this_user(project.path()).unwrap();
        let log = Log::open(project.path()).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let secret = Secret::new("secret");
        let process = serve(&program, &place, port, &secret, &log).await.unwrap();
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        assert!(bind().is_err(), "the program listens");
        process.shutdown().await;
        drop(bind().unwrap());

        fs::write(&program, "#!/bin/sh\necho 'no memory' >&2; exit 1\n").unwrap();
        let error = serve(&program, &place, port, &secret, &log)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no memory"), "{error}");
    }
}
