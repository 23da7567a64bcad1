//! From what was declared to a [`System`], past every mistake.

mod endpoints;
mod fields;
mod http;
mod retry;
mod service;

use std::{collections::HashSet, ops::Range, sync::Arc};

use self::fields::{Fields, Form, Place, Reader};
use super::{Boundary, System};
use crate::{
    check::Policy,
    diagnostic::{self, Diagnostic, Findings},
    document::{self, Entry, Mistake, Node, Parsed, Value},
    rules::{
        map_duplicate_key::MapDuplicateKey, map_syntax::MapSyntax,
        response_not_json::ResponseNotJson,
    },
    source::{SourceFile, Span},
};

/// The sections of a `slingshot.toml`.
const SECTIONS: &[&str] = &[
    "system",
    "topology",
    "services",
    "rabbitmq",
    "database",
    "object-storage",
    "http",
];

/// What may stand beside the services in a sys-map of one JSON file: three paths that the server
/// answers too, and the boundary, which has no path.
const JSON_SECTIONS: [&str; 4] = ["rabbitmq", "db", "object-storage", "topology"];

/// Reads a `slingshot.toml`, as far as it can be understood, with everything that is wrong with it.
pub fn read_toml(file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    let parsed = document::parse_toml(&file.text);
    let mut reader = Reader::new(file, Form::Toml);
    let mut system = System {
        boundary: Boundary::Declared,
        ..System::default()
    };
    if let Some(root) = reader.fields(
        &parsed.root,
        &(0..0),
        Place::Named("slingshot.toml"),
        SECTIONS,
    ) {
        reader.sections(&root, &mut system);
    }
    finish(reader, system, Some(&parsed))
}

/// Reads a sys-map that was saved as one JSON file: `{"service": {"in": .., "out": [..]}}`. The
/// engines stand under their paths (`rabbitmq`, `db`, `object-storage`) in the wire's form, a
/// service's `buckets` as an object, and `topology` may declare `sources` and `sinks`.
pub fn read_json(file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, Form::Wire);
    let mut system = System::default();
    if let Some(at) = markup(file) {
        reader.incomplete();
        reader.findings.push(ResponseNotJson { at });
        return finish(reader, system, None);
    }
    let parsed = document::parse_json(&file.text);
    if let Some(root) = reader.open_table(&parsed.root, &(0..0), Place::Named("the sys-map")) {
        reader.sys_map(&root, &mut system);
    }
    finish(reader, system, Some(&parsed))
}

/// The first tag of a web page.
fn markup(file: &Arc<SourceFile>) -> Option<Span> {
    let start = file.text.len() - file.text.trim_start().len();
    let tag = file
        .text
        .get(start..)
        .filter(|text| text.starts_with('<'))?;
    let end = tag.find('>').map_or(1, |end| end + 1);
    Some(file.span(start..start + end))
}

/// What the parser found, and what was found in what it understood.
fn finish(
    mut reader: Reader<'_>,
    mut system: System,
    parsed: Option<&Parsed<'_>>,
) -> (System, Vec<Diagnostic>) {
    let everything = Findings::shown_by(Policy::EVERYTHING);
    let mut findings = std::mem::replace(&mut reader.findings, everything).into_sorted();
    if let Some(parsed) = parsed {
        without_consequences(&mut findings, &parsed.damaged);
        reader.mistakes(parsed);
    }
    system.start = Some(reader.file.span(0..0));
    system.complete = reader.is_complete();
    findings.extend(reader.findings.into_sorted());
    diagnostic::sort(&mut findings);
    (system, findings)
}

/// What is found fault with where the text is damaged follows from the damage, and is not told.
fn without_consequences(findings: &mut Vec<Diagnostic>, damaged: &[Range<usize>]) {
    let damaged: HashSet<_> = damaged
        .iter()
        .map(|range| (range.start, range.end))
        .collect();
    findings.retain(|found| {
        let place = found.span().map(|span| (span.start, span.end));
        place.is_none_or(|place| !damaged.contains(&place))
    });
}

impl Reader<'_> {
    /// What the parser found.
    fn mistakes(&mut self, parsed: &Parsed<'_>) {
        if let Some(misencoded) = self.file.misencoded() {
            self.incomplete();
            self.findings.push(MapSyntax {
                message: misencoded.message.to_owned(),
                at: self.span(&(misencoded.at..misencoded.at + 1)),
                opened: None,
            });
        }
        for error in &parsed.errors {
            self.incomplete();
            let at = self.span(&error.range);
            let message = error.message.clone();
            match &error.mistake {
                Mistake::Grammar { opened } => {
                    let opened = opened.as_ref().map(|range| self.span(range));
                    self.findings.push(MapSyntax {
                        message,
                        at,
                        opened,
                    });
                }
                Mistake::DuplicateKey { first } => {
                    let first = first.as_ref().map(|range| self.span(range));
                    self.findings.push(MapDuplicateKey {
                        key: message,
                        first,
                        again: at,
                    });
                }
            }
        }
    }

    fn sections(&mut self, root: &Fields<'_, '_>, system: &mut System) {
        if let Some(entry) = root.get("system")
            && let Some(fields) = self.entry_fields(entry, Place::Named("[system]"), &["name"])
        {
            system.name = self.text(&fields, "name");
        }
        if let Some(entry) = root.get("topology") {
            self.boundary(entry, system);
        }
        if let Some(entry) = root.get("services")
            && let Some(services) =
                self.open_table(&entry.node, &entry.key_range, Place::Named("[services]"))
        {
            system.services_at = Some(self.span(&entry.key_range));
            for entry in services.entries() {
                system.services.extend(self.service(entry));
            }
        }
        if let Some(entry) = root.get("rabbitmq") {
            system.rabbitmq = self.rabbitmq(entry);
        }
        if let Some(entry) = root.get("database") {
            system.database = self.database(entry);
        }
        if let Some(entry) = root.get("object-storage") {
            system.object_storage = self.object_storage(entry);
        }
        if let Some(entry) = root.get("http") {
            system.http = self.http(entry);
        }
    }

    fn sys_map(&mut self, root: &Fields<'_, '_>, system: &mut System) {
        for entry in root.entries() {
            if is_service(entry) {
                system.services.extend(self.service(entry));
                continue;
            }
            match &*entry.key {
                "rabbitmq" => system.rabbitmq = self.rabbitmq(entry),
                "db" => system.database = self.database(entry),
                "object-storage" => system.object_storage = self.object_storage(entry),
                _ => self.boundary(entry, system),
            }
        }
    }

    fn boundary(&mut self, entry: &Entry<'_>, system: &mut System) {
        if let Some(fields) =
            self.entry_fields(entry, Place::Named("[topology]"), &["sources", "sinks"])
        {
            system.boundary = Boundary::Declared;
            system.sources = self.texts(&fields, "sources").unwrap_or_default();
            system.sinks = self.texts(&fields, "sinks").unwrap_or_default();
        }
    }
}

/// A service may bear the name of a section; the fields of a service give it away, so that it is
/// reported as a service of a reserved name and not as a broken section.
fn is_service(entry: &Entry<'_>) -> bool {
    let has = |field: &str| match &entry.node {
        Node {
            value: Value::Table(entries),
            ..
        } => entries.iter().any(|entry| entry.key == field),
        _ => false,
    };
    !JSON_SECTIONS.contains(&&*entry.key) || (has("in") && has("out"))
}
