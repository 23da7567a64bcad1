//! What must hold for every text from outside. Property tests and fuzz targets call it; nothing else is
//! built with it.

mod beside;
mod editor;
mod fixture;
mod json;
mod selection;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;

#[cfg(test)]
pub(crate) use self::json::understood;
use self::shown::{drawn, shown};
pub use self::{
    beside::{baseline, definitions, manifest, route_tests},
    editor::edit,
    json::json,
    selection::selection,
};
use crate::{
    Diagnostic, Inputs, Safety, SavedAnswer, SecretReference, Severity, SourceFile, System, check,
    export, fix, format_json, format_toml, read_answers, read_json, read_toml,
    sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer},
};

/// `slingshot.toml`: its diagnostics lie inside it and can be drawn, and a system without an error is served
/// as it was read.
pub fn system_file(text: &str) {
    let file = SourceFile::new("slingshot.toml", text);
    let (system, found) = read_toml(&file);
    formatted(&system, format_toml(&file), format_toml, read_toml);
    read(&system, found);
}

/// A sys-map in one JSON file: the same, and it is read as strictly as a service reads it.
pub fn sys_map_file(text: &str) {
    json(text);
    let file = SourceFile::new("sys-map.json", text);
    let (system, found) = read_json(&file);
    formatted(&system, format_json(&file), format_json, read_json);
    read(&system, found);
}

/// A sys-map that was saved as a directory. A line `# sniff` begins the answer about a service, or an engine; a line
/// `# sniff/in` that about a bucket.
pub fn saved_answers(text: &str) {
    let mut answers: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("# ") {
            answers.push((path.trim_end().to_owned(), String::new()));
        } else if let Some((_, answer)) = answers.last_mut() {
            answer.push_str(line);
        }
    }
    let answers = answers.into_iter().map(|(path, answer)| {
        let (name, key) = match path.split_once('/') {
            Some((name, key)) => (name.to_owned(), Some(key.to_owned())),
            None => (path.clone(), None),
        };
        let file = SourceFile::new(path, answer);
        SavedAnswer { name, key, file }
    });
    let (system, found) = read_answers(&answers.collect::<Vec<_>>());
    let found = read(&system, found);
    if found.iter().all(|found| found.severity != Severity::Error) {
        let file = SourceFile::new("sys-map.json", export::sys_map(&system));
        let (again, found) = read_json(&file);
        let inputs = Inputs {
            served: Some(&again),
            ..Inputs::of(&system)
        };
        let mut all = found.into_iter().chain(check(&inputs));
        let error = all.find(|found| found.severity == Severity::Error);
        assert!(error.is_none(), "{error:?} of {}", file.text);
    }
}

/// The answers of a sys-map, each read as every kind: what is read can be written and read again.
pub fn answer(body: &str) {
    if let Ok(answer) = ServiceAnswer::from_json(body) {
        let written = serde_json::to_string(&answer).expect("a case is in the range of JSON's");
        let again = ServiceAnswer::from_json(&written).expect("what was written can be read");
        assert_eq!(again, answer);
    }
    if let Ok(broker) = RabbitMq::from_json(body) {
        let again = RabbitMq::from_json(&broker.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), broker);
    }
    if let Ok(database) = Database::from_json(body) {
        let again = Database::from_json(&database.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), database);
    }
    if let Ok(store) = ObjectStorage::from_json(body) {
        let again = ObjectStorage::from_json(&store.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), store);
    }
}

/// A reference to a secret: what is read can be written and read again.
pub fn secret_reference(text: &str) {
    if let Ok(reference) = text.parse::<SecretReference>() {
        assert_eq!(reference.to_string(), text);
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
}

fn read(system: &System, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.extend(check(&Inputs::of(system)));
    shown(&found);
    fix(&found, Safety::Unsafe);
    drawn(system);
    if found.iter().all(|found| found.severity != Severity::Error) {
        served(system);
    }
    found
}

/// What is formatted says what it said, and is not formatted differently the second time.
fn formatted(
    system: &System,
    formatted: Result<String, Vec<Diagnostic>>,
    format: impl Fn(&Arc<SourceFile>) -> Result<String, Vec<Diagnostic>>,
    read: impl Fn(&Arc<SourceFile>) -> (System, Vec<Diagnostic>),
) {
    let Ok(formatted) = formatted else {
        return;
    };
    let file = SourceFile::new("formatted", formatted);
    assert_eq!(format(&file).as_deref().ok(), Some(&*file.text));
    let (again, _) = read(&file);
    assert_eq!(export::sys_map(&again), export::sys_map(system));
}

/// Every path of a system without an error answers with what a service understands.
fn served(system: &System) {
    for service in &system.services {
        let path = format!("/{}", service.name.value);
        let answer = system.answer(&path).expect("the service is there").body;
        let understood = ServiceAnswer::from_json(&answer);
        assert_eq!(understood.expect("no error was found"), service.answer());
        for bucket in &service.buckets {
            let path = format!("{path}/{}", bucket.key.value);
            let answer = system.answer(&path).expect("the bucket is there");
            assert_eq!(answer.body, bucket.name.value);
        }
    }
    let body = |path| system.answer(path).map(|answer| answer.body);
    let broker = body("/rabbitmq").map(|body| RabbitMq::from_json(&body).ok());
    assert_eq!(broker, system.rabbitmq.clone().map(Some));
    let database = body("/db").map(|body| Database::from_json(&body).ok());
    assert_eq!(database, system.database.clone().map(Some));
    let store = body("/object-storage").map(|body| ObjectStorage::from_json(&body).ok());
    assert_eq!(store, system.object_storage.clone().map(Some));
}
