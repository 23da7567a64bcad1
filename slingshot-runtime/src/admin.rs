//! The admin server: whether the process lives, whether its services are ready, and what they count.
//!
//! It answers from memory, starts before the services are prepared and ends after them, and no client of it
//! can hold more than a few buffers.

mod readiness;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    bus::BusHealth,
    drain::{Drain, Phase},
    environment::AdminAddress,
    http::HttpHealth,
    meter::Meter,
    metrics::{Metrics, OPEN_METRICS},
};

use readiness::Readiness;

/// The port of OpenTelemetry's exporters for Prometheus.
const DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

/// How many clients are served at once. Further ones wait in the system's line.
const MOST_CONNECTIONS: usize = 32;

/// How long a client may take to say what it wants.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection lives, with all its requests. Clients open another one.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(1);

/// The most bytes of a request's headers, and of an answer that waits for its reader.
const BUFFER: usize = 16 * 1024;

/// How long to wait after the system had no connection to give: it is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An address that cannot be listened on.
#[derive(Debug, Error)]
#[error(
    "SLINGSHOT_ADMIN asks for {address}, which cannot be listened on: {source} (`127.0.0.1:0` takes a free \
     port, `off` does without)"
)]
pub(crate) struct AdminError {
    address: SocketAddr,
    source: io::Error,
}

/// What is told.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) meters: Arc<[Arc<Meter>]>,
    /// Where it goes over a broker.
    pub(crate) bus: Option<Arc<BusHealth>>,
    /// Where handlers are served.
    pub(crate) http: Option<Arc<HttpHealth>>,
    pub(crate) metrics: Metrics,
    pub(crate) resource: Arc<[(String, String)]>,
    pub(crate) drain: Drain,
}

/// A running admin server. Dropped, it is gone.
pub(crate) struct Admin {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Admin {
    /// Listens, unless it is not to. A second process on a host finds the default port taken, and takes a free
    /// one: only a port that somebody asked for is worth an error.
    pub(crate) async fn start(
        address: AdminAddress,
        told: Told,
    ) -> Result<Option<Self>, AdminError> {
        let (wanted, otherwise) = match address {
            AdminAddress::Off => return Ok(None),
            AdminAddress::Default => (DEFAULT, Some(SocketAddr::new(DEFAULT.ip(), 0))),
            AdminAddress::At(address) => (address, None),
        };
        let bound = match (TcpListener::bind(wanted).await, otherwise) {
            (Err(error), Some(otherwise)) if error.kind() == io::ErrorKind::AddrInUse => {
                TcpListener::bind(otherwise).await
            }
            (bound, _) => bound,
        };
        let failed = |source| AdminError {
            address: wanted,
            source,
        };
        let listener = bound.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let serving = tokio::spawn(serve(listener, told));
        Ok(Some(Self { address, serving }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, told: Told) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let connection = match listener.accept().await {
            Ok((connection, _)) => connection,
            Err(error) => {
                tracing::debug!(%error, "no connection for a client of the admin server");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let told = told.clone();
        tokio::spawn(async move {
            let _place = place;
            if timeout(CONNECTION_TIMEOUT, answer_all(connection, told))
                .await
                .is_err()
            {
                tracing::trace!("a client of the admin server had its time");
            }
        });
    }
}

async fn answer_all(connection: TcpStream, told: Told) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &told);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(connection), service)
        .await;
    if let Err(error) = served {
        tracing::trace!(%error, "a client of the admin server left");
    }
}

fn answer(request: &Request<Incoming>, told: &Told) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = response(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET\n".to_owned(),
        );
        let allowed = HeaderValue::from_static("GET, HEAD");
        refused.headers_mut().insert(ALLOW, allowed);
        return refused;
    }
    match request.uri().path() {
        "/livez" => response(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => {
            let services = told.meters.iter().map(|meter| meter.health());
            let bus = told.bus.iter().map(|bus| bus.health());
            let readiness = Readiness {
                draining: told.drain.phase() != Phase::Running,
                services: services.chain(bus).collect(),
                listener: told.http.as_ref().map(|http| http.now()),
            };
            let status = if readiness.is_ready() {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            if asks_for_json(request) {
                response(status, JSON, readiness.json())
            } else {
                response(status, TEXT, readiness.text())
            }
        }
        "/metrics" => response(
            StatusCode::OK,
            OPEN_METRICS,
            told.metrics.text(&told.resource),
        ),
        _ => {
            let paths = "there are /livez, /readyz and /metrics\n".to_owned();
            response(StatusCode::NOT_FOUND, TEXT, paths)
        }
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn asks_for_json(request: &Request<Incoming>) -> bool {
    let accepted = request.headers().get(ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    accepted.is_some_and(|types| types.contains(JSON))
}
