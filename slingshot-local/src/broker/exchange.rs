//! Exchanges and their bindings: which destinations a message goes to.

use amq_protocol::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::{
    error::{Refusal, Served},
    queue::QueueId,
};

/// Exchanges that every broker has.
pub(super) const PREDECLARED: [(&str, Kind); 5] = [
    ("amq.direct", Kind::Direct),
    ("amq.fanout", Kind::Fanout),
    ("amq.topic", Kind::Topic),
    ("amq.headers", Kind::Headers),
    ("amq.match", Kind::Headers),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Direct,
    Fanout,
    Topic,
    Headers,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Direct, Self::Fanout, Self::Topic, Self::Headers]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Fanout => "fanout",
            Self::Topic => "topic",
            Self::Headers => "headers",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) kind: Kind,
    pub(super) durable: bool,
    pub(super) auto_delete: bool,
    pub(super) internal: bool,
    pub(super) arguments: FieldTable,
    pub(super) bindings: Vec<Binding>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binding {
    pub(super) destination: Destination,
    pub(super) routing_key: ShortString,
    pub(super) arguments: FieldTable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    Queue(QueueId),
    Exchange(ShortString),
}

impl Exchange {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            durable: true,
            auto_delete: false,
            internal: false,
            arguments: FieldTable::default(),
            bindings: Vec::new(),
        }
    }

    /// Where a message with this key and these headers goes.
    pub(super) fn destinations<'a>(
        &'a self,
        routing_key: &'a str,
        headers: &'a FieldTable,
    ) -> impl Iterator<Item = &'a Destination> {
        let matching = move |binding: &&Binding| match self.kind {
            Kind::Fanout => true,
            Kind::Direct => binding.routing_key.as_str() == routing_key,
            Kind::Topic => topic_matches(binding.routing_key.as_str(), routing_key),
            Kind::Headers => headers_match(&binding.arguments, headers),
        };
        self.bindings
            .iter()
            .filter(matching)
            .map(|binding| &binding.destination)
    }

    /// Where messages go that match no binding.
    pub(super) fn alternate(&self) -> Option<&[u8]> {
        match self.arguments.inner().get("alternate-exchange") {
            Some(AMQPValue::LongString(name)) => Some(name.as_bytes()),
            _ => None,
        }
    }

    /// Refuses a second declaration that differs from the first.
    pub(super) fn must_equal(&self, name: &str, other: &Self) -> Served<()> {
        let differs = |what: &str, received: String, current: String| {
            Err(Refusal::precondition_failed(format!(
                "inequivalent arg '{what}' for exchange '{name}' in vhost '/': received \
                 '{received}' but current is '{current}'"
            )))
        };
        if self.kind != other.kind {
            return differs("type", other.kind.name().into(), self.kind.name().into());
        }
        let flags = [
            ("durable", other.durable, self.durable),
            ("auto_delete", other.auto_delete, self.auto_delete),
            ("internal", other.internal, self.internal),
        ];
        match flags
            .into_iter()
            .find(|(_, received, current)| received != current)
        {
            Some((what, received, current)) => {
                differs(what, received.to_string(), current.to_string())
            }
            None => Ok(()),
        }
    }
}

/// `*` stands for one word, `#` for any number of them.
///
/// Walks with one remembered `#`, so that no pattern takes more than `words × patterns` steps.
pub(super) fn topic_matches(pattern: &str, key: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('.').collect();
    // An empty key has no words, as in RabbitMQ.
    let key: Vec<&str> = if key.is_empty() {
        Vec::new()
    } else {
        key.split('.').collect()
    };
    let (mut at, mut word) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), key.get(word)) {
            (None, None) => return true,
            (Some(&"#"), _) => {
                retry = Some((at, word));
                at += 1;
            }
            (Some(part), Some(this)) if *part == "*" || part == this => {
                at += 1;
                word += 1;
            }
            _ => match retry {
                Some((hash, from)) if from < key.len() => {
                    retry = Some((hash, from + 1));
                    (at, word) = (hash + 1, from + 1);
                }
                _ => return false,
            },
        }
    }
}

/// `x-match` is `all` (the default), `any`, or either with `-with-x`, which lets `x-` headers count.
fn headers_match(wanted: &FieldTable, headers: &FieldTable) -> bool {
    let mode = match wanted.inner().get("x-match") {
        Some(AMQPValue::LongString(mode)) => mode.clone(),
        _ => LongString::from("all"),
    };
    let (any, with_x) = match mode.as_bytes() {
        b"any" => (true, false),
        b"any-with-x" => (true, true),
        b"all-with-x" => (false, true),
        _ => (false, false),
    };
    let mut counted = wanted
        .into_iter()
        .filter(|(name, _)| name.as_str() != "x-match")
        .filter(|(name, _)| with_x || !name.as_str().starts_with("x-"));
    let found = |(name, value): (&ShortString, &AMQPValue)| {
        let header = headers.inner().get(name.as_str());
        header.is_some_and(|header| *value == AMQPValue::Void || header == value)
    };
    if any {
        counted.any(found)
    } else {
        counted.all(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_match_by_words() {
        let check = |pattern: &str, key: &str| {
            format!(
                "{pattern} {} {key}",
                if topic_matches(pattern, key) {
                    "="
                } else {
                    "≠"
                }
            )
        };
        let seen = [
            check("a.*.c", "a.b.c"),
            check("a.*.c", "a.b.b.c"),
            check("a.#", "a"),
            check("a.#", "a.b.c"),
            check("#", ""),
            check("*", ""),
            check("#.c", "a.b.c"),
            check("#.b.#", "a.b.c"),
            check("#.x.#", "a.b.c"),
            check("a.#.c.#.e", "a.b.c.d.c.e"),
        ];
        assert_eq!(
            seen,
            [
                "a.*.c = a.b.c",
                "a.*.c ≠ a.b.b.c",
                "a.# = a",
                "a.# = a.b.c",
                "# = ",
                "* ≠ ",
                "#.c = a.b.c",
                "#.b.# = a.b.c",
                "#.x.# ≠ a.b.c",
                "a.#.c.#.e = a.b.c.d.c.e",
            ]
        );
    }
}
