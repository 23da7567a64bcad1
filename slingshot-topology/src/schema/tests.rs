//! The schemas know the same fields as the readers, and take what these take.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::Value;

use super::SCHEMAS;
use crate::{Accepted, Inputs, Policy, RULES, SourceFile, read_json, read_toml, render};

fn schema(name: &str) -> Value {
    let schema = SCHEMAS.iter().find(|schema| schema.name == name);
    serde_json::from_str(schema.expect("a schema of that name").text).expect("JSON")
}

fn validator(name: &str) -> Validator {
    jsonschema::validator_for(&schema(name)).expect("a schema")
}

/// The fields that a schema knows at a place, without the notes that are no fields of ours.
fn known(schema: &Value, place: &str) -> BTreeSet<String> {
    let properties = schema.pointer(place).and_then(Value::as_object);
    let names = properties.expect(place).keys();
    names
        .filter(|name| !name.starts_with("x-"))
        .cloned()
        .collect()
}

/// The fields that a reader knows, as it says to who writes another.
fn read(text: &str) -> BTreeSet<String> {
    let findings = if text.starts_with('{') {
        read_json(&SourceFile::new("map", text)).1
    } else {
        read_toml(&SourceFile::new("slingshot.toml", text)).1
    };
    let mut unknown = findings
        .iter()
        .filter(|finding| finding.message.ends_with("no field `zzz`"));
    let help = unknown.next().and_then(|finding| finding.help.as_deref());
    let (_, fields) = help
        .expect(text)
        .split_once("the fields are `")
        .expect("the fields");
    fields
        .trim_end_matches('`')
        .split("`, `")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_of_slingshot_toml_knows_the_readers_fields() {
    let schema = schema("slingshot-toml");
    for (place, text) in [
        ("/properties", "zzz = 1"),
        ("/properties/system/properties", "system.zzz = 1"),
        ("/properties/topology/properties", "topology.zzz = 1"),
        (
            "/properties/topology/properties/deny/items/properties",
            "topology.deny = [{ zzz = 1 }]",
        ),
        (
            "/properties/topology/properties/require/items/properties",
            "topology.require = [{ zzz = 1 }]",
        ),
        ("/$defs/service/properties", "services.a.zzz = 1"),
        ("/$defs/route/properties", "services.a.out = [{ zzz = 1 }]"),
        ("/$defs/retry/properties", "services.a.retry.zzz = 1"),
        ("/$defs/ignore/properties", "ignore = [{ zzz = 1 }]"),
        ("/properties/rabbitmq/properties", "rabbitmq.zzz = 1"),
        ("/properties/database/properties", "database.zzz = 1"),
        (
            "/properties/object-storage/properties",
            "object-storage.zzz = 1",
        ),
        ("/properties/http/properties", "http.zzz = 1"),
        (
            "/properties/http/properties/tls/properties",
            "http.tls.zzz = 1",
        ),
    ] {
        assert_eq!(known(&schema, place), read(text), "{place}");
    }
}

#[test]
fn the_schema_of_a_sys_map_knows_the_readers_fields() {
    let schema = schema("sys-map");
    for (place, text) in [
        (
            "/properties/topology/properties",
            r#"{"topology": {"zzz": 1}}"#,
        ),
        ("/$defs/service/properties", r#"{"a": {"zzz": 1}}"#),
        (
            "/$defs/route/properties",
            r#"{"a": {"in": "a", "out": [{"zzz": 1}]}}"#,
        ),
        ("/$defs/retry/properties", r#"{"a": {"retry": {"zzz": 1}}}"#),
        (
            "/$defs/ignores/items/properties",
            r#"{"x-slingshot-ignore": [{"zzz": 1}]}"#,
        ),
        (
            "/properties/rabbitmq/properties",
            r#"{"rabbitmq": {"zzz": 1}}"#,
        ),
        ("/properties/db/properties", r#"{"db": {"zzz": 1}}"#),
        (
            "/properties/object-storage/properties",
            r#"{"object-storage": {"zzz": 1}}"#,
        ),
    ] {
        assert_eq!(known(&schema, place), read(text), "{place}");
    }
}

#[test]
fn every_sound_example_is_what_its_schema_asks_for() {
    let (of_toml, of_map) = (validator("slingshot-toml"), validator("sys-map"));
    for rule in RULES {
        let files = rule.after.files();
        let (validator, value) = match (files.json, files.toml) {
            (Some(text), _) => (&of_map, serde_json::from_str(text).expect("JSON")),
            (None, text) => (&of_toml, in_json(text.unwrap_or_default())),
        };
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", rule.name);
    }
}

/// A TOML text as the value that an editor's checker sees: dates are text.
fn in_json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("TOML");
    value(&toml::Value::Table(table))
}

fn value(of: &toml::Value) -> Value {
    match of {
        toml::Value::String(text) => text.clone().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(value) => (*value).into(),
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(items) => items.iter().map(value).collect(),
        toml::Value::Table(table) => {
            let entries = table.iter();
            Value::Object(
                entries
                    .map(|(key, item)| (key.clone(), value(item)))
                    .collect(),
            )
        }
    }
}

#[test]
fn every_report_is_what_its_schema_asks_for() {
    let validator = validator("diagnostics");
    let text = "[services.sniff]\nin = \"sniff\"\nprefetsh = 3\nretry = { max = 0 }\n";
    let (system, read) = read_toml(&SourceFile::new("slingshot.toml", text));
    let report = Policy::everything().report(&Inputs::of(&system), read, Accepted::default());
    assert!(report.diagnostics.len() > 1);
    let document: Value = serde_json::from_str(&render::json(&report)).expect("JSON");
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
