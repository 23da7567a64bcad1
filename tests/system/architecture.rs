//! The invariants of ARCHITECTURE.md that no lint can hold, read off the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use crate::clone::repository;

/// Every source file of a crate, with its path below the repository and its text without comments.
fn sources(crate_directory: &str) -> Vec<(String, String)> {
    let root = repository();
    let mut found = Vec::new();
    let mut waiting = vec![root.join(crate_directory).join("src")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a crate has sources") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                let name = path.strip_prefix(root).expect("below the repository");
                found.push((
                    name.display().to_string(),
                    without_comments_and_tests(&text),
                ));
            }
        }
    }
    found.sort();
    found
}

/// Comments may name anything, and so may unit tests, which stand last in a file.
fn without_comments_and_tests(text: &str) -> String {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        // Asking whether there is a terminal prints nothing.
        .filter(|line| !line.contains(".is_terminal()"))
        .fold(String::new(), |kept, line| kept + line + "\n")
}

/// The files of a crate that name one of the words.
fn naming(crate_directory: &str, words: &[&str]) -> BTreeSet<String> {
    sources(crate_directory)
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
        .map(|(name, _)| name)
        .collect()
}

const CRATES: [&str; 8] = [
    ".",
    "slingshot-cli",
    "slingshot-local",
    "slingshot-macros",
    "slingshot-python",
    "slingshot-runtime",
    "slingshot-syntax",
    "slingshot-topology",
];

#[test]
fn the_pure_crates_do_no_io() {
    let effects = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::time::SystemTime",
        "tokio",
    ];
    for crate_directory in [
        "slingshot-topology",
        "slingshot-syntax",
        "slingshot-settings",
    ] {
        assert_eq!(naming(crate_directory, &effects), BTreeSet::new());
    }
}

#[test]
fn each_client_is_named_in_one_place() {
    for file in naming("slingshot-runtime", &["lapin::", "use lapin"]) {
        assert!(
            file.starts_with("slingshot-runtime/src/amqp/")
                || file == "slingshot-runtime/src/amqp.rs",
            "{file} names lapin; the broker's client lives in slingshot-runtime/src/amqp/"
        );
    }
    let storage = naming("slingshot-runtime", &["aws_sdk_s3"]);
    assert!(
        storage.len() == 1,
        "the S3 client is named in one file, and these name it: {storage:?}"
    );
    for crate_directory in CRATES
        .into_iter()
        .filter(|name| *name != "slingshot-runtime")
    {
        assert_eq!(
            naming(crate_directory, &["lapin::", "use lapin", "aws_sdk_s3"]),
            BTreeSet::new()
        );
    }
}

#[test]
fn threads_come_to_the_interpreter_through_one_door() {
    assert_eq!(
        naming(
            "slingshot-python",
            &["Python::attach(", "Python::try_attach("]
        ),
        BTreeSet::from(["slingshot-python/src/door.rs".to_owned()])
    );
}

#[test]
fn the_environment_is_read_in_one_file_a_crate() {
    for crate_directory in CRATES {
        let files = naming(
            crate_directory,
            &["env::var", "env::args", "env::current_dir"],
        );
        assert!(
            files.len() <= 1,
            "{crate_directory} reads the environment in several files: {files:?}"
        );
    }
}

#[test]
fn only_the_cli_prints_through_one_printer() {
    let printing = [
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "io::stdout()",
    ];
    for crate_directory in CRATES {
        let files = naming(crate_directory, &printing);
        let allowed: &[&str] = match crate_directory {
            "slingshot-cli" => &["slingshot-cli/src/printer.rs"],
            // A binary's `--describe` answers on standard output.
            "slingshot-runtime" => &["slingshot-runtime/src/manifest.rs"],
            _ => &[],
        };
        for file in files {
            assert!(allowed.contains(&file.as_str()), "{file} prints");
        }
    }
}

/// The steps are methods of types that only the step before makes: where those types are, the order is.
#[test]
fn the_order_of_settling_is_decided_in_one_file() {
    for step in [
        "struct Routed",
        "struct Uploaded",
        "struct Committed",
        "struct Confirmed",
    ] {
        let files = naming("slingshot-runtime", &[step]);
        assert_eq!(
            files,
            BTreeSet::from(["slingshot-runtime/src/settle.rs".to_owned()]),
            "{step}"
        );
    }
}

/// Cargo builds a crate once for each set of features, and everything above it as well. The first
/// command builds the command line and then the example; the tests build all packages.
#[test]
fn what_the_first_command_builds_is_built_once() {
    let command_line = features(&["-p", "slingshot", "-p", "slingshot-cli", "-e", "normal"]);
    let example = features(&["-p", "documents", "-e", "normal"]);
    let workspace = features(&["--workspace"]);
    let wheel = features(&["-p", "slingshot-python", "-e", "normal,build"]);
    for (first, second) in [
        (&command_line, &example),
        (&command_line, &workspace),
        (&wheel, &workspace),
    ] {
        let twice: Vec<_> = first
            .iter()
            .filter(|(name, sets)| {
                second
                    .get(*name)
                    .is_some_and(|others| !sets.is_subset(others))
            })
            .map(|(name, sets)| format!("{name}: {sets:?} and {:?}", second[name]))
            .collect();
        assert!(
            twice.is_empty(),
            "workspace-hack/Cargo.toml is to ask for the features of: {twice:#?}"
        );
    }
}

/// Each external crate, with its version, that some packages are built from: the features it has.
fn features(of: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--prefix", "none", "--format", "{p}|{f}",
        ])
        .args(of)
        .current_dir(repository())
        .output()
        .expect("Cargo runs");
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for line in String::from_utf8_lossy(&tree.stdout).lines() {
        let line = line.trim_end_matches(" (*)");
        // What is of the workspace has a path behind its version.
        if let Some((package, features)) = line.split_once('|')
            && !package.ends_with(')')
        {
            let sets = found.entry(package.to_owned()).or_default();
            sets.insert(features.to_owned());
        }
    }
    assert!(
        !found.is_empty(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    found
}
