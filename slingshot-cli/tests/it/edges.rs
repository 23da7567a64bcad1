//! `topology`, where its inputs and outputs are not what they should be.

use std::{fs, path::Path, process::Stdio};

use insta::assert_snapshot;

use crate::transcript::{SYSTEM, project, slingshot, transcript, transcript_of, transcripts};

/// Words as a shell would give them, an empty one among them.
async fn with_words(directory: &Path, words: &[&str]) -> String {
    let mut command = slingshot(directory);
    command.args(words).stdin(Stdio::null());
    transcript_of(directory, &words.join(" "), command).await
}

#[tokio::test]
async fn an_empty_name_is_no_system() {
    let directory = project(&[("slingshot.toml", SYSTEM), ("HEAD", SYSTEM)]);
    let path = directory.path();
    let mut all = String::new();
    for command in ["diff", "check"] {
        all += &with_words(path, &["topology", command, "--against", ""]).await;
    }
    all += &with_words(path, &["topology", "graph", "--diff", ""]).await;
    all += &transcripts(path, &["topology diff", "topology diff --against HEAD"]).await;
    assert_snapshot!(all);
}

/// `/dev/full` takes nothing, as a disk without room.
#[tokio::test]
async fn a_result_that_cannot_be_written_is_told() {
    let tests = "[[test]]\nname = \"a\"\nsend = \"sniff\"\nreaches = [\"words\"]\n";
    let rates = format!("{SYSTEM}\n[rates]\nsniff = \"1/s\"\n");
    let directory = project(&[("slingshot.toml", &rates), ("slingshot.test.toml", tests)]);
    let path = directory.path();
    for words in [
        "export --format sys-map",
        "check --format json",
        "ls",
        "graph",
        "simulate",
        "test",
        "diff --against slingshot.toml",
        "fmt --stdin-filename a.toml -",
    ] {
        let mut command = slingshot(path);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let map = fs::File::open(path.join("slingshot.toml")).unwrap();
        command.arg("topology").args(words.split_whitespace());
        command.stdin(map).stdout(full).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().await.unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        let told: Vec<_> = told
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        assert_eq!(output.status.code(), Some(4), "{words}: {told:?}");
        assert_eq!(
            told,
            ["error: cannot write the result: No space left on device (os error 28)"],
            "{words}"
        );
    }
    let mut command = tokio::process::Command::new("bash");
    let binary = env!("CARGO_BIN_EXE_slingshot");
    let line = format!("'{binary}' topology check --format json | :; echo ${{PIPESTATUS[0]}}");
    command.current_dir(path).args(["-c", &line]);
    let output = command.output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[tokio::test]
async fn nothing_is_written_over_what_is_read() {
    let directory = project(&[("slingshot.toml", SYSTEM), ("before.toml", SYSTEM)]);
    let path = directory.path();
    let all = [
        "topology check --format sarif=slingshot.toml",
        "topology check --against before.toml --format json=before.toml",
        "topology check --format json=report --format sarif=report",
        "topology graph --format svg -o slingshot.toml",
        "topology graph -o slingshot.toml",
        "topology graph --diff before.toml --format svg -o before.toml",
        "topology graph -o map.png",
        "topology export --format sys-map -o ./slingshot.toml",
    ];
    assert_snapshot!(transcripts(path, &all).await);
    for name in ["slingshot.toml", "before.toml"] {
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), SYSTEM);
    }
}

#[tokio::test]
async fn nothing_to_check_has_a_code_of_its_own() {
    let directory = project(&[("slingshot.toml", "[system]\nname = \"documents\"\n")]);
    let mut all = with_words(directory.path(), &["topology", "check", "-"]).await;
    all += &transcripts(
        directory.path(),
        &["topology check", "topology check --fail-on never"],
    )
    .await;
    assert_snapshot!(all);
}

const REFUSED: &str =
    "#[microservice(name = \"sniff\", name = \"sniff\")]\nfn sniff(request: u64) {}\n";

#[tokio::test]
async fn what_the_compiler_refuses_is_a_finding() {
    let directory = project(&[
        ("slingshot.toml", SYSTEM),
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\n",
        ),
        ("src/main.rs", REFUSED),
    ]);
    let all = [
        "topology check",
        "topology check --format concise",
        "topology check --fail-on never --format concise",
        "topology check -A code-refused --format concise",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
    let json = transcript(directory.path(), "topology check --format json").await;
    assert!(json.contains("\"rule\": \"code-refused\""), "{json}");
}

