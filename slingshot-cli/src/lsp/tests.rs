//! Conversations with an editor, as they go over the wire.

mod completion;

use std::{
    fmt::Write as _,
    fs,
    thread::{self, JoinHandle},
    time::Duration,
};

use insta::assert_snapshot;
use lsp_server::{Connection, Message, Notification, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::serve;
use crate::exit::Exit;

const MAP: &str = r#"[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = [] },
]

[services.words]
in = "words"
"#;

const SNIFF: &str = r#"use slingshot::prelude::*;

#[derive(Case)]
enum Kind {
    Text,
    Other,
}

#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn, bus: &Bus) -> (u64, Kind) {
    read_file("in", request);
    read_file("in", request);
    bus.publish("titles", request);
    (request, Kind::Text)
}

#[handler(name = "titles")]
fn titles(text: String) -> String {
    text
}
"#;

const WORDS: &str =
    "use slingshot::prelude::*;\n\n#[microservice(name = \"words\")]\nfn words(request: u64) {}\n";

/// An editor that has a project open, and writes down what is said.
struct Editor {
    directory: TempDir,
    connection: Connection,
    server: JoinHandle<Exit>,
    transcript: String,
    next: i32,
}

impl Editor {
    fn open(capabilities: impl Into<Value>) -> Self {
        let capabilities = capabilities.into();
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "[package]\nname = \"p\"\n");
        write("slingshot.toml", MAP);
        write("src/main.rs", "mod sniff;\nmod words;\n");
        write("src/sniff.rs", SNIFF);
        write("src/words.rs", WORDS);
        let (ours, theirs) = Connection::memory();
        let mut editor = Self {
            directory,
            connection: ours,
            server: thread::spawn(|| serve(theirs)),
            transcript: String::new(),
            next: 0,
        };
        let folder = json!({"uri": editor.uri(""), "name": "p"});
        let parameters = json!({"capabilities": capabilities, "workspaceFolders": [folder]});
        editor.ask("initialize", parameters);
        editor.tell("initialized", json!({}));
        editor.settle();
        editor
    }

    fn uri(&self, path: &str) -> String {
        let path = self.directory.path().join(path);
        format!("file://{}", path.display())
            .trim_end_matches('/')
            .to_owned()
    }

    /// What is said without the directory, which is another each time.
    fn note(&mut self, who: &str, what: &str, value: &Value) {
        let text = serde_json::to_string(value).unwrap();
        let text = text.replace(&self.directory.path().display().to_string(), "");
        writeln!(self.transcript, "{who} {what} {text}").unwrap();
    }

    fn tell(&self, method: &str, parameters: Value) {
        let notification = Notification::new(method.to_owned(), parameters);
        self.connection.sender.send(notification.into()).unwrap();
    }

    /// Asks, and writes down everything until the answer.
    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let request = Request::new(self.next.into(), method.to_owned(), parameters);
        let id = request.id.clone();
        self.connection.sender.send(request.into()).unwrap();
        loop {
            let message = self
                .connection
                .receiver
                .recv_timeout(Duration::from_mins(1));
            match message.expect("an answer") {
                Message::Response(Response {
                    id: of,
                    response_result,
                }) => {
                    assert_eq!(of, id);
                    let said = response_result.unwrap_or_else(|error| json!({"error": error}));
                    self.note("<-", method, &said);
                    return said;
                }
                Message::Notification(Notification { method, params }) => {
                    self.note("<-", &method, &params);
                }
                Message::Request(Request { method, params, .. }) => {
                    self.note("<-", &method, &params);
                }
            }
        }
    }

    /// Waits until everything that has been said is analysed.
    fn settle(&mut self) {
        let nowhere =
            json!({"textDocument": {"uri": "file:///"}, "position": {"line": 0, "character": 0}});
        self.ask("textDocument/hover", nowhere);
    }

    /// What was written down since the last time.
    fn said(&mut self) -> String {
        let nothing = "<- textDocument/hover null\n";
        std::mem::take(&mut self.transcript).replace(nothing, "")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.directory.path().join(path)).unwrap()
    }

    /// A place in a file, at the `|` of a stretch of its text.
    fn at(&self, path: &str, around: &str) -> Value {
        let text = self.read(path);
        let (before, _) = around.split_once('|').unwrap();
        let byte = text.find(&around.replace('|', "")).expect(around) + before.len();
        json!({"textDocument": {"uri": self.uri(path)}, "position": position(&text, byte)})
    }

    fn show(&self, path: &str, text: &str) {
        let document = json!({
            "uri": self.uri(path), "languageId": "toml", "version": 1, "text": text,
        });
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Types a text in place of another.
    fn replace(&self, path: &str, shown: &str, from: &str, to: &str) -> String {
        let byte = shown.find(from).expect(from);
        let range = json!({
            "start": position(shown, byte), "end": position(shown, byte + from.len()),
        });
        let change = json!({"range": range, "text": to});
        let document = json!({"uri": self.uri(path), "version": 2});
        let parameters = json!({"textDocument": document, "contentChanges": [change]});
        self.tell("textDocument/didChange", parameters);
        shown.replacen(from, to, 1)
    }

    fn leave(mut self) -> Exit {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.server.join().unwrap()
    }
}

