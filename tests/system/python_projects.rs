//! Projects in Python, and in two languages, as their users meet them: made, tested, checked, run, and
//! started again when they change. The package is the wheel that `scripts/python-wheel` builds.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    sync::OnceCell,
    time::timeout,
};

use crate::{
    clone::{binaries, repository},
    handlers::host::client,
    templates::{Project, succeeded},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// The wheel, built once.
pub(crate) async fn wheel() -> &'static Path {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    let build = async || {
        let script = repository().join("scripts/python-wheel");
        let built = Command::new(script)
            .env("CARGO_TARGET_DIR", binaries().parent().unwrap())
            .output();
        PathBuf::from(succeeded(&built.await.unwrap()).trim())
    };
    BUILT.get_or_init(build).await
}

/// `requirements.txt`, with the wheel for the package.
async fn require_the_wheel(directory: &Path) {
    let file = directory.join("requirements.txt");
    let text = fs::read_to_string(&file).unwrap();
    let (package, others) = text.split_once('\n').unwrap();
    assert!(package.contains("slingshot-microservice"), "{text}");
    let wheel = wheel().await.display();
    fs::write(file, format!("{wheel}\n{others}")).unwrap();
}

/// A project from the template, with everything installed by a first run on its README.
async fn made() -> (Project, String) {
    let project = Project::new("python").await;
    let path = project.path();
    let requirements = fs::read_to_string(path.join("requirements.txt")).unwrap();
    let package = repository().join("slingshot-python");
    let expected = format!("slingshot-microservice @ file://{}\n", package.display());
    assert!(requirements.starts_with(&expected), "{requirements}");
    require_the_wheel(&path).await;
    let words = ["run", "--input", "README.md", "--until-idle"];
    let summary = succeeded(&project.slingshot(&words, &path).await);
    (project, summary)
}

async fn pytest(project: &Project, directory: &Path) {
    let python = directory.join(".slingshot/venv/bin/python");
    let tested = project.command(&python, &["-m", "pytest", "-q"], directory);
    assert!(succeeded(&tested.await).contains("2 passed"));
}

#[tokio::test]
async fn a_project_is_run_tested_and_checked() {
    let (project, summary) = made().await;
    let path = project.path();
    assert!(summary.contains("text 1"), "{summary}");
    let got = ["get", project.name(), "out", "1"];
    let got = succeeded(&project.slingshot(&got, &path).await);
    let readme = fs::read_to_string(path.join("README.md")).unwrap();
    let words = readme.split_whitespace().count();
    assert!(got.contains(&format!("{words} words")), "{got}");
    pytest(&project, &path).await;
    let looked_at = succeeded(&project.slingshot(&["doctor"], &path).await);
    assert!(
        looked_at.contains("in .slingshot/venv\n✓ slingshot-microservice  "),
        "{looked_at}"
    );
    let checked = project.slingshot(&["topology", "check", "--pedantic"], &path);
    assert_eq!(succeeded(&checked.await), "");
    // A case of the code that the map does not have is found at its line, and nothing is run for that.
    let app = path.join("app.py");
    let text = fs::read_to_string(&app).unwrap();
    let text = text.replace("EMPTY = \"empty\"", "EMPTY = \"void\"");
    fs::write(&app, format!("{text}\nraise SystemExit(\"it was run\")\n")).unwrap();
    let checked = project.slingshot(&["topology", "check"], &path).await;
    let found = String::from_utf8_lossy(&checked.stdout);
    let line = text
        .lines()
        .position(|line| line.contains("\"void\""))
        .unwrap()
        + 1;
    assert_eq!(checked.status.code(), Some(1), "{found}");
    assert!(found.contains(&format!("app.py:{line}:")), "{found}");
    assert!(found.contains("case-unmapped"), "{found}");
}

