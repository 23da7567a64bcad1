//! What a statement's text means to the other clients of the session: names of prepared statements
//! become private to their client, and what touches shared state is noticed. All else is left alone.

mod tokens;

use std::ops::Range;

use self::tokens::{Token, Tokens};

/// One connection, for as long as the server runs. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientId(pub(crate) u64);

impl ClientId {
    /// What the names of this client's prepared statements begin with in the session.
    fn prefix(self) -> String {
        format!("c{}_", self.0)
    }

    /// The session's name for this client's prepared statement, the unnamed one included: between its
    /// `Parse` and its `Bind` another client may come to turn.
    pub(crate) fn private_name(self, name: &[u8]) -> Vec<u8> {
        [self.prefix().as_bytes(), name].concat()
    }

    /// Drops this client's prepared statements, however they were made. One statement, so that it can
    /// stand wherever `DEALLOCATE ALL` stood.
    pub(crate) fn deallocate_all(self) -> String {
        self.in_block(
            "FOR private IN SELECT name FROM pg_catalog.pg_prepared_statements \
             WHERE pg_catalog.starts_with(name, PREFIX) \
             LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', private); END LOOP;",
        )
    }

    /// What `DISCARD ALL` may do without touching the other clients.
    fn discard_all(self) -> String {
        let deallocate = self.deallocate_all();
        deallocate.replace(" END $slingshot$", " EXECUTE 'RESET ALL'; END $slingshot$")
    }

    fn in_block(self, body: &str) -> String {
        let body = body.replace("PREFIX", &format!("'{}'", self.prefix()));
        format!("DO $slingshot$ DECLARE private text; BEGIN {body} END $slingshot$")
    }
}

/// A text as the session may see it, and what to expect of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) text: Vec<u8>,
    pub(crate) traits: Traits,
    pub(crate) statements: usize,
}

/// What a statement does beyond its own transaction.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits {
    /// May change settings of the session.
    pub(crate) changes_settings: bool,
    /// `COPY … FROM STDIN`: the client sends data next.
    pub(crate) copies_from_client: bool,
    /// `PREPARE`: leaves a prepared statement behind.
    pub(crate) prepares: bool,
}

/// Reads a text of one or more statements.
pub(crate) fn read(text: &[u8], client: ClientId) -> Reading {
    let mut reader = Reader {
        client,
        traits: Traits::default(),
        edits: Vec::new(),
    };
    let mut statements = 0;
    let mut statement: Option<Statement<'_>> = None;
    for (range, token) in Tokens::of(text) {
        if token == Token::Symbol(b';') {
            statement = None;
            continue;
        }
        let current = statement.get_or_insert_with(|| {
            statements += 1;
            Statement {
                start: range.start,
                verb: Verb::of(token),
                before: None,
                position: 0,
            }
        });
        reader.token(current, range, token);
        current.before = Some(token);
        current.position += 1;
    }
    Reading {
        text: reader.rewritten(text),
        traits: reader.traits,
        statements,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Copy,
    Deallocate,
    Discard,
    Execute,
    Explain,
    Prepare,
    Set,
    Other,
}

impl Verb {
    const WORDS: [(&str, Self); 8] = [
        ("copy", Self::Copy),
        ("deallocate", Self::Deallocate),
        ("discard", Self::Discard),
        ("execute", Self::Execute),
        ("explain", Self::Explain),
        ("prepare", Self::Prepare),
        ("reset", Self::Set),
        ("set", Self::Set),
    ];

    fn of(token: Token<'_>) -> Self {
        let known = Self::WORDS.iter().find(|(word, _)| token.is_word(word));
        known.map_or(Self::Other, |(_, verb)| *verb)
    }
}

/// The statement being read.
struct Statement<'a> {
    start: usize,
    verb: Verb,
    before: Option<Token<'a>>,
    position: usize,
}

impl Statement<'_> {
    fn follows(&self, word: &str) -> bool {
        self.before.is_some_and(|token| token.is_word(word))
    }
}

struct Reader {
    client: ClientId,
    traits: Traits,
    edits: Vec<(Range<usize>, String)>,
}

