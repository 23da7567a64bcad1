//! A stand-in for an OpenTelemetry collector: it keeps what it is sent.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

#[derive(Default)]
struct Kept {
    requests: Vec<ExportTraceServiceRequest>,
    tokens: Vec<String>,
}

pub(crate) struct Collector {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    accepting: JoinHandle<()>,
}

/// A span, as far as tests look at it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    /// The resource's.
    pub(crate) service: String,
    /// Its kind, attempt, outcome and error.
    pub(crate) says: String,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::<Mutex<Kept>>::default();
        let keep = Arc::clone(&kept);
        let accepting = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(take(connection, Arc::clone(&keep)));
            }
        });
        Self {
            address,
            kept,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The tokens that requests came with, each once.
    pub(crate) fn tokens(&mut self) -> Vec<String> {
        let mut tokens = self.kept.lock().unwrap().tokens.clone();
        tokens.dedup();
        tokens
    }

    pub(crate) fn spans(&self) -> Vec<Told> {
        let kept = self.kept.lock().unwrap();
        let resources = kept.requests.iter().flat_map(|it| &it.resource_spans);
        let spans = resources.flat_map(|resource| {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            let service = attribute(attributes, "service.name").unwrap();
            let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
            spans.map(move |span| told(span, service.clone()))
        });
        spans.collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn told(span: &Span, service: String) -> Told {
    let of = |name| attribute(&span.attributes, name);
    let kind = match span.kind() {
        SpanKind::Consumer => "consumer",
        SpanKind::Producer => "producer",
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        _ => "of another kind",
    };
    let is_message = kind != "server" && kind != "of another kind";
    let system = of("messaging.system");
    assert_eq!(system.as_deref(), is_message.then_some("rabbitmq"));
    let attempt = of("slingshot.attempt").map(|attempt| format!("attempt {attempt}"));
    let says = [attempt, of("slingshot.outcome"), of("error.type")];
    let says: Vec<_> = says.into_iter().flatten().collect();
    Told {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name.clone(),
        service,
        says: format!("{kind} {}", says.join(" ")).trim_end().to_owned(),
    }
}

fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Answers one client's requests until it leaves.
async fn take(connection: TcpStream, kept: Arc<Mutex<Kept>>) {
    let mut connection = BufReader::new(connection);
    loop {
        let (mut length, mut token) = (0, None);
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(said) = line.strip_prefix("content-length: ") {
                length = said.parse().unwrap();
            }
            token = token.or_else(|| line.strip_prefix("x-token: ").map(str::to_owned));
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await.unwrap();
        {
            let mut kept = kept.lock().unwrap();
            let request = ExportTraceServiceRequest::decode(&*body).unwrap();
            kept.requests.push(request);
            kept.tokens.extend(token);
        }
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(answer).await.unwrap();
    }
}
