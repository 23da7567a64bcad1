//! A file of tests of the routes: `slingshot.test.toml`.

use std::sync::Arc;

use super::{
    fields::{Fields, Form, Reader},
    finish::finish,
    place::Place,
};
use crate::{
    assertions::{RouteTest, RouteTests, Start},
    diagnostic::Diagnostic,
    document::{self, Node, Value},
    rules::map_missing_field::MapMissingField,
    source::{SourceFile, Spanned},
    system::System,
};

const FILE: &[&str] = &["test"];
const TEST: &[&str] = &[
    "name",
    "emit",
    "send",
    "direct",
    "reaches",
    "not-reaches",
    "path",
    "ends",
];
const EMIT: &[&str] = &["service", "case"];

/// Those of a test's fields that say what must hold.
const ASSERTIONS: &[&str] = &["direct", "reaches", "not-reaches", "path", "ends"];

/// Reads a file of tests, as far as it can be understood, with everything that is wrong with it.
pub fn read_tests(file: &Arc<SourceFile>) -> (RouteTests, Vec<Diagnostic>) {
    let parsed = document::parse_toml(&file.text);
    let mut reader = Reader::new(file, Form::Toml);
    let mut tests = RouteTests::default();
    let place = Place::Named("a file of tests");
    if let Some(root) = reader.fields(&parsed.root, &(0..0), place, FILE)
        && let Some(entry) = root.get("test")
        && let Some(items) = reader.list(&entry.node, Place::Field("test"), "a list of tables")
    {
        for node in items {
            tests.tests.extend(reader.route_test(node));
        }
    }
    let (_, found) = finish(reader, System::default(), &parsed.errors, &parsed.damaged);
    (tests, found)
}

impl Reader<'_> {
    fn route_test(&mut self, node: &Node<'_>) -> Option<RouteTest> {
        let fields = self.fields(node, &node.range, Place::Named("[[test]]"), TEST)?;
        // All are read before any `?`, so that one pass reports them all.
        let start = self.start(&fields);
        let direct = fields.get("direct").map(|entry| {
            let queues = self.texts(&fields, "direct").unwrap_or_default();
            Spanned::new(queues, self.span(&entry.node.range))
        });
        let reaches = self.texts(&fields, "reaches").unwrap_or_default();
        let not_reaches = self.texts(&fields, "not-reaches").unwrap_or_default();
        let path = self.texts(&fields, "path").unwrap_or_default();
        let ends = self.truth(&fields, "ends");
        if !ASSERTIONS.iter().any(|field| fields.get(field).is_some()) {
            self.lacks(&fields, "reaches");
        }
        if let (Some(direct), Some(Start::Send { .. })) = (fields.get("direct"), &start) {
            let expected = "the queues of an `emit`: what is sent goes to its queue alone";
            self.wrong_type(&direct.node, Place::Field("direct"), expected);
        }
        Some(RouteTest {
            name: self.named(&fields, "name")?,
            start: start?,
            direct,
            reaches,
            not_reaches,
            path,
            ends,
        })
    }

    fn start(&mut self, fields: &Fields<'_, '_>) -> Option<Start> {
        match (fields.get("emit"), fields.get("send")) {
            (Some(emit), None) => {
                let fields = self.entry_fields(emit, Place::Field("emit"), EMIT)?;
                let service = self.named(&fields, "service");
                let case = self.required(&fields, "case");
                let case = case.and_then(|entry| self.case(&entry.node));
                Some(Start::Emit {
                    service: service?,
                    case: case?,
                })
            }
            (None, Some(send)) => {
                let queue = self.text_of(&send.node, Place::Field("send"))?;
                Some(Start::Send { queue })
            }
            (None, None) => {
                self.lacks(fields, "emit");
                None
            }
            (Some(_), Some(send)) => {
                self.wrong_type(&send.node, Place::Field("send"), "absent beside `emit`");
                None
            }
        }
    }

    fn lacks(&mut self, fields: &Fields<'_, '_>, field: &'static str) {
        self.incomplete();
        let at = self.span(fields.at());
        let name = fields.get("name").map(|entry| &entry.node.value);
        let place = match name {
            Some(Value::Text(name)) => format!("the test `{name}`"),
            _ => "the test".to_owned(),
        };
        self.findings.push(MapMissingField { field, place, at });
    }
}
