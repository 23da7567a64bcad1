//! Names in a small system and its code.

use std::{fmt::Write as _, sync::Arc};

use insta::assert_snapshot;

use super::*;
use crate::{
    BusCall, CaseValue, Cases, Code, CodeHandler, CodeService, Edit, SourceFile, Spanned, System,
    read_json, read_toml,
};

const MAP: &str = r#"[topology]
sources = ["scans"]
sinks = ["archive"]
external-buckets = ["raw"]

[services.sniff]
in = "scans"
out = [
  { case = "text", queues = ["words", "archive"] },
  { case = "other", queues = [] },
]

[services.sniff.buckets]
in = "raw"

[services.words]
in = "words"
buckets = { in = "raw" }

[rates]
scans = "50/s"

[rules]
dead-end = "off"

[[ignore]]
rule = "single-point"
subject = "words"
reason = "one is enough"
"#;

const CODE: &str = r#"#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn, bus: &Bus) -> (u64, Kind) {
    read_file("in", request);
    bus.publish("titles", request);
}

enum Kind { Text, Other }

#[handler]
fn titles() {}

#[microservice]
fn count_words(request: u64) {}
"#;

struct Fixture {
    map: Arc<SourceFile>,
    system: System,
    code: Code,
    index: Index,
}

impl Fixture {
    fn new(map: &str) -> Self {
        let map = SourceFile::new("slingshot.toml", map);
        let (system, _) = read_toml(&map);
        let code = code(&SourceFile::new("main.rs", CODE));
        let index = Index::of(&system, &code);
        Self {
            map,
            system,
            code,
            index,
        }
    }

    /// The mentions where the map says `around`, at its `|`.
    fn at(&self, around: &str) -> Vec<&Mention> {
        let (before, _) = around.split_once('|').unwrap();
        let start = self.map.text.find(&around.replace('|', "")).expect(around);
        self.index
            .at("slingshot.toml", start + before.len())
            .collect()
    }

    fn rename(&self, around: &str, name: &str) -> String {
        let mentions = self.at(around);
        let mention = mentions.first().expect("a name");
        match rename(&self.index, &self.map, &mention.symbol, name, read_toml) {
            Ok(edits) => edited(&edits),
            Err(error) => error.to_string(),
        }
    }
}

/// What the scan sees in the source above.
fn code(file: &Arc<SourceFile>) -> Code {
    let at = |text: &str| {
        let start = CODE.find(text).expect(text);
        file.span(start..start + text.len())
    };
    let case = |name, variant| Spanned::new(CaseValue::text(name), at(variant));
    let sniff = CodeService {
        cases: Cases::Closed(vec![case("text", "Text"), case("other", "Other")]),
        processes: vec![crate::Process::Binary(1)],
        reads: vec![Spanned::new("in".to_owned(), at("\"in\""))],
        are_keys_known: true,
        calls: vec![BusCall {
            handler: Spanned::new("titles".to_owned(), at("\"titles\"")),
            awaits: true,
        }],
        ..CodeService::named("sniff".to_owned(), at("\"sniff\""))
    };
    let words = CodeService {
        name: "words".to_owned(),
        at: at("count_words"),
        cases: Cases::Open(Vec::new()),
        reads: Vec::new(),
        calls: Vec::new(),
        ..sniff.clone()
    };
    let titles = CodeHandler {
        name: "titles".to_owned(),
        at: at("titles()"),
        is_on_bus: true,
        is_conditional: false,
        processes: vec![crate::Process::Binary(1)],
        calls: Vec::new(),
        sends: Vec::new(),
    };
    Code {
        services: vec![sniff, words],
        handlers: vec![titles],
        is_complete: true,
        ..Code::default()
    }
}

fn edited(edits: &[Edit]) -> String {
    edits.iter().fold(String::new(), |mut out, edit| {
        writeln!(out, "{} {} -> {}", edit.span, edit.span.text(), edit.text).unwrap();
        out
    })
}

