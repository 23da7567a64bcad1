//! What a system says of its HTTP server: the table `[http]`.

use std::{net::SocketAddr, time::Duration};

use crate::SecretReference;

/// How handlers are reached. What is not written is the runtime's to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// Where the server listens.
    pub listen: Option<SocketAddr>,
    /// The keys, any of which opens; with none, everyone may ask.
    pub api_keys: Vec<SecretReference>,
    /// What TLS needs; plain HTTP without.
    pub tls: Option<HttpTls>,
    /// How many requests are answered at once, over all handlers.
    pub max_requests: Option<u32>,
    /// How long an idle connection is kept.
    pub keep_alive: Option<Duration>,
    /// The most bytes of a request's body.
    pub body_limit: Option<u64>,
    /// The most bytes of an uploaded file.
    pub upload_limit: Option<u64>,
    /// What carries calls from handler to handler.
    pub bus: Option<Bus>,
    /// The bucket that the built-in functions of files keep their files in.
    pub files: Option<String>,
}

/// The server's certificate, and those that it asks of its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTls {
    /// The certificate's path, a PEM file.
    pub certificate: String,
    /// The private key's path, a PEM file.
    pub key: String,
    /// The path of the authority that signs the clients' certificates; they need none without.
    pub client_ca: Option<String>,
    /// The names, one of which a client's certificate must have; any does if there are none.
    pub client_names: Vec<String>,
}

/// What carries calls from handler to handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bus {
    /// The process itself.
    #[default]
    Process,
    /// RabbitMQ, between processes and machines.
    Amqp,
}

impl Http {
    /// The bus, which is the process itself unless the file says otherwise.
    pub fn bus(&self) -> Bus {
        self.bus.unwrap_or_default()
    }
}

impl Bus {
    /// The word in the file, and in the environment of a service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Amqp => "amqp",
        }
    }
}
