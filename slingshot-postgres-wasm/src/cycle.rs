//! One request of a client, from its first message to the `Sync`, `Query` or `Flush` that wants an
//! answer: rewritten for the shared session on the way in, and its answer back on the way out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::sql::{self, ClientId, Reading, Traits};
use crate::wire::{self, Message, Refusal, Status, split_text};

/// What a client prepared in the session.
#[derive(Debug)]
pub(crate) struct Statements {
    client: ClientId,
    /// By the client's own name.
    traits: BTreeMap<Vec<u8>, Traits>,
    /// Portals over a `COPY … FROM STDIN`.
    copy_portals: BTreeSet<Vec<u8>>,
    /// Something may be left in the session.
    pub(crate) left_any: bool,
}

impl Statements {
    pub(crate) fn of(client: ClientId) -> Self {
        Self {
            client,
            traits: BTreeMap::new(),
            copy_portals: BTreeSet::new(),
            left_any: false,
        }
    }
}

/// What ends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// `ReadyForQuery` answers it, and a `COPY`'s data may follow it.
    Query,
    /// `ReadyForQuery` answers it.
    Sync,
    /// Nothing marks the end of its answer.
    Flush,
}

/// Why a message cannot become part of a request.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The request fails and the connection lives on.
    Refused(Refusal),
    /// The connection ends.
    Violated(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Asked,
    /// Ours, of which the client must not hear.
    Hidden,
}

/// A request as the session sees it.
#[derive(Debug, Default)]
pub(crate) struct Cycle {
    bytes: Vec<u8>,
    closes: VecDeque<Close>,
    /// The private names that it parses.
    parsed: Vec<Vec<u8>>,
    /// Where the message ends that starts a `COPY … FROM STDIN`.
    copy_start: Option<usize>,
    /// Where a `COPY`'s data begins.
    data_start: usize,
    /// The client has seen the answer up to `CopyInResponse` already.
    replayed: bool,
    pub(crate) changes_settings: bool,
}

/// An answer as the client sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) status: Option<Status>,
    pub(crate) failed: bool,
}

impl Cycle {
    /// Adds a message. `Some` where the request is complete.
    pub(crate) fn push(
        &mut self,
        message: Message,
        statements: &mut Statements,
    ) -> Result<Option<End>, Fault> {
        let Message { kind, body } = message;
        match kind {
            b'P' => self.parse(&body, statements)?,
            b'B' => self.bind(&body, statements)?,
            b'E' => {
                let (portal, _) = split_text(&body).ok_or_else(violation)?;
                let copies = statements.copy_portals.contains(portal);
                self.bytes.extend(wire::message(kind, &[&body]));
                if copies {
                    self.start_copy()?;
                }
            }
            b'C' | b'D' => self.name_target(kind, &body, statements)?,
            b'Q' => {
                self.query(&body, statements)?;
                return Ok(Some(End::Query));
            }
            b'F' | b'S' | b'H' => {
                self.bytes.extend(wire::message(kind, &[&body]));
                let end = if kind == b'H' { End::Flush } else { End::Sync };
                if end == End::Flush && self.copy_start.is_some() {
                    return Err(unsupported("COPY FROM STDIN before a Flush"));
                }
                return Ok(Some(end));
            }
            // What is left of a COPY that failed; the server ignores it too.
            b'd' | b'c' | b'f' => {}
            _ => return Err(violation()),
        }
        Ok(None)
    }

