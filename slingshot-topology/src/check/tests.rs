//! What the rules say about whole systems: sound ones of every shape, and single faults in them.

mod changes;
mod edges;
mod handlers;

use insta::assert_snapshot;

use super::{Accepted, Inputs, Policy, Report, check};
use crate::{
    CaseType, CaseValue, Cases, Code, CodeService, Diagnostic, SourceFile, Spanned, System, graph,
    read_json, read_toml, render,
};

fn toml(text: &str) -> Vec<Diagnostic> {
    let (system, read) = read_toml(&SourceFile::new("slingshot.toml", text));
    shown(&system, None, read)
}

fn shown(system: &System, code: Option<&Code>, read: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let inputs = Inputs::of(system).with_code(code);
    let report = Policy::default().report(&inputs, read, Accepted::default());
    report.diagnostics
}

fn assert_sound(diagnostics: &[Diagnostic]) {
    assert!(
        diagnostics.is_empty(),
        "{}",
        render::text(diagnostics, false)
    );
}

const PIPELINE: &str = r#"
[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = ["thumbnail", "archive"] },
  { case = "other", queues = [] },
]

[services.words]
in = "words"
out = [{ case = true, queues = ["report"] }, { case = false, queues = [] }]

[services.thumbnail]
in = "thumbnail"
out = [{ case = 1, queues = ["report"] }]

[services.report]
in = "report"
"#;

#[test]
fn a_pipeline_with_branches_joins_ends_and_sinks_is_sound() {
    assert_sound(&toml(PIPELINE));
}

#[test]
fn a_crawl_that_comes_back_to_its_source_is_sound() {
    assert_sound(&toml(
        r#"
[topology]
sources = ["fetch"]
[services.fetch]
in = "fetch"
out = [{ case = "page", queues = ["parse"] }, { case = "gone", queues = [] }]
[services.parse]
in = "parse"
out = [{ case = "link", queues = ["fetch"] }, { case = "text", queues = ["store"] }]
[services.store]
in = "store"
"#,
    ));
}

#[test]
fn numbered_queues_are_not_misspellings_of_each_other() {
    let diagnostics = toml(
        r#"
[services.one]
in = "stage-1"
out = [{ case = "done", queues = ["stage-2"] }]
"#,
    );
    let rules: Vec<_> = diagnostics
        .iter()
        .map(|finding| finding.rule.name)
        .collect();
    assert_eq!(rules, ["queue-no-producer", "queue-no-consumer"]);
}

#[test]
fn a_saved_sys_map_says_nothing_about_the_outside_and_is_not_blamed_for_it() {
    let text =
        r#"{ "sniff": { "in": "files", "out": [{ "case": "a", "queues": ["elsewhere"] }] } }"#;
    let (system, read) = read_json(&SourceFile::new("sys-map.json", text));
    assert_sound(&shown(&system, None, read));
}

#[test]
fn what_could_not_be_read_is_not_taken_for_missing() {
    let diagnostics = toml(
        r#"
[topology]
sources = ["sniff"]
[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]
[services.words]
in = ["words"]
"#,
    );
    let rules: Vec<_> = diagnostics
        .iter()
        .map(|finding| finding.rule.name)
        .collect();
    assert_eq!(rules, ["map-wrong-type"]);
}

/// A function of the service `sniff` that returns these cases, each declared on a line of its own.
fn code(cases: &[CaseValue]) -> Code {
    let lines: Vec<_> = cases.iter().map(ToString::to_string).collect();
    let file = SourceFile::new("src/sniff.rs", format!("sniff\n{}\n", lines.join("\n")));
    let mut start = "sniff\n".len();
    let spanned = |case: &CaseValue| {
        let end = start + case.to_string().len();
        let span = file.span(start..end);
        start = end + 1;
        Spanned::new(case.clone(), span)
    };
    let cases = cases.iter().map(spanned).collect();
    Code {
        services: vec![CodeService {
            cases: Cases::Closed(cases),
            processes: vec![crate::Process::Binary(1)],
            are_keys_known: true,
            ..CodeService::named("sniff".to_owned(), file.span(0..5))
        }],
        ..Code::default()
    }
}