#[test]
fn every_name_is_known_by_its_place() {
    let fixture = Fixture::new(MAP);
    let mut shown = String::new();
    for (around, what) in [
        (r#"queues = ["wo|rds"#, "a queue in a route"),
        (r#"in = "wo|rds""#, "a service's own queue"),
        ("[services.sn|iff]", "a service in the map"),
        (r#"case = "te|xt""#, "a case in the map"),
        (r#"{ i|n = "raw""#, "a key in the map"),
        (r#"subject = "wo|rds""#, "a subject"),
        ("dead-e|nd", "a rule"),
        ("[ru|les]", "nothing"),
    ] {
        writeln!(shown, "{what}").unwrap();
        for mention in fixture.at(around) {
            let symbol = &mention.symbol;
            let targets = fixture.index.targets(mention);
            let targets: Vec<_> = targets.iter().map(|it| it.span.to_string()).collect();
            let all: Vec<_> = fixture
                .index
                .places(symbol)
                .map(|it| it.span.to_string())
                .collect();
            let (kind, name) = (symbol.kind(), symbol.name());
            writeln!(shown, "  {kind} {name}: to {targets:?}, of {all:?}").unwrap();
        }
    }
    assert_snapshot!(shown);
}

#[test]
fn what_a_name_means_is_told() {
    let fixture = Fixture::new(MAP);
    let mut shown = String::new();
    for around in [
        r#"queues = ["wo|rds"#,
        r#"["sc|ans"]"#,
        "[services.sn|iff]",
        r#"case = "te|xt""#,
        r#"case = "oth|er""#,
        r#"{ i|n = "raw""#,
        r#"external-buckets = ["r|aw"]"#,
    ] {
        for mention in fixture.at(around) {
            let hover = hover(&fixture.index, &fixture.system, &fixture.code, mention);
            writeln!(shown, "{}\n=====", hover.unwrap()).unwrap();
        }
    }
    for mention in fixture
        .index
        .at("main.rs", CODE.find("titles\", ").unwrap())
    {
        let hover = hover(&fixture.index, &fixture.system, &fixture.code, mention);
        writeln!(shown, "{}\n=====", hover.unwrap()).unwrap();
    }
    assert_snapshot!(shown);
}

#[test]
fn a_rule_s_page_is_told() {
    let fixture = Fixture::new(MAP);
    let mention = fixture.at("dead-e|nd")[0];
    let page = hover(&fixture.index, &fixture.system, &fixture.code, mention);
    assert!(page.unwrap().starts_with("# dead-end\n"));
}

#[test]
fn a_name_is_changed_everywhere_or_not_at_all() {
    let fixture = Fixture::new(MAP);
    let mut shown = String::new();
    for (around, name) in [
        (r#"in = "sca|ns""#, "uploads"),
        (r#"in = "sca|ns""#, "up loads"),
        ("[services.sn|iff]", "smell"),
        ("[services.sn|iff]", "a.b"),
        (r#"{ i|n = "raw""#, "source"),
        (r#"in = "sca|ns""#, "scans"),
        (r#"in = "sca|ns""#, "words"),
        (r#"in = "sca|ns""#, "amq.scans"),
        (r#"in = "sca|ns""#, "sc\"ans"),
        (r#"in = "sca|ns""#, ""),
        ("[services.sn|iff]", "rabbitmq"),
        ("[services.wo|rds]", "count"),
        (r#"case = "te|xt""#, "words"),
    ] {
        let made = fixture.rename(around, name);
        writeln!(shown, "{around} to {name:?}\n{made}").unwrap();
    }
    assert_snapshot!(shown);
}

#[test]
fn a_service_that_is_named_in_parts_is_not_renamed() {
    let map = "[services]\nsniff.in = \"scans\"\nsniff.out = []\n";
    let fixture = Fixture::new(map);
    assert_snapshot!(fixture.rename("\nsni|ff.in", "smell"), @"the map names `sniff` in places that cannot be told apart from others");
}

#[test]
fn a_sys_map_is_renamed_too() {
    let text = r#"{"a": {"in": "q", "out": [{"case": 1, "queues": ["q", "r"]}]}}"#;
    let map = SourceFile::new("map.json", text);
    let (system, _) = read_json(&map);
    let index = Index::of(&system, &Code::default());
    let symbol = Symbol::Queue("q".to_owned());
    let edits = rename(&index, &map, &symbol, "requests", read_json).unwrap();
    assert_snapshot!(edited(&edits), @r#"
    map.json:1:14 "q" -> "requests"
    map.json:1:50 "q" -> "requests"
    "#);
}

#[test]
fn what_could_stand_there_is_offered() {
    let map = MAP
        .replace("[\"words\", \"archive\"]", "[\"\"]")
        .replace("\"other\"", "\"\"");
    let fixture = Fixture::new(&map);
    let mut shown = String::new();
    for around in ["queues = [\"|\"]", "case = \"|\"", "rule = \"|single"] {
        let (before, _) = around.split_once('|').unwrap();
        let byte = map.find(&around.replace('|', "")).unwrap() + before.len();
        let Fixture {
            index,
            system,
            code,
            ..
        } = &fixture;
        let found = complete(index, system, code, "slingshot.toml", byte);
        writeln!(shown, "{around} {}", found.len()).unwrap();
        for Completion {
            text,
            detail,
            range,
        } in found.iter().take(4)
        {
            writeln!(
                shown,
                "  {text}: {detail} ({:?})",
                map.get(range.clone()).unwrap_or_default()
            )
            .unwrap();
        }
    }
    assert_snapshot!(shown);
}

#[test]
fn a_finding_is_accepted_by_a_table_at_the_end() {
    let map = MAP.replace("dead-end = \"off\"\n", "");
    let file = SourceFile::new("slingshot.toml", map);
    let (system, _) = read_toml(&file);
    let found = crate::check(&crate::Inputs::of(&system));
    let finding = found.iter().find(|found| found.rule.name == "single-point");
    let fix = accept(finding.unwrap(), &file).unwrap();
    let fixed = crate::fix(
        &[crate::Diagnostic {
            fixes: vec![fix],
            ..finding.unwrap().clone()
        }],
        crate::Safety::Unsafe,
    );
    assert_snapshot!(fixed.files[0].text.rsplit_once("\n\n").unwrap().1);
}
