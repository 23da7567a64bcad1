//! Runs of handlers. The test itself listens where a script was told to.

use std::{
    collections::BTreeMap, fs, net::TcpListener, path::Path, process::Stdio, time::Duration,
};

use insta::assert_snapshot;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr},
    time::{sleep, timeout},
};

use crate::{
    project::ScriptProject,
    transcript::{transcript, transcript_of},
};

/// More than any of these takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Says what it was told, and runs until somebody says that it may end.
const SCRIPT: &str = "env > told.new; mv told.new told; while [ ! -e end ]; do sleep 0.05; done";

fn start(project: &ScriptProject, words: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = project
        .command(words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    (child, lines)
}

/// The variables of ours that the script was started with.
async fn told(project: &ScriptProject) -> BTreeMap<String, String> {
    let file = project.file("told");
    let written = timeout(PATIENCE, async {
        while !file.exists() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    written.await.unwrap();
    let text = fs::read_to_string(file).unwrap();
    let variables = text.lines().filter_map(|line| line.split_once('='));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    variables.map(owned).collect()
}

/// The rest of the line that begins with this word.
async fn line(lines: &mut Lines<BufReader<ChildStderr>>, first: &str) -> String {
    let found = timeout(PATIENCE, async {
        loop {
            let line = lines.next_line().await.unwrap().expect("a further line");
            if let Some(rest) = line.trim_start().strip_prefix(first) {
                return rest.trim_start().to_owned();
            }
        }
    });
    found.await.unwrap()
}

/// The address was free when it was chosen; a connection of somebody else may have it for a moment.
async fn listen(address: &str) -> TcpListener {
    let listening = async {
        loop {
            match TcpListener::bind(address) {
                Ok(listener) => return listener,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(PATIENCE, listening).await.unwrap()
}

#[tokio::test]
async fn handlers_are_served_until_their_process_ends_by_itself() {
    let project = ScriptProject::of_handlers("[http]", SCRIPT);
    let (mut child, mut lines) = start(&project, "run");
    let told = told(&project).await;
    assert_eq!(told["SLINGSHOT_SERVICES"], "");
    assert!(!told.contains_key("SLINGSHOT_BUS"));
    let address = &told["SLINGSHOT_HTTP"];
    let server = listen(address).await;
    let serving = line(&mut lines, "Serving").await;
    assert_eq!(serving, format!("http://{address}  /greet, /stream/upload"));
    assert!(line(&mut lines, "Ready").await.starts_with("all handlers"));
    drop(server);
    fs::write(project.file("end"), "").unwrap();
    let said = line(&mut lines, "a │").await;
    assert!(said.ends_with("has ended, as it was asked to"), "{said}");
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn the_table_http_goes_to_the_process_and_services_run_in_it() {
    let project = ScriptProject::of_both(&format!("READY {SCRIPT}"));
    let file = project.file("slingshot.toml");
    let system = fs::read_to_string(&file).unwrap()
        + "[http]\nlisten = \"127.0.0.1:0\"\napi-keys = [\"env:KEY\"]\nbus = \"amqp\"\nfiles = \"uploads\"\n";
    fs::write(file, system).unwrap();
    let (mut child, mut lines) = start(&project, "run --until-idle");
    let told = told(&project).await;
    let shown = [
        "SLINGSHOT_SERVICES",
        "SLINGSHOT_HTTP_KEYS",
        "SLINGSHOT_BUS",
        "SLINGSHOT_FILES",
    ];
    let shown = shown
        .map(|name| format!("{name}={}\n", told[name]))
        .concat();
    assert_snapshot!(shown, @r"
    SLINGSHOT_SERVICES=a
    SLINGSHOT_HTTP_KEYS=env:KEY
    SLINGSHOT_BUS=amqp
    SLINGSHOT_FILES=uploads
    ");
    assert!(Path::new(&project.file(".slingshot/objects/uploads")).is_dir());
    let _server = listen(&told["SLINGSHOT_HTTP"]).await;
    let ready = line(&mut lines, "Ready").await;
    assert!(ready.starts_with("all services and handlers"), "{ready}");
    // The services have nothing to do, and that decides.
    while let Ok(Some(_)) = lines.next_line().await {}
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn handlers_alone_have_a_broker_for_their_bus() {
    let project = ScriptProject::of_handlers("[http]\nbus = \"amqp\"\n", SCRIPT);
    let (mut child, mut lines) = start(&project, "run");
    let told = told(&project).await;
    assert_eq!(
        (&*told["SLINGSHOT_BUS"], &*told["SLINGSHOT_SERVICES"]),
        ("amqp", "")
    );
    assert!(told["SLINGSHOT_SYS_MAP"].starts_with("http://127.0.0.1:"));
    let _server = listen(&told["SLINGSHOT_HTTP"]).await;
    assert!(line(&mut lines, "Ready").await.starts_with("all handlers"));
    fs::write(project.file("end"), "").unwrap();
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn the_built_in_handlers_for_files_need_no_code() {
    let project = ScriptProject::of_nothing("[http]\nfiles = \"uploads\"\n", SCRIPT);
    let (mut child, mut lines) = start(&project, "run");
    let told = told(&project).await;
    assert_eq!(
        (&*told["SLINGSHOT_FILES"], &*told["SLINGSHOT_SERVICES"]),
        ("uploads", "")
    );
    assert!(Path::new(&project.file(".slingshot/objects/uploads")).is_dir());
    let address = &told["SLINGSHOT_HTTP"];
    let _server = listen(address).await;
    let serving = line(&mut lines, "Serving").await;
    assert_eq!(
        serving,
        format!("http://{address}  /stream/upload, /stream/download, /stream/metadata")
    );
    fs::write(project.file("end"), "").unwrap();
    let ended = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");

    let project = ScriptProject::of_nothing("", SCRIPT);
    assert_snapshot!(transcript_of(project.path(), "run", project.command("run")).await, @r"
    $ slingshot run
    error[no-services]: the file declares no service
     --> slingshot.toml:1:1
      |
    1 |
      | ^ no service in this file
      |
      = help: add a section such as `[services.sniff]` with `in` and `out`, or `[http]` for handlers

    1 error
    --- stderr
    warning: nothing was started; --no-check runs the services all the same
    --- exit status: 1
    ");
}

#[tokio::test]
async fn what_cannot_run_is_said_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let system = format!("[http]\nlisten = \"{address}\"\n");
    let project = ScriptProject::of_handlers(&system, SCRIPT);
    let mut all = String::new();
    for words in ["run", "run --until-idle"] {
        all += &transcript_of(project.path(), words, project.command(words)).await;
    }
    let both = ScriptProject::of_both(SCRIPT);
    let words = "run --formation a=2";
    all += &transcript_of(both.path(), words, both.command(words)).await;
    assert_snapshot!(all.replace(&address, "[ADDRESS]").replace(" (os error 98)", ""), @r"
    $ slingshot run
    --- stderr
    error: [ADDRESS] cannot be listened on for handlers
      because: Address already in use
         help: end what listens there, or choose another `listen` under [http]
    --- exit status: 2
    $ slingshot run --until-idle
    --- stderr
    error: --until-idle waits for queues, and only handlers are to run
         help: leave it out, and end the run with Ctrl-C or POST /shutdown
    --- exit status: 2
    $ slingshot run --formation a=2
    --- stderr
    error: `a` runs in the process of the handlers of a, of which there is one
         help: say with `replicas` in its annotation how many requests it works on at once
    --- exit status: 2
    ");
    assert!(!project.file("told").exists() && !both.file("told").exists());
}

#[tokio::test]
async fn handlers_are_described() {
    let project = ScriptProject::of_handlers("", SCRIPT);
    let words = "describe";
    assert_snapshot!(transcript_of(project.path(), words, project.command(words)).await, @r#"
    $ slingshot describe
    {
      "format_version": 1,
      "services": [],
      "handlers": [
        {
          "name": "greet",
          "kind": "request",
          "source": {
            "file": "a",
            "line": 1,
            "column": 1
          },
          "replicas": 5,
          "queue": null,
          "timeout": "30s"
        },
        {
          "name": "keep",
          "kind": "upload",
          "source": {
            "file": "a",
            "line": 9,
            "column": 1
          },
          "replicas": null,
          "queue": null,
          "timeout": null
        }
      ]
    }
    --- stderr
    --- exit status: 0
    "#);
}

#[tokio::test]
async fn new_handlers_have_no_findings_until_one_calls_nobody() {
    let directory = tempfile::tempdir().unwrap();
    assert_snapshot!(transcript(directory.path(), "new greeter --template handlers").await, @r"
    $ slingshot new greeter --template handlers

    Next:
      cd greeter
      cargo test                                       the functions, called like any others
      slingshot topology check                         the routes, proved against the code
      slingshot run                                    the system; README.md has requests for it
    --- stderr
         Created greeter from the template handlers
    --- exit status: 0
    ");
    let project = directory.path().join("greeter");
    assert_snapshot!(transcript(&project, "topology check --pedantic").await, @r"
    $ slingshot topology check --pedantic
    --- stderr
         Checked 2 handlers: no findings
    --- exit status: 0
    ");
    let found = transcript(&project, "doctor").await;
    let handlers = found.lines().find(|line| line.contains(" handlers "));
    let handlers = handlers.unwrap_or_else(|| panic!("{found}"));
    let words: Vec<_> = handlers.split_whitespace().collect();
    assert_eq!(
        words.join(" "),
        "✓ handlers 2 handlers in the code: greet, titles"
    );
    let main = project.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(
        &main,
        text.replace("publish(\"titles\"", "publish(\"title\""),
    )
    .unwrap();
    assert_snapshot!(transcript(&project, "topology check").await, @r#"
    $ slingshot topology check
    error[bus-handler-unknown]: `greet` calls the handler `title`, which is not there
      --> src/main.rs:10:38
       |
    10 |     let titled: String = bus.publish("title", &name).await?.into();
       |                                      ^^^^^^^ no handler has this name
       |
       = help: did you mean `titles`?

    1 error
    --- stderr
    --- exit status: 1
    "#);
}