#[tokio::test]
async fn of_two_words_about_one_rule_the_last_holds() {
    let map = SYSTEM.replace("words\"] }", "words\"], queus = 1 }");
    let directory = project(&[("slingshot.toml", &map)]);
    let rule = "map-unknown-field";
    let mut all = String::new();
    for levels in [
        format!("-D {rule} -W {rule}"),
        format!("-W {rule} -D {rule}"),
        format!("-D {rule} -A {rule}"),
        format!("-A {rule} -D {rule}"),
        format!("--allow {rule} --warn self-loop --warn {rule}"),
    ] {
        let words = format!("topology check {levels} --format concise");
        all += &transcript(directory.path(), &words).await;
    }
    all += &transcripts(
        directory.path(),
        &[
            "topology check --stdin-filename a.toml",
            "topology fmt --stdin-filename a.toml slingshot.toml",
        ],
    )
    .await;
    assert_snapshot!(all);
}

#[tokio::test]
async fn numbers_that_make_no_sense_are_told_and_large_ones_are_reckoned_with() {
    let map = "[topology]\nsources = ['a']\n[rates]\na = '1/s'\n[services.a]\nin = 'a'\n\
               service-time = '1s'\n";
    let directory = project(&[("slingshot.toml", map)]);
    let all = [
        "topology simulate --scale -1",
        "topology simulate --scale 1e9",
        "topology simulate --seed -1",
        "topology simulate --duration -5m",
        "topology simulate --replicas a=1000000000",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn what_a_check_does_not_report_is_not_fixed() {
    let accepted = "\n[[ignore]]\nrule = \"case-order-significant\"\nreason = \"as they come\"\n";
    let map = SYSTEM.replace("  # about the texts\n", "");
    let directory = project(&[
        ("slingshot.toml", &map),
        ("accepted/slingshot.toml", &format!("{map}{accepted}")),
        ("commented/slingshot.toml", SYSTEM),
    ]);
    let all = [
        "topology check",
        "topology fix --diff slingshot.toml",
        "topology fix --pedantic --diff slingshot.toml",
        "topology fix --rule case-order-significant --diff slingshot.toml",
        "topology fix --rule case-order-significant --diff accepted",
        "topology fix --rule case-order-significant --diff commented",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_formatted_file_keeps_its_line_ends() {
    let text = "[services.words]\r\nout=[]\r\nin='words'   # what it reads\r\n";
    let directory = project(&[("slingshot.toml", text)]);
    let file = directory.path().join("slingshot.toml");
    transcript(directory.path(), "topology fmt").await;
    let formatted = fs::read_to_string(&file).unwrap();
    assert_eq!(formatted.matches('\n').count(), 3, "{formatted:?}");
    assert_eq!(formatted.matches("\r\n").count(), 3, "{formatted:?}");
    assert_ne!(formatted, text);
    let again = transcript(directory.path(), "topology fmt --check").await;
    assert!(again.contains("exit status: 0"), "{again}");
}

#[tokio::test]
async fn a_name_moves_no_cursor_and_breaks_no_line() {
    let map = SYSTEM.replace("[services.words]", "[services.\"wo\\u001b[31mr\\nds\"]");
    let directory = project(&[("slingshot.toml", &map), ("before.toml", SYSTEM)]);
    let all = [
        "topology ls",
        "topology ls --format names",
        "topology ls --select nobody",
        "topology diff --against before.toml",
        "topology diff --against before.toml --format markdown",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_baseline_that_is_none_is_written_anew() {
    let map = SYSTEM.replace("words\"] }", "words\"], queus = 1 }");
    let directory = project(&[
        ("slingshot.toml", &map),
        (
            "slingshot-baseline.json",
            "{\"format_version\": \"1\", \"findings\": []}",
        ),
    ]);
    let all = [
        "topology check",
        "topology check --update-baseline",
        "topology check",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_directory_in_place_of_a_baseline_is_not_one_that_is_missing() {
    let directory = project(&[("slingshot.toml", SYSTEM), ("kept/README.md", "")]);
    let words = "topology check --baseline kept";
    assert_snapshot!(transcript(directory.path(), words).await);
}

#[tokio::test]
async fn a_name_of_megabytes_takes_no_time() {
    let name = "x".repeat(3_000_000);
    let map = format!(
        r#"{{"topology": {{"sources": ["y"], "sinks": []}}, "a": {{"in": "{name}", "out": [{{"case": 1, "queues": ["{name}z"]}}]}}}}"#
    );
    let directory = project(&[("map.json", &map)]);
    let mut command = slingshot(directory.path());
    command.args(["topology", "check", "map.json", "--format", "concise"]);
    let output = tokio::time::timeout(std::time::Duration::from_mins(1), command.output());
    assert_eq!(output.await.unwrap().unwrap().status.code(), Some(1));
}
