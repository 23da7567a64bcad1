//! A sys-map that was saved answer by answer, each in a file of its own.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    fields::{Form, Reader},
    finish::{finish, web_page},
};
use crate::{
    diagnostic::{self, Diagnostic},
    document::{self, Entry},
    rules::{map_duplicate_key::MapDuplicateKey, map_missing_field::MapMissingField},
    source::{SourceFile, Spanned},
    system::{Boundary, Bucket, System},
};

/// What a sys-map answered to one path.
#[derive(Clone, Debug)]
pub struct SavedAnswer {
    /// The first part of the path: a service, or one of the engines.
    pub name: String,
    /// The second part, for a bucket.
    pub key: Option<String>,
    /// The answer.
    pub file: Arc<SourceFile>,
}

/// Reads the answers of one sys-map, as [`read_json`](super::read_json) reads them from one file. Each span
/// points into the file of its answer; what a path itself says, such as a service's name, has the start of
/// that file for its place.
pub fn read_answers(answers: &[SavedAnswer]) -> (System, Vec<Diagnostic>) {
    let mut system = System {
        complete: true,
        start: answers.first().map(|answer| answer.file.span(0..0)),
        ..System::default()
    };
    let mut found = Vec::new();
    let mut buckets: BTreeMap<&str, Vec<Bucket>> = BTreeMap::new();
    let mut first: BTreeMap<(&str, Option<&str>), &SavedAnswer> = BTreeMap::new();
    for answer in answers {
        let path = (&*answer.name, answer.key.as_deref());
        let (part, diagnostics) = match (first.get(&path), &answer.key) {
            (Some(first), _) => repeated(first, answer),
            (None, None) => read_answer(&answer.name, &answer.file),
            (None, Some(key)) => {
                let read = buckets.entry(&answer.name).or_default();
                read.push(bucket(key, &answer.file));
                unread(answer)
            }
        };
        first.entry(path).or_insert(answer);
        found.extend(diagnostics);
        system.absorb(part);
    }
    for service in &mut system.services {
        let saved = buckets.remove(&*service.name.value).into_iter().flatten();
        for bucket in saved {
            // A map in one file may name them beside the routes; who answered for the path itself knows better.
            service
                .buckets
                .retain(|other| other.key.value != bucket.key.value);
            service.buckets.push(bucket);
        }
    }
    for (name, buckets) in buckets {
        let is_broken = first.contains_key(&(name, None));
        let missing = buckets.first().filter(|_| !is_broken);
        let missing = missing.map(|bucket| without_service(name, bucket));
        system.complete = false;
        found.extend(missing.into_iter().flatten());
    }
    diagnostic::sort(&mut found);
    (system, found)
}

/// Reads what was answered to one path.
pub(super) fn read_answer(name: &str, file: &Arc<SourceFile>) -> (System, Vec<Diagnostic>) {
    if let Some(page) = web_page(file) {
        return page;
    }
    let mut parsed = document::parse_json(&file.text);
    if !parsed.damaged.is_empty() {
        parsed.damaged.push(0..0);
    }
    let mut reader = Reader::new(file, Form::Wire);
    let mut part = System::default();
    // The name is the path's, and stands nowhere in the file.
    let entry = Entry {
        key: name.into(),
        key_range: 0..0,
        node: parsed.root,
    };
    reader.answer(&entry, &mut part);
    finish(reader, part, &parsed.errors, &parsed.damaged)
}

/// The bytes of a bucket's name are all that its answer may hold, but for space around it.
fn bucket(key: &str, file: &Arc<SourceFile>) -> Bucket {
    let name = file.text.trim();
    let start = file.text.len() - file.text.trim_start().len();
    Bucket {
        key: Spanned::new(key.to_owned(), file.span(0..0)),
        name: Spanned::new(name.to_owned(), file.span(start..start + name.len())),
    }
}

/// A bucket's answer may be of another encoding; everything else is said of its name.
fn unread(answer: &SavedAnswer) -> (System, Vec<Diagnostic>) {
    let reader = Reader::new(&answer.file, Form::Wire);
    finish(reader, System::default(), &[], &[])
}

fn repeated(first: &SavedAnswer, again: &SavedAnswer) -> (System, Vec<Diagnostic>) {
    let mut reader = Reader::new(&again.file, Form::Wire);
    reader.incomplete();
    reader.findings.push(MapDuplicateKey {
        key: again.key.as_ref().unwrap_or(&again.name).clone(),
        first: Some(first.file.span(0..0)),
        again: again.file.span(0..0),
    });
    finish(reader, System::default(), &[], &[])
}

fn without_service(name: &str, bucket: &Bucket) -> Vec<Diagnostic> {
    let file = &bucket.key.span.file;
    let mut reader = Reader::new(file, Form::Wire);
    reader.findings.push(MapMissingField {
        field: "in",
        place: format!("service `{name}`"),
        at: file.span(0..0),
    });
    finish(reader, System::default(), &[], &[]).1
}

impl System {
    /// Takes in what another answer of the same sys-map says.
    fn absorb(&mut self, part: Self) {
        self.complete &= part.complete;
        self.boundary = self.boundary.max(part.boundary);
        self.sources.extend(part.sources);
        self.sinks.extend(part.sinks);
        self.services.extend(part.services);
        self.retired.extend(part.retired);
        self.ignores.extend(part.ignores);
        self.denied.extend(part.denied);
        self.required.extend(part.required);
        self.manifests.extend(part.manifests);
        if part.external_buckets.is_some() {
            self.external_buckets = part.external_buckets;
        }
        if part.boundary == Boundary::Declared {
            self.topology_at = part.topology_at;
        }
        for (places, read, of_part) in [
            (
                &mut self.rabbitmq_at,
                self.rabbitmq.is_some(),
                part.rabbitmq_at,
            ),
            (
                &mut self.database_at,
                self.database.is_some(),
                part.database_at,
            ),
            (
                &mut self.object_storage_at,
                self.object_storage.is_some(),
                part.object_storage_at,
            ),
        ] {
            if !read {
                *places = of_part;
            }
        }
        self.max_connections = self.max_connections.take().or(part.max_connections);
        self.rabbitmq = self.rabbitmq.take().or(part.rabbitmq);
        self.database = self.database.take().or(part.database);
        self.object_storage = self.object_storage.take().or(part.object_storage);
    }
}
