//! The HTTP servers of a run's handlers: where each listens, what it is told, and whether it is up.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    time::Duration,
};

use slingshot_settings::duration;
use slingshot_topology::Http;
use tokio::{net::TcpStream, time::timeout};

use super::plan::Host;
use crate::{
    describe::{DescribedHandler, HandlerKind},
    exit::Failure,
    printer::Printer,
};

/// Where handlers are, if `slingshot.toml` does not say.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// How long a server on this machine may take to accept a connection.
const KNOCK: Duration = Duration::from_millis(50);

/// The servers, in the order of the plan's hosts.
#[derive(Debug)]
pub(crate) struct Servers {
    servers: Vec<Server>,
    settings: BTreeMap<&'static str, OsString>,
}

#[derive(Debug)]
struct Server {
    /// Its process.
    name: String,
    address: SocketAddr,
    url: String,
    handlers: String,
    is_up: bool,
}

impl Servers {
    /// Finds an address for each.
    ///
    /// # Errors
    ///
    /// If the address that the file names is taken, or is to be that of several.
    pub(crate) fn place(hosts: &[Host], http: Option<&Http>) -> Result<Self, Failure> {
        let listen = http.and_then(|http| http.listen);
        if let (Some(listen), [_, another, ..]) = (listen, hosts)
            && listen.port() != 0
        {
            return Err(Failure::usage(format!(
                "{} has handlers too, and only one process can listen on {listen}",
                another.name
            ))
            .help("take `listen` out of [http], and each process gets an address of its own"));
        }
        let keeps_files = http.is_some_and(|http| http.files.is_some());
        let scheme = match http.and_then(|http| http.tls.as_ref()) {
            Some(_) => "https",
            None => "http",
        };
        // All are held until all are found, so that no two are the same.
        let mut held = Vec::new();
        let mut servers = Vec::new();
        for host in hosts {
            let (listener, address) = reserve(listen)?;
            held.push(listener);
            servers.push(Server {
                name: host.name.clone(),
                address,
                url: format!("{scheme}://{}", reached(address)),
                handlers: listed(&host.handlers, keeps_files),
                is_up: false,
            });
        }
        Ok(Self {
            servers,
            settings: http.map(settings).unwrap_or_default(),
        })
    }

    /// What the process of a host is told.
    pub(crate) fn environment(&self, host: usize) -> BTreeMap<&'static str, OsString> {
        let mut environment = self.settings.clone();
        if let Some(server) = self.servers.get(host) {
            environment.insert("SLINGSHOT_HTTP", server.address.to_string().into());
        }
        environment
    }

    /// Looks which servers have come up, and says so, once each.
    pub(crate) async fn look(&mut self, printer: &Printer) {
        for server in self.servers.iter_mut().filter(|server| !server.is_up) {
            let knock = TcpStream::connect(reached(server.address));
            if let Ok(Ok(_)) = timeout(KNOCK, knock).await {
                server.is_up = true;
                printer.status("Serving", &format!("{}  {}", server.url, server.handlers));
            }
        }
    }

    /// The processes whose servers are not up yet.
    pub(crate) fn not_up(&self) -> impl Iterator<Item = &str> {
        let servers = self.servers.iter().filter(|server| !server.is_up);
        servers.map(|server| &*server.name)
    }
}

/// An address that is free, and the listener that holds it so.
fn reserve(listen: Option<SocketAddr>) -> Result<(TcpListener, SocketAddr), Failure> {
    let any_port = |address: SocketAddr| SocketAddr::new(address.ip(), 0);
    let bound = match listen {
        Some(listen) => TcpListener::bind(listen),
        None => TcpListener::bind(LISTEN).or_else(|_| TcpListener::bind(any_port(LISTEN))),
    };
    bound
        .and_then(|listener| {
            let address = listener.local_addr()?;
            Ok((listener, address))
        })
        .map_err(|error| {
            let listen = listen.unwrap_or(LISTEN);
            Failure::usage(format!("{listen} cannot be listened on for handlers"))
                .because(error)
                .help("end what listens there, or choose another `listen` under [http]")
        })
}

/// The address by which this machine reaches a server that listens on all of its addresses.
fn reached(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The paths that are answered: the code's, and those of the built-in handlers that it has none for.
fn listed(handlers: &[DescribedHandler], keeps_files: bool) -> String {
    let of_files = |kind| match kind {
        HandlerKind::Request => None,
        HandlerKind::Upload => Some("/stream/upload"),
        HandlerKind::Download => Some("/stream/download"),
        HandlerKind::Metadata => Some("/stream/metadata"),
    };
    let path = |handler: &DescribedHandler| {
        of_files(handler.kind).map_or_else(|| format!("/{}", handler.name), str::to_owned)
    };
    let built_in = [
        HandlerKind::Upload,
        HandlerKind::Download,
        HandlerKind::Metadata,
    ];
    let is_built_in =
        |kind: &HandlerKind| keeps_files && handlers.iter().all(|handler| handler.kind != *kind);
    let built_in = built_in
        .into_iter()
        .filter(is_built_in)
        .filter_map(of_files);
    let paths: Vec<_> = handlers
        .iter()
        .map(path)
        .chain(built_in.map(str::to_owned))
        .collect();
    paths.join(", ")
}

/// The table `[http]` as variables, but for where to listen.
fn settings(http: &Http) -> BTreeMap<&'static str, OsString> {
    let mut settings: BTreeMap<&'static str, OsString> = BTreeMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            settings.insert(name, value.into());
        }
    };
    let joined = |words: Vec<String>| (!words.is_empty()).then(|| words.join(","));
    set(
        "SLINGSHOT_HTTP_KEYS",
        joined(http.api_keys.iter().map(ToString::to_string).collect()),
    );
    if let Some(tls) = &http.tls {
        set("SLINGSHOT_HTTP_CERTIFICATE", Some(tls.certificate.clone()));
        set("SLINGSHOT_HTTP_PRIVATE_KEY", Some(tls.key.clone()));
        set("SLINGSHOT_HTTP_CLIENT_CA", tls.client_ca.clone());
        set(
            "SLINGSHOT_HTTP_CLIENT_NAMES",
            joined(tls.client_names.clone()),
        );
    }
    set(
        "SLINGSHOT_HTTP_MAX_REQUESTS",
        http.max_requests.map(|count| count.to_string()),
    );
    set(
        "SLINGSHOT_HTTP_KEEP_ALIVE",
        http.keep_alive.map(duration::written),
    );
    set(
        "SLINGSHOT_HTTP_BODY_LIMIT",
        http.body_limit.map(|bytes| bytes.to_string()),
    );
    set(
        "SLINGSHOT_HTTP_UPLOAD_LIMIT",
        http.upload_limit.map(|bytes| bytes.to_string()),
    );
    set("SLINGSHOT_BUS", http.bus.map(|bus| bus.as_str().to_owned()));
    set("SLINGSHOT_FILES", http.files.clone());
    settings
}

#[cfg(test)]
mod tests;
