//! What is formatted means the same, and is formatted.

use std::{fs, path::Path};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{format_json, format_toml};
use crate::{SourceFile, read_json, read_toml, system::tests::meaning};

fn toml(text: &str) -> String {
    format_toml(&SourceFile::new("slingshot.toml", text)).expect("it is TOML")
}

fn json(text: &str) -> String {
    format_json(&SourceFile::new("sys-map.json", text)).expect("it is JSON")
}

const UNTIDY: &str = r#"# The system.


[system]

name="documents"   # its name
[topology]
sources=["sniff" , "words"]
sinks = [
  "archive",   # a person's
]
# Reads everything.
[services.sniff]   # the first

prefetch=9
# where results go
out=[{queues=["words"],case="text"}, # counted
  # Pictures.
  { case = "unknown-language", queues = [ "archive" ,"words"], share=0.5 },


  {case=true,queues=[]} # ends
]
replicas = 2
buckets = {in="raw",   out =   "typed"}
in = 'sniff'
unknown = 1



[services.words]
in = "words"
out = []
[services.words.buckets]
in = "raw"
[[ignore]]
rule="self-loop"
reason = "x"   
[[ignore]]
rule = "islands"
# The end.


"#;

#[test]
fn a_system_file_is_tidied_with_its_comments() {
    assert_snapshot!(toml(UNTIDY));
}

#[test]
fn what_cannot_be_laid_out_without_loss_is_left() {
    for text in [
        "[services.a]\nin = \"a\"\nout = [\n  { case = 1, queues = [ # why\n    \"b\",\n  ] },\n]\n",
        "[services.a]\nin = \"a\"\nout = [\n    { case = 1, queues = [] } # why\n    ,\n]\n",
        "services.a.in = \"a\"\nservices.a.out = []\n",
        "services = { a = { in = \"a\" } }\n",
    ] {
        assert_eq!(toml(text), text);
    }
}

#[test]
fn a_sys_map_is_laid_out_anew() {
    let map = r#"{"rabbitmq": {"port": [5672], "host": ["h"], "username": ["u"], "pass": ["p"]},
"x-note": [1,2], "sniff":{"out":[{"queues":["words"],"case":"te\u0078t"},{"case":1e3,"queues":[]}],
"x-slingshot-ignore":[{"rule":"islands","reason":"a rather long reason, so that this does not fit on a line"}],
"retry":{"max_delay":"5m","max":3},"in":"sniff"},"topology":{"sinks":[],"sources":["sniff"]}, "words":{"in":"words","out":[]}}"#;
    assert_snapshot!(json(map));
    assert_snapshot!(json(r#"{"out":[{"queues":[],"case":1}],"in":"q"}"#), @r#"
    {
      "in": "q",
      "out": [
        { "case": 1, "queues": [] }
      ]
    }
    "#);
}

#[test]
fn a_broken_file_is_not_touched() {
    let found =
        format_toml(&SourceFile::new("slingshot.toml", "[a\nb = 1\n[c]\nd = \n")).unwrap_err();
    assert_eq!(found.len(), 2);
    let found = format_json(&SourceFile::new(
        "map.json",
        "{\"a\": 1 \"b\": 2, \"b\": 3}",
    ))
    .unwrap_err();
    assert!(found.len() >= 2, "{found:?}");
}

#[test]
fn the_examples_and_templates_are_in_canonical_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for directory in ["examples", "templates"] {
        for entry in fs::read_dir(root.join(directory)).unwrap() {
            let path = entry.unwrap().path().join("slingshot.toml");
            if let Ok(text) = fs::read_to_string(&path) {
                let text = text.replace("<<name>>", "greeter");
                assert_eq!(toml(&text), text, "{}", path.display());
            }
        }
    }
}

