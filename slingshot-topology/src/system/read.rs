//! From what was declared to a [`System`], past every mistake.

mod answers;
mod assertions;
mod definitions;
mod endpoints;
mod fields;
mod finish;
mod http;
pub(crate) mod manifest;
mod place;
mod policy;
mod retry;
mod service;

use std::sync::Arc;

pub use self::{
    answers::{SavedAnswer, read_answers},
    assertions::read_tests,
    definitions::read_definitions,
    manifest::read_manifest,
};
use self::{
    fields::{Fields, Form, Reader},
    finish::{finish, web_page},
    place::Place,
};
use super::{Boundary, System};
use crate::{
    diagnostic::Diagnostic,
    document::{self, Entry, Node, Value},
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
    "external-buckets",
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
    let parsed = document::parse_toml(&file.text);
    let mut reader = Reader::new(file, Form::Toml);
    let mut system = System {
        boundary: Boundary::Declared,
        ..System::default()
    };
    if let Some(root) = reader.fields(
        &parsed.root,
        &(0..0),
        Place::Named(place::SYSTEM_FILE),
        SECTIONS,
    ) {
        reader.sections(&root, &mut system);
    }
    finish(reader, system, &parsed.errors, &parsed.damaged)
}

/// Reads a sys-map that was saved as one JSON file: `{"service": {"in": .., "out": [..]}}`. The
/// engines stand under their paths (`rabbitmq`, `db`, `object-storage`) in the wire's form, a
/// service's `buckets` as an object, and `topology` may declare `sources` and `sinks`. A file that holds
/// one service's answer and nothing else has the service's name.
pub fn read_json(file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    if let Some(page) = web_page(file) {
        return page;
    }
    let mut reader = Reader::new(file, Form::Wire);
    let mut system = System::default();
    let parsed = document::parse_json(&file.text);
    if is_one_answer(&parsed.root) {
        return answers::read_answer(&stem(&file.path), file);
    }
    if let Some(root) = reader.open_table(&parsed.root, &(0..0), Place::Named("the sys-map")) {
        for entry in root.entries() {
            reader.answer(entry, &mut system);
        }
    }
    finish(reader, system, &parsed.errors, &parsed.damaged)
}

/// Whether a JSON text is a sys-map, or one that is being written: it says of something what a service alone
/// has. Editors ask it of files that may be anything.
pub fn is_sys_map(text: &str) -> bool {
    let parsed = document::parse_json(text);
    let Value::Table(entries) = &parsed.root.value else {
        return false;
    };
    let mut services = entries.iter().map(|entry| &entry.node);
    is_one_answer(&parsed.root) || services.any(is_one_answer)
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
            system.database = self.database(entry, system);
        }
        if let Some(entry) = root.get("object-storage") {
            system.object_storage = self.object_storage(entry, &mut system.object_storage_at);
        }
        if let Some(entry) = root.get("http") {
            system.http = self.http(entry, &mut system.handler_script);
        }
    }

    /// What a sys-map answers to one path.
    fn answer(&mut self, entry: &Entry<'_>, system: &mut System) {
        if entry.key == policy::NOTE {
            system.ignores.extend(self.ignores(entry, None));
            return;
        }
        if is_service(entry) {
            system.services.extend(self.service(entry));
            return;
        }
        match &*entry.key {
            "rabbitmq" => system.rabbitmq = self.rabbitmq(entry, &mut system.rabbitmq_at),
            "db" => system.database = self.database(entry, system),
            "object-storage" => {
                system.object_storage = self.object_storage(entry, &mut system.object_storage_at);
            }
            _ => self.boundary(entry, system),
        }
    }

    fn boundary(&mut self, entry: &Entry<'_>, system: &mut System) {
        if let Some(fields) = self.entry_fields(entry, Place::Named("[topology]"), TOPOLOGY) {
            system.boundary = Boundary::Declared;
            system.sources = self.texts(&fields, "sources").unwrap_or_default();
            system.sinks = self.texts(&fields, "sinks").unwrap_or_default();
            system.external_buckets = self.texts(&fields, "external-buckets");
            system.manifests = self.texts(&fields, "manifests").unwrap_or_default();
            system.topology_at = self.places(&fields, TOPOLOGY);
            system.retired = self.texts(&fields, "retired").unwrap_or_default();
            self.demands(&fields, system);
        }
    }
}

/// Whether it is what a sys-map says of one service, and no map: no service is a text or a list.
fn is_one_answer(root: &Node<'_>) -> bool {
    let Value::Table(entries) = &root.value else {
        return false;
    };
    let is = |name: &str, is_so: fn(&Value<'_>) -> bool| {
        let mut entries = entries.iter();
        entries.any(|entry| entry.key == name && is_so(&entry.node.value))
    };
    is("in", |value| matches!(value, Value::Text(_)))
        && is("out", |value| matches!(value, Value::List(_)))
}

/// A file's name without directories and extension.
fn stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name).to_owned()
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
