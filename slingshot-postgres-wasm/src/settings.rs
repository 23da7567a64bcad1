//! The settings that a client made in the session (`SET`, connection options), so that each client finds
//! its own at every turn.

use std::collections::BTreeMap;

use crate::wire::{self, split_text};

/// Asks the session which settings differ from the server's own, and for its role, which counts as one
/// but is not listed. `transaction_…` settings end with their transaction.
pub(crate) const MADE_IN_SESSION: &str = "SELECT name, setting FROM pg_catalog.pg_settings \
     WHERE source = 'session' AND context IN ('user', 'superuser') \
     AND name NOT LIKE 'transaction\\_%' AND name <> 'seed' \
     UNION ALL SELECT 'role', pg_catalog.current_setting('role')";

/// Settings by name, with values as `set_config` takes them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// These, changed by the parameters of a startup packet: all that name no other thing, and those in
    /// `options`, which win.
    pub(crate) fn with_startup(&self, parameters: &BTreeMap<String, String>) -> Self {
        let mut settings = self.0.clone();
        let others = ["user", "database", "options", "replication"];
        let asked = parameters
            .iter()
            .filter(|(name, _)| !others.contains(&name.as_str()) && !name.starts_with("_pq_."))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        settings.extend(asked);
        settings.extend(
            parameters
                .get("options")
                .map(|text| options(text))
                .unwrap_or_default(),
        );
        Self(settings)
    }

    /// The settings in the answer to [`MADE_IN_SESSION`].
    pub(crate) fn of_answer(answer: &[u8]) -> Self {
        let rows = wire::frames(answer).filter(|frame| frame.kind == b'D');
        Self(rows.filter_map(|row| two_columns(row.body)).collect())
    }

    /// Asks for what a server reports to its clients.
    pub(crate) const REPORTED: &str = "SELECT name, pg_catalog.current_setting(name, true) FROM \
         pg_catalog.unnest(ARRAY['DateStyle', 'IntervalStyle', 'TimeZone', 'application_name', \
         'client_encoding', 'default_transaction_read_only', 'in_hot_standby', 'integer_datetimes', \
         'is_superuser', 'scram_iterations', 'search_path', 'server_encoding', 'server_version', \
         'session_authorization', 'standard_conforming_strings']) AS name \
         WHERE pg_catalog.current_setting(name, true) IS NOT NULL";

    /// The values in the answer to [`Self::REPORTED`].
    pub(crate) fn reported(answer: &[u8]) -> BTreeMap<String, String> {
        Self::of_answer(answer).0
    }

    /// The statements that make these the only settings of the session.
    pub(crate) fn switch(&self) -> String {
        let call = |(name, value): (&String, &String)| {
            format!(
                "pg_catalog.set_config({}, {}, false)",
                literal(name),
                literal(value)
            )
        };
        // The role first: another one may not be allowed the rest.
        let (role, others): (Vec<_>, Vec<_>) = self.0.iter().partition(|(name, _)| *name == "role");
        let select = |settings: Vec<_>| {
            let calls: Vec<_> = settings.into_iter().map(call).collect();
            format!("SELECT {}", calls.join(", "))
        };
        format!("{}; RESET ALL; {}", select(role), select(others))
    }
}

/// A string that means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The settings in a command line such as `-c search_path=a,b --work_mem=8MB`, where a backslash keeps
/// a blank (`pg_split_opts` of `PostgreSQL`).
fn options(text: &str) -> BTreeMap<String, String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, words.last_mut()) {
            ('\\', Some(word)) => word.extend(characters.next()),
            (blank, _) if blank.is_ascii_whitespace() => words.push(String::new()),
            (other, Some(word)) => word.push(other),
            (_, None) => {}
        }
    }
    let assignments = words.iter().filter_map(|word| {
        let word = word
            .strip_prefix("-c")
            .or_else(|| word.strip_prefix("--"))
            .unwrap_or(word);
        let (name, value) = word.split_once('=')?;
        Some((
            name.replace('-', "_").to_ascii_lowercase(),
            value.to_owned(),
        ))
    });
    assignments.collect()
}

/// A `DataRow` of two texts.
fn two_columns(row: &[u8]) -> Option<(String, String)> {
    let (count, rest) = row.split_first_chunk::<2>()?;
    let (first, rest) = column(rest)?;
    let (second, _) = column(rest)?;
    (*count == [0, 2]).then_some((first, second))
}

fn column(row: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = row.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((String::from_utf8_lossy(text).into_owned(), rest))
}

/// The names and values of a startup packet.
pub(crate) fn startup_parameters(mut body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    loop {
        let (name, rest) = split_text(body)?;
        if name.is_empty() {
            return Some(parameters);
        }
        let (value, rest) = split_text(rest)?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        parameters.insert(text(name), text(value));
        body = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(packet: &[u8], switch: &str) {
        let parameters = startup_parameters(packet).unwrap();
        let role = BTreeMap::from([("role".to_owned(), "none".to_owned())]);
        let switched = Settings(role).with_startup(&parameters).switch();
        let prefix = "SELECT pg_catalog.set_config(E'role', E'none', false); RESET ALL; SELECT ";
        assert_eq!(switched.strip_prefix(prefix), Some(switch));
    }

    #[test]
    fn startup_parameters_become_settings() {
        check(b"user\0a\0database\0b\0\0", "");
        check(
            b"user\0a\0application_name\0it's\0\0",
            "pg_catalog.set_config(E'application_name', E'it''s', false)",
        );
    }

    #[test]
    fn options_are_read_as_the_server_reads_them() {
        check(
            b"options\0-c search_path=a,\\ b --work-mem=8MB\0\0",
            "pg_catalog.set_config(E'search_path', E'a, b', false), \
             pg_catalog.set_config(E'work_mem', E'8MB', false)",
        );
    }

    #[test]
    fn a_packet_that_is_cut_short_is_none() {
        assert_eq!(startup_parameters(b"user\0a"), None);
        assert_eq!(startup_parameters(b"user\0a\0"), None);
    }
}
