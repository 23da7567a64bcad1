//! Which files a project has, and whose they are.

use std::fs;

use super::*;

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn found(directory: &Path) -> Vec<Vec<String>> {
    let paths = |package: Package| {
        let mut paths: Vec<_> = package
            .files
            .iter()
            .map(|file| file.text.path.clone())
            .collect();
        paths.sort();
        paths
    };
    packages(directory, directory, &Disk)
        .unwrap()
        .packages
        .into_iter()
        .map(paths)
        .collect()
}

#[test]
fn modules_are_followed_as_the_compiler_follows_them() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"a\"\n[[bin]]\nname = \"x\"\npath = \"x.rs\"\n",
            ),
            (
                "src/main.rs",
                "mod one; mod inline { mod two; } #[path = \"odd.rs\"] mod three;",
            ),
            ("src/one.rs", "mod four;"),
            ("src/one/four.rs", ""),
            ("src/inline/two/mod.rs", "mod five;"),
            ("src/inline/two/five.rs", ""),
            ("src/odd.rs", ""),
            ("src/unused.rs", ""),
            ("src/bin/y.rs", ""),
            ("x.rs", ""),
        ],
    );
    assert_eq!(
        found(directory.path()),
        [[
            "src/bin/y.rs",
            "src/inline/two/five.rs",
            "src/inline/two/mod.rs",
            "src/main.rs",
            "src/odd.rs",
            "src/one.rs",
            "src/one/four.rs",
            "x.rs",
        ]]
    );
}

const PACKAGE: &str = "[package]\nname = \"p\"\n";

#[test]
fn packages_below_belong_to_the_project_unless_they_are_one() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        &[
            ("services/a/Cargo.toml", PACKAGE),
            ("services/a/src/main.rs", ""),
            ("services/a/fixtures/x/Cargo.toml", PACKAGE),
            ("services/a/fixtures/x/src/main.rs", ""),
            ("other/slingshot.toml", ""),
            ("other/Cargo.toml", PACKAGE),
            ("other/src/main.rs", ""),
            ("third-party/b/.cargo-checksum.json", "{}"),
            ("third-party/b/Cargo.toml", PACKAGE),
            ("third-party/b/src/lib.rs", ""),
            ("target/b/Cargo.toml", PACKAGE),
        ],
    );
    assert_eq!(found(directory.path()), [["services/a/src/main.rs"]]);
}

#[test]
fn a_workspace_has_its_members_and_no_other_packages() {
    let directory = tempfile::tempdir().unwrap();
    let workspace =
        "[workspace]\nmembers = [\"services/*\", \"app\"]\nexclude = [\"services/old\"]\n";
    let app = "[package]\nname = \"app\"\n[dependencies]\nshared = { path = \"../shared\" }\n";
    write(
        directory.path(),
        &[
            ("Cargo.toml", workspace),
            ("services/a/Cargo.toml", PACKAGE),
            ("services/a/src/main.rs", ""),
            ("services/old/Cargo.toml", PACKAGE),
            ("services/old/src/main.rs", ""),
            ("services/own/slingshot.toml", ""),
            ("services/own/Cargo.toml", PACKAGE),
            ("services/own/src/main.rs", ""),
            ("app/Cargo.toml", app),
            ("app/src/main.rs", ""),
            ("app/inner/Cargo.toml", PACKAGE),
            ("app/inner/src/main.rs", ""),
            ("shared/Cargo.toml", PACKAGE),
            ("shared/src/lib.rs", ""),
            ("vendor/b/Cargo.toml", PACKAGE),
            ("vendor/b/src/lib.rs", ""),
        ],
    );
    assert_eq!(
        found(directory.path()),
        [
            ["app/src/main.rs"],
            ["services/a/src/main.rs"],
            ["shared/src/lib.rs"]
        ]
    );
    // The workspace around a project says what its members are, too.
    assert_eq!(found(&directory.path().join("app")), [["src/main.rs"]]);
}

#[test]
fn what_is_no_manifest_and_no_text_is_said_and_left_out() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        &[
            ("a/Cargo.toml", PACKAGE),
            ("a/src/main.rs", "mod odd;"),
            (
                "template/Cargo.toml",
                "[package]\nname = \"x\"\n{% if lib %}\n",
            ),
        ],
    );
    fs::write(directory.path().join("a/src/odd.rs"), b"// \xff\n").unwrap();
    assert_eq!(found(directory.path()), [["a/src/main.rs"]]);
    let sources = packages(directory.path(), directory.path(), &Disk).unwrap();
    insta::assert_snapshot!(sources.unread.join("\n"), @r"
    template/Cargo.toml: no manifest of cargo: invalid key-value pair, expected key
    a/src/odd.rs: invalid utf-8 sequence of 1 bytes from index 3
    ");
}

#[test]
fn a_binary_is_a_process_with_the_libraries_that_it_uses() {
    let directory = tempfile::tempdir().unwrap();
    let app = "[package]\nname = \"app\"\n[dependencies]\nkit = { path = \"../kit\", package = \"the-kit\" }\n";
    write(
        directory.path(),
        &[
            ("app/Cargo.toml", app),
            ("app/src/bin/one.rs", "mod shared; use app::start;"),
            ("app/src/bin/two.rs", "mod shared; use kit::x;"),
            ("app/src/bin/shared.rs", ""),
            ("app/src/lib.rs", "mod nope;"),
            ("kit/Cargo.toml", "[package]\nname = \"the-kit\"\n"),
            ("kit/src/lib.rs", ""),
            ("alone/Cargo.toml", "[package]\nname = \"alone\"\n"),
            ("alone/src/lib.rs", ""),
        ],
    );
    let sources = packages(directory.path(), directory.path(), &Disk).unwrap();
    let files = sources.packages.iter().flat_map(|package| &package.files);
    let said: Vec<_> = files
        .map(|file| format!("{} {:?}", file.text.path, file.processes))
        .chain(sources.unread.clone())
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    alone/src/lib.rs [Library(4)]
    app/src/bin/one.rs [Binary(1)]
    app/src/bin/shared.rs [Binary(1), Binary(2), Binary(3)]
    app/src/bin/two.rs [Binary(3)]
    app/src/lib.rs [Binary(1)]
    kit/src/lib.rs [Binary(3)]
    app/src/lib.rs:1:5: the module `nope` has no file app/src/nope.rs or app/src/nope/mod.rs
    ");
}
