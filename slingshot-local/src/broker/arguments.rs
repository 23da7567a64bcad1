//! The arguments of a queue declaration: read, checked, and compared with those of an earlier one.

use std::time::Duration;

use amq_protocol::types::{AMQPValue, FieldTable, ShortString};

use super::error::{Refusal, Served};

/// The arguments that a second declaration must repeat; others are free to differ.
const COMPARED: [&str; 10] = [
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-expires",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-message-ttl",
    "x-overflow",
    "x-queue-type",
    "x-single-active-consumer",
];
/// `x-expires` and TTLs are 32-bit in RabbitMQ.
const MILLISECONDS_MAX: i64 = 4_294_967_295;

/// What a queue's arguments ask for.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) message_ttl: Option<Duration>,
    /// The queue goes when it was not used for so long.
    pub(super) expires: Option<Duration>,
    pub(super) max_length: Option<usize>,
    pub(super) max_bytes: Option<usize>,
    pub(super) overflow: Overflow,
    pub(super) dead_letter: Option<DeadLetter>,
    /// Deliveries go to the first consumer only, as long as it is there.
    pub(super) single_active_consumer: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Overflow {
    #[default]
    DropHead,
    RejectPublish,
    RejectPublishDeadLetter,
}

#[derive(Debug, Clone)]
pub(super) struct DeadLetter {
    pub(super) exchange: ShortString,
    pub(super) routing_key: Option<ShortString>,
    /// `x-dead-letter-strategy`: nothing is lost because its target is full.
    pub(super) at_least_once: bool,
}

/// What a declaration says beside its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) durable: bool,
    pub(super) auto_delete: bool,
    pub(super) exclusive: bool,
}

impl Settings {
    /// # Errors
    /// An argument of the wrong type or out of range (406).
    pub(super) fn read(queue: &str, flags: Flags, arguments: &FieldTable) -> Served<Self> {
        let invalid = |name: &str, why: String| {
            Refusal::precondition_failed(format!(
                "invalid arg '{name}' for queue '{queue}' in vhost '/': {why}"
            ))
        };
        let number = |name: &str, least: i64| match arguments.inner().get(name).map(integer) {
            None => Ok(None),
            Some(None) => Err(invalid(name, "not an integer".into())),
            Some(Some(n)) if n < 0 => Err(invalid(name, format!("{{value_negative,{n}}}"))),
            Some(Some(n)) if n < least => Err(invalid(name, format!("{{value_zero,{n}}}"))),
            Some(Some(n)) => Ok(Some(n)),
        };
        let milliseconds = |name: &str, least| match number(name, least)? {
            Some(n) if n > MILLISECONDS_MAX => {
                Err(invalid(name, format!("{{value_too_large,{n}}}")))
            }
            n => Ok(n
                .and_then(|n| u64::try_from(n).ok())
                .map(Duration::from_millis)),
        };
        let count = |name: &str| number(name, 0).map(|n| n.and_then(|n| usize::try_from(n).ok()));
        let text = |name: &str| match arguments.inner().get(name) {
            None => Ok(None),
            Some(AMQPValue::LongString(text)) => str::from_utf8(text.as_bytes())
                .ok()
                .and_then(|text| ShortString::try_new(text).ok())
                .map(Some)
                .ok_or_else(|| invalid(name, "not a name".into())),
            Some(_) => Err(invalid(name, "{unacceptable_type,not a string}".into())),
        };

        let exchange = text("x-dead-letter-exchange")?;
        let routing_key = text("x-dead-letter-routing-key")?;
        if exchange.is_none() && routing_key.is_some() {
            let why = "routing_key_but_no_dlx_defined".into();
            return Err(invalid("x-dead-letter-routing-key", why));
        }
        let strategy = text("x-dead-letter-strategy")?;
        let at_least_once = strategy.is_some_and(|it| it.as_str() == "at-least-once");
        let kind = text("x-queue-type")?;
        match kind.as_ref().map(ShortString::as_str) {
            None | Some("classic") => {}
            Some("quorum") if !flags.durable || flags.exclusive || flags.auto_delete => {
                return Err(Refusal::precondition_failed(format!(
                    "invalid property for quorum queue '{queue}' in vhost '/': it must be \
                     durable and neither exclusive nor auto-delete"
                )));
            }
            Some("quorum") => {}
            Some(other) => return Err(invalid("x-queue-type", format!("no queue type '{other}'"))),
        }
        let overflow = match text("x-overflow")?.as_ref().map(ShortString::as_str) {
            None | Some("drop-head") => Overflow::DropHead,
            Some("reject-publish") => Overflow::RejectPublish,
            Some("reject-publish-dlx") => Overflow::RejectPublishDeadLetter,
            Some(other) => return Err(invalid("x-overflow", format!("no policy '{other}'"))),
        };
        let single = arguments.inner().get("x-single-active-consumer");
        Ok(Self {
            message_ttl: milliseconds("x-message-ttl", 0)?,
            expires: milliseconds("x-expires", 1)?,
            max_length: count("x-max-length")?,
            max_bytes: count("x-max-length-bytes")?,
            overflow,
            dead_letter: exchange.map(|exchange| DeadLetter {
                exchange,
                routing_key,
                at_least_once,
            }),
            single_active_consumer: single == Some(&AMQPValue::Boolean(true)),
        })
    }
}

