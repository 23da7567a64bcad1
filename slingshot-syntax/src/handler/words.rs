//! The words of `#[handler(..)]`, and those fewer of the functions for files.

use std::{num::NonZeroU32, time::Duration};

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::HandlerKind;
use crate::{
    Mistakes, names,
    words::{MOST_REPLICAS, Word, WordKind, check_text, kind, read_words},
};

/// More requests than this in one line wait longer than anybody does.
const LONGEST_QUEUE: u32 = 1_000_000;

/// The words, checked. What is not written is `None`.
#[derive(Clone, Debug, Default)]
pub struct HandlerWords {
    /// The handler's name.
    pub name: Option<LitStr>,
    /// How many requests are answered at once.
    pub replicas: Option<NonZeroU32>,
    /// How many more may wait; none with 0.
    pub queue: Option<u32>,
    /// How long one request may take.
    pub timeout: Option<Duration>,
    /// Where the generated code finds Slingshot, when its manifest does not say.
    pub facade: Option<Path>,
}

const NAME: WordKind = kind("name", "a string", "name = \"greet\"");
const REPLICAS: WordKind = kind("replicas", "an integer", "replicas = 5");
const QUEUE: WordKind = kind("queue", "an integer", "queue = 1000");
const TIMEOUT: WordKind = kind("timeout", "a duration in a string", "timeout = \"30s\"");
const CRATE: WordKind = kind("crate", "the path of the crate", "crate = ::slingshot");

const HANDLER: [WordKind; 5] = [NAME, REPLICAS, TIMEOUT, QUEUE, CRATE];
const FILES: [WordKind; 3] = [REPLICAS, TIMEOUT, CRATE];

impl HandlerWords {
    /// Reads what stands between the attribute's parentheses.
    pub(super) fn read(of: HandlerKind, tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut words = Self::default();
        let kinds: &'static [WordKind] = match of {
            HandlerKind::Request => &HANDLER,
            HandlerKind::Upload | HandlerKind::Download | HandlerKind::Metadata => &FILES,
        };
        read_words(
            "the words",
            kinds,
            tokens,
            mistakes,
            |word, kind, mistakes| {
                words.set(word, kind, mistakes);
            },
        );
        words
    }

    fn set(&mut self, word: &Word, kind: &WordKind, mistakes: &mut Mistakes) {
        match kind.name {
            "name" => {
                self.name = word.string(kind, mistakes);
                check_text(self.name.as_ref(), names::handler_mistake, mistakes);
            }
            "replicas" => self.replicas = word.count(kind, MOST_REPLICAS, mistakes),
            "queue" => self.queue = word.number(kind, 0..=LONGEST_QUEUE, mistakes),
            "timeout" => self.timeout = word.duration(kind, mistakes),
            _ => self.facade = word.path(kind, mistakes),
        }
    }
}
