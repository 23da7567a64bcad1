//! The first words of a connection: who is there, and what both sides can do.

use amq_protocol::{
    protocol::connection::{self, AMQPMethod},
    types::{AMQPValue, FieldTable, LongString, ShortString, parsing::parse_field_table},
};

use super::{
    error::{Refusal, Served},
    frame::{FRAME_MAX, FRAME_MIN},
};

/// What a client sends first, and what it is told when it sent something else.
pub(super) const PROTOCOL_HEADER: [u8; 8] = *b"AMQP\x00\x00\x09\x01";
/// Channels of one connection; RabbitMQ's default.
pub(super) const CHANNEL_MAX: u16 = 2047;
/// Seconds; RabbitMQ's default.
const HEARTBEAT: u16 = 60;
const MECHANISMS: &str = "PLAIN AMQPLAIN";
/// What clients look for before they use an extension.
const CAPABILITIES: [&str; 8] = [
    "authentication_failure_close",
    "basic.nack",
    "connection.blocked",
    "consumer_cancel_notify",
    "direct_reply_to",
    "exchange_exchange_bindings",
    "per_consumer_qos",
    "publisher_confirms",
];

/// The one user of the broker.
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
}

/// What the client said it understands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Abilities {
    pub(super) cancel_notify: bool,
    pub(super) blocked: bool,
    pub(super) failure_close: bool,
}

/// What both sides agreed on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    pub(super) channel_max: u16,
    pub(super) frame_max: u32,
    /// Seconds; 0 is off.
    pub(super) heartbeat: u16,
}

pub(super) fn start() -> AMQPMethod {
    let mut capabilities = FieldTable::default();
    for name in CAPABILITIES {
        capabilities.insert(name.into(), AMQPValue::Boolean(true));
    }
    let mut server_properties = FieldTable::default();
    server_properties.insert("capabilities".into(), AMQPValue::FieldTable(capabilities));
    for (name, value) in [
        ("product", "slingshot"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("platform", "Rust"),
    ] {
        server_properties.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    AMQPMethod::Start(connection::Start {
        version_major: 0,
        version_minor: 9,
        server_properties,
        mechanisms: LongString::from(MECHANISMS),
        locales: LongString::from("en_US"),
    })
}

pub(super) fn abilities(client: &FieldTable) -> Abilities {
    let Some(AMQPValue::FieldTable(capabilities)) = client.inner().get("capabilities") else {
        return Abilities::default();
    };
    let has = |name: &str| capabilities.inner().get(name) == Some(&AMQPValue::Boolean(true));
    Abilities {
        cancel_notify: has("consumer_cancel_notify"),
        blocked: has("connection.blocked"),
        failure_close: has("authentication_failure_close"),
    }
}

/// Checks the client's answer to [`start`].
pub(super) fn authenticate(answer: &connection::StartOk, wanted: &Credentials) -> Served<()> {
    let response = answer.response.as_bytes();
    let given = match answer.mechanism.as_str() {
        "PLAIN" => plain(response),
        "AMQPLAIN" => amqplain(response),
        other => {
            let text = format!("unsupported authentication mechanism '{other}'");
            return Err(Refusal::not_allowed(text));
        }
    };
    match given {
        Some((username, password))
            if username == wanted.username.as_bytes() && password == wanted.password.as_bytes() =>
        {
            Ok(())
        }
        _ => Err(Refusal::login_refused(format!(
            "Login was refused using authentication mechanism {}. For details see the broker \
             logfile.",
            answer.mechanism
        ))),
    }
}

/// `NUL username NUL password`
fn plain(response: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut parts = response.split(|byte| *byte == 0);
    let (_identity, username, password) = (parts.next()?, parts.next()?, parts.next()?);
    parts
        .next()
        .is_none()
        .then(|| (username.to_vec(), password.to_vec()))
}

/// A field table without its length.
fn amqplain(response: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    super::frame::refuse_deep_nesting(response).ok()?;
    let mut table = u32::try_from(response.len()).ok()?.to_be_bytes().to_vec();
    table.extend_from_slice(response);
    let (_, fields) = parse_field_table(&table[..]).ok()?;
    let field = |name: &str| match fields.inner().get(name) {
        Some(AMQPValue::LongString(value)) => Some(value.as_bytes().to_vec()),
        _ => None,
    };
    Some((field("LOGIN")?, field("PASSWORD")?))
}

pub(super) fn tune() -> AMQPMethod {
    AMQPMethod::Tune(connection::Tune {
        channel_max: CHANNEL_MAX,
        frame_max: FRAME_MAX,
        heartbeat: HEARTBEAT,
    })
}

/// Checks the client's answer to [`tune`]; 0 is "as you like".
pub(super) fn tuned(answer: &connection::TuneOk) -> Served<Tuning> {
    let too_high = |what: &str, value: u32, allowed: u32| {
        Refusal::not_allowed(format!(
            "negotiated {what} = {value} is higher than the maximum allowed value ({allowed})"
        ))
    };
    if answer.channel_max > CHANNEL_MAX {
        return Err(too_high(
            "channel_max",
            answer.channel_max.into(),
            CHANNEL_MAX.into(),
        ));
    }
    if answer.frame_max > FRAME_MAX {
        return Err(too_high("frame_max", answer.frame_max, FRAME_MAX));
    }
    if (1..FRAME_MIN).contains(&answer.frame_max) {
        return Err(Refusal::not_allowed(format!(
            "negotiated frame_max = {} is lower than the minimum allowed value ({FRAME_MIN})",
            answer.frame_max
        )));
    }
    Ok(Tuning {
        channel_max: if answer.channel_max == 0 {
            CHANNEL_MAX
        } else {
            answer.channel_max
        },
        frame_max: if answer.frame_max == 0 {
            FRAME_MAX
        } else {
            answer.frame_max
        },
        heartbeat: answer.heartbeat,
    })
}

/// There is one virtual host.
pub(super) fn opened(host: &ShortString) -> Served<()> {
    match host.as_str() {
        "/" => Ok(()),
        other => Err(Refusal::not_allowed(format!("vhost {other} not found"))),
    }
}
