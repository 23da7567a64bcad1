//! The ids of the messages that a service publishes.

use std::hash::{BuildHasher as _, RandomState};

use sha2::{Digest as _, Sha256};

/// Derives the ids of one message's outputs. A repeated attempt at the same message gives the same ids,
/// so that whoever consumes them can tell.
#[derive(Clone, Debug)]
pub(crate) struct OutputIds {
    /// The service and the inbound message's id.
    origin: Sha256,
}

impl OutputIds {
    /// For a message with an id. One without has no such protection: each attempt gets ids of its own.
    pub(crate) fn of(service: &str, inbound: Option<&str>) -> Self {
        let mut origin = Sha256::new();
        for part in [service.as_bytes(), b"\0"] {
            origin.update(part);
        }
        match inbound {
            Some(id) => origin.update(id.as_bytes()),
            None => {
                for _ in 0..2 {
                    origin.update(RandomState::new().hash_one(0_u8).to_be_bytes());
                }
            }
        }
        origin.update(b"\0");
        Self { origin }
    }

    /// The id of the output at an index, in the form of a UUID of version 8 (RFC 9562).
    pub(crate) fn output(&self, index: usize) -> String {
        let mut hash = self.origin.clone();
        hash.update(index.to_string().as_bytes());
        let hash = hash.finalize();
        let mut id = String::with_capacity(36);
        for (position, byte) in hash.iter().take(16).enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                id.push('-');
            }
            let byte = match position {
                6 => (byte & 0x0f) | 0x80,
                8 => (byte & 0x3f) | 0x80,
                _ => *byte,
            };
            for digit in [byte >> 4, byte & 0x0f] {
                id.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_repeated_gives_the_same_ids() {
        let once = OutputIds::of("sniff", Some("m-1"));
        let again = OutputIds::of("sniff", Some("m-1"));
        assert_eq!(once.output(0), again.output(0));
        assert_ne!(once.output(0), once.output(1));
        assert_ne!(
            once.output(0),
            OutputIds::of("words", Some("m-1")).output(0)
        );
        assert_ne!(
            once.output(0),
            OutputIds::of("sniff", Some("m-2")).output(0)
        );
    }

    #[test]
    fn ids_have_the_form_of_a_uuid() {
        let id = OutputIds::of("sniff", Some("m-1")).output(7);
        let parts: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'8');
    }

    #[test]
    fn messages_without_an_id_do_not_share_one() {
        let check = || OutputIds::of("sniff", None).output(0);
        assert_ne!(check(), check());
    }
}
