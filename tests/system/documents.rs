//! The example, end to end: on the embedded parts, on real ones, with a route taken away, and with
//! processes killed in the middle.

mod outside;
mod project;

use std::{fs, path::Path};

use self::{
    outside::Outside,
    project::{Project, kill},
};
use crate::clone::repository;

const SERVICES: [&str; 7] = [
    "sniff",
    "words",
    "thumbnail",
    "unpack",
    "sample",
    "archive",
    "report",
];

fn shipped() -> String {
    repository()
        .join("examples/documents/files")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Runs the shipped files through, and looks at what has come out.
async fn check_shipped_files(project: &Project) {
    let run = project
        .slingshot(&["run", "--no-build", "--until-idle", "--input", &shipped()])
        .await;
    let out = run.succeeded();
    for service in SERVICES {
        let row = out
            .lines()
            .find(|line| line.starts_with(&format!("{service} ")));
        assert!(row.is_some(), "the summary misses {service}:\n{out}");
    }
    let page = project.page().await;
    let totals = ["files", "texts", "languages", "pictures"].map(|name| page.total(name));
    assert_eq!(totals, [28, 13, 10, 8], "{}", page.0);
    for words in [
        "album/red-hills.jpg",
        "the picture ends before its end",
        "Portuguese",
        "3 files inside",
    ] {
        assert!(page.0.contains(words), "{words} is not on the page");
    }
    // The last words of a run are a command that shows one of its results.
    let command = out.trim_end().lines().last().unwrap();
    let words: Vec<_> = command.split_whitespace().skip(1).collect();
    assert_eq!(words[..4], ["get", "report", "out", words[3]], "{out}");
    // Every file that is neither text nor picture is kept as it is.
    let id = id_of(&out, "noise.bin");
    let copy = project.path().join("copy");
    project
        .slingshot(&[
            "get",
            "archive",
            "out",
            &id,
            "--output",
            copy.to_str().unwrap(),
        ])
        .await
        .succeeded();
    assert_eq!(
        fs::read(copy).unwrap(),
        fs::read(Path::new(&shipped()).join("noise.bin")).unwrap()
    );
    project.is_left_alone().await;
}

/// The id in the table that `slingshot run` prints.
fn id_of(table: &str, file: &str) -> String {
    let line = table.lines().find(|line| line.ends_with(file)).expect(file);
    line.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn shipped_files_go_through_on_the_embedded_parts() {
    check_shipped_files(&Project::new()).await;
}

#[tokio::test]
async fn the_same_binary_works_with_rabbitmq_postgresql_and_another_s3_server() {
    let project = Project::new();
    let outside = Outside::start(&project).await;
    project.edit(|system| system + &outside.sections());
    check_shipped_files(&project).await;

    project
        .slingshot(&["send", "sniff", "5000"])
        .await
        .succeeded();
    let run = project
        .slingshot(&["run", "--no-build", "--until-idle"])
        .await;
    assert_eq!(run.code(), Some(1), "{}", run.out());
    for words in [
        "sniff.dlq  id 5000  ",
        "there is no object `5000` in the bucket `documents`",
        "`slingshot dlq` shows them",
    ] {
        assert!(run.out().contains(words), "{}", run.out());
    }
    outside.stop().await;
}

#[tokio::test]
async fn a_route_that_is_taken_away_is_found_with_both_its_ends() {
    let project = Project::new();
    let clean = project.slingshot(&["topology", "check"]).await;
    assert_eq!((clean.code(), clean.out()), (Some(0), String::new()));
    project.edit(|system| {
        let kept = system
            .lines()
            .filter(|line| !line.contains("case = \"damaged\""));
        kept.collect::<Vec<_>>().join("\n") + "\n"
    });
    let found = project.slingshot(&["topology", "check"]).await;
    assert_eq!(found.code(), Some(1));
    insta::assert_snapshot!(found.out());
}

/// How many files the tests below work on.
const TEXTS: u64 = 300;
const PICTURES: u64 = 40;
/// Counted by hand.
const WORDS_IN_A_TEXT: u64 = 14;

/// Enough files for processes to be killed in the middle.
fn generate(project: &Project) {
    let input = project.path().join("input");
    fs::create_dir(&input).unwrap();
    for number in 0..TEXTS {
        let text = format!(
            "the keeper of lighthouse {number} climbed the stairs and lit the lamp every evening\n"
        );
        fs::write(input.join(format!("{number}.txt")), text).unwrap();
    }
    let picture = Path::new(&shipped()).join("plasma.bmp");
    for number in 0..PICTURES {
        fs::copy(&picture, input.join(format!("{number}.bmp"))).unwrap();
    }
}

async fn check_generated_files(project: &Project) {
    let page = project.page().await;
    let totals = ["files", "texts", "words", "pictures"].map(|name| page.total(name));
    let words = TEXTS * WORDS_IN_A_TEXT;
    assert_eq!(totals, [TEXTS + PICTURES, TEXTS, words, PICTURES]);
    project.is_left_alone().await;
}

#[tokio::test]
async fn nothing_is_lost_when_services_are_killed() {
    let project = Project::new();
    generate(&project);
    let mut run = project.start(&["run", "--no-build", "--until-idle", "--input", "input"]);
    run.prints("Sent").await;
    for service in ["sniff", "words", "thumbnail", "report"] {
        kill(project.process_of(service).await).await;
    }
    run.succeeds().await;
    assert!(
        run.log()
            .contains("was killed by signal 9; starting it again"),
        "{}",
        run.log()
    );
    check_generated_files(&project).await;
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_left_when_slingshot_run_is_killed() {
    let project = Project::new();
    generate(&project);
    let mut run = project.start(&["run", "--no-build", "--until-idle", "--input", "input"]);
    run.prints("Sent").await;
    run.kill().await;
    project.is_left_alone().await;

    project
        .slingshot(&["run", "--no-build", "--until-idle"])
        .await
        .succeeded();
    check_generated_files(&project).await;
}
