//! Which processes become of a system and its binaries.

use slingshot_topology::{SourceFile, read_toml};

use super::*;

const SYSTEM: &str = "[services.a]\nin = \"qa\"\n[services.b]\nin = \"qb\"\n";

fn check(code: &[&str], selected: &[&str], formation: &[&str], expected: Result<&[&str], &str>) {
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
    let described = |name: &&str| {
        let json = format!(
            r#"{{"name":"{name}","source":{{"file":"","line":1,"column":1}},"sys_map":null,"cases":null,"reads":[],"writes":[],"needs":{{"objects":false,"database":false}},"replicas":null}}"#
        );
        let service: DescribedService = serde_json::from_str(&json).unwrap();
        (
            (*name).to_owned(),
            (Program::binary("binary", "binary"), service),
        )
    };
    let code: Code = code.iter().map(described).collect();
    let selected: Vec<_> = selected.iter().map(|name| (*name).to_owned()).collect();
    let formation: Vec<_> = formation.iter().map(|word| word.parse().unwrap()).collect();
    let plan = Plan::join(&code, &system, &selected, &formation);
    let line = |service: PlannedService| {
        format!("{} {} {}", service.name, service.queue, service.processes)
    };
    let lines = plan
        .map(|plan| plan.services.into_iter().map(line).collect::<Vec<_>>())
        .map_err(|failure| failure.to_string());
    let expected = expected
        .map(|lines| lines.iter().map(|line| (*line).to_owned()).collect())
        .map_err(str::to_owned);
    assert_eq!(lines, expected);
}

fn hosted(services: &[&str], selected: &[&str], formation: &[&str]) -> Result<String, String> {
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
    let json = r#"{"name":"","source":{"file":"","line":1,"column":1},"sys_map":null,"cases":null,"reads":[],"writes":[],"needs":{"objects":false,"database":false},"replicas":null}"#;
    let service: DescribedService = serde_json::from_str(json).unwrap();
    let binary = |name: &str| {
        let path = if services.contains(&name) { "web" } else { "b" };
        Program::binary(path, path)
    };
    let code: Code = ["a", "b"]
        .map(|name| (name.to_owned(), (binary(name), service.clone())))
        .into();
    let selected: Vec<_> = selected.iter().map(|name| (*name).to_owned()).collect();
    let formation: Vec<_> = formation.iter().map(|word| word.parse().unwrap()).collect();
    let host = Host {
        name: "web".to_owned(),
        program: Program::binary("web", "web"),
        handlers: Vec::new(),
        services: Vec::new(),
    };
    let said = |failure: Failure| failure.to_string();
    let mut plan = Plan::join(&code, &system, &selected, &formation).map_err(said)?;
    plan.host(vec![host], selected.is_empty(), &code, &formation)
        .map_err(said)?;
    let hosts = plan.hosts.iter().map(|host| {
        let services = host.services.join(",");
        format!("{}[{services}]", host.name)
    });
    let apart = plan.services.iter().filter(|service| !service.is_hosted);
    let all: Vec<_> = hosts
        .chain(apart.map(|service| service.name.clone()))
        .collect();
    Ok(all.join(" "))
}

#[test]
fn the_services_of_a_binary_with_handlers_run_in_their_process() {
    assert_eq!(hosted(&[], &[], &[]).unwrap(), "web[] a b");
    assert_eq!(hosted(&["a"], &[], &[]).unwrap(), "web[a] b");
    assert_eq!(hosted(&["a", "b"], &["b"], &[]).unwrap(), "web[b]");
    assert_eq!(hosted(&["a"], &["b"], &["b=2"]).unwrap(), "b");
    assert_eq!(
        hosted(&["a"], &[], &["a=2"]).unwrap_err(),
        "`a` runs in the process of the handlers of web, of which there is one"
    );
}

#[test]
fn every_service_runs_once_unless_said_otherwise() {
    check(&["a", "b"], &[], &[], Ok(&["a qa 1", "b qb 1"]));
    check(&["a", "b"], &[], &["a=2", "b=0"], Ok(&["a qa 2"]));
    check(&["a", "c"], &["a"], &[], Ok(&["a qa 1"]));
}

#[test]
fn code_and_file_have_to_agree() {
    let no_code = "no code has `b`, which slingshot.toml has";
    check(&["a"], &[], &[], Err(no_code));
    check(&["a"], &["b"], &[], Err(no_code));
    let undeclared = "slingshot.toml does not have `c`, which the code has";
    check(&["a", "b", "c"], &[], &[], Err(undeclared));
    check(
        &["a"],
        &["x"],
        &[],
        Err("slingshot.toml has no service `x`"),
    );
    check(
        &["a"],
        &[],
        &["x=2"],
        Err("slingshot.toml has no service `x`"),
    );
}
