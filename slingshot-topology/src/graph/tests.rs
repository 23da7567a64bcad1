//! The drawings of one small system.

use insta::assert_snapshot;

mod parts;

use super::{Picture, d2, dot, json, mermaid, svg};
use crate::{SourceFile, System, read_toml};

fn system(text: &str) -> System {
    let (system, diagnostics) = read_toml(&SourceFile::new("slingshot.toml", text));
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    system
}

const DOCUMENTS: &str = r#"
[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = ["thumbnail", "archive"] },
  { case = "other", queues = [] },
]
[services.words]
in = "words"
out = [{ case = true, queues = ["reports"] }, { case = "true", queues = ["lost \"one\""] }]
[services.thumbnail]
in = "thumbnail"
out = [{ case = 1, queues = ["reports"] }, { case = 2, queues = ["reports"] }]
[services.report]
in = "reports"
out = []
"#;

#[test]
fn mermaid_draws_services_ends_and_cases() {
    assert_snapshot!(mermaid(&Picture::of(&system(DOCUMENTS))), @r##"
    flowchart LR
      n0(["sniff"]):::source
      n1["sniff"]
      n2["words"]
      n3["thumbnail"]
      n4["report<br/><small>reads reports</small>"]
      n5(["archive"]):::sink
      n6((" ")):::done
      n7(["lost #quot;one#quot;"]):::loose
      n0 --> n1
      n1 -->|"text"| n2
      n1 -->|"image"| n3
      n1 -->|"image"| n5
      n1 -->|"other"| n6
      n2 -->|"true"| n4
      n2 -->|"#quot;true#quot;"| n7
      n3 -->|"1, 2"| n4
      classDef source fill:#ddf4ff,stroke:#0969da,color:#0a3069
      classDef sink fill:#dafbe1,stroke:#1a7f37,color:#044f1e
      classDef loose fill:#fff1e5,stroke:#bc4c00,color:#762c00,stroke-dasharray:4
      classDef done fill:#eaeef2,stroke:#6e7781,color:#424a53
    "##);
}

#[test]
fn dot_draws_the_same() {
    assert_snapshot!(dot(&Picture::of(&system(DOCUMENTS))), @r##"
    digraph system {
      rankdir=LR
      node [fontname="Helvetica", shape=box, style="rounded,filled", fillcolor=white]
      edge [fontname="Helvetica", fontsize=11]
      n0 [label="sniff", shape=cds, fillcolor="#ddf4ff"]
      n1 [label="sniff"]
      n2 [label="words"]
      n3 [label="thumbnail"]
      n4 [label="report\nreads reports"]
      n5 [label="archive", shape=cds, fillcolor="#dafbe1"]
      n6 [label="", shape=point, width=0.15]
      n7 [label="lost \"one\"", style="dashed,filled", fillcolor="#fff1e5"]
      n0 -> n1
      n1 -> n2 [label="text"]
      n1 -> n3 [label="image"]
      n1 -> n5 [label="image"]
      n1 -> n6 [label="other"]
      n2 -> n4 [label="true"]
      n2 -> n7 [label="\"true\""]
      n3 -> n4 [label="1, 2"]
    }
    "##);
}

#[test]
fn d2_draws_the_same() {
    assert_snapshot!(d2(&Picture::of(&system(DOCUMENTS))));
}

#[test]
fn json_says_the_same_with_every_queue() {
    assert_snapshot!(json(&Picture::of(&system(DOCUMENTS))));
}

/// The number in an attribute.
fn number(tag: &str, name: &str) -> Option<i64> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"')?.0.parse().ok()
}

/// Left, top, right and bottom of every box and label.
fn boxes(svg: &str) -> Vec<[i64; 4]> {
    let tags = svg.split('<').filter(|tag| tag.starts_with("rect "));
    tags.map(|tag| {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|name| number(tag, name).expect("a whole number"));
        [x, y, x + width, y + height]
    })
    .collect()
}

/// A system of services that route to some of the others by a fixed pattern, forwards and back.
fn tangle(services: usize, step: usize) -> String {
    let service = |index: usize| {
        let (next, far) = ((index + 1) % services, (index * step + 3) % services);
        format!(
            r#"
[services.service-{index}]
in = "q{index}"
out = [
  {{ case = "next", queues = ["q{next}"] }},
  {{ case = {index}, queues = ["q{far}", "out"] }},
  {{ case = "a-case-of-many-letters-and-then-some-more", queues = [] }},
]
"#
        )
    };
    let head = "[topology]\nsources = [\"q0\"]\nsinks = [\"out\"]\n".to_owned();
    (0..services)
        .map(service)
        .fold(head, |text, service| text + &service)
}

#[test]
fn nothing_is_drawn_over_anything_else_and_twice_gives_the_same_bytes() {
    for (services, step) in [(1, 1), (2, 1), (3, 0), (7, 3), (23, 5), (40, 17)] {
        let system = system(&tangle(services, step));
        let picture = Picture::of(&system);
        let drawn = svg(&picture);
        assert_eq!(drawn, svg(&picture));
        let boxes = boxes(&drawn);
        assert!(boxes.len() > services);
        for (index, a) in boxes.iter().enumerate() {
            for b in &boxes[index + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{services} services: {a:?} and {b:?} overlap");
            }
        }
    }
}

#[test]
fn svg_draws_services_ends_and_cases() {
    insta::assert_snapshot!(svg(&Picture::of(&system(DOCUMENTS))));
}

#[test]
fn names_are_text_and_never_markup() {
    let text = "[topology]\nsinks = ['</text><script>&']\n[services.'<b>\"']\nin = 'a'\n\
                out = [{ case = '\u{7}]]>', queues = ['</text><script>&'] }]\n";
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", text));
    let picture = Picture::of(&system);
    for drawing in [svg(&picture), mermaid(&picture)] {
        assert!(!drawing.contains("<script"), "{drawing}");
        assert!(!drawing.contains("<b>"), "{drawing}");
    }
}
