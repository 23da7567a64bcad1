//! `topology graph`, `ls` and `simulate`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::transcript::{project, slingshot, transcript, transcript_of, transcripts};

/// A part of it goes round, a queue is read by nobody, and one feeds itself.
const REVIEW: &str = r#"
[topology]
sources = ["drafts"]
sinks = ["archive"]

[services.intake]
in = "drafts"
tags = ["front"]
out = [{ case = "new", queues = ["reviews"] }, { case = "again", queues = ["drafts"] }]

[services.review]
in = "reviews"
out = [{ case = "good", queues = ["publish"] }, { case = "bad", queues = ["fix"] }]

[services.fix]
in = "fix"
out = [{ case = "fixed", queues = ["reviews"] }, { case = "hopeless", queues = ["lost"] }]

[services.publish]
in = "publish"
tags = ["front"]
out = [{ case = "done", queues = ["archive"] }]
"#;

const SHOP: &str = r#"
[topology]
sources = ["orders", "returns"]
sinks = ["shipped"]

[rates]
orders = "10/s"

[services.check]
in = "orders"
service-time = "60ms"
out = [
  { case = "good", queues = ["pack"], share = 0.9 },
  { case = "bad", queues = [], share = 0.1 },
]

[services.pack]
in = "pack"
replicas = 4
service-time = "300ms"
out = [{ case = "packed", queues = ["shipped"] }]

[services.refund]
in = "returns"
"#;

fn with(map: &str) -> TempDir {
    project(&[("slingshot.toml", map)])
}

#[tokio::test]
async fn help_says_what_they_do() {
    let directory = tempfile::tempdir().unwrap();
    let all = [
        "topology graph --help",
        "topology ls --help",
        "topology simulate --help",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn the_guide_s_commands_print_what_it_shows() {
    let page = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/guide/topology.md"
    ));
    let written = fs::read_to_string(&page).unwrap();
    let (_, map) = written.split_once("## The drawing\n\n```toml\n").unwrap();
    let directory = with(map.split_once("```").unwrap().0);
    let mut printed = String::new();
    let mut is_output = false;
    for line in written.lines() {
        if line == "```" {
            is_output = false;
        }
        if let Some(command) = line.strip_prefix("$ slingshot ") {
            is_output = true;
            printed.extend([line, "\n", &stdout(directory.path(), command).await]);
        } else if !is_output {
            printed.extend([line, "\n"]);
        }
    }
    if written != printed {
        let generated = page.with_extension("md.new");
        fs::write(&generated, printed).unwrap();
        panic!("the commands print something else: move docs/guide/topology.md.new over the page");
    }
}