/// Holds what a script says of itself against what is read of it: both have to say the same.
async fn check_described(project: &Project, directory: &Path, script: &str) {
    let described = project.slingshot(&["describe", script], directory).await;
    let described = succeeded(&described);
    let own = directory.join(".slingshot/venv/bin/python");
    let words = ["-m", "slingshot_microservice", "describe", script];
    let said = succeeded(&project.command(&own, &words, directory).await);
    let [manifest, said]: [Value; 2] =
        [&described, &said].map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(manifest, said);
    let file = directory.join("manifest.json");
    let check = [
        "topology",
        "check",
        "--pedantic",
        "--manifest",
        "manifest.json",
    ];
    fs::write(&file, &described).unwrap();
    let same = project.slingshot(&check, directory).await;
    assert_eq!(succeeded(&same), "");
    // It is not because nothing is compared.
    for place in ["cases", "reads", "writes"] {
        let mut other = manifest.clone();
        other["services"][0][place][0] = "other".into();
        fs::write(&file, other.to_string()).unwrap();
        let stale = project.slingshot(&check, directory).await;
        let stale = String::from_utf8_lossy(&stale.stdout).into_owned();
        assert!(stale.contains("manifest-stale"), "{place}: {stale}");
    }
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn what_is_read_of_a_script_is_what_it_says_of_itself() {
    let (project, _) = made().await;
    check_described(&project, &project.path(), "app.py").await;
}

/// A copy of the example, whose binary is that of the clone.
async fn example(project: &Project) -> PathBuf {
    let directory = project.path().join("mixed");
    let example = repository().join("examples/mixed");
    fs::create_dir_all(directory.join("src")).unwrap();
    for file in [
        "slingshot.toml",
        "requirements.txt",
        "count.py",
        "kinds.py",
        "test_count.py",
        "src/main.rs",
    ] {
        fs::copy(example.join(file), directory.join(file)).unwrap();
    }
    let manifest = format!(
        "[package]\nname = \"mixed\"\nedition = \"2024\"\n\n\
         [dependencies]\nslingshot = {{ path = \"{}\" }}\n\n[workspace]\n",
        repository().display()
    );
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    require_the_wheel(&directory).await;
    // Made by the project's first run, and the same packages.
    fs::create_dir(directory.join(".slingshot")).unwrap();
    let venv = |of: &Path| of.join(".slingshot/venv");
    std::os::unix::fs::symlink(venv(&project.path()), venv(&directory)).unwrap();
    fs::copy(
        directory.join("requirements.txt"),
        venv(&directory).join("slingshot-installed.txt"),
    )
    .unwrap();
    directory
}

#[tokio::test]
async fn two_languages_are_one_system() {
    let (project, _) = made().await;
    let path = example(&project).await;
    fs::write(path.join("a.txt"), "Two words,\ntwo!\n").unwrap();
    fs::write(path.join("b.bin"), b"\xff\xfe").unwrap();
    let words = [
        "run",
        "--no-build",
        "--until-idle",
        "--input",
        "a.txt",
        "b.bin",
    ];
    let summary = succeeded(&project.slingshot(&words, &path).await);
    let row = |service: &str| -> Vec<&str> {
        let mut lines = summary.lines();
        let row = lines.find(|line| line.starts_with(&format!("{service} ")));
        row.expect(&summary).split_whitespace().collect()
    };
    assert_eq!(row("clean")[1], "2", "{summary}");
    assert_eq!(row("count")[1..4], ["1", "few", "1"], "{summary}");
    let got = project
        .slingshot(&["get", "count", "out", "1"], &path)
        .await;
    assert_eq!(succeeded(&got), "2\ttwo\n1\twords\n");
    pytest(&project, &path).await;
    let looked_at = succeeded(&project.slingshot(&["doctor"], &path).await);
    assert!(
        looked_at.contains("in .slingshot/venv\n✓ slingshot-microservice  "),
        "{looked_at}"
    );
    let checked = project.slingshot(&["topology", "check", "--pedantic"], &path);
    assert_eq!(succeeded(&checked.await), "");
    check_described(&project, &path, "count.py").await;
}

/// The first line that holds a text.
async fn line(lines: &mut Lines<BufReader<ChildStderr>>, wanted: &str) -> String {
    let mut log = Vec::new();
    let found = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(wanted) {
                return line;
            }
            log.push(line);
        }
        panic!("no line has {wanted}:\n{}", log.join("\n"));
    };
    timeout(PATIENCE, found).await.expect(wanted)
}

fn watched(project: &Project) -> (Child, Lines<BufReader<ChildStderr>>) {
    let slingshot = binaries().join("slingshot");
    let mut running = Project::prepared(&slingshot, &["run", "--watch"], &project.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stderr.take().unwrap()).lines();
    (running, lines)
}

