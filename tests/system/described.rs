//! What the scan reads from the sources is what the built binary says of itself.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use slingshot_syntax::{
    CaseLiteral,
    scan::{AccessKind, CaseSet, Features, FileScan, HandlerScan, ServiceScan, resolve, scan_file},
};

use crate::{
    clone::{binaries, repository},
    templates::{Project, succeeded},
};

/// Every source file of a package; the packages here have none that no module names.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// What the scan says of a package, in the words of `--describe`.
fn scanned(package: &Path) -> Value {
    let mut paths = Vec::new();
    sources(&package.join("src"), &mut paths);
    let read = |path: &PathBuf| scan_file(&fs::read_to_string(path).unwrap(), &Features::default());
    let scans: Vec<FileScan> = paths.iter().map(read).collect();
    for scan in &scans {
        assert_eq!((&*scan.mistakes, &*scan.unseen), (&[][..], &[][..]));
    }
    let found = resolve(&scans);
    assert!(found.registered.is_empty(), "{:?}", found.registered);
    let services: Vec<_> = found.services.iter().map(service).collect();
    let handlers: Vec<_> = found.handlers.iter().map(handler).collect();
    json!({ "services": sorted(services), "handlers": sorted(handlers) })
}

fn service(scan: &ServiceScan) -> Value {
    assert!(scan.unseen.is_empty(), "{:?}", scan.unseen);
    assert!(scan.unseen_cases.is_empty(), "{:?}", scan.unseen_cases);
    let declared = &scan.declared;
    let keys = |kind: AccessKind| -> Vec<&str> {
        let keys = declared.declared_keys.iter();
        let of_kind = keys.filter(|(of, ..)| *of == kind);
        of_kind.map(|(_, key, _)| &**key).collect()
    };
    let case = |case: &CaseLiteral| match case {
        CaseLiteral::Bool(value) => json!(value),
        CaseLiteral::Integer(value) => json!(i64::try_from(*value).unwrap()),
        CaseLiteral::Text(text) => json!(text),
    };
    json!({
        "name": declared.name,
        "line": declared.function_at.line,
        "sys_map": declared.sys_map,
        "cases": match &scan.cases {
            CaseSet::Closed(cases) => Some(sorted(cases.iter().map(|found| case(&found.case)).collect())),
            CaseSet::Open(_) => None,
        },
        "reads": keys(AccessKind::Read),
        "writes": keys(AccessKind::Write),
        "needs": { "objects": declared.objects, "database": declared.connection || declared.deduplicates },
        "replicas": declared.replicas,
        "startup": declared.startup.is_some(),
    })
}

fn handler(scan: &HandlerScan) -> Value {
    assert!(scan.unseen.is_empty(), "{:?}", scan.unseen);
    let declared = &scan.declared;
    let kind = format!("{:?}", declared.kind).to_lowercase();
    json!({ "name": declared.name, "kind": kind, "line": declared.function_at.line })
}

/// What a binary says of itself, as far as the scan says it too.
fn described(manifest: &str) -> Value {
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    let fields = |of: &Value, names: &[&str]| -> Value {
        let mut fields: serde_json::Map<_, _> = names
            .iter()
            .map(|name| ((*name).to_owned(), of[name].clone()))
            .collect();
        fields.insert("line".to_owned(), of["source"]["line"].clone());
        if let Some(Value::Array(cases)) = fields.get_mut("cases") {
            *cases = sorted(std::mem::take(cases));
        }
        fields.into()
    };
    let all = |key: &str, names: &[&str]| -> Vec<Value> {
        let all = manifest[key].as_array().unwrap().iter();
        sorted(all.map(|of| fields(of, names)).collect())
    };
    let of_service = [
        "name", "sys_map", "cases", "reads", "writes", "needs", "replicas", "startup",
    ];
    json!({
        "services": all("services", &of_service),
        "handlers": all("handlers", &["name", "kind"]),
    })
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(|value| value["name"].to_string() + &value.to_string());
    values
}

async fn check_example(name: &str) {
    let package = repository().join("examples").join(name);
    let words = [binaries().join(name)];
    let words = words.each_ref().map(|binary| binary.to_str().unwrap());
    let output = tokio::process::Command::new(binaries().join("slingshot"))
        .arg("describe")
        .args(words)
        .current_dir(&package)
        .output();
    let said = succeeded(&output.await.unwrap());
    assert_eq!(scanned(&package), described(&said));
}

async fn check_template(template: &str) {
    let project = Project::new(template).await;
    let package = project.path();
    let said = succeeded(&project.slingshot(&["describe"], &package).await);
    assert_eq!(scanned(&package), described(&said));
}

#[tokio::test]
async fn the_scan_of_each_example_is_what_its_binary_says() {
    for example in ["documents", "inbox"] {
        check_example(example).await;
    }
}

#[tokio::test]
async fn the_scan_of_each_template_is_what_its_binary_says() {
    for template in ["worker", "pipeline", "handlers"] {
        check_template(template).await;
    }
}
