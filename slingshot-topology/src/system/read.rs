//! From what was declared to a [`System`], past every mistake.

mod endpoints;
mod fields;
mod http;
mod policy;
mod retry;
mod service;

use std::sync::Arc;

use self::fields::{Fields, Form, Place, Reader};
use super::{Boundary, System};
use crate::{
    diagnostic::Diagnostic,
    document::{self, Entry, Node, Value},
    rules::{
        map_duplicate_key::MapDuplicateKey, map_syntax::MapSyntax,
        response_not_json::ResponseNotJson,
    },
    source::SourceFile,
};

/// The sections of a `slingshot.toml`.
const SECTIONS: &[&str] = &[
    "system",
    "topology",
    "services",
    "rates",
    "rules",
    "ignore",
    "rabbitmq",
    "database",
    "object-storage",
    "http",
];

/// What `[topology]` may say.
const TOPOLOGY: &[&str] = &[
    "sources",
    "sinks",
    "manifests",
    "retired",
    "deny",
    "require",
];

/// What may stand beside the services in a sys-map of one JSON file: three paths that the server
/// answers too, and the boundary, which has no path.
const JSON_SECTIONS: [&str; 4] = ["rabbitmq", "db", "object-storage", "topology"];

/// Reads a `slingshot.toml`, as far as it can be understood, with everything that is wrong with it.
pub fn read_toml(file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    let (root, errors) = document::parse_toml(&file.text);
    let mut reader = Reader::new(file, Form::Toml);
    for error in errors {
        let at = file.span(error.range);
        reader.incomplete();
        if error.duplicate_key {
            reader.findings.push(MapDuplicateKey {
                key: at.text().to_owned(),
                first: None,
                again: at,
            });
        } else {
            reader.findings.push(MapSyntax {
                message: error.message,
                at,
            });
        }
    }
    let mut system = System {
        boundary: Boundary::Declared,
        ..System::default()
    };
    if let Some(root) = reader.fields(&root, &(0..0), Place::Named("slingshot.toml"), SECTIONS) {
        reader.sections(&root, &mut system);
    }
    finish(reader, system)
}

/// Reads a sys-map that was saved as one JSON file: `{"service": {"in": .., "out": [..]}}`. The
/// engines stand under their paths (`rabbitmq`, `db`, `object-storage`) in the wire's form, a
/// service's `buckets` as an object, and `topology` may declare `sources` and `sinks`.
pub fn read_json(file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, Form::Wire);
    let mut system = System::default();
    let (root, errors) = document::parse_json(&file.text);
    let is_markup = file.text.trim_start().starts_with('<');
    for error in errors {
        let at = file.span(error.range);
        reader.incomplete();
        if is_markup {
            reader.findings.push(ResponseNotJson { at });
        } else {
            let message = error.message;
            reader.findings.push(MapSyntax { message, at });
        }
    }
    if reader.is_complete()
        && let Some(root) = reader.open_table(&root, &(0..0), Place::Named("the sys-map"))
    {
        reader.sys_map(&root, &mut system);
    }
    finish(reader, system)
}

fn finish(mut reader: Reader<'_>, mut system: System) -> (System, Vec<Diagnostic>) {
    system.ignores.append(&mut reader.notes);
    system.start = Some(reader.file.span(0..0));
    system.complete = reader.is_complete();
    (system, reader.findings.into_sorted())
}

impl Reader<'_> {
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
        if let Some(entry) = root.get("rates") {
            system.rates = self.rates(entry);
        }
        if let Some(entry) = root.get("rules") {
            system.levels = self.levels(entry);
        }
        if let Some(entry) = root.get("ignore") {
            system.ignores = self.ignores(entry, None);
        }
        if let Some(entry) = root.get("rabbitmq") {
            system.rabbitmq = self.rabbitmq(entry, &mut system.rabbitmq_at);
        }
        if let Some(entry) = root.get("database") {
            system.database = self.database(entry, &mut system.database_at);
        }
        if let Some(entry) = root.get("object-storage") {
            system.object_storage = self.object_storage(entry, &mut system.object_storage_at);
        }
        if let Some(entry) = root.get("http") {
            system.http = self.http(entry);
        }
    }

    fn sys_map(&mut self, root: &Fields<'_, '_>, system: &mut System) {
        for entry in root.entries() {
            if entry.key == policy::NOTE {
                system.ignores.extend(self.ignores(entry, None));
                continue;
            }
            if is_service(entry) {
                system.services.extend(self.service(entry));
                continue;
            }
            match &*entry.key {
                "rabbitmq" => system.rabbitmq = self.rabbitmq(entry, &mut system.rabbitmq_at),
                "db" => system.database = self.database(entry, &mut system.database_at),
                "object-storage" => {
                    system.object_storage =
                        self.object_storage(entry, &mut system.object_storage_at);
                }
                _ => self.boundary(entry, system),
            }
        }
    }

    fn boundary(&mut self, entry: &Entry<'_>, system: &mut System) {
        if let Some(fields) = self.entry_fields(entry, Place::Named("[topology]"), TOPOLOGY) {
            system.boundary = Boundary::Declared;
            system.sources = self.texts(&fields, "sources").unwrap_or_default();
            system.sinks = self.texts(&fields, "sinks").unwrap_or_default();
            system.manifests = self.texts(&fields, "manifests").unwrap_or_default();
            system.topology_at = self.places(&fields, TOPOLOGY);
            system.retired = self.texts(&fields, "retired").unwrap_or_default();
            self.demands(&fields, system);
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