#[tokio::test]
async fn a_script_that_changes_is_started_again() {
    let (project, _) = made().await;
    let path = project.path();
    let app = path.join("app.py");
    let text = fs::read_to_string(&app).unwrap();
    let (mut running, mut lines) = watched(&project);
    line(&mut lines, "Ready").await;
    fs::write(&app, "def process(:\n").unwrap();
    line(&mut lines, "Changed app.py").await;
    line(&mut lines, "SyntaxError").await;
    let changed = text.replace("{lines} lines", "{lines} LINES");
    assert_ne!(changed, text);
    fs::write(&app, changed).unwrap();
    line(&mut lines, "Changed app.py").await;
    line(&mut lines, "consuming").await;
    let sent = project
        .slingshot(&["send", project.name(), "1"], &path)
        .await;
    succeeded(&sent);
    let counted = path.join(".slingshot/objects/counts/1");
    let written = async {
        while !fs::read_to_string(&counted).is_ok_and(|text| text.contains("LINES")) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, written).await.expect("the new code runs");
    interrupt(&running).await;
    line(&mut lines, "drained").await;
    let ended = timeout(PATIENCE, running.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

/// Handlers beside the service of the template, of which one sends to it.
const HANDLERS: &str = r#"from slingshot_microservice import Bus, Queues, handler, run


@handler(replicas=2)
def greet(name: str, bus: Bus) -> str:
    return "Hello, " + bus.publish("titles", name).text()


@handler
def titles(name: str) -> str:
    return f"dear {name}"


@handler
def order(id: int, queues: Queues) -> None:
    queues.send("SERVICE", id)


if __name__ == "__main__":
    run()
"#;

#[tokio::test]
async fn handlers_of_a_script_are_checked_and_served() {
    let (project, _) = made().await;
    let path = project.path();
    let system = path.join("slingshot.toml");
    let text = fs::read_to_string(&system).unwrap();
    fs::write(
        &system,
        format!("{text}\n[http]\npython = \"handlers.py\"\n"),
    )
    .unwrap();
    let handlers = HANDLERS.replace("SERVICE", project.name());
    let slips = handlers.replace("publish(\"titles\"", "publish(\"title\"");
    let twice = "\n\n@handler(name=\"order\")\ndef again(): ...\n";
    fs::write(path.join("handlers.py"), format!("{slips}{twice}")).unwrap();
    let check = ["topology", "check", "--pedantic"];
    let found = project.slingshot(&check, &path).await;
    assert_eq!(found.status.code(), Some(1));
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    let unknown = ["bus-handler-unknown", "handlers.py:6:"];
    for wanted in unknown
        .into_iter()
        .chain(["handler-duplicate", "handlers.py:23:"])
    {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
    fs::write(path.join("handlers.py"), handlers).unwrap();
    assert_eq!(succeeded(&project.slingshot(&check, &path).await), "");

    let (mut running, mut lines) = watched(&project);
    let serving = line(&mut lines, "Serving").await;
    assert!(serving.contains("/greet, /order, /titles"), "{serving}");
    let url = serving
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let url = url.unwrap();
    let client = client().build().unwrap();
    let ask = async |handler: &str, data: &'static str| {
        let answer = client
            .post(format!("{url}/{handler}"))
            .body(data)
            .send()
            .await;
        answer.unwrap().json::<Value>().await.unwrap()["message"].clone()
    };
    assert_eq!(ask("greet", "Ada").await, "Hello, dear Ada");
    // The service has the object that the first run read.
    let counted = path.join(".slingshot/objects/counts/1");
    fs::remove_file(&counted).unwrap();
    let written = async {
        while !counted.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(ask("order", "1").await, Value::Null);
    timeout(PATIENCE, written).await.expect("the service works");
    interrupt(&running).await;
    let ended = timeout(PATIENCE, running.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

async fn interrupt(running: &Child) {
    let pid = running.id().unwrap().to_string();
    let interrupted = Command::new("kill").args(["-INT", &pid]).status().await;
    assert!(interrupted.unwrap().success());
}

#[tokio::test]
async fn what_a_project_lacks_is_told() {
    let project = Project::new("python").await;
    let path = project.path();
    let said = async |words: &[&str]| {
        let output = project.slingshot(words, &path).await;
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let unmade = said(&["run", "--no-build"]).await;
    assert!(unmade.contains("has not been made"), "{unmade}");
    // An environment that somebody made for something else.
    let python = Path::new("python3");
    succeeded(
        &project
            .command(python, &["-m", "venv", ".venv"], &path)
            .await,
    );
    let bare = said(&["run"]).await;
    assert!(
        bare.contains(".venv has no package slingshot-microservice")
            && bare.contains(".venv/bin/python -m pip install slingshot-microservice"),
        "{bare}"
    );
    fs::remove_file(path.join("app.py")).unwrap();
    let gone = said(&["run", "--no-check"]).await;
    assert!(gone.contains("there is no script app.py"), "{gone}");
    let missing = project.slingshot(&["topology", "check"], &path).await;
    let found = String::from_utf8_lossy(&missing.stdout).into_owned();
    assert!(found.contains("include-missing"), "{found}");
}
