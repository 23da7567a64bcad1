//! The engine of these tests: one connection to the server that the environment names.

use std::io::{Read, Write};
use std::net::TcpStream;

use slingshot_postgres_wasm::{Engine, EngineError};
use tokio_postgres::config::Host;

/// A query that the engine does not survive.
pub(crate) const CRASH: &str = "select 'crash'";

pub(crate) struct Backend(TcpStream);

impl Backend {
    /// Connects with nothing in `schema`, where everything is made.
    pub(crate) fn connect(schema: &str) -> Result<Self, EngineError> {
        let config = server();
        let [Host::Tcp(host), ..] = config.get_hosts() else {
            return Err(EngineError::start(
                "the server of the tests has no TCP address",
            ));
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let stream = TcpStream::connect((host.as_str(), port)).map_err(EngineError::start)?;
        let mut backend = Self(stream);
        let user = config.get_user().unwrap_or("postgres");
        let database = config.get_dbname().unwrap_or("postgres");
        let startup = format!(
            "user\0{user}\0database\0{database}\0options\0-c search_path={schema} \
             -c client_min_messages=warning\0\0"
        );
        let length = u32::try_from(startup.len() + 8).unwrap();
        let packet = [&length.to_be_bytes(), &[0, 3, 0, 0], startup.as_bytes()].concat();
        backend.0.write_all(&packet).map_err(EngineError::start)?;
        backend.read_until(|kind, _| kind == b'Z')?;
        let prepare = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}\0");
        let length = u32::try_from(prepare.len() + 4).unwrap();
        backend.exchange(&[b"Q", &length.to_be_bytes()[..], prepare.as_bytes()].concat())?;
        Ok(backend)
    }

    /// Reads messages up to and with the one for which `is_last` holds.
    fn read_until(
        &mut self,
        mut is_last: impl FnMut(u8, &[u8]) -> bool,
    ) -> Result<Vec<u8>, EngineError> {
        let mut answer = Vec::new();
        loop {
            let mut head = [0; 5];
            self.0.read_exact(&mut head).map_err(EngineError::work)?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
            let mut body = vec![0; length as usize - 4];
            self.0.read_exact(&mut body).map_err(EngineError::work)?;
            answer.extend_from_slice(&head);
            answer.extend_from_slice(&body);
            if is_last(head[0], &body) {
                return Ok(answer);
            }
        }
    }
}

impl Engine for Backend {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, EngineError> {
        if request
            .windows(CRASH.len())
            .any(|text| text == CRASH.as_bytes())
        {
            return Err(EngineError::work("as the test asked"));
        }
        self.0.write_all(request).map_err(EngineError::work)?;
        let mut kinds = Vec::new();
        let mut at = 0;
        while let Some([kind, a, b, c, d, ..]) = request.get(at..) {
            kinds.push((*kind, request.get(at + 5).copied()));
            at += u32::from_be_bytes([*a, *b, *c, *d]) as usize + 1;
        }
        if kinds.last().is_none_or(|(kind, _)| *kind != b'H') {
            return self.read_until(|kind, _| kind == b'Z');
        }
        // Nothing marks the end of what a Flush brings: one answer to each message is expected.
        let mut expected = kinds
            .iter()
            .filter(|(kind, _)| b"PBCDE".contains(kind))
            .count();
        self.read_until(|kind, _| {
            expected -= usize::from(b"123TnCIs".contains(&kind));
            expected == 0 || kind == b'E'
        })
    }

    fn close(&mut self) -> Result<(), EngineError> {
        self.0
            .write_all(&[b'X', 0, 0, 0, 4])
            .map_err(EngineError::close)
    }
}

fn server() -> tokio_postgres::Config {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where tests read the environment"
    )]
    let url = std::env::var("SLINGSHOT_TEST_DATABASE_URL");
    url.expect("run this through scripts/with-services")
        .parse()
        .unwrap()
}
