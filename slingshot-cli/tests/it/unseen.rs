//! What a check cannot look at: it says so, and concludes nothing from it.

use insta::assert_snapshot;

use crate::transcript::{SYSTEM, project, transcript, transcripts};

#[tokio::test]
async fn what_is_not_looked_at_is_said_to_everyone() {
    let deep = format!(
        "fn f() {{ let _ = {}1{}; }}",
        "(".repeat(500),
        ")".repeat(500)
    );
    let directory = project(&[
        ("one/slingshot.toml", SYSTEM),
        ("one/Cargo.toml", "[package]\nname = \"one\"\n"),
        ("one/src/main.rs", "mod deep;"),
        ("one/src/deep.rs", &deep),
        ("a/b/c/d/e/f/g/slingshot.toml", SYSTEM),
        ("a/b/c/d/e/f/h/slingshot.toml", SYSTEM),
    ]);
    let all = ["topology check", "topology check one"];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn code_that_cannot_be_followed_is_said_to_everyone_and_proves_nothing() {
    let system = r#"
[topology]
sources = ["one", "two"]

[services.one]
in = "one"
out = []
python = "app.py"
buckets = { unused = "raw" }

[services.two]
in = "two"
out = []
buckets = { unused = "typed" }
"#;
    let script = r#"
from slingshot_microservice import Bus, handler, microservice
@microservice(name="one")
def one(request, read_file, bus: Bus) -> None:
    read_file(f"in-{request}", request)
    bus.publish("titles")
@microservice(name="elsewhere")
def elsewhere(request, read_file) -> None:
    read_file(str(request), request)
@handler(name=str(1))
def computed(name: str): ...
"#;
    let rust = r#"
#[microservice(name = "two")]
fn two(request: u64, read_file: &ReadFileFn) {
    other::helped(read_file);
}
fn main() {}
"#;
    let directory = project(&[
        ("slingshot.toml", system),
        ("app.py", script),
        ("Cargo.toml", "[package]\nname = \"two\"\n"),
        ("src/main.rs", rust),
    ]);
    assert_snapshot!(transcript(directory.path(), "topology check").await);
}