/// Refuses a declaration whose flags or arguments differ from the queue's own (406).
pub(super) fn must_equal(
    queue: &str,
    current: (Flags, &FieldTable),
    received: (Flags, &FieldTable),
) -> Served<()> {
    let differs = |name: &str, received: String, current: String| {
        Err(Refusal::precondition_failed(format!(
            "inequivalent arg '{name}' for queue '{queue}' in vhost '/': received {received} but \
             current is {current}"
        )))
    };
    let flags = [
        ("durable", received.0.durable, current.0.durable),
        ("auto_delete", received.0.auto_delete, current.0.auto_delete),
    ];
    for (name, received, current) in flags {
        if received != current {
            return differs(name, format!("'{received}'"), format!("'{current}'"));
        }
    }
    for name in COMPARED {
        let (is, asked) = (current.1.inner().get(name), received.1.inner().get(name));
        if !equal(name, is, asked) {
            return match (is, asked) {
                (Some(is), Some(asked)) => differs(
                    name,
                    format!("'{}'", plain(asked)),
                    format!("'{}'", plain(is)),
                ),
                _ => differs(name, describe(asked), describe(is)),
            };
        }
    }
    Ok(())
}

/// Integers are equal by value, whatever their width; the queue type has a default.
fn equal(name: &str, a: Option<&AMQPValue>, b: Option<&AMQPValue>) -> bool {
    let classic = AMQPValue::LongString("classic".into());
    let default = (name == "x-queue-type").then_some(&classic);
    match (a.or(default), b.or(default)) {
        (Some(a), Some(b)) => a == b || integer(a).is_some_and(|a| Some(a) == integer(b)),
        (a, b) => a == b,
    }
}

fn describe(value: Option<&AMQPValue>) -> String {
    let Some(value) = value else {
        return "none".into();
    };
    let kind = match value {
        AMQPValue::LongString(_) => "longstr",
        AMQPValue::Boolean(_) => "bool",
        AMQPValue::ShortShortInt(_) => "byte",
        AMQPValue::ShortShortUInt(_) => "unsignedbyte",
        AMQPValue::ShortInt(_) => "short",
        AMQPValue::ShortUInt(_) => "unsignedshort",
        AMQPValue::LongInt(_) => "signedint",
        AMQPValue::LongUInt(_) => "unsignedint",
        AMQPValue::LongLongInt(_) => "long",
        _ => "other",
    };
    format!("the value '{}' of type '{kind}'", plain(value))
}

fn plain(value: &AMQPValue) -> String {
    match value {
        AMQPValue::LongString(text) => text.to_string(),
        AMQPValue::Boolean(flag) => flag.to_string(),
        value => integer(value).map_or_else(|| format!("{value:?}"), |n| n.to_string()),
    }
}

fn integer(value: &AMQPValue) -> Option<i64> {
    Some(match *value {
        AMQPValue::ShortShortInt(n) => n.into(),
        AMQPValue::ShortShortUInt(n) => n.into(),
        AMQPValue::ShortInt(n) => n.into(),
        AMQPValue::ShortUInt(n) => n.into(),
        AMQPValue::LongInt(n) => n.into(),
        AMQPValue::LongUInt(n) => n.into(),
        AMQPValue::LongLongInt(n) => n,
        _ => return None,
    })
}
