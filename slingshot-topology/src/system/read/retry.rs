//! A service's `retry`.

use std::time::Duration;

use slingshot_settings::{Retry, duration};

use super::{
    fields::{Fields, Form, Reader},
    place::Place,
};
use crate::{document::Value, rules::retry_invalid::RetryInvalid};

/// In a `slingshot.toml`, words are spelled with `-`; on the wire, as the annotation spells them.
const TOML_FIELDS: &[&str] = &["max", "initial", "factor", "max-delay"];
const WIRE_FIELDS: &[&str] = &["max", "initial", "factor", "max_delay"];

impl Reader<'_> {
    /// What is left out has its default.
    pub(super) fn retry(&mut self, fields: &Fields<'_, '_>) -> Option<Retry> {
        let entry = fields.get("retry")?;
        let (legal, longest) = match self.form {
            Form::Toml => (TOML_FIELDS, "max-delay"),
            Form::Wire => (WIRE_FIELDS, "max_delay"),
        };
        let fields = self.entry_fields(entry, Place::Field("retry"), legal)?;
        let mut retry = Retry::DEFAULT;
        let max = self.bounded(&fields, "max", Retry::MOST_ATTEMPTS, retry.max);
        let factor = self.bounded(&fields, "factor", Retry::MOST_FACTOR, retry.factor);
        let initial = self.delay(&fields, "initial", retry.initial);
        let max_delay = self.delay(&fields, longest, retry.max_delay);
        // All four are read first, so that all their mistakes are found.
        retry.max = max?;
        retry.factor = factor?;
        retry.initial = initial?;
        retry.max_delay = max_delay?;
        if retry.initial > retry.max_delay {
            let written = |name| Some(self.span(&fields.get(name)?.node.range));
            self.findings.push(RetryInvalid::InitialTooLong {
                initial: written("initial"),
                field: longest,
                longest: retry.max_delay,
                max_delay: written(longest),
                at: self.span(&entry.key_range),
            });
            return None;
        }
        Some(retry)
    }

    /// A whole number from 1 to `most`; `default` if it is not there, and none if it is another.
    fn bounded(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &'static str,
        most: u32,
        default: u32,
    ) -> Option<u32> {
        let Some(entry) = fields.get(name) else {
            return Some(default);
        };
        let Value::Integer(value) = &entry.node.value else {
            self.wrong_type(&entry.node, Place::Field(name), "a whole number");
            return None;
        };
        let number = u32::try_from(**value).ok();
        let number = number.filter(|number| (1..=most).contains(number));
        if number.is_none() {
            let at = self.span(&entry.node.range);
            self.findings.push(RetryInvalid::OutOfRange {
                field: name,
                most,
                at,
            });
        }
        number
    }

    fn delay(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &'static str,
        default: Duration,
    ) -> Option<Duration> {
        let Some(entry) = fields.get(name) else {
            return Some(default);
        };
        let Value::Text(text) = &entry.node.value else {
            self.wrong_type(&entry.node, Place::Field(name), "a duration, as in \"5m\"");
            return None;
        };
        let at = self.span(&entry.node.range);
        match duration::parse(text) {
            Ok(delay) if delay <= Retry::LONGEST_DELAY => return Some(delay),
            Ok(_) => self
                .findings
                .push(RetryInvalid::DelayTooLong { field: name, at }),
            Err(error) => self.findings.push(RetryInvalid::NotADuration {
                field: name,
                error,
                at,
            }),
        }
        None
    }
}
