//! Every rule's page: its examples are run, and the pages are the ones in `docs`.

mod buckets;
mod sarif;
mod scan;

use std::{fs, path::Path};

use super::{Page, RULES, pages};
use crate::{
    Accepted, Baseline, Date, Diagnostic, Example, Family, Inputs, Policy, Report, SourceFile,
    Suppression, System, read_definitions, read_json, read_manifest, read_toml, render,
    rule::ExampleFiles,
};

fn toml(path: &str, text: &str) -> (System, Vec<Diagnostic>) {
    read_toml(&SourceFile::new(path, text.trim()))
}

fn report(example: Example, policy: &Policy) -> Report {
    let ExampleFiles {
        toml: text,
        json,
        rust,
        manifest,
        previous,
        definitions,
        served,
        baseline,
    } = example.files();
    let (system, mut read) = match json {
        Some(json) => read_json(&SourceFile::new("sys-map.json", json.trim())),
        None => toml("slingshot.toml", text.unwrap_or_default()),
    };
    let code = rust.map(|rust| scan::scan(&SourceFile::new("src/sniff.rs", rust.trim())));
    let manifest = manifest.map(|manifest| {
        let file = SourceFile::new("manifests/sniff.json", manifest.trim());
        let (manifest, found) = read_manifest(&file);
        read.extend(found);
        manifest
    });
    let code = code.map(|code| code.with_manifests(manifest));
    let previous = previous.map(|previous| toml("deployed/slingshot.toml", previous).0);
    let baseline = baseline.map(|baseline| {
        let file = SourceFile::new("slingshot-baseline.json", baseline.trim());
        Baseline::read(&file).expect("the example is a baseline")
    });
    let definitions = definitions.map(|export| {
        let file = SourceFile::new("definitions.json", export.trim());
        let (definitions, found) = read_definitions(&file);
        read.extend(found);
        definitions
    });
    let served = served.map(|served| read_json(&SourceFile::new("served.json", served.trim())).0);
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

fn findings(example: Example) -> Vec<Diagnostic> {
    report(example, &Policy::everything()).diagnostics
}

#[test]
fn every_rule_finds_its_fault() {
    for rule in RULES {
        let findings = findings(rule.before);
        let own: Vec<_> = findings
            .into_iter()
            .filter(|finding| finding.rule.name == rule.name)
            .collect();
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
        insta::assert_snapshot!(rule.name, render::text(&own, false));
    }
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