/// Our texts are ASCII where places in them are counted.
fn position(text: &str, byte: usize) -> Value {
    let before = text.get(..byte).unwrap();
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    json!({"line": line, "character": column})
}

fn with(mut value: Value, key: &str, extra: Value) -> Value {
    value[key] = extra;
    value
}

#[test]
fn the_server_says_what_it_can_and_leaves_when_it_is_told() {
    let mut editor = Editor::open(json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}}));
    let said = editor.said().replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot!(said);
    assert_eq!(editor.leave(), Exit::Clean);
}

#[test]
fn an_editor_that_leaves_without_a_word_is_answered_by_the_exit_code() {
    let editor = Editor::open(json!({}));
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.join().unwrap(), Exit::Findings);
    let Editor {
        connection, server, ..
    } = Editor::open(json!({}));
    drop(connection);
    assert_eq!(server.join().unwrap(), Exit::Findings);
}

#[test]
fn findings_come_and_go_while_one_types() {
    let related = json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}});
    let mut editor = Editor::open(related);
    editor.show("slingshot.toml", MAP);
    editor.settle();
    assert_eq!(
        editor.said().lines().count(),
        1,
        "a sound project has no findings"
    );
    let shown = editor.replace("slingshot.toml", MAP, "[\"words\"]", "[\"wrods\"]");
    editor.settle();
    let shown = editor.replace("slingshot.toml", &shown, "wrods", "words");
    editor.settle();
    let code = SNIFF.replace("    Other,\n", "    Other,\n    Image,\n");
    editor.show("src/sniff.rs", &code);
    editor.settle();
    editor.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": editor.uri("src/sniff.rs")}}),
    );
    editor.replace(
        "slingshot.toml",
        &shown,
        "\n[services.words]",
        "\n[services.wor",
    );
    editor.settle();
    assert_snapshot!(editor.said());
    assert_eq!(editor.leave(), Exit::Clean);
}

#[test]
fn a_name_leads_from_the_map_to_the_code_and_back() {
    let mut editor = Editor::open(json!({}));
    editor.said();
    for (path, around) in [
        ("slingshot.toml", "queues = [\"wo|rds"),
        ("slingshot.toml", "[services.sn|iff]"),
        ("slingshot.toml", "case = \"te|xt"),
        ("slingshot.toml", "buckets = { i|n"),
        ("src/sniff.rs", "name = \"sn|iff"),
        ("src/sniff.rs", "    Te|xt,"),
        ("src/sniff.rs", "read_file(\"i|n"),
        ("src/sniff.rs", "publish(\"tit|les"),
        ("src/sniff.rs", "mi|croservice"),
    ] {
        writeln!(editor.transcript, "-> {path} {around}").unwrap();
        let place = editor.at(path, around);
        editor.ask("textDocument/definition", place.clone());
        let context = json!({"includeDeclaration": true});
        editor.ask("textDocument/references", with(place, "context", context));
    }
    assert_snapshot!(editor.said());
}

#[test]
fn a_name_is_explained() {
    let mut editor = Editor::open(json!({}));
    editor.said();
    for (path, around) in [
        ("slingshot.toml", "[services.sn|iff]"),
        ("src/sniff.rs", "    Te|xt,"),
        ("src/sniff.rs", "publish(\"tit|les"),
    ] {
        let place = editor.at(path, around);
        editor.ask("textDocument/hover", place);
    }
    assert_snapshot!(editor.said().replace("\\n", "\n"));
}

#[test]
fn a_name_is_changed_in_all_files_or_in_none() {
    let versions = json!({"workspace": {"workspaceEdit": {"documentChanges": true}}});
    let mut editor = Editor::open(versions);
    editor.show("slingshot.toml", MAP);
    editor.settle();
    editor.said();
    for (path, around, name) in [
        ("slingshot.toml", "queues = [\"wo|rds", "counted"),
        ("slingshot.toml", "[services.sn|iff]", "smell"),
        ("src/sniff.rs", "read_file(\"i|n", "source"),
        ("src/sniff.rs", "read_file(\"i|n", "a/b"),
        ("slingshot.toml", "case = \"te|xt", "words"),
    ] {
        writeln!(editor.transcript, "-> {path} {around} to {name}").unwrap();
        let place = editor.at(path, around);
        editor.ask("textDocument/prepareRename", place.clone());
        editor.ask("textDocument/rename", with(place, "newName", json!(name)));
    }
    assert_snapshot!(editor.said());
}

