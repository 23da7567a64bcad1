//! What `topology check` says of Python: its words are Python's, and Rust's of Rust beside it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use insta::assert_snapshot;

use crate::transcript::{project, slingshot, transcript, transcript_of};

const SYSTEM: &str = "\
[topology]
sources = [\"a\", \"b\"]
sinks = [\"done\"]

[http]
python = \"web.py\"

[services.a]
in = \"a\"
out = [{ case = true, queues = [\"done\"] }]
python = \"app.py\"

[services.b]
in = \"b\"
out = [{ case = true, queues = [\"done\"] }]
";

const APP: &str = "\
from slingshot_microservice import microservice, run

@microservice(name=\"a\")
def a(request):
    yield request, case_of(request)

@microservice(\"a\")
def other(request):
    yield request, True

run()
";

const WEB: &str = "\
from slingshot_microservice import Bus, handler, run

@handler(replicas=2)
def greet(name: str, bus: Bus):
    return bus.publish(\"titles\", name)

@handler(name=\"greet\")
def welcome(name: str):
    return name

run()
";

const MAIN: &str = "\
use slingshot::prelude::*;

#[microservice(name = \"b\")]
fn b(request: u64) -> (u64, String) {
    todo!()
}

#[handler]
fn one(bus: &Bus) -> Result<(), AnyError> {
    bus.dispatch(\"nobody\", 1)
}

#[handler(name = \"one\")]
fn two() {}

fn main() -> std::process::ExitCode {
    slingshot::run()
}
";

const MANIFEST: &str = "[package]\nname = \"b\"\n\n[dependencies]\nslingshot = \"0.1\"\n";

#[tokio::test]
async fn help_is_in_the_language_of_the_code_that_it_points_at() {
    let directory = project(&[
        ("slingshot.toml", SYSTEM),
        ("app.py", APP),
        ("web.py", WEB),
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", MAIN),
    ]);
    let check = "topology check --pedantic --color never";
    assert_snapshot!(transcript(directory.path(), check).await);
}

#[tokio::test]
async fn a_script_that_cannot_be_read_is_not_the_compilers_matter() {
    let directory = project(&[
        ("slingshot.toml", "[http]\npython = \"web.py\"\n"),
        ("web.py", "@handler\ndef greet(:\n    pass\n"),
    ]);
    assert_snapshot!(transcript(directory.path(), "topology check").await);
}

/// An interpreter that has all it needs, and raises this when it is to describe a script.
const RAISES: &str = r#"#!/bin/sh
if [ "$1" = -c ]; then
    echo '{"version":[3,12,3],"package":"0.1.0","describes":true,"broken":null}'
    exit
fi
printf 'Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n    import numpyy.linalg\n' >&2
echo "RAISED" >&2
exit CODE
"#;

#[tokio::test]
async fn a_script_that_raises_says_what_and_what_to_do() {
    let directory = project(&[("slingshot.toml", SYSTEM), ("app.py", APP)]);
    let here = directory.path();
    let no_module = "ModuleNotFoundError: No module named 'numpyy.linalg'";
    let mut said = String::new();
    for (place, raised, code) in [
        (".venv", no_module, "1"),
        (".venv", "KeyError: 'HOME'", "1"),
        (".venv", "app.py ended without a service", "2"),
        (".slingshot/venv", no_module, "1"),
    ] {
        fs::remove_dir_all(here.join(".venv")).ok();
        let interpreter = here.join(place).join("bin/python");
        fs::create_dir_all(interpreter.parent().unwrap()).unwrap();
        let text = RAISES.replace("RAISED", raised).replace("CODE", code);
        fs::write(&interpreter, text).unwrap();
        fs::set_permissions(&interpreter, fs::Permissions::from_mode(0o755)).unwrap();
        let requirements = "slingshot-microservice\n";
        fs::write(here.join("requirements.txt"), requirements).unwrap();
        fs::write(
            here.join(place).join("slingshot-installed.txt"),
            requirements,
        )
        .unwrap();
        let mut command = slingshot(here);
        let words = "describe app.py";
        command.args(words.split(' ')).env_remove("VIRTUAL_ENV");
        said += &transcript_of(here, words, command).await;
    }
    assert_snapshot!(said);
}

#[tokio::test]
async fn a_script_that_does_not_make_its_service_is_told_before_a_run() {
    let system = "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\npython = \"app.py\"\n";
    let directory = project(&[("slingshot.toml", system), ("app.py", "print(\"hello\")\n")]);
    let mut said = transcript(directory.path(), "topology check").await;
    // What is not there, or may make services that nobody sees, is another matter.
    let computed = "from slingshot_microservice import Microservice\nMicroservice(name(), None, print).start()\n";
    fs::write(directory.path().join("app.py"), computed).unwrap();
    said += &transcript(directory.path(), "topology check").await;
    fs::remove_file(directory.path().join("app.py")).unwrap();
    said += &transcript(directory.path(), "topology check").await;
    assert_snapshot!(said);
}
