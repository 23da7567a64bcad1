//! A key, its colon and its value.

use std::ops::Range;

use super::{Parser, starts_member};
use crate::document::{Entry, Node, Value};

impl<'t> Parser<'t> {
    /// A key with its value; none if there is no telling what it is.
    pub(super) fn entry(&mut self) -> Option<Entry<'t>> {
        let start = self.at;
        let key = self.key();
        let key_range = start..self.at;
        let mistakes = self.mistakes;
        if self.colon(key_range.clone(), key.is_some()) {
            self.space();
            let node = self.node();
            if self.mistakes > mistakes {
                self.damaged.push(key_range.clone());
            }
            let key = key?;
            return Some(Entry {
                key,
                key_range,
                node,
            });
        }
        self.damaged.push(key_range.clone());
        Some(Entry {
            key: key?,
            key_range: key_range.clone(),
            node: Node {
                range: key_range,
                value: Value::Null,
            },
        })
    }

    /// Whether a value follows.
    fn colon(&mut self, key: Range<usize>, is_known: bool) -> bool {
        self.space();
        match self.peek() {
            Some(b':') => {
                self.is_quiet = false;
                self.at += 1;
                return true;
            }
            // There was no key, and so nothing to wait for.
            _ if !is_known => return self.peek().is_some_and(|byte| b"{[".contains(&byte)),
            Some(b'=') => {
                self.at += 1;
                let sign = self.at - 1..self.at;
                self.mistake(sign, "a key and its value are parted by `:`");
                return true;
            }
            Some(byte) if starts_member(byte) => {
                self.mistake(key.end..key.end, "a colon is missing");
                return true;
            }
            // The end of the text is a mistake of its own.
            None => self.is_mistaken(),
            Some(_) => self.mistake(key, "the key has no value"),
        }
        false
    }
}
