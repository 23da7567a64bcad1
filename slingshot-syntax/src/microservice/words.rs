//! The words of `#[microservice(..)]`.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use proc_macro2::TokenStream;
use slingshot_settings::Retry;
use syn::{LitStr, Path};

use super::{deduplicate, retry};
use crate::{
    Mistakes, names,
    words::{MOST_REPLICAS, Word, WordKind, check_text, kind, read_words},
};

/// What AMQP's `basic.qos` can carry.
const MOST_PREFETCH: u32 = u16::MAX as u32;

/// What becomes of a case that the sys-map does not route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrouted {
    /// The request is a dead letter.
    DeadLetter,
    /// The result is dropped.
    Drop,
}

/// The words, checked. What is not written is `None`, or empty.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The service's name.
    pub name: Option<LitStr>,
    /// The host of the sys-map.
    pub sys_map: Option<LitStr>,
    /// How many requests run at once.
    pub replicas: Option<NonZeroU32>,
    /// How many unacknowledged requests the broker may hand out.
    pub prefetch: Option<NonZeroU16>,
    /// How long one request may take.
    pub timeout: Option<Duration>,
    /// A function that runs once before the first request.
    pub startup: Option<Path>,
    /// Whether the function runs inside a transaction.
    pub transaction: Option<bool>,
    /// The bucket keys that the function reads.
    pub reads: Vec<LitStr>,
    /// The bucket keys that the function writes.
    pub writes: Vec<LitStr>,
    /// What becomes of a case without a route.
    pub unrouted: Option<Unrouted>,
    /// How often a failed request is tried again. What the word leaves out has its default.
    pub retry: Option<Retry>,
    /// How long a request is remembered, so that it is not worked on twice.
    pub deduplicate: Option<Duration>,
    /// Where the generated code finds Slingshot, when its manifest does not say.
    pub facade: Option<Path>,
}

const WORDS: [WordKind; 13] = [
    kind("name", "a string", "name = \"sniff\""),
    kind("sys_map", "a string", "sys_map = \"sys-map.example.com\""),
    kind("replicas", "an integer", "replicas = 4"),
    kind("prefetch", "an integer", "prefetch = 8"),
    kind("timeout", "a duration in a string", "timeout = \"25m\""),
    kind(
        "startup",
        "the path of a function",
        "startup = first_requests",
    ),
    kind("transaction", "a boolean", "transaction = false"),
    kind("reads", "a list of bucket keys", "reads(\"in\")"),
    kind("writes", "a list of bucket keys", "writes(\"out\")"),
    kind(
        "unrouted",
        "\"dead-letter\" or \"drop\"",
        "unrouted = \"drop\"",
    ),
    kind("retry", "a list of its words", retry::EXAMPLE),
    kind(
        "deduplicate",
        "how long a request is remembered, or nothing",
        "deduplicate(keep = \"30d\")",
    ),
    kind("crate", "the path of the crate", "crate = ::slingshot"),
];

impl Words {
    /// Reads what stands between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut words = Self::default();
        let mut deduplicate = None;
        read_words(
            "the words",
            &WORDS,
            tokens,
            mistakes,
            |word, kind, mistakes| {
                if kind.name == "deduplicate" {
                    deduplicate = Some(word.name.clone());
                }
                words.set(word, kind, mistakes);
            },
        );
        if let Some(word) = deduplicate
            && words.transaction == Some(false)
        {
            mistakes.at(
                word,
                "a request is remembered in the function's own transaction: remove \
                 `transaction = false`, or `deduplicate`",
            );
        }
        words
    }

    fn set(&mut self, word: &Word, kind: &WordKind, mistakes: &mut Mistakes) {
        match kind.name {
            "name" => {
                self.name = word.string(kind, mistakes);
                check_text(self.name.as_ref(), names::service_mistake, mistakes);
            }
            "sys_map" => {
                self.sys_map = word.string(kind, mistakes);
                check_text(self.sys_map.as_ref(), host_mistake, mistakes);
            }
            "replicas" => self.replicas = word.count(kind, MOST_REPLICAS, mistakes),
            "prefetch" => self.prefetch = word.count(kind, MOST_PREFETCH, mistakes),
            "timeout" => self.timeout = word.duration(kind, mistakes),
            "startup" => self.startup = word.path(kind, mistakes),
            "transaction" => self.transaction = word.boolean(kind, mistakes),
            "reads" => self.reads = keys(word, kind, mistakes),
            "writes" => self.writes = keys(word, kind, mistakes),
            "unrouted" => self.unrouted = Unrouted::read(word, kind, mistakes),
            "retry" => self.retry = retry::read(word, kind, mistakes),
            "deduplicate" => self.deduplicate = deduplicate::read(word, kind, mistakes),
            _ => self.facade = word.path(kind, mistakes),
        }
    }
}

impl Unrouted {
    fn read(word: &Word, kind: &WordKind, mistakes: &mut Mistakes) -> Option<Self> {
        let text = word.string(kind, mistakes)?;
        match text.value().as_str() {
            "dead-letter" => Some(Self::DeadLetter),
            "drop" => Some(Self::Drop),
            _ => {
                mistakes.at(text, format!("expected {}", kind.takes));
                None
            }
        }
    }
}

fn keys(word: &Word, kind: &WordKind, mistakes: &mut Mistakes) -> Vec<LitStr> {
    let keys = word.strings(kind, mistakes);
    for (index, key) in keys.iter().enumerate() {
        check_text(Some(key), names::key_mistake, mistakes);
        if keys[..index]
            .iter()
            .any(|earlier| earlier.value() == key.value())
        {
            mistakes.at(
                key,
                format!("the key {:?} is said twice; keep one", key.value()),
            );
        }
    }
    keys
}

fn host_mistake(host: &str) -> Option<String> {
    (host.is_empty() || host.contains(char::is_whitespace))
        .then(|| "expected a host, as in `sys_map = \"sys-map.example.com\"`".to_owned())
}
