//! `slingshot run --watch` of services in Rust. Cargo is a script here that makes of each source a service, which is one.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::{sleep, timeout},
};

use crate::transcript::{project, slingshot};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

const SYSTEM: &str = "\
[topology]
sources = [\"a\", \"b\"]
[services.a]
in = \"a\"
[services.b]
in = \"b\"
";

/// A workspace: the binaries `a` and `b`, a package that both are made of, and one that is nobody's.
const CARGO: &str = r#"#!/bin/bash
package() { echo '{"id":"'$1'","name":"'$1'","manifest_path":"DIR/'$2'Cargo.toml","dependencies":['$3'],"targets":['$4']}'; }
target() { echo '{"name":"'$1'","kind":["'$2'"],"src_path":"DIR/'$3'"}'; }
case "$1" in
metadata)
    [ ! -e DIR/unreadable ] || { echo 'error: no manifest' >&2; exit 101; }
    services=$(package p "" '{"name":"slingshot"},{"name":"shared","path":"DIR/shared"}' "$(target a bin src/a.rs),$(target b bin src/bin/b.rs)")
    shared=$(package shared shared/ "" "$(target shared lib shared/src/lib.rs)")
    other=$(package other other/ "" "$(target other lib other/src/lib.rs)")
    echo '{"packages":['$services,$shared,$other'],"target_directory":"DIR/target","workspace_root":"DIR"}' ;;
build)
    echo built >>DIR/builds
    mkdir -p DIR/target/debug
    for binary in a b; do
        [ $binary = a ] && source=DIR/src/a.rs || source=DIR/src/bin/b.rs
        if grep -q broken $source; then echo "error: $source is broken" >&2; exit 101; fi
        made=DIR/target/debug/$binary
        sed "s|NAME|$binary|; s|VERSION|$(cat $source) of $(cat DIR/shared/src/lib.rs) and $(cat DIR/words.txt)|" DIR/service >$made.new
        if cmp -s $made.new $made; then rm $made.new; else chmod +x $made.new; mv $made.new $made; fi
        echo "$made: $source DIR/words.txt" >$made.d
        echo '{"reason":"compiler-artifact","package_id":"p","target":{"name":"'$binary'","kind":["bin"]},"executable":"'$made'"}'
    done
    echo '   Compiling p' >&2
    sleep "$(cat DIR/takes 2>/dev/null || echo 0)" ;;
esac
"#;

/// What a source becomes.
const SERVICE: &str = r#"#!/bin/bash
name=NAME
if [ "$1" = --describe ]; then
    case "VERSION" in *objects*) objects=true ;; *) objects=false ;; esac
    echo '{"format_version":1,"services":[{"name":"'$name'","source":{"file":"a","line":1,"column":1},"sys_map":null,"cases":null,"reads":[],"writes":[],"needs":{"objects":'$objects',"database":false},"replicas":null}]}'
    exit
fi
exec 3<>"/dev/tcp/${SLINGSHOT_REPORT/:/\/}"
echo '{"service":"'$name'","pid":'$$',"state":"ready","received":0,"succeeded":0,"failed":0,"in_flight":0,"cases":[],"durations_us":[],"dead_letter_reasons":[]}' >&3
echo "$name is VERSION"
trap 'echo "$name is drained"; exit 0' TERM
while true; do sleep 0.05; done
"#;