/// What a command prints that a reader types into a shell.
async fn stdout(directory: &Path, words: &str) -> String {
    let mut command = tokio::process::Command::new("sh");
    let binary = env!("CARGO_BIN_EXE_slingshot");
    command
        .current_dir(directory)
        .args(["-c", &format!("'{binary}' {words}")]);
    let output = command.output().await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn what_is_wrong_is_drawn_all_the_same() {
    let mut all = String::new();
    for map in [
        REVIEW,
        "",
        "[services.a]\nin = \"a\"\nout = [{ case = \"b\" }]\nin = 5\n",
    ] {
        let directory = with(map);
        all += &transcript(directory.path(), "topology graph --format ascii").await;
        all += &transcript(directory.path(), "topology graph").await;
    }
    assert_snapshot!(all);
}

#[tokio::test]
async fn a_part_is_selected_and_mistakes_are_shown() {
    let directory = with(REVIEW);
    let all = [
        "topology ls --select tag:front --exclude intake",
        "topology ls --select component:fix,*i* --format names",
        "topology graph --select review+1 --format ascii",
        "topology ls --select +reveiw",
        "topology ls --select tags:front",
        "topology graph --select x* --exclude y*",
        "topology graph --select a,,b",
    ];
    let mut text = transcripts(directory.path(), &all).await;
    let mut command = slingshot(directory.path());
    command.args([
        "topology",
        "ls",
        "--select",
        "fix 1+publish",
        "--format",
        "names",
    ]);
    text += &transcript_of(
        directory.path(),
        "topology ls --select 'fix 1+publish' --format names",
        command,
    )
    .await;
    assert_snapshot!(text);
}

#[tokio::test]
async fn a_picture_is_collapsed_and_pointed_at() {
    let directory = with(REVIEW);
    let all = [
        "topology graph --format ascii --collapse scc",
        "topology graph --format ascii --collapse tag",
        "topology graph --format ascii --collapse component",
        "topology graph --format ascii --highlight path:review..archive",
        "topology graph --format ascii --highlight queue-no-consumer",
        "topology graph --highlight path:archive..drafts --select publish",
        "topology graph --highlight path:archives..drafts",
        "topology graph --highlight self-lop",
        "topology graph --format ascii --width 40 --select fix",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn the_file_s_name_says_the_format() {
    let directory = with(REVIEW);
    let mut all = String::new();
    for (name, beginning) in [
        ("a.svg", "<svg "),
        ("a.dot", "digraph "),
        ("a.d2", "direction: right\n"),
        ("a.json", "{\n  \"format_version\": 1,"),
        ("a.txt", "     "),
        ("a.md", "flowchart LR\n"),
    ] {
        all += &transcript(directory.path(), &format!("topology graph --output {name}")).await;
        let drawn = fs::read_to_string(directory.path().join(name)).unwrap();
        assert!(drawn.starts_with(beginning), "{name}: {drawn}");
    }
    all += &transcript(directory.path(), "topology graph --output nowhere/a.svg").await;
    assert_snapshot!(all);
}

#[tokio::test]
async fn mermaid_gets_no_more_than_it_draws() {
    let service = |index: usize| {
        let next = index + 1;
        format!(
            "[services.s{index}]\nin = 's{index}'\nout = [{{ case = 'a', queues = ['s{next}'] }}]\n"
        )
    };
    let services: Vec<_> = (0..600).map(service).collect();
    let directory = with(&services.concat());
    assert_snapshot!(transcript(directory.path(), "topology graph").await);
}

#[tokio::test]
async fn a_comparison_is_coloured() {
    let directory = with(
        &REVIEW
            .replace("again", "once-more")
            .replace("\"lost\"", "\"archive\""),
    );
    fs::write(directory.path().join("before.toml"), REVIEW).unwrap();
    let all = [
        "topology graph --diff before.toml --format ascii",
        "topology graph --diff before.toml --select fix",
        "topology graph --diff nothing.toml",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_simulation_names_the_bottleneck() {
    let directory = with(SHOP);
    let all = [
        "topology simulate",
        "topology simulate --scale 2x --rate returns=90/min",
        "topology simulate --scale 2x --replicas check=2 --service-time pack=150ms --times fixed",
        "topology simulate --duration 1h --seed 2 --format json",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
    let picture = transcript(
        directory.path(),
        "topology simulate --format svg --scale 1.5x",
    )
    .await;
    assert!(picture.contains("class=\"service busy\""), "{picture}");
    assert!(
        picture.contains("15/s, 90% busy, waits 540 ms"),
        "{picture}"
    );
}

#[tokio::test]
async fn a_simulation_says_what_it_needs() {
    let directory = with(&SHOP.replace("orders = \"10/s\"", ""));
    let all = [
        "topology simulate",
        "topology simulate --rate order=5/s",
        "topology simulate --rate orders",
        "topology simulate --rate orders=fast",
        "topology simulate --replicas check=0",
        "topology simulate --service-time check=soon",
        "topology simulate --scale -1x",
        "topology simulate --rate orders=5/s --replicas chek=2",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

/// It would run for ever in no time: only the formulas can tell.
#[tokio::test]
async fn a_loop_that_makes_more_messages_is_told_and_not_run() {
    let map = "[topology]\nsources = ['a']\n[rates]\na = '1/s'\n[services.a]\nin = 'a'\n\
               out = [{ case = 'twice', queues = ['a'], share = 2 }]\n";
    let directory = with(map);
    assert_snapshot!(transcript(directory.path(), "topology simulate").await);
}
