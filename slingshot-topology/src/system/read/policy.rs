//! `[rates]`, `[rules]`, `[[ignore]]` and what `[topology]` demands of the graph.

use super::{
    fields::{Fields, Reader},
    place::Place,
};
use crate::{
    document::{Entry, Node, Value},
    source::{Span, Spanned},
    system::{
        Date, DeniedEdge, Ignore, Rate, RequiredHop, RuleLevel, System,
        policy::{Group, Level},
        rate,
    },
};

const DENY: &[&str] = &["from", "to", "reason"];
const REQUIRE: &[&str] = &["from", "to", "through", "reason"];
const IGNORE: &[&str] = &["rule", "subject", "reason", "expires"];

/// The key of a sys-map's objects that holds what is accepted of their findings.
pub(super) const NOTE: &str = "x-slingshot-ignore";

impl Reader<'_> {
    pub(super) fn rates(&mut self, entry: &Entry<'_>) -> Vec<Rate> {
        let Some(rates) = self.open_table(&entry.node, &entry.key_range, Place::Named("[rates]"))
        else {
            return Vec::new();
        };
        let rate = |entry: &Entry<'_>| {
            let per_second = match &entry.node.value {
                Value::Text(text) => rate::per_second(text),
                _ => None,
            };
            if per_second.is_none() {
                let expected = "a rate, as in \"50/s\" (`s`, `min`, `h` or `d`)";
                self.wrong_type(&entry.node, Place::Field(&entry.key), expected);
            }
            Some(Rate {
                queue: Spanned::new(entry.key.to_string(), self.span(&entry.key_range)),
                per_second: per_second?,
            })
        };
        rates.entries().filter_map(rate).collect()
    }

    pub(super) fn levels(&mut self, entry: &Entry<'_>) -> Vec<RuleLevel> {
        let Some(rules) = self.open_table(&entry.node, &entry.key_range, Place::Named("[rules]"))
        else {
            return Vec::new();
        };
        let level = |entry: &Entry<'_>| {
            let level = match &entry.node.value {
                Value::Text(text) => Level::ALL.iter().find(|(word, _)| text == word),
                _ => None,
            };
            if level.is_none() {
                let expected = "\"error\", \"warning\", \"info\" or \"off\"";
                self.wrong_type(&entry.node, Place::Field(&entry.key), expected);
            }
            Some(RuleLevel {
                rule: Spanned::new(entry.key.to_string(), self.span(&entry.key_range)),
                level: level?.1,
            })
        };
        rules.entries().filter_map(level).collect()
    }

    /// `[[topology.deny]]` and `[[topology.require]]`.
    pub(super) fn demands(&mut self, topology: &Fields<'_, '_>, system: &mut System) {
        for node in self.tables(topology, "deny") {
            system.denied.extend(self.denied(node));
        }
        for node in self.tables(topology, "require") {
            system.required.extend(self.required_hop(node));
        }
    }

    fn denied(&mut self, node: &Node<'_>) -> Option<DeniedEdge> {
        let fields = self.fields(node, &node.range, Place::Named("[[topology.deny]]"), DENY)?;
        let from = self.group(&fields, "from");
        let to = self.group(&fields, "to");
        Some(DeniedEdge {
            reason: self.text(&fields, "reason").map(|reason| reason.value),
            from: from?,
            to: to?,
        })
    }

    fn required_hop(&mut self, node: &Node<'_>) -> Option<RequiredHop> {
        let place = Place::Named("[[topology.require]]");
        let fields = self.fields(node, &node.range, place, REQUIRE)?;
        let from = self.group(&fields, "from");
        let to = self.group(&fields, "to");
        let through = self.group(&fields, "through");
        Some(RequiredHop {
            reason: self.text(&fields, "reason").map(|reason| reason.value),
            from: from?,
            to: to?,
            through: through?,
        })
    }

    fn group(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> Option<Spanned<Group>> {
        self.required(fields, name)?;
        let text = self.text(fields, name)?;
        Some(Spanned::new(Group::parse(&text.value), text.span))
    }

    /// `[[ignore]]`, or the items of a note within `scope`.
    pub(super) fn ignores(&mut self, entry: &Entry<'_>, scope: Option<&Span>) -> Vec<Ignore> {
        let place = Place::Field(&entry.key);
        let Some(items) = self.list(&entry.node, place, "a list of tables") else {
            return Vec::new();
        };
        let ignores = items.iter().map(|node| self.ignore(node, scope));
        ignores.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn ignore(&mut self, node: &Node<'_>, scope: Option<&Span>) -> Option<Ignore> {
        let fields = self.fields(node, &node.range, Place::Named("[[ignore]]"), IGNORE)?;
        let rule = self.required(&fields, "rule").is_some();
        let rule = self.text(&fields, "rule").filter(|_| rule);
        let subject = self.text(&fields, "subject");
        let reason = self.text(&fields, "reason").map(|reason| reason.value);
        let expires = fields.get("expires").map(|entry| self.date(&entry.node));
        Some(Ignore {
            rule: rule?,
            subject,
            reason,
            expires: expires.map_or(Some(None), |date| date.map(Some))?,
            scope: scope.cloned(),
        })
    }

    /// A date of TOML, or a string of that form.
    fn date(&mut self, node: &Node<'_>) -> Option<Spanned<Date>> {
        let date = match &node.value {
            Value::Text(text) | Value::Date(text) => Date::parse(text),
            _ => None,
        };
        if date.is_none() {
            self.wrong_type(node, Place::Field("expires"), "a day, as in 2027-01-31");
        }
        Some(Spanned::new(date?, self.span(&node.range)))
    }

    fn tables<'n, 't>(&mut self, fields: &Fields<'n, 't>, name: &'static str) -> &'n [Node<'t>] {
        let Some(entry) = fields.get(name) else {
            return &[];
        };
        let items = self.list(&entry.node, Place::Field(name), "a list of tables");
        items.unwrap_or_default()
    }
}
