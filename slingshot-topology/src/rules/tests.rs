//! Every rule's page: its examples are run, and the pages are the ones in `docs`.

mod buckets;
mod fixes;
mod moved;
mod sarif;
mod scan;

use std::{fs, path::Path, sync::Arc};

use super::RULES;
use crate::{
    Accepted, Baseline, Date, Diagnostic, Example, Family, Inputs, Page, Policy, Report, Rule,
    SourceFile, Suppression, pages, read_definitions, read_json, read_manifest, read_toml, render,
    rule::ExampleFiles,
};

const MAP: &str = "slingshot.toml";
const SYS_MAP: &str = "sys-map.json";
const CODE: &str = "src/sniff.rs";
const PREVIOUS: &str = "deployed/slingshot.toml";
const BASELINE: &str = "slingshot-baseline.json";
const DEFINITIONS: &str = "definitions.json";
const MANIFEST: &str = "manifests/sniff.json";
const SERVED: &str = "served.json";

/// The files of an example.
#[derive(Clone)]
struct Files(Vec<(&'static str, String)>);

impl Files {
    fn of(example: Example) -> Self {
        let ExampleFiles {
            toml,
            json,
            rust,
            manifest,
            previous,
            definitions,
            served,
            baseline,
        } = example.files();
        let files = [
            (MAP, toml),
            (SYS_MAP, json),
            (CODE, rust),
            (MANIFEST, manifest),
            (PREVIOUS, previous),
            (BASELINE, baseline),
            (DEFINITIONS, definitions),
            (SERVED, served),
        ];
        let file =
            |(path, text): (&'static str, Option<&str>)| Some((path, text?.trim().to_owned()));
        Self(files.into_iter().filter_map(file).collect())
    }

    fn file(&self, path: &str) -> Option<Arc<SourceFile>> {
        let mut files = self.0.iter();
        let (path, text) = files.find(|(name, _)| *name == path)?;
        Some(SourceFile::new(*path, text.as_str()))
    }

    fn report(&self, policy: &Policy) -> Report {
        let (system, mut read) = match (self.file(MAP), self.file(SYS_MAP)) {
            (Some(toml), _) => read_toml(&toml),
            (None, json) => read_json(&json.expect("a map")),
        };
        let code = self.file(CODE).map(|file| scan::scan(&file));
        let manifest = self.file(MANIFEST).map(|file| {
            let (manifest, found) = read_manifest(&file);
            read.extend(found);
            manifest
        });
        let code = code.map(|code| code.with_manifests(manifest));
        let previous = self.file(PREVIOUS).map(|file| read_toml(&file).0);
        let baseline = self.file(BASELINE);
        let baseline =
            baseline.map(|file| Baseline::read(&file).expect("the example is a baseline"));
        let definitions = self.file(DEFINITIONS).map(|file| {
            let (definitions, found) = read_definitions(&file);
            read.extend(found);
            definitions
        });
        let served = self.file(SERVED).map(|file| read_json(&file).0);
        let inputs = Inputs {
            definitions: definitions.as_ref(),
            served: served.as_ref(),
            missing: &system.manifests,
            code: code.as_ref(),
            previous: previous.as_ref(),
            today: Date::new(2026, 11, 22),
            ..Inputs::of(&system)
        };
        let accepted = Accepted {
            baseline: baseline.as_ref(),
        };
        policy.report(&inputs, read, accepted)
    }

    /// What one rule finds, whoever asks.
    fn findings_of(&self, rule: &Rule) -> Vec<Diagnostic> {
        let mut findings = self.report(&Policy::everything()).diagnostics;
        findings.retain(|finding| finding.rule.name == rule.name);
        findings
    }
}

fn report(example: Example, policy: &Policy) -> Report {
    Files::of(example).report(policy)
}

fn findings(example: Example) -> Vec<Diagnostic> {
    report(example, &Policy::everything()).diagnostics
}

#[test]
fn every_rule_finds_its_fault() {
    for rule in RULES {
        let own = Files::of(rule.before).findings_of(rule);
        assert!(
            !own.is_empty(),
            "{}: the example has no such finding",
            rule.name
        );
        assert!(
            own.iter()
                .all(|finding| finding.labels.first().is_some_and(|label| label.primary)),
            "{}: the first label is the place to mend",
            rule.name,
        );
        insta::assert_snapshot!(rule.name, in_every_form(own));
    }
}

/// As people, programs and code scanning get it. What SARIF says of the tool is the same for all.
fn in_every_form(diagnostics: Vec<Diagnostic>) -> String {
    let report = Report {
        diagnostics,
        ..Report::default()
    };
    let text = render::text(&report.diagnostics, false);
    let json = render::json(&report);
    let sarif: serde_json::Value = serde_json::from_str(&render::sarif(&report)).expect("JSON");
    let mut results = sarif["runs"][0]["results"].clone();
    for result in results.as_array_mut().expect("results") {
        // Its number changes with every rule that comes before it.
        let result = result.as_object_mut().expect("a result");
        result.remove("ruleIndex").expect("a rule's number");
    }
    format!("{text}\n{json}\n{results:#}")
}

#[test]
fn no_rule_finds_anything_in_a_sound_system() {
    for rule in RULES {
        let findings = findings(rule.after);
        let shown = report(rule.after, &Policy::default()).diagnostics;
        assert!(
            shown.is_empty(),
            "{}:\n{}",
            rule.name,
            render::text(&shown, false)
        );
        let own = findings
            .iter()
            .any(|finding| finding.rule.name == rule.name);
        assert!(!own, "{}: its own good example breaks it", rule.name);
    }
}

#[test]
fn each_rule_is_one_file_and_its_name_is_the_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let entries = fs::read_dir(folder).expect("the rules' folder");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.replace('_', "-")))
        .filter(|name| name != "tests")
        .collect();
    files.sort();
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names, files);
}

