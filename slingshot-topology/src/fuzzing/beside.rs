//! What is given to the check beside a system: exports, manifests, baselines and tests.

use super::{
    fixture::{CODE, SYSTEM},
    shown::{of_json, plain, shown},
};
use crate::{
    Accepted, Baseline, Code, Inputs, Policy, SourceFile, check,
    language::{Index, hover},
    read_definitions, read_manifest, read_tests, run_tests, tests_json, tests_junit, tests_text,
};

/// What RabbitMQ holds: its diagnostics lie inside it, or in the system.
pub fn definitions(text: &str) {
    let file = SourceFile::new("definitions.json", text);
    let (definitions, mut found) = read_definitions(&file);
    assert!(!definitions.complete || serde_json::from_str::<serde_json::Value>(text).is_ok());
    let inputs = Inputs {
        definitions: Some(&definitions),
        ..Inputs::of(&SYSTEM)
    };
    found.extend(check(&inputs));
    shown(&found);
}

/// What a binary says of itself: the same, and an editor can point at it.
pub fn manifest(text: &str) {
    let (code, mut found) = read_manifest(&SourceFile::new("other.json", text));
    let index = Index::of(&SYSTEM, &code);
    for service in &code.services {
        for mention in index.at("other.json", service.at.start) {
            hover(&index, &SYSTEM, &code, mention);
        }
    }
    for code in [
        Code::default().with_manifests([code.clone()]),
        CODE.clone().with_manifests([code]),
    ] {
        found.extend(check(&Inputs::of(&SYSTEM).with_code(Some(&code))));
    }
    shown(&found);
}

/// Findings that are accepted: what is written from them accepts all that is found.
pub fn baseline(text: &str) {
    let file = SourceFile::new("slingshot-baseline.json", text);
    let Ok(baseline) = Baseline::read(&file) else {
        return;
    };
    let report = |baseline| {
        let accepted = Accepted {
            baseline: Some(baseline),
        };
        Policy::everything().report(&Inputs::of(&SYSTEM), Vec::new(), accepted)
    };
    let mut first = report(&baseline);
    shown(&first.diagnostics);
    first
        .diagnostics
        .retain(|found| found.rule.name != "baseline-prunable");
    let written = SourceFile::new("slingshot-baseline.json", Baseline::written(&first));
    let again = Baseline::read(&written).expect("what was written can be read");
    let left = report(&again).diagnostics;
    assert!(left.is_empty(), "{left:?}");
}

/// A file of tests of the routes: whatever it says, its tests hold, fail, or cannot be run, in words.
pub fn route_tests(text: &str) {
    let (tests, mut found) = read_tests(&SourceFile::new("slingshot.test.toml", text));
    let (outcomes, unknown) = run_tests(&SYSTEM, &tests);
    found.extend(unknown);
    let failures = outcomes.iter().flat_map(|outcome| &outcome.failures);
    found.extend(failures.cloned());
    shown(&found);
    plain(&tests_text(&outcomes, false));
    plain(&tests_junit(&outcomes));
    of_json(&tests_json(&outcomes));
}
