//! A RabbitMQ and a PostgreSQL that are somebody else's, and an S3 server that has nothing to do with
//! Slingshot.

use std::{fs, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::project::Project;
use crate::environment;

/// Starts the S3 server on a free port, makes the buckets, and prints the port.
const S3_SERVER: &str = r"
import logging, sys, boto3
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0)
server.start()
_, port = server.get_host_and_port()
s3 = boto3.client('s3', endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
                  aws_access_key_id='access', aws_secret_access_key='secret')
for bucket in sys.argv[1:]:
    s3.create_bucket(Bucket=bucket)
print('port', port, flush=True)
sys.stdin.read()
";

/// Those of the example.
const BUCKETS: [&str; 5] = ["documents", "thumbnails", "archive", "receipts", "report"];

pub(super) struct Outside {
    s3: Child,
    sections: String,
}

impl Outside {
    pub(super) async fn start(project: &Project) -> Self {
        let database = format!("documents_{}", std::process::id());
        let url = environment::database_url();
        let made = Command::new("psql")
            .args([
                &url,
                "--quiet",
                "--command",
                &format!("CREATE DATABASE {database}"),
            ])
            .status()
            .await
            .unwrap();
        assert!(made.success(), "psql cannot create a database");

        let mut s3 = Command::new(environment::python())
            .args(["-c", S3_SERVER])
            .args(BUCKETS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(s3.stdout.take().unwrap()).lines();
        let s3_port = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("the S3 server starts");
            if let Some(port) = line.strip_prefix("port ") {
                break port.to_owned();
            }
        };

        let secret = |name: &str, value: &str| {
            let file = project.path().join(name);
            fs::write(&file, value).unwrap();
            format!("file:{}", file.display())
        };
        let amqp_port = port(&environment::amqp_url());
        let sections = format!(
            "
[rabbitmq]
host = \"127.0.0.1\"
port = {amqp_port}
username = \"guest\"
password = \"{}\"

[database]
host = \"127.0.0.1\"
port = {}
username = \"postgres\"
database = \"{database}\"
password = \"{}\"

[object-storage]
host = \"http://127.0.0.1:{s3_port}\"
region = \"us-east-1\"
access-key = \"{}\"
secret-key = \"{}\"
",
            secret("rabbitmq-password", "guest"),
            port(&url),
            secret("database-password", "none-is-asked-for"),
            secret("access-key", "access"),
            secret("secret-key", "secret"),
        );
        Self { s3, sections }
    }

    /// What to add to a `slingshot.toml`.
    pub(super) fn sections(&self) -> String {
        self.sections.clone()
    }

    pub(super) async fn stop(mut self) {
        self.s3.kill().await.unwrap();
    }
}

/// Of `scheme://user:password@host:PORT/path`.
fn port(url: &str) -> String {
    let (_, rest) = url.rsplit_once(':').unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect()
}