    /// How many bytes are waiting for the request's end.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn starts_copy(&self) -> bool {
        self.copy_start.is_some()
    }

    /// The request, to be sent.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn parse(&mut self, body: &[u8], statements: &mut Statements) -> Result<(), Fault> {
        let (name, rest) = split_text(body).ok_or_else(violation)?;
        let (text, parameters) = split_text(rest).ok_or_else(violation)?;
        let Reading { text, traits, .. } = sql::read(text, statements.client);
        let private = statements.client.private_name(name);
        if name.is_empty() {
            // A new unnamed statement replaces the old one; ours has a name, which must be free.
            self.bytes
                .extend(wire::message(b'C', &[b"S", &private, &[0]]));
            self.closes.push_back(Close::Hidden);
        }
        self.bytes.extend(wire::message(
            b'P',
            &[&private, &[0], &text, &[0], parameters],
        ));
        self.parsed.push(private);
        statements.traits.insert(name.to_owned(), traits);
        statements.left_any = true;
        Ok(())
    }

    /// Portals keep their names: they end with the transaction and so with the turn, and a client may
    /// know one as the cursor that it declared in SQL (psycopg's server-side cursors do).
    fn bind(&mut self, body: &[u8], statements: &mut Statements) -> Result<(), Fault> {
        let (portal, rest) = split_text(body).ok_or_else(violation)?;
        let (name, values) = split_text(rest).ok_or_else(violation)?;
        let traits = statements.traits.get(name).copied().unwrap_or_default();
        if traits.copies_from_client {
            statements.copy_portals.insert(portal.to_owned());
        } else {
            statements.copy_portals.remove(portal);
        }
        self.changes_settings |= traits.changes_settings;
        let private = statements.client.private_name(name);
        self.bytes
            .extend(wire::message(b'B', &[portal, &[0], &private, &[0], values]));
        Ok(())
    }

    /// `Close` and `Describe`, of a statement or a portal.
    fn name_target(
        &mut self,
        kind: u8,
        body: &[u8],
        statements: &mut Statements,
    ) -> Result<(), Fault> {
        if kind == b'C' {
            self.closes.push_back(Close::Asked);
        }
        let Some((b'S', name)) = body.split_first() else {
            self.bytes.extend(wire::message(kind, &[body]));
            return Ok(());
        };
        let (name, _) = split_text(name).ok_or_else(violation)?;
        if kind == b'C' {
            statements.traits.remove(name);
        }
        let private = statements.client.private_name(name);
        self.bytes
            .extend(wire::message(kind, &[b"S", &private, &[0]]));
        Ok(())
    }

    fn query(&mut self, body: &[u8], statements: &mut Statements) -> Result<(), Fault> {
        let (text, _) = split_text(body).ok_or_else(violation)?;
        let reading = sql::read(text, statements.client);
        self.changes_settings |= reading.traits.changes_settings;
        statements.left_any |= reading.traits.prepares;
        if reading.traits.copies_from_client && reading.statements > 1 {
            return Err(unsupported(
                "COPY FROM STDIN beside other statements in one query",
            ));
        }
        self.bytes.extend(wire::query(&reading.text));
        if reading.traits.copies_from_client {
            self.start_copy()?;
        }
        Ok(())
    }

    fn start_copy(&mut self) -> Result<(), Fault> {
        match self.copy_start.replace(self.bytes.len()) {
            None => Ok(()),
            Some(_) => Err(unsupported("a second COPY FROM STDIN in one request")),
        }
    }

    /// The request with a `COPY` that fails at once: the engine takes no data after its answer, and so
    /// is asked twice, first for the `CopyInResponse` alone.
    pub(crate) fn copy_probe(&self) -> Vec<u8> {
        let (start, rest) = self.bytes.split_at(self.copy_start.unwrap_or_default());
        [start, &wire::message(b'f', &[b"not yet\0"]), rest].concat()
    }

    /// The part of a probe's answer that the client sees; `None` where the `COPY` does not begin.
    pub(crate) fn probe_answer(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let start = wire::frames(answer).find(|frame| frame.kind == b'G')?;
        let mut closes = self.closes.clone();
        let shown = wire::frames(answer)
            .take_while(|frame| frame.end <= start.end)
            .filter(|frame| frame.kind != b'3' || closes.pop_front() != Some(Close::Hidden))
            .flat_map(|frame| frame.whole.iter().copied());
        Some(shown.collect())
    }

    /// The request again, up to its `COPY`, for the data to follow; and what frees the names that the
    /// probe took.
    pub(crate) fn into_copy(mut self) -> (Self, Option<Vec<u8>>) {
        self.data_start = self.copy_start.take().unwrap_or_default();
        self.bytes.truncate(self.data_start);
        self.replayed = true;
        let names = std::mem::take(&mut self.parsed);
        let closes = names
            .iter()
            .flat_map(|name| wire::message(b'C', &[b"S", name, &[0]]));
        let free = closes.chain(wire::message(b'S', &[])).collect();
        (self, (!names.is_empty()).then_some(free))
    }

    /// Ends a `COPY` without its data.
    pub(crate) fn fail_copy(&mut self, reason: &str) {
        self.bytes.truncate(self.data_start);
        self.push_copy(b'f', &[reason.as_bytes(), &[0]].concat());
    }

    /// Adds a `COPY`'s data or its end.
    pub(crate) fn push_copy(&mut self, kind: u8, body: &[u8]) {
        self.bytes.extend(wire::message(kind, &[body]));
    }

    /// Turns what the engine answers into what the client asked for.
    pub(crate) fn answer(mut self, answer: Vec<u8>) -> Answer {
        let mut seen = Answer {
            bytes: Vec::new(),
            status: None,
            failed: false,
        };
        let whole = !self.replayed && !self.closes.contains(&Close::Hidden);
        for frame in wire::frames(&answer) {
            seen.status = Status::of(frame).or(seen.status);
            seen.failed |= frame.kind == b'E';
            let hidden = match frame.kind {
                b'3' => self.closes.pop_front() == Some(Close::Hidden),
                b'G' => std::mem::take(&mut self.replayed),
                _ => false,
            };
            self.replayed &= !matches!(frame.kind, b'E' | b'Z');
            if !whole && !hidden && !self.replayed {
                seen.bytes.extend_from_slice(frame.whole);
            }
        }
        if whole {
            seen.bytes = answer;
        }
        seen
    }
}

fn violation() -> Fault {
    Fault::Violated(Refusal::new(
        "08P01",
        "this message is malformed or out of place",
    ))
}

fn unsupported(what: &str) -> Fault {
    let text = format!("the embedded database does not take {what}");
    Fault::Refused(Refusal::new("0A000", text))
}