fn with_code(code: &Code) -> String {
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", PIPELINE));
    render::text(&shown(&system, Some(code), Vec::new()), false)
}

#[test]
fn code_that_fits_its_map_is_sound_in_any_order() {
    let cases = ["other", "text", "image"].map(CaseValue::text);
    assert_snapshot!(with_code(&code(&cases)), @"no findings");
}

#[test]
fn a_misspelt_case_is_one_finding_with_both_ends() {
    let cases = ["text", "images", "other"].map(CaseValue::text);
    assert_snapshot!(with_code(&code(&cases)), @r#"
    error[case-unmapped]: service `sniff` returns the case "images", which has no route
      --> slingshot.toml:8:1
       |
     8 | out = [
       | ^^^ no route for "images"
     9 |   { case = "text", queues = ["words"] },
    10 |   { case = "image", queues = ["thumbnail", "archive"] },
       |            ------- the code never returns this one
       |
      ::: src/sniff.rs:3:1
       |
     3 | "images"
       | -------- returned by the code
       |
       = help: did you mean "images" where the route says "image"?

    1 error
    "#);
}

#[test]
fn a_case_of_another_type_is_one_finding_too() {
    let map = PIPELINE.replace("\"other\"", "\"true\"");
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", map));
    let cases = ["text", "image"].map(CaseValue::text);
    let code = code(&[cases.to_vec(), vec![CaseValue::Bool(true)]].concat());
    let diagnostics = shown(&system, Some(&code), Vec::new());
    assert_snapshot!(render::text(&diagnostics, false), @r#"
    error[case-type-mismatch]: service `sniff` returns the boolean true and routes the string "true"
      --> slingshot.toml:11:12
       |
    11 |   { case = "true", queues = [] },
       |            ^^^^^^ the string is never returned
       |
      ::: src/sniff.rs:4:1
       |
     4 | true
       | ---- the boolean is
       |
       = help: write `case = true`

    1 error
    "#);
}

#[test]
fn what_the_code_returns_on_purpose_is_no_slip() {
    let map = PIPELINE
        .replace("\"other\"", "\"1\"")
        .replace("\"image\"", "1");
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", map));
    let one = [
        CaseValue::Integer(1),
        CaseValue::text("1"),
        CaseValue::text("text"),
    ];
    assert_sound(&shown(&system, Some(&code(&one)), Vec::new()));
    let alone = shown(&system, None, Vec::new());
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].rule.name, "case-lookalike");
}

#[test]
fn functions_of_one_name_add_up_and_an_open_one_proves_nothing() {
    let (text, rest) = (
        CaseValue::text("text"),
        ["image", "other"].map(CaseValue::text),
    );
    let mut both = code(&[text]);
    both.services.extend(code(&rest).services);
    assert_snapshot!(with_code(&both), @"no findings");
    let mut open = code(&[CaseValue::text("surprise")]);
    open.services[0].cases = Cases::Open(Vec::new());
    assert_snapshot!(with_code(&open), @"no findings");
}

/// The same numbers every time (Knuth's multiplier, the high bits).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    /// The text with a few pieces cut out, doubled, moved or replaced.
    fn mangle(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(4) {
            let start = self.below(characters.len());
            let end = (start + self.below(12)).min(characters.len());
            let piece: Vec<char> = characters.drain(start..end).collect();
            let at = self.below(characters.len());
            match self.below(4) {
                0 => {}
                1 => drop(characters.splice(at..at, piece)),
                2 => drop(characters.splice(start..start, [piece.clone(), piece].concat())),
                _ => {
                    let odd = [
                        '"', '\n', '\r', '[', '}', '=', 'ü', '\u{200b}', '\0', '\t', '𝄞', '-',
                    ];
                    characters.insert(at, odd[self.below(odd.len())]);
                }
            }
        }
        characters.into_iter().collect()
    }
}

