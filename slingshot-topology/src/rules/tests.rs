//! Every rule's page: its examples are run, and the pages are the ones in `docs`.

mod scan;

use std::{fs, path::Path};

use super::{RULES, pages};
use crate::{Diagnostic, Example, Policy, SourceFile, check, read_json, read_toml, render};

fn findings(example: Example) -> Vec<Diagnostic> {
    let (text, rust) = match example {
        Example::Toml(toml) | Example::Json(toml) => (toml, None),
        Example::WithCode { toml, rust } => (toml, Some(rust)),
    };
    let (system, mut diagnostics) = if let Example::Json(_) = example {
        read_json(&SourceFile::new("sys-map.json", text.trim()))
    } else {
        read_toml(&SourceFile::new("slingshot.toml", text.trim()))
    };
    let code = rust.map(|rust| scan::scan(&SourceFile::new("src/sniff.rs", rust.trim())));
    diagnostics.extend(check(&system, code.as_ref()));
    Policy::EVERYTHING.apply(diagnostics)
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
        let shown = Policy::default().apply(findings.clone());
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

#[test]
fn the_page_in_docs_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    let written = fs::read_to_string(&path).unwrap_or_default();
    if written != pages() {
        let generated = path.with_extension("md.new");
        fs::write(&generated, pages()).expect("docs is writable");
        panic!("docs/rules.md differs from the rules: move docs/rules.md.new over it");
    }
}
