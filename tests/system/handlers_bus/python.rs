//! Handlers in Python and handlers in Rust, in processes of their own, call each other over a broker.

use std::{fs, path::PathBuf};

use tokio::process::Command;

use super::stage::{Mode, Stage};
use crate::{python_projects::wheel, templates::succeeded};

/// What the Rust handlers call, and what calls them.
const SCRIPT: &str = r#"
from slingshot_microservice import AsyncBus, Bus, CallError, PermanentError, Refusal, handler, run


@handler(replicas=4)
def py_greet(name: str) -> str:
    return f"Hello from Python, {name}"


@handler
def py_refuses(name: str) -> str:
    raise Refusal(409, f"{name} is taken")


@handler
def py_breaks(name: str) -> str:
    raise ValueError(name)


@handler
async def py_adds(numbers: list[int], bus: AsyncBus) -> int:
    return (await bus.publish("adds", numbers)).to(int)


@handler
def py_tells(data: str, bus: Bus) -> str:
    name, _, data = data.partition(" ")
    try:
        return bus.publish(name, data).text()
    except CallError as error:
        return f"{error.kind} {error.status} {error}"


@handler
def py_counts(what: str, bus: Bus) -> None:
    bus.dispatch("counts", what)


run()
"#;

/// An environment with the wheel.
async fn python(stage: &Stage) -> PathBuf {
    let (environment, wheel) = (stage.place("venv"), wheel().await);
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment)
        .output();
    succeeded(&made.await.unwrap());
    let python = environment.join("bin/python");
    let installed = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .arg(wheel)
        .output();
    succeeded(&installed.await.unwrap());
    python
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_of_two_languages_call_each_other() {
    let stage = Stage::new(Mode::RabbitMq, "python").await;
    let script = stage.place("app.py");
    fs::write(&script, SCRIPT).unwrap();
    let mut command = std::process::Command::new(python(&stage).await);
    command.arg(&script);
    let rust = stage.start().await;
    let python = stage.start_this(command).await;
    let rust_asks = async |said: &str, expected: &str| {
        assert_eq!(rust.asked("tells", said).await, expected);
    };
    rust_asks("py_greet Ada", "200 Hello from Python, Ada").await;
    let refused = r#"Failed { handler: "py_refuses", message: "7 is taken", status: Some(409) }"#;
    rust_asks("py_refuses 7", &format!("200 409 {refused}")).await;
    let broke = r#"Failed { handler: "py_breaks", message: "`py_breaks` raised ValueError", status: None }"#;
    rust_asks("py_breaks secret", &format!("200 500 {broke}")).await;
    let said = rust.asked("tells", "py_adds x").await;
    assert!(
        said.starts_with(r#"200 400 Malformed { handler: "py_adds""#),
        "{said}"
    );

    assert_eq!(python.asked("py_adds", "[3, 4]").await, "200 7");
    let python_asks = async |said: &str, expected: &str| {
        assert_eq!(python.asked("py_tells", said).await, expected);
    };
    python_asks("echo back", "200 back").await;
    python_asks("none x", "200 not-found 404 Handler not found: none").await;
    python_asks("refuses 7", "200 error 409 7 is taken").await;
    python_asks("panics x", "200 panic 500 `panics` panicked").await;
    let late = "200 timeout 504 `never_returns` did not answer within its timeout of 300ms";
    python_asks("never_returns x", late).await;
    assert_eq!(python.asked("py_counts", "x").await, "200 null");
    rust.comes_to("counted", 1).await;
    python.finished().await;
    rust.finished().await;
}