#[test]
fn a_broken_text_keeps_what_was_known_and_is_not_changed() {
    let mut editor = Editor::open(json!({}));
    editor.show("slingshot.toml", MAP);
    editor.settle();
    let place = editor.at("slingshot.toml", "queues = [\"wo|rds");
    editor.said();
    editor.replace(
        "slingshot.toml",
        MAP,
        "sources = [\"sniff\"]",
        "sources = [\n\n\"sniff",
    );
    let moved = {
        let mut place = place.clone();
        let line = place["position"]["line"].as_u64().unwrap();
        place["position"]["line"] = json!(line + 2);
        place
    };
    editor.ask("textDocument/definition", moved.clone());
    editor.ask(
        "textDocument/rename",
        with(moved, "newName", json!("counted")),
    );
    assert_snapshot!(editor.said());
}

#[test]
fn a_finding_can_be_mended_or_accepted() {
    let mut editor = Editor::open(json!({}));
    let broken = MAP.replace("[\"words\"]", "[\"word\"]");
    fs::write(editor.directory.path().join("slingshot.toml"), &broken).unwrap();
    editor.show("slingshot.toml", &broken);
    editor.settle();
    editor.said();
    let place = editor.at("slingshot.toml", "queues = [\"wo|rd");
    let range = json!({"start": place["position"], "end": place["position"]});
    let parameters = json!({
        "textDocument": place["textDocument"], "range": range, "context": {"diagnostics": []},
    });
    editor.ask("textDocument/codeAction", parameters);
    let place = editor.at("slingshot.toml", "queues = [\"wo|rd");
    editor.ask("textDocument/completion", place);
    let other = with(
        json!({"textDocument": {"uri": editor.uri("src/words.rs")}, "context": {"diagnostics": []}}),
        "range",
        range,
    );
    editor.ask("textDocument/codeAction", other);
    assert_snapshot!(editor.said());
}

#[test]
fn a_map_in_json_is_looked_at_and_other_json_is_not() {
    let mut editor = Editor::open(json!({}));
    editor.said();
    let map = r#"{"a": {"in": "q", "out": [{"case": 1, "queues": ["r"]}, {"case": 1, "queues": ["r"]}]}}"#;
    editor.show("maps/map.json", map);
    editor.show("package.json", r#"{"name": "p", "in": 3,"#);
    editor.settle();
    editor.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": editor.uri("maps/map.json")}}),
    );
    editor.settle();
    assert_snapshot!(editor.said());
}

#[test]
fn nonsense_is_answered_and_survived() {
    let mut editor = Editor::open(json!({}));
    editor.said();
    editor.ask("textDocument/nothing", json!({}));
    editor.ask("textDocument/definition", json!({"position": 3}));
    editor.tell("textDocument/didOpen", json!([1]));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///none", "version": 3}, "contentChanges": []}),
    );
    editor.show("slingshot.toml", "\u{0}[[[[\u{feff}\"\"\"");
    editor.show("src/sniff.rs", "fn f( { \u{202e} #[microservice(name = ");
    editor.ask(
        "textDocument/definition",
        json!({
            "textDocument": {"uri": editor.uri("slingshot.toml")},
            "position": {"line": 4_000_000_000_u32, "character": 4_000_000_000_u32},
        }),
    );
    editor.ask("shutdown", Value::Null);
    editor.ask("textDocument/hover", json!({}));
    assert_snapshot!(editor.said());
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.join().unwrap(), Exit::Clean);
}

#[test]
fn a_deep_or_long_text_does_not_keep_the_editor_waiting() {
    let mut editor = Editor::open(json!({}));
    editor.said();
    for text in [
        "[".repeat(200_000),
        "a.".repeat(200_000),
        "{a=".repeat(100_000),
        "\"".repeat(100_000),
        " ".repeat(1_000_000) + "[a",
    ] {
        editor.show("slingshot.toml", &text);
        let place = json!({
            "textDocument": {"uri": editor.uri("src/sniff.rs")}, "position": {"line": 9, "character": 20},
        });
        let end = json!({
            "textDocument": {"uri": editor.uri("slingshot.toml")}, "position": {"line": 0, "character": text.len()},
        });
        let begun = tokio::time::Instant::now();
        editor.ask("textDocument/definition", place);
        editor.ask("textDocument/completion", end);
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{}",
            text.get(..10).unwrap()
        );
    }
    assert_eq!(editor.leave(), Exit::Clean);
}