/// A rule is held to its example; what its input alone decides is what a family stands for.
#[test]
fn every_finding_that_is_accepted_is_told_apart_from_the_others() {
    let example = Example::Json(
        r#"{"sniff": {"in": "sniff", "x-slingshot-ignore": [{"rule": "self-loop", "reason": "a poll"}],
  "out": [{"case": "again", "queues": ["sniff"]}, {"case": "done", "queues": []}]},
"words": {"in": "words", "out": [{"case": "again", "queues": ["words"]}, {"case": "done", "queues": []}]}}"#,
    );
    let report = report(example, &Policy::default());
    let [accepted] = &*report.suppressed else {
        panic!("{:?}", report.suppressed);
    };
    assert!(accepted.diagnostic.message.contains("sniff"));
    assert!(
        matches!(&accepted.by, Suppression::Ignore { reason: Some(reason), .. } if reason == "a poll")
    );
    let [other] = &*report.diagnostics else {
        panic!("{:?}", report.diagnostics);
    };
    assert!(other.message.contains("words"));
    let families: Vec<_> = Family::ALL.iter().map(|(family, _)| *family).collect();
    assert!(families.is_sorted());
}

#[test]
fn the_pages_in_docs_are_the_generated_ones() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let read = |page: &Page| fs::read_to_string(docs.join(&page.path)).unwrap_or_default();
    let pages = pages();
    let folder = fs::read_dir(docs.join("rules")).map_or(0, Iterator::count);
    let is_current = pages.iter().all(|page| read(page) == page.text) && folder == RULES.len();
    if !is_current {
        let generated = docs.join("generated.new");
        fs::create_dir_all(generated.join("rules")).expect("docs is writable");
        for page in &pages {
            fs::write(generated.join(&page.path), &page.text).expect("docs is writable");
        }
        panic!(
            "docs/rules.md or docs/rules differs from the rules: remove them, and move docs/generated.new/* there"
        );
    }
}