impl Reader {
    fn token(&mut self, statement: &Statement<'_>, range: Range<usize>, token: Token<'_>) {
        self.traits.changes_settings |= token.is_word("set_config");
        let second = statement.position == 1;
        match statement.verb {
            // These end with their transaction, and so before anybody else's turn.
            Verb::Set if second => {
                let lasting = !["local", "transaction", "constraints"]
                    .iter()
                    .any(|word| token.is_word(word));
                self.traits.changes_settings |= lasting;
            }
            Verb::Copy => {
                self.traits.copies_from_client |=
                    statement.follows("from") && token.is_word("stdin");
            }
            Verb::Discard if second && token.is_word("all") => {
                self.traits.changes_settings = true;
                self.edits
                    .push((statement.start..range.end, self.client.discard_all()));
            }
            Verb::Deallocate if second && token.is_word("prepare") => {}
            Verb::Deallocate if second || statement.follows("prepare") => {
                if token.is_word("all") {
                    self.edits
                        .push((statement.start..range.end, self.client.deallocate_all()));
                } else {
                    self.rename(range, token);
                }
            }
            Verb::Prepare if second && !token.is_word("transaction") => {
                self.traits.prepares = true;
                self.rename(range, token);
            }
            Verb::Execute if second => self.rename(range, token),
            Verb::Explain if statement.follows("execute") => self.rename(range, token),
            _ => {}
        }
    }

    fn rename(&mut self, range: Range<usize>, token: Token<'_>) {
        let (Token::Word(name) | Token::Quoted(name)) = token else {
            return;
        };
        let prefix = self.client.prefix();
        let name = String::from_utf8_lossy(name);
        let private = match name.strip_prefix('"') {
            Some(rest) => format!("\"{prefix}{rest}"),
            None => format!("\"{prefix}{}\"", name.to_ascii_lowercase()),
        };
        self.edits.push((range, private));
    }

    fn rewritten(&self, text: &[u8]) -> Vec<u8> {
        let mut rewritten = Vec::with_capacity(text.len());
        let mut at = 0;
        for (range, replacement) in &self.edits {
            rewritten.extend_from_slice(text.get(at..range.start).unwrap_or_default());
            rewritten.extend_from_slice(replacement.as_bytes());
            at = range.end;
        }
        rewritten.extend_from_slice(text.get(at..).unwrap_or_default());
        rewritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, rewritten: &str, traits: &str) {
        let reading = read(text.as_bytes(), ClientId(7));
        assert_eq!(String::from_utf8_lossy(&reading.text), rewritten);
        let Traits {
            changes_settings,
            copies_from_client,
            prepares,
        } = reading.traits;
        let seen = [
            (changes_settings, "settings"),
            (copies_from_client, "copy"),
            (prepares, "prepares"),
        ];
        let seen: Vec<_> = seen
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, name)| *name)
            .collect();
        assert_eq!(seen.join(" "), traits, "{text}");
    }

    #[test]
    fn names_of_prepared_statements_become_private() {
        check(
            "PREPARE Plan(int) AS select $1",
            "PREPARE \"c7_plan\"(int) AS select $1",
            "prepares",
        );
        check("execute plan(1); ", "execute \"c7_plan\"(1); ", "");
        check(
            "explain analyze execute plan(1)",
            "explain analyze execute \"c7_plan\"(1)",
            "",
        );
        check("DEALLOCATE \"_pg3_0\"", "DEALLOCATE \"c7__pg3_0\"", "");
        check(
            "deallocate prepare a; select 1",
            "deallocate prepare \"c7_a\"; select 1",
            "",
        );
    }

    #[test]
    fn other_statements_stay_as_they_are() {
        for text in [
            "select 'deallocate all; discard all'",
            "prepare transaction 'x'",
            "create trigger t after insert on a execute function f()",
            "update plans set execute = 1",
            "set local search_path = a",
            "set transaction isolation level serializable",
            "copy a to stdout",
            "copy a from '/stdin'",
            "",
            " ;; ",
        ] {
            check(text, text, "");
        }
    }

    #[test]
    fn discarding_reaches_only_the_own_statements_and_settings() {
        let own = ClientId(7);
        check("deallocate all", &own.deallocate_all(), "");
        check(
            "DISCARD ALL;",
            &format!("{};", own.discard_all()),
            "settings",
        );
        assert!(own.discard_all().contains("'c7_'"));
        assert!(own.discard_all().contains("RESET ALL"));
    }

    #[test]
    fn settings_and_copies_are_noticed() {
        check("set time zone 'UTC'", "set time zone 'UTC'", "settings");
        check("reset all", "reset all", "settings");
        let text = "select set_config('a', 'b', false)";
        check(text, text, "settings");
        let text = "/* load */ copy \"from stdin\" (a, b) from stdin with (format csv)";
        check(text, text, "copy");
        assert_eq!(read(b"select 1; ; select 2", ClientId(1)).statements, 2);
    }
}
