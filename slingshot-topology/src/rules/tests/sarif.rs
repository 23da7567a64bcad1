//! What every rule's example gives as SARIF, held against the schema that the standard's body publishes. The
//! crate `serde-sarif` carries that schema.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

use super::report;
use crate::{Policy, RULES, render};

/// The folder of `serde-sarif` on this machine, as cargo says.
fn folder() -> PathBuf {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    // What other platforms need was never downloaded.
    let platform = ["--filter-platform", host.expect("the compiler's host")];
    let arguments = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let metadata = output(env!("CARGO"), &[&arguments[..], &platform].concat());
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo's metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let mut path = PathBuf::from(manifest.expect("serde-sarif is a dependency of the tests"));
    path.pop();
    path
}

fn output(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("the toolchain runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).expect("the toolchain writes UTF-8")
}

#[test]
fn every_rules_sarif_is_what_the_standard_asks_for() {
    let schema = fs::read_to_string(folder().join("src/schema.json")).expect("the schema");
    // A bracket too many for ECMA-262 with `u`, as JSON Schema has it; the validator refuses the pattern.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for rule in RULES {
        let text = render::sarif(&report(rule.before, &Policy::everything()));
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<_> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", rule.name);
        serde_json::from_str::<serde_sarif::sarif::Sarif>(&text).expect("a SARIF log");
        for result in log["runs"][0]["results"].as_array().expect("results") {
            let has_place = result["locations"]
                .as_array()
                .is_some_and(|places| places.len() == 1);
            assert!(
                has_place,
                "{}: GitHub shows no result without a place",
                rule.name
            );
        }
    }
}
