//! A dead letter as it is shown. What is in it is anybody's: nothing of it may move a terminal's cursor.

use std::{borrow::Cow, fmt::Write as _, time::SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Map, Value, json};
use slingshot_runtime::{Header, client::DeadLetter};

use super::times::age;

/// The most of a body that is shown: it is an id, or a mistake of any size.
const LONGEST_BODY: usize = 100;
/// The most of a body that a program is given.
const LONGEST_JSON_BODY: usize = 4 * 1024;
/// The width of the names before the values.
const NAME_WIDTH: usize = 10;

/// A block of lines: what it is, and all that is known of it.
pub(super) fn text(letter: &DeadLetter, now: SystemTime) -> String {
    let bold = Style::new().bold();
    let red = AnsiColor::Red.on_default().bold();
    let kind = letter.error_type.as_deref().unwrap_or("unknown");
    let (title, kind) = (title(letter), printable(kind));
    let mut block = format!("{bold}{title}{bold:#}  {red}{kind}{red:#}\n");
    for (name, value) in facts(letter, now) {
        let mut name = name;
        for line in value.lines() {
            writeln!(block, "  {name:NAME_WIDTH$}  {}", printable(line))
                .expect("a string takes any text");
            name = "";
        }
    }
    block
}

fn title(letter: &DeadLetter) -> String {
    if let Some(id) = letter.id() {
        return format!("id {id}");
    }
    if letter.body.is_empty() {
        return "no id, and nothing else".to_owned();
    }
    let beginning = letter.body.get(..LONGEST_BODY).unwrap_or(&letter.body);
    let size = letter.body.len();
    let beginning = String::from_utf8_lossy(beginning);
    format!("no id, but {size} bytes: {}", printable(&beginning))
}

fn facts(letter: &DeadLetter, now: SystemTime) -> Vec<(&'static str, String)> {
    let mut facts = vec![(
        "why",
        letter
            .message
            .clone()
            .unwrap_or_else(|| "no reason given".to_owned()),
    )];
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    add("because", causes(letter));
    add("failed", failed(letter, now));
    add("attempt", letter.attempt.map(|attempt| attempt.to_string()));
    add("service", letter.service.clone());
    add("queue", letter.original_queue.clone());
    add("message id", letter.message_id.clone());
    add("trace", letter.trace_id.clone());
    add("sent by", letter.app_id.clone());
    add(
        "replayed",
        match letter.replayed {
            0 => None,
            1 => Some("once".to_owned()),
            times => Some(format!("{times} times")),
        },
    );
    for death in &letter.deaths {
        let times = match death.count {
            ..=1 => String::new(),
            count => format!(", {count} times"),
        };
        let death = format!("{} in {}{times}", death.reason, death.queue);
        add("x-death", Some(death));
    }
    facts
}

/// The chain without its first line, which is the message.
fn causes(letter: &DeadLetter) -> Option<String> {
    let chain = letter.chain.as_deref()?;
    let message = letter.message.as_deref().unwrap_or_default();
    let causes = chain.strip_prefix(message).unwrap_or(chain).trim();
    (!causes.is_empty()).then(|| causes.to_owned())
}

fn failed(letter: &DeadLetter, now: SystemTime) -> Option<String> {
    let at = letter.failed_at.as_deref()?;
    let ago = letter
        .age(now)
        .map_or(String::new(), |ago| format!("{} ago, ", age(ago)));
    let first = match letter.first_failed_at.as_deref() {
        Some(first) if first != at => format!("; the first time at {first}"),
        _ => String::new(),
    };
    Some(format!("{ago}at {at}{first}"))
}

/// Text without anything that a terminal would obey.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|character| {
        if character.is_control() {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    });
    Cow::Owned(shown.collect())
}

/// An object: what is not known is null.
pub(super) fn json(letter: &DeadLetter, service: &str, queue: &str, now: SystemTime) -> Value {
    let beginning = letter.body.get(..LONGEST_JSON_BODY).unwrap_or(&letter.body);
    let body = str::from_utf8(beginning).ok();
    let headers: Map<String, Value> = letter
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), header(value)))
        .collect();
    let deaths = letter.deaths.iter().map(|death| {
        json!({
            "queue": death.queue, "reason": death.reason, "count": death.count, "time": death.time,
        })
    });
    let chain = letter.chain.as_deref();
    json!({
        "service": service,
        "queue": queue,
        "id": letter.id(),
        "body": body,
        "body_base64": body.is_none().then(|| BASE64_STANDARD.encode(beginning)),
        "body_bytes": letter.body.len(),
        "error_type": letter.error_type,
        "error": letter.message,
        "chain": chain.map(|chain| chain.lines().collect::<Vec<_>>()),
        "attempt": letter.attempt,
        "first_failed_at": letter.first_failed_at,
        "failed_at": letter.failed_at,
        "age_seconds": letter.age(now).map(|age| age.as_secs()),
        "failed_service": letter.service,
        "original_queue": letter.original_queue,
        "message_id": letter.message_id,
        "trace_id": letter.trace_id,
        "app_id": letter.app_id,
        "replayed": letter.replayed,
        "delivery_count": letter.delivery_count,
        "deaths": deaths.collect::<Vec<_>>(),
        "headers": headers,
    })
}

fn header(value: &Header) -> Value {
    match value {
        Header::Bool(value) => json!(value),
        Header::Integer(value) => i64::try_from(*value)
            .map(Value::from)
            .or_else(|_| u64::try_from(*value).map(Value::from))
            .unwrap_or_else(|_| json!(value.to_string())),
        Header::Float(value) => json!(value),
        Header::Text(value) => json!(value),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;
    use slingshot_runtime::client::Death;

    use super::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_mins(29_921_570)
    }

    fn failed_letter() -> DeadLetter {
        let text = |text: &str| Some(text.to_owned());
        DeadLetter {
            body: b"7".to_vec(),
            error_type: text("error"),
            message: text("no such customer"),
            chain: text("no such customer\nHTTP 404\n\u{1b}[2Jgone"),
            service: text("words"),
            attempt: Some(5),
            first_failed_at: text("2026-11-21T18:20:00Z"),
            failed_at: text("2026-11-21T20:46:00Z"),
            original_queue: text("words"),
            replayed: 2,
            trace_id: text("4bf92f3577b34da6a3ce929d0e0e4736"),
            message_id: text("m-1"),
            app_id: text("sniff"),
            headers: [("tenant".to_owned(), Header::Text("a".to_owned()))].into(),
            ..DeadLetter::default()
        }
    }

    /// As another program's queue has it: bytes, and only the broker's headers.
    fn foreign_letter() -> DeadLetter {
        DeadLetter {
            body: b"\xff\x00no id".to_vec(),
            error_type: Some("rejected".to_owned()),
            original_queue: Some("in".to_owned()),
            deaths: vec![Death {
                queue: "in".to_owned(),
                reason: "rejected".to_owned(),
                count: 3,
                time: Some(1_795_290_000),
            }],
            ..DeadLetter::default()
        }
    }

    #[test]
    fn a_letter_is_a_block_of_lines() {
        let blocks = [failed_letter(), foreign_letter(), DeadLetter::default()]
            .map(|letter| text(&letter, now()));
        let plain = anstream::adapter::strip_str(&blocks.join("\n")).to_string();
        assert_snapshot!(plain);
    }

    #[test]
    fn a_letter_is_an_object() {
        let objects = [failed_letter(), foreign_letter()]
            .map(|letter| format!("{:#}", json(&letter, "words", "words.dlq", now())));
        assert_snapshot!(objects.join("\n"));
    }
}
