//! What `topology check` says of Python: its words are Python's, and Rust's of Rust beside it.

use insta::assert_snapshot;

use crate::transcript::{project, transcript};

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
