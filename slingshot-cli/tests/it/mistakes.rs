//! One mistake is told once: sound systems, each with a single thing wrong.

#[path = "mistakes/buckets.rs"]
mod buckets;
#[path = "mistakes/cases.rs"]
mod cases;
#[path = "mistakes/change.rs"]
mod change;
#[path = "mistakes/code.rs"]
mod code;
#[path = "mistakes/fields.rs"]
mod fields;
#[path = "mistakes/grammar.rs"]
mod grammar;
#[path = "mistakes/queues.rs"]
mod queues;
#[path = "mistakes/services.rs"]
mod services;
#[path = "mistakes/sys_map.rs"]
mod sys_map;
#[path = "mistakes/systems.rs"]
mod systems;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::transcript::slingshot;

/// A sound system with one thing wrong.
struct Mistake {
    /// What has been done.
    what: &'static str,
    /// Where the system is, from the root of the repository.
    system: &'static str,
    file: &'static str,
    /// What stands there, once or first.
    sound: &'static str,
    /// What stands there instead.
    wrong: &'static str,
    /// The rules of the findings, in their order.
    rules: &'static [&'static str],
    /// Why there is more than one finding, or none.
    reason: Option<&'static str>,
}

impl Mistake {
    /// With one finding.
    const fn new(
        what: &'static str,
        (system, file): (&'static str, &'static str),
        (sound, wrong): (&'static str, &'static str),
        rules: &'static [&'static str],
    ) -> Self {
        Self {
            what,
            system,
            file,
            sound,
            wrong,
            rules,
            reason: None,
        }
    }

    /// With more findings than one, or with none.
    const fn because(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// The system with the mistake in it, and what has been sound as `sound.toml`.
    fn made(&self) -> TempDir {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let directory = tempfile::tempdir().unwrap();
        copy(&root.join(self.system), directory.path());
        let map = directory.path().join("slingshot.toml");
        if map.exists() {
            fs::copy(map, directory.path().join("sound.toml")).unwrap();
        }
        let file = directory.path().join(self.file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(self.sound), "{}: {text}", self.what);
        fs::write(&file, text.replacen(self.sound, self.wrong, 1)).unwrap();
        directory
    }
}

/// The map, the manifest and the sources; of a template, as it is rendered.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let to = to.join(name.trim_end_matches(".template"));
        let is_read = ["toml", "rs", "py", "json"];
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else if to
            .extension()
            .is_some_and(|it| is_read.iter().any(|read| it == *read))
        {
            let text = fs::read_to_string(entry.path()).unwrap();
            let text = text
                .replace("<<workspace>>", "")
                .replace("<<slingshot>>", "\"1\"");
            fs::write(to, text.replace("<<name>>", "demo")).unwrap();
        }
    }
}

/// The rules of what `topology check` finds in the directory, and the whole report.
async fn findings(directory: &Path, words: &str) -> (Vec<String>, String) {
    let report = |format: &'static str| async move {
        let mut command = slingshot(directory);
        command.args(["topology", "check", "--format", format]);
        let output = command
            .args(words.split_whitespace())
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let found = report("jsonl").await;
    let rules = found.lines().map(|line| {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        finding["rule"].as_str().unwrap().to_owned()
    });
    (rules.collect(), report("text").await)
}

/// Each mistake has exactly the findings that stand beside it.
async fn check(mistakes: &[Mistake], words: &str) {
    let mut wrong = String::new();
    for mistake in mistakes {
        let directory = mistake.made();
        let (found, report) = findings(directory.path(), words).await;
        let is_once = mistake.rules.len() == 1;
        assert_ne!(
            is_once,
            mistake.reason.is_some(),
            "{}: one finding, or a reason",
            mistake.what
        );
        if found != mistake.rules {
            let Mistake { what, rules, .. } = mistake;
            writeln!(wrong, "{what}: {found:?} in place of {rules:?}\n{report}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn a_mistake_in_the_map_is_told_once() {
    for mistakes in [
        buckets::MISTAKES,
        cases::MISTAKES,
        fields::MISTAKES,
        grammar::MISTAKES,
        queues::MISTAKES,
        services::MISTAKES,
    ] {
        check(mistakes, "").await;
    }
}

#[tokio::test]
async fn a_mistake_in_the_code_is_told_once() {
    check(code::MISTAKES, "").await;
}

#[tokio::test]
async fn a_mistake_in_a_saved_sys_map_is_told_once() {
    check(sys_map::MISTAKES, "map.json").await;
}

#[tokio::test]
async fn a_mistake_of_a_change_is_told_once() {
    check(change::MISTAKES, "--against sound.toml").await;
}

#[tokio::test]
async fn a_sound_system_has_no_findings() {
    let systems = [
        "examples/documents",
        "examples/inbox",
        "examples/mixed",
        "templates/worker",
        "templates/pipeline",
        "templates/handlers",
        "templates/python",
    ];
    for system in systems {
        let directory = tempfile::tempdir().unwrap();
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        copy(&root.join(system), directory.path());
        let (found, report) = findings(directory.path(), "").await;
        assert!(found.is_empty(), "{system}: {report}");
    }
}
