//! What is offered while somebody writes a `slingshot.toml`.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Editor, MAP, position};

/// What is typed, a `|` where the cursor is, and what is offered there: what each is, what it replaces.
fn offered(editor: &mut Editor, typed: &str) -> String {
    let byte = typed.find('|').unwrap();
    let text = typed.replacen('|', "", 1);
    let whole = format!("{MAP}\n{text}");
    let byte = MAP.len() + 1 + byte;
    let change = json!({"text": whole});
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": {"uri": editor.uri("slingshot.toml"), "version": 2},
            "contentChanges": [change],
        }),
    );
    editor.settle();
    let place = json!({
        "textDocument": {"uri": editor.uri("slingshot.toml")}, "position": position(&whole, byte),
    });
    editor.said();
    let found = editor.ask("textDocument/completion", place);
    editor.said();
    let mut said = format!("-> {typed:?}\n");
    for item in found.as_array().into_iter().flatten() {
        let range = &item["textEdit"]["range"];
        let column = |end: &str| range[end]["character"].as_u64().unwrap();
        let line = range["start"]["line"].as_u64().unwrap();
        let line = whole.lines().nth(usize::try_from(line).unwrap());
        let columns =
            usize::try_from(column("start")).unwrap()..usize::try_from(column("end")).unwrap();
        let replaced = line.unwrap_or_default().get(columns).unwrap();
        assert_eq!(item["label"], item["textEdit"]["newText"]);
        let (label, detail) = (&item["label"], &item["detail"]);
        let kind = match item["kind"].as_u64() {
            Some(5) => "field",
            Some(20) => "value",
            Some(12) => "name",
            other => panic!("{other:?}"),
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        writeln!(
            said,
            "<- {kind} {} for {replaced:?}: {}",
            text(label),
            text(detail)
        )
        .unwrap();
    }
    said
}

#[test]
fn keys_and_values_are_offered_where_they_fit_and_nowhere_else() {
    let mut editor = Editor::open(json!({}));
    editor.show("slingshot.toml", MAP);
    editor.settle();
    let all = [
        // Keys in a table.
        "[system]\n|",
        "[services.count]\nin = \"words\"\nre|",
        "[services.count]\nqu|eue-type = \"quorum\"\nreplicas = 3\n",
        "[http.|",
        "[[to|",
        // Keys in an inline table.
        "[services.count]\nretry = { | }",
        "[services.count]\nretry = { max = 3, f|, initial = \"1s\" }",
        "[services.count]\nout = [{ case = 1, | }]",
        // Values of a closed set.
        "[services.count]\nqueue-type = \"|\"",
        "[services.count]\nqueue-type = |",
        "[services.count]\nordered = f|",
        "[rules]\nself-loop = \"|",
        "[http]\nbus = \"pro|cess\"",
        "[services.count]\nin = \"|\"",
        // Nothing fits.
        "[system]\nname = |",
        "[system]\nname = \"documents\" |",
        "[system] # |",
        "[services.count]\nbuckets = { | }",
        "[services.count]\nordered = \"|\"",
        "[services.count]\nreplicas = |",
        "[nothing-of-ours]\n|",
    ];
    let said: Vec<_> = all
        .iter()
        .map(|typed| offered(&mut editor, typed))
        .collect();
    assert_snapshot!(said.concat());
}

#[test]
fn another_toml_is_not_ours_to_complete() {
    let mut editor = Editor::open(json!({}));
    editor.show("Cargo.toml", "[services.a]\n\n");
    editor.settle();
    let place = json!({
        "textDocument": {"uri": editor.uri("Cargo.toml")}, "position": {"line": 1, "character": 0},
    });
    assert_eq!(editor.ask("textDocument/completion", place), Value::Null);
}