/// A service's lines in any order and form.
fn service() -> impl Strategy<Value = String> {
    let comment = || prop_oneof![Just(""), Just("  # why"), Just("# é")];
    let space = || prop_oneof![Just(""), Just(" "), Just("\t ")];
    let case = prop_oneof![
        Just("\"text\""),
        Just("'it''s'"),
        Just("true"),
        Just("-3"),
        Just("\"é # no comment\""),
    ]
    .prop_map(|case| case.replace("''", ""));
    let queues = prop_oneof![Just("[]"), Just("[\"a\" ,'b']"), Just("[\n\"a\",\n]")];
    let route = (case, queues, any::<bool>(), space(), comment()).prop_map(
        |(case, queues, swapped, space, comment)| {
            let (one, other) = (
                format!("case{space}={case}"),
                format!("queues ={space}{queues}"),
            );
            let (one, other) = if swapped { (other, one) } else { (one, other) };
            // A comment ends its line.
            let end = if comment.is_empty() { "" } else { "\n" };
            format!("{{{space}{one},{other}{space}}},{comment}{end}")
        },
    );
    let out = proptest::collection::vec(route, 0..5)
        .prop_map(|routes| format!("out = [{}\n]", routes.join("\n # own\n")));
    let field = prop_oneof![
        Just("replicas=2".to_owned()),
        Just("prefetch   = 9".to_owned()),
        Just("buckets = { in='raw',\"o ut\" = \"x\" }".to_owned()),
        Just("queue-type=\"quorum\"".to_owned()),
        Just("retry = {max=3}".to_owned()),
        Just("tags = [\n  \"a\", # why\n \"b\" ]".to_owned()),
    ];
    let fields = proptest::collection::vec((field, comment(), space()), 0..4);
    (out, fields, any::<bool>(), "\n{0,3}", comment()).prop_map(
        |(out, fields, last, blank, comment)| {
            let mut lines = vec![format!("in = \"a\"{comment}"), out];
            for (field, comment, space) in fields {
                let name = field
                    .split(['=', ' '])
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                if !lines
                    .iter()
                    .any(|line| line.trim_start().starts_with(&name))
                {
                    lines.push(format!("{space}{field}{comment}"));
                }
            }
            if last {
                lines.reverse();
            }
            lines.join(&format!("\n{blank}# above\n"))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_formatted_system_file_means_the_same_and_stays_as_it_is(
        services in proptest::collection::vec(service(), 1..4),
        crlf in any::<bool>(),
    ) {
        let sections = services.iter().enumerate();
        let sections: Vec<_> = sections
            .map(|(index, it)| format!("[services.s{index}]\n{it}\n"))
            .collect();
        let text = sections.concat();
        let text = format!("[topology]\nsources=[\"a\"]\n{text}");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let formatted = toml(&text);
        prop_assert_eq!(toml(&formatted), formatted.clone());
        let system = |text: &str| {
            let (system, found) = read_toml(&SourceFile::new("slingshot.toml", text));
            (meaning(&system), found.len())
        };
        prop_assert_eq!(system(&formatted), system(&text));
        let comments = |text: &str| text.matches("# ").count();
        prop_assert_eq!(comments(&formatted), comments(&text));
    }

    #[test]
    fn a_formatted_sys_map_means_the_same_and_stays_as_it_is(
        services in proptest::collection::btree_map("[a-f]{1,2}", proptest::collection::vec(("[a-z\"]{0,40}", 0..9_u8), 0..4), 0..5),
    ) {
        let services: serde_json::Map<_, _> = services.into_iter().map(|(name, routes)| {
            let routes: Vec<_> = routes.into_iter().map(|(case, queues)| {
                let queues: Vec<_> = (0..queues).map(|queue| format!("queue-{queue}")).collect();
                serde_json::json!({ "queues": queues, "case": case })
            }).collect();
            let service = serde_json::json!({ "out": routes, "in": name.clone(), "x-y": 1, "buckets": {"b": "x", "a": "y"} });
            (name, service)
        }).collect();
        let text = serde_json::Value::from(services).to_string();
        let formatted = json(&text);
        prop_assert_eq!(json(&formatted), formatted.clone());
        let system = |text: &str| meaning(&read_json(&SourceFile::new("a.json", text)).0);
        prop_assert_eq!(system(&formatted), system(&text));
    }
}
