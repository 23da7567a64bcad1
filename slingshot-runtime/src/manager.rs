//! The predecessor's way to register handlers, `manager_handlers`: types that implement [`Base`], added to a
//! [`Manager`]. They run as annotated functions do, and beside them.

mod base;
mod state;

use std::{fmt, net::SocketAddr, panic::Location, sync::Arc, thread, time::Duration};

use tokio::sync::oneshot;

pub use base::Base;
pub use state::{SharedState, StateType};

use crate::{
    SharedState as CommonState,
    handler::{HandlerDefinition, HandlerFunction, HandlerKind, HandlerSettings},
    http::{HttpSettings, TlsSettings},
    run::{self, Binary},
    secret::Secret,
    service::{Definition, Source},
};

/// Where the predecessor listens: on all interfaces, once something keeps strangers out.
const EVERYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 8080);

/// A server of handlers.
///
/// It listens on port 8080: of all interfaces where a key or client certificates are asked for, else of the
/// machine itself. `SLINGSHOT_HTTP` and the other variables win over what is set here.
#[derive(Default)]
pub struct Manager {
    handlers: Vec<HandlerDefinition>,
    listen: Option<SocketAddr>,
    http: HttpSettings,
    files: Option<(String, String, Option<String>)>,
    allowed_names: Vec<String>,
    state: CommonState,
}

impl Manager {
    /// A server without handlers.
    pub fn new_default() -> Self {
        Self::default()
    }

    /// Speaks TLS with the certificate and the private key of these PEM files; with the authorities of a third, it
    /// asks clients for certificates that one of them has signed. Without certificate or key it speaks none.
    pub fn with_tls<'a>(
        &mut self,
        certificate: impl Into<Option<&'a str>>,
        private_key: impl Into<Option<&'a str>>,
        client_ca: Option<&str>,
    ) {
        self.files = match (certificate.into(), private_key.into()) {
            (Some(certificate), Some(private_key)) => Some((
                certificate.to_owned(),
                private_key.to_owned(),
                client_ca.map(str::to_owned),
            )),
            _ => None,
        };
    }

    /// The names (CN or DNS SAN) of which a client's certificate must have one, where certificates are asked for.
    pub fn with_allowed_names(&mut self, names: Vec<String>) {
        self.allowed_names = names;
    }

    /// A key that clients show. Further calls add further keys.
    pub fn with_api_key(&mut self, key: impl Into<String>) {
        self.http.keys.push(Secret::from(key.into()));
    }

    /// How many requests run at once in all. Default 1,024.
    pub fn with_max_requests(&mut self, most: u32) {
        self.http.max_requests = most;
    }

    /// How many seconds a connection may idle. Default 30.
    pub fn with_keep_alive(&mut self, seconds: u64) {
        self.http.keep_alive = Duration::from_secs(seconds);
    }

    /// The address to listen on.
    pub fn with_listen(&mut self, address: SocketAddr) {
        self.listen = Some(address);
    }

    /// Adds a handler of which at most `replicas` run at once. Those called `upload`, `download` and `metadata`
    /// are the file handlers.
    #[track_caller]
    pub fn add_handler<H: Base + Send + Sync + 'static>(&mut self, name: &str, replicas: u32) {
        let caller = Location::caller();
        let kind = match name {
            "upload" => HandlerKind::Upload,
            "download" => HandlerKind::Download,
            "metadata" => HandlerKind::Metadata,
            _ => HandlerKind::Request,
        };
        let handler = Arc::new(H::new());
        self.handlers.push(HandlerDefinition {
            name: name.to_owned(),
            kind,
            settings: HandlerSettings {
                replicas: Some(replicas),
                ..HandlerSettings::NONE
            },
            source: Source {
                file: caller.file().into(),
                line: caller.line(),
                column: caller.column(),
            },
            function: HandlerFunction::Async(Arc::new(move |parts| {
                base::called(Arc::clone(&handler), kind, parts)
            })),
        });
    }

    /// Puts a value into the shared state.
    pub async fn add_global_state(&mut self, name: &str, value: StateType) {
        self.state.insert(name, value).await;
    }

    /// Serves until the process is told to end, and returns when it has drained.
    ///
    /// A server that could not run, or cut requests off, ends the process with the exit code that says so (2, 1 or
    /// 75).
    pub async fn start(&mut self) {
        let binary = std::mem::take(self).into_binary();
        let (ended, end) = oneshot::channel();
        // A runtime of its own: the caller's may have one thread, or no timers.
        thread::spawn(move || ended.send(run::run_binary(binary)));
        match end.await {
            Ok(run::DRAINED) => {}
            Ok(code) => std::process::exit(code.into()),
            Err(_) => std::process::exit(run::FAILED.into()),
        }
    }

    fn into_binary(self) -> Binary {
        let mut http = self.http;
        http.tls = self
            .files
            .map(|(certificate, private_key, client_ca)| TlsSettings {
                certificate: certificate.into(),
                private_key: private_key.into(),
                client_ca: client_ca.map(Into::into),
                client_names: self.allowed_names,
            });
        let asks = http.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        if let Some(address) = self.listen {
            http.listen = address;
        } else if asks || !http.keys.is_empty() {
            http.listen = EVERYWHERE;
        }
        let handlers = self.handlers.into_iter();
        let handlers = handlers.chain(HandlerDefinition::registered());
        Binary {
            services: Definition::registered(),
            handlers: HandlerDefinition::in_order(handlers),
            http,
            state: self.state,
            lifeline: None,
        }
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    struct Echo;

    #[async_trait]
    impl Base for Echo {
        fn new() -> Self {
            Self
        }
    }

    #[test]
    fn it_listens_for_everybody_once_strangers_are_kept_out() {
        let check = |change: fn(&mut Manager), expected: &str| {
            let mut manager = Manager::new_default();
            manager.add_handler::<Echo>("echo", 5);
            change(&mut manager);
            let listen = manager.into_binary().http.listen;
            assert_eq!(listen, expected.parse().expect("an address"));
        };
        check(|_| {}, "127.0.0.1:8080");
        check(|manager| manager.with_api_key("key"), "0.0.0.0:8080");
        check(|manager| manager.with_tls("c", "k", None), "127.0.0.1:8080");
        check(
            |manager| manager.with_tls("c", "k", Some("ca")),
            "0.0.0.0:8080",
        );
        check(
            |manager| manager.with_tls(None, Some("k"), Some("ca")),
            "127.0.0.1:8080",
        );
        let elsewhere = |manager: &mut Manager| manager.with_listen(([10, 0, 0, 7], 80).into());
        check(elsewhere, "10.0.0.7:80");
    }
}