/// A run whose sources change.
struct Run {
    directory: TempDir,
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Run {
    async fn begin(words: &str) -> Self {
        let mut run = Self::start(words, "0");
        run.until("Ready").await;
        run
    }

    /// The first build takes so many seconds.
    fn start(words: &str, takes: &str) -> Self {
        let directory = project(&[
            ("slingshot.toml", SYSTEM),
            ("service", SERVICE),
            ("src/a.rs", "1"),
            ("src/bin/b.rs", "1"),
            ("shared/src/lib.rs", "x"),
            ("other/src/lib.rs", "x"),
            ("words.txt", "words"),
            ("takes", takes),
        ]);
        let here = directory.path().display().to_string();
        let cargo = directory.path().join("cargo");
        fs::write(&cargo, CARGO.replace("DIR", &here)).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = slingshot(directory.path())
            .args(words.split(' '))
            .env("CARGO", cargo)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self {
            directory,
            child,
            lines,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn builds(&self) -> usize {
        let builds = fs::read_to_string(self.path("builds")).unwrap();
        builds.lines().count()
    }

    /// All that is said up to a line that holds a text.
    async fn until(&mut self, wanted: &str) -> String {
        let mut said = String::new();
        let found = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                said += &line;
                said += "\n";
                if line.contains(wanted) {
                    return;
                }
            }
            panic!("it has ended");
        };
        let found = timeout(PATIENCE, found).await;
        assert!(found.is_ok(), "no line has {wanted}:\n{said}");
        said.replace(&self.directory.path().display().to_string(), "[DIR]")
    }

    async fn end(mut self) -> (String, ExitStatus) {
        let pid = self.child.id().unwrap().to_string();
        let interrupted = Command::new("kill").args(["-INT", &pid]).status().await;
        assert!(interrupted.unwrap().success());
        let mut said = String::new();
        while let Some(line) = timeout(PATIENCE, self.lines.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            said += &line;
            said += "\n";
        }
        let ended = timeout(PATIENCE, self.child.wait()).await;
        (said, ended.unwrap().unwrap())
    }
}

fn is_there(said: &str, wanted: &[&str]) {
    let mut rest = said;
    for wanted in wanted {
        let found = rest.split_once(wanted);
        rest = found.unwrap_or_else(|| panic!("no {wanted} in\n{said}")).1;
    }
}

#[tokio::test]
async fn several_saves_are_one_build_and_what_is_the_same_goes_on() {
    let mut run = Run::begin("run --watch").await;
    assert_eq!(run.builds(), 1);
    for version in 2..=6 {
        run.write("src/a.rs", &version.to_string());
        sleep(Duration::from_millis(60)).await;
    }
    let said = run.until("a is 6").await;
    is_there(
        &said,
        &[
            "Changed src/a.rs",
            "Compiling",
            "Restarting a\n",
            "a is drained",
        ],
    );
    assert!(!said.contains("b is"), "{said}");
    assert_eq!(run.builds(), 2);
    // What the package is made of, and what the compiler has read besides.
    run.write("shared/src/lib.rs", "yy");
    let mut said = run.until("is drained").await;
    said += &run.until("of yy").await;
    said += &run.until("of yy").await;
    is_there(&said, &["Changed shared/src/lib.rs", "Restarting a, b"]);
    run.write("words.txt", "others");
    let said = run.until("Restarting").await;
    is_there(&said, &["Changed words.txt", "Restarting a, b"]);
    let before = run.builds();
    run.write("README.md", "x");
    run.write("other/src/lib.rs", "yyy");
    run.write("src/.a.rs.swp", "x");
    run.write("target/generated.rs", "x");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(run.builds(), before);
    let (said, status) = run.end().await;
    assert!(status.success(), "{status}\n{said}");
    is_there(&said, &["is drained", "is drained"]);
}

#[tokio::test]
async fn what_was_built_before_goes_on_where_a_build_fails() {
    let mut run = Run::begin("run --watch").await;
    run.write("src/bin/b.rs", "broken");
    // `a` is another, too, and waits for a build that succeeds.
    run.write("src/a.rs", "2");
    let said = run.until("goes on running").await;
    is_there(
        &said,
        &[
            "Changed",
            "error: [DIR]/src/bin/b.rs is broken",
            "error: the build failed",
            "warning: what was built before goes on running",
        ],
    );
    assert!(!said.contains("drained"), "{said}");
    // A file that is not there yet.
    run.write("src/module.rs", "");
    run.until("goes on running").await;
    run.write("unreadable", "");
    run.write("src/module.rs", "of it");
    let said = run.until("goes on running").await;
    is_there(&said, &["cargo cannot read the project", "no manifest"]);
    fs::remove_file(run.path("unreadable")).unwrap();
    run.write("src/bin/b.rs", "2");
    let said = run.until("Restarting a, b").await;
    is_there(&said, &["Changed src/bin/b.rs"]);
    let (said, status) = run.end().await;
    assert!(status.success(), "{status}\n{said}");
}

#[tokio::test]
async fn a_change_while_it_is_built_is_built_next() {
    let mut run = Run::begin("run --watch").await;
    run.write("takes", "1.5");
    run.write("src/a.rs", "2");
    run.until("Compiling").await;
    run.write("src/a.rs", "3 with objects");
    let said = run.until("Restarting a").await;
    assert!(!said.contains("a is 3"), "{said}");
    let said = run.until("a is 3").await;
    is_there(
        &said,
        &[
            "Changed src/a.rs",
            "warning: a holds something else than it did",
            "Restarting a",
        ],
    );
    // Ctrl-C ends a build, too.
    run.write("takes", "60");
    run.write("src/a.rs", "4");
    run.until("Compiling").await;
    let (said, status) = run.end().await;
    assert!(status.success(), "{status}\n{said}");
}

#[tokio::test]
async fn a_change_during_the_first_build_is_built_next() {
    let mut run = Run::start("run --watch", "1");
    run.until("Compiling").await;
    run.write("src/a.rs", "2");
    let said = run.until("a is 2").await;
    is_there(&said, &["a is 1", "Changed src/a.rs", "Restarting a\n"]);
    assert_eq!(run.builds(), 2);
}

#[tokio::test]
async fn what_is_not_built_cannot_be_watched() {
    let directory = Run::begin("run --watch").await.directory;
    let command = |words: &str| {
        let mut command = slingshot(directory.path());
        command.args(words.split(' '));
        command.env("CARGO", directory.path().join("cargo"));
        command
    };
    let words = "run --watch --no-build";
    let said = timeout(PATIENCE, command(words).output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(said.status.code(), Some(2));
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    is_there(
        &said,
        &["error: --watch builds what changes, and --no-build does not"],
    );
}
