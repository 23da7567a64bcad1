//! The words of `#[microservice(..)]`.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{LitStr, Path, ext::IdentExt, parse::Parser};

use super::value::{Word, split_at_commas};
use crate::{
    Mistakes,
    mistakes::{did_you_mean, listed},
    names,
};

/// More threads than this in one process is a mistyped number.
const MOST_REPLICAS: u32 = 10_000;
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
    /// Where the generated code finds Slingshot, when its manifest does not say.
    pub facade: Option<Path>,
}

/// A word's name and how it is written.
#[derive(Debug)]
pub(super) struct WordKind {
    pub(super) name: &'static str,
    pub(super) takes: &'static str,
    pub(super) example: &'static str,
}

const fn kind(name: &'static str, takes: &'static str, example: &'static str) -> WordKind {
    WordKind {
        name,
        takes,
        example,
    }
}

const WORDS: [WordKind; 11] = [
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
    kind("crate", "the path of the crate", "crate = ::slingshot"),
];

/// Words of the design that this version does not act on. They are refused: an annotation that is
/// read and not obeyed would be worse than one that does not compile.
const LATER: [(&str, &str); 2] = [
    (
        "retry",
        "until then a failed request goes to `<queue>.dlq` at once",
    ),
    (
        "deduplicate",
        "until then a redelivered request runs the function again",
    ),
];

impl Words {
    /// Reads what stands between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut words = Self::default();
        let mut written: Vec<&str> = Vec::new();
        for part in split_at_commas(tokens) {
            let word = match Word::parse.parse2(part) {
                Ok(word) => word,
                Err(error) => {
                    mistakes.add_syntax(error);
                    continue;
                }
            };
            let name = word.name.unraw().to_string();
            match WORDS.iter().find(|kind| kind.name == name) {
                None => mistakes.at(&word.name, unknown(&name)),
                Some(kind) if written.contains(&kind.name) => {
                    mistakes.at(&word.name, format!("`{name}` is said twice; keep one"));
                }
                Some(kind) => {
                    written.push(kind.name);
                    words.set(&word, kind, mistakes);
                }
            }
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

fn unknown(name: &str) -> String {
    if let Some((_, until_then)) = LATER.iter().find(|(later, _)| *later == name) {
        return format!("`{name}` comes with a later version of Slingshot; {until_then}");
    }
    let legal = WORDS.map(|kind| kind.name);
    let meant = did_you_mean(name, &legal)
        .map(|word| format!("did you mean `{word}`? "))
        .unwrap_or_default();
    format!(
        "unknown word `{name}`; {meant}the words are {}",
        listed(&legal)
    )
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

fn check_text(
    text: Option<&LitStr>,
    mistake: impl FnOnce(&str) -> Option<String>,
    mistakes: &mut Mistakes,
) {
    if let Some(text) = text
        && let Some(message) = mistake(&text.value())
    {
        mistakes.at(text.to_token_stream(), message);
    }
}

fn host_mistake(host: &str) -> Option<String> {
    (host.is_empty() || host.contains(char::is_whitespace))
        .then(|| "expected a host, as in `sys_map = \"sys-map.example.com\"`".to_owned())
}
