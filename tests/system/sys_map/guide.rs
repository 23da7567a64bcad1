//! The guide's pages about the sys-map and about secrets: their blocks are run, with addresses and places of
//! the tests' own.

use std::{fmt::Write as _, fs};

use tokio::process::Command;

use super::{
    authority::{Authority, KeyForm},
    http::get,
    process::{Running, service},
    running::Surroundings,
    served::{Served, command, project},
};
use crate::{clone::repository, secrets::check_hidden};

const TOKEN: &str = "9d2c-a-token-of-the-guide-s-test";

/// The fenced blocks of one language, in their order.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs/guide").join(page)).unwrap();
    let opening = format!("\n```{language}\n");
    let rest = page.split(&opening).skip(1);
    rest.map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_block_is_run_by_a_test_here() {
    for (page, language, count) in [
        ("sys-map.md", "toml", 1),
        ("sys-map.md", "console", 1),
        ("sys-map.md", "json", 1),
        ("sys-map.md", "sh", 2),
        ("secrets.md", "toml", 1),
        // In `secrets/rotation.rs`.
        ("secrets.md", "sh", 1),
    ] {
        assert_eq!(blocks(page, language).len(), count, "{page}: {language}");
    }
}

#[tokio::test]
async fn references_are_served_in_place_of_secrets() {
    let engines = &blocks("secrets.md", "toml")[0];
    let services = &blocks("sys-map.md", "toml")[0];
    let (services, _) = services
        .split_once("\n[rabbitmq]")
        .unwrap_or((services, ""));
    let served = Served::start(&format!("{engines}{services}")).await;
    for (path, references) in [
        ("/rabbitmq", vec![r#""pass":["rabbitmq/slingshot"]"#]),
        ("/db", vec![r#""secret":["file:/run/secrets/database"]"#]),
        (
            "/object-storage",
            vec![
                r#""secret:access-key":["env:S3_ACCESS_KEY"]"#,
                r#""secret:secret-key":["env:S3_SECRET_KEY"]"#,
            ],
        ),
    ] {
        let answer = get(&served.url, path, "").await.body;
        for reference in references {
            assert!(answer.contains(reference), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_map_is_served_as_the_page_shows() {
    let served = Served::start(&blocks("sys-map.md", "toml")[0]).await;
    let transcript = &blocks("sys-map.md", "console")[0];
    let mut shown = String::new();
    for line in transcript.lines().filter(|line| line.starts_with("$ ")) {
        let words = line.strip_prefix("$ ").unwrap();
        let asked = words.replace("http://127.0.0.1:7780", &served.url);
        let output = Command::new("bash").args(["-euc", &asked]).output().await;
        let answer = String::from_utf8(output.unwrap().stdout).unwrap();
        writeln!(shown, "{line}\n{}", answer.trim_end()).unwrap();
    }
    assert_eq!(&shown, transcript);
}

#[tokio::test]
async fn a_map_in_json_is_served_alike() {
    let toml = Served::start(&blocks("sys-map.md", "toml")[0]).await;
    let directory = project("");
    fs::write(
        directory.path().join("map.json"),
        &blocks("sys-map.md", "json")[0],
    )
    .unwrap();
    let mut command = command(directory.path());
    let process = Running::start(command.args(["--address", "127.0.0.1:0", "map.json"]));
    let line = process.prints("://").await;
    let url = line.rsplit(' ').next().unwrap();
    for path in ["/sniff", "/sniff/in", "/rabbitmq"] {
        let expected = get(&toml.url, path, "").await.body;
        assert_eq!(get(url, path, "").await.body, expected, "{path}");
    }
}

#[tokio::test]
async fn a_service_asks_a_guarded_sys_map_as_the_page_says() {
    let surroundings = Surroundings::new().await;
    let directory = project(&surroundings.system("kept"));
    let place = directory.path();
    let authority = Authority::new();
    authority.issue(place, KeyForm::Pkcs8).await;
    fs::write(place.join("token"), TOKEN).unwrap();
    fs::write(place.join("root.pem"), &authority.root).unwrap();

    let [serve, export] = &*blocks("sys-map.md", "sh") else {
        panic!("two blocks");
    };
    let words = serve
        .trim()
        .strip_prefix("slingshot sys-map serve ")
        .unwrap();
    let words = words.replace("0.0.0.0:7780", "127.0.0.1:0");
    let serving = Running::start(command(place).args(words.split(' ')));
    let line = serving.prints("https://").await;
    let url = line.rsplit(' ').next().unwrap().to_owned();

    let here = place.display();
    let export = export
        .replace("https://sys-map.example.com:7780", &url)
        .replace("/run/secrets/sys-map-token", &format!("{here}/token"))
        .replace("/etc/slingshot/root.pem", &format!("{here}/root.pem"));
    let variables: Vec<_> = export
        .lines()
        .map(|line| {
            line.strip_prefix("export ")
                .unwrap()
                .split_once('=')
                .unwrap()
        })
        .collect();
    let mut command = service("sample");
    command.envs(variables.iter().copied());
    let mut process = Running::start(command.env("RUST_LOG", "trace"));
    process.prints(" consuming ").await;
    surroundings.client.publish("sample", "10").await;
    surroundings.client.reaches("kept", 1).await;
    assert_eq!(process.terminate().await, Some(0));
    check_hidden(TOKEN, &process.log());
    check_hidden(TOKEN, &serving.log());

    // Without each of the two, the error names what is missing.
    for (variable, told) in [
        (
            "SLINGSHOT_SYS_MAP_TOKEN",
            "it wants a token, or another one; SLINGSHOT_SYS_MAP_TOKEN says where the token is",
        ),
        (
            "SLINGSHOT_SYS_MAP_CA",
            "a private root certificate is named by SLINGSHOT_SYS_MAP_CA",
        ),
    ] {
        let mut command = service("sample");
        command.envs(variables.iter().copied()).env_remove(variable);
        Running::start(&mut command).prints(told).await;
    }
    surroundings.stop().await;
}
