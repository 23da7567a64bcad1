//! A system as an AsyncAPI document: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>.

use std::fmt::Write as _;

use crate::{
    layout::Json,
    queues::{NeededQueue, Role},
    sys_map::{DEFAULT_VHOST, RabbitMq},
    system::{Route, Service, System},
};

/// The version of the document's form.
const ASYNCAPI: &str = "3.0.0";

/// The version of AMQP's bindings within it.
const BINDING: &str = "0.3.0";

/// The one kind of message that there is.
const REQUEST: &str = "request";

const ABOUT: &str = "The queues and services of a Slingshot system. A message is a request: a 64-bit id, as decimal text.";

/// A channel for each queue, an operation for each service that reads it and for each that feeds it. The queues of
/// dead letters are channels too; the tiers, which nobody but the broker reads and feeds, are not.
pub fn asyncapi(system: &System) -> String {
    let name = system.name.as_ref().map_or("system", |name| &*name.value);
    let mut document = vec![
        ("asyncapi", Json::text(ASYNCAPI)),
        (
            "info",
            Json::table([
                ("title", Json::text(name)),
                ("version", Json::text("1")),
                ("description", Json::text(ABOUT)),
            ]),
        ),
        ("defaultContentType", Json::text("text/plain")),
    ];
    if let Some(rabbitmq) = &system.rabbitmq {
        document.push(("servers", Json::table([("rabbitmq", server(rabbitmq))])));
    }
    let messages = Json::table([(REQUEST, request())]);
    document.extend([
        ("channels", Json::Block(channels(system))),
        ("operations", Json::Block(operations(system))),
        ("components", Json::table([("messages", messages)])),
    ]);
    Json::block(document).written()
}

fn server(rabbitmq: &RabbitMq) -> Json {
    let RabbitMq {
        host,
        port,
        tls,
        vhost,
        ..
    } = rabbitmq;
    let protocol = if *tls { "amqps" } else { "amqp" };
    let security = Json::table([("type", Json::text("userPassword"))]);
    let mut server = vec![
        ("host", Json::text(format!("{host}:{port}"))),
        ("protocol", Json::text(protocol)),
        ("protocolVersion", Json::text("0.9.1")),
        ("security", Json::List(vec![security])),
    ];
    if vhost != DEFAULT_VHOST {
        server.push(("pathname", Json::text(format!("/{vhost}"))));
    }
    Json::table(server)
}

fn channels(system: &System) -> Vec<(String, Json)> {
    let needed = system.needed_queues().into_iter();
    let needed = needed.filter(|queue| queue.role != Role::Tier);
    needed
        .map(|queue| (queue.name.clone(), channel(system, &queue)))
        .collect()
}

fn channel(system: &System, queue: &NeededQueue<'_>) -> Json {
    let rabbitmq = system.rabbitmq.as_ref();
    let vhost = rabbitmq.map_or(DEFAULT_VHOST, |rabbitmq| &rabbitmq.vhost);
    let message = format!("#/components/messages/{REQUEST}");
    let message = Json::table([("$ref", Json::text(message))]);
    let declared = Json::table([
        ("name", Json::text(&queue.name)),
        ("durable", Json::word(true)),
        ("exclusive", Json::word(false)),
        ("autoDelete", Json::word(false)),
        ("vhost", Json::text(vhost)),
    ]);
    let amqp = Json::table([
        ("is", Json::text("queue")),
        ("queue", declared),
        ("bindingVersion", Json::text(BINDING)),
    ]);
    Json::block([
        ("address", Json::text(&queue.name)),
        ("title", Json::text(said_of(system, queue))),
        ("messages", Json::table([(REQUEST, message)])),
        ("bindings", Json::table([("amqp", amqp)])),
    ])
}

fn said_of(system: &System, queue: &NeededQueue<'_>) -> String {
    match (queue.role, queue.service) {
        (Role::DeadLetters, Some(service)) => {
            format!("requests that `{}` failed at for good", service.name.value)
        }
        (_, Some(service)) => format!("requests for `{}`", service.name.value),
        _ if system.sinks.iter().any(|sink| sink.value == queue.name) => {
            "read from outside".to_owned()
        }
        _ => "read by nobody in this system".to_owned(),
    }
}

fn operations(system: &System) -> Vec<(String, Json)> {
    let mut operations = Vec::new();
    for service in &system.services {
        let name = &service.name.value;
        let summary = format!("`{name}` works on requests");
        let receive = operation("receive", &service.inbound.value, &summary);
        operations.push((format!("{name}.receive"), receive));
        for queue in fed(service) {
            let cases = service.routes.iter().filter(|route| feeds(route, queue));
            let cases: Vec<_> = cases.map(|route| route.case.value.to_string()).collect();
            let summary = format!("`{name}` sends results of the case {}", cases.join(", "));
            let send = operation("send", queue, &summary);
            operations.push((format!("{name}.send.{queue}"), send));
        }
    }
    operations
}

fn operation(action: &str, queue: &str, summary: &str) -> Json {
    // Of a pointer in JSON: RFC 6901, section 3.
    let channel = in_fragment(&queue.replace('~', "~0").replace('/', "~1"));
    let channel = Json::text(format!("#/channels/{channel}"));
    Json::block([
        ("action", Json::text(action)),
        ("summary", Json::text(summary)),
        ("channel", Json::table([("$ref", channel)])),
    ])
}

/// In a URI's fragment (RFC 3986, section 3.5), whatever is not plain is encoded.
fn in_fragment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes whatever is written");
        }
    }
    out
}

/// The queues that a service feeds, each once.
fn fed(service: &Service) -> Vec<&str> {
    let routes = service.routes.iter();
    let mut queues: Vec<_> = routes
        .flat_map(|route| route.queues.iter().map(|queue| &*queue.value))
        .collect();
    queues.sort_unstable();
    queues.dedup();
    queues
}

fn feeds(route: &Route, queue: &str) -> bool {
    route.queues.iter().any(|fed| fed.value == queue)
}

fn request() -> Json {
    let header = |kind: &str, about: &str| {
        Json::table([
            ("type", Json::text(kind)),
            ("description", Json::text(about)),
        ])
    };
    let headers = Json::table([
        (
            "traceparent",
            header("string", "the W3C trace that it belongs to"),
        ),
        (
            "x-slingshot-attempt",
            header("integer", "the number of this attempt, from 1"),
        ),
    ]);
    Json::block([
        ("name", Json::text(REQUEST)),
        ("title", Json::text("A request")),
        ("contentType", Json::text("text/plain")),
        (
            "payload",
            Json::table([
                ("type", Json::text("string")),
                ("pattern", Json::text("^[0-9]{1,20}$")),
            ]),
        ),
        (
            "headers",
            Json::table([("type", Json::text("object")), ("properties", headers)]),
        ),
    ])
}