#[test]
fn no_text_is_too_broken_to_be_read_checked_shown_and_drawn() {
    let json = r#"{ "a": { "in": "q", "out": [{ "case": 1, "queues": ["r", "q"] }], "buckets": { "k": "b" } },
        "rabbitmq": { "host": ["h"], "port": [1], "username": ["u"], "pass": ["p"] } }"#;
    let mut dice = Dice(7);
    for round in 0..300 {
        let (system, mut diagnostics) = if round % 2 == 0 {
            read_toml(&SourceFile::new("slingshot.toml", dice.mangle(PIPELINE)))
        } else {
            read_json(&SourceFile::new("sys-map.json", dice.mangle(json)))
        };
        let code = code(&[CaseValue::Bool(true)]);
        diagnostics.extend(check(&Inputs::of(&system).with_code(Some(&code))));
        for color in [false, true] {
            render::text(&diagnostics, color);
        }
        let report = Report {
            diagnostics: diagnostics.clone(),
            ..Report::default()
        };
        render::json(&report);
        render::sarif(&report);
        render::junit(&diagnostics);
        render::github(&diagnostics);
        graph::svg(&graph::Picture::of(&system));
        graph::mermaid(&graph::Picture::of(&system));
        graph::dot(&graph::Picture::of(&system));
    }
}

#[test]
fn of_two_ignores_that_accept_the_same_the_second_is_of_no_use() {
    let ignore = "[[ignore]]\nrule = \"self-loop\"\nsubject = \"a\"\nreason = \"a poll\"\n";
    let map = "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\n\
               out = [{ case = \"again\", queues = [\"a\"] }, { case = \"done\", queues = [] }]\n";
    let report = |text: String| {
        let (system, found) = read_toml(&SourceFile::new("slingshot.toml", text));
        Policy::default().report(&Inputs::of(&system), found, Accepted::default())
    };
    assert!(report(format!("{map}{ignore}")).diagnostics.is_empty());
    let twice = report(format!("{map}{ignore}{ignore}"));
    assert_snapshot!(render::text(&twice.diagnostics, false));
}

#[test]
fn a_case_that_a_build_may_be_without_is_a_remark() {
    let mut code = code(&[CaseValue::text("text"), CaseValue::text("fax")]);
    code.services[0].uncertain = vec![CaseValue::text("fax")];
    let shown = with_code(&code);
    assert!(!shown.contains("error[case-unmapped]"), "{shown}");
    code.services[0].uncertain.clear();
    let shown = with_code(&code);
    assert!(shown.contains("error[case-unmapped]"), "{shown}");
}

#[test]
fn a_route_that_no_value_of_the_type_takes_is_a_mistake() {
    let routed = |case: &str, of: CaseType| {
        let toml = format!(
            "[topology]\nsources = [\"sniff\"]\n[services.sniff]\nin = \"sniff\"\nout = [{{ case = {case}, queues = [] }}]\n"
        );
        let mut code = code(&[]);
        let at = code.services[0].at.clone();
        code.services[0].cases = Cases::Open(vec![Spanned::new(of, at)]);
        let (system, read) = read_toml(&SourceFile::new("slingshot.toml", toml));
        let found = shown(&system, Some(&code), read);
        found
            .iter()
            .any(|found| found.rule.name == "case-type-mismatch")
    };
    for (case, of, is_wrong) in [
        ("\"1\"", CaseType::Signed, true),
        ("-1", CaseType::Signed, false),
        ("-1", CaseType::Unsigned, true),
        ("1", CaseType::Unsigned, false),
        ("true", CaseType::Unsigned, true),
        ("1", CaseType::Text, true),
        ("\"1\"", CaseType::Text, false),
    ] {
        assert_eq!(routed(case, of), is_wrong, "{case} {of:?}");
    }
}
