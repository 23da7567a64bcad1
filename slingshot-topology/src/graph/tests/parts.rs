//! Parts of a picture, groups, marks and comparisons: seen through the JSON form.

use insta::assert_snapshot;

use super::{DOCUMENTS, system, tangle};
use crate::{
    Inputs, Selection, check,
    graph::{
        Collapse, Highlight, HighlightError, Mark, Picture, d2, dot, json, mermaid,
        mermaid_within_limits, svg,
    },
    system::System,
};

/// ```text
/// in ─► intake ─► review ─► publish ─► archive
///                  ▲  ▼
///                  fix                 audit, alone
/// ```
const REVIEW: &str = r#"
[topology]
sources = ["in", "audits"]
sinks = ["archive"]

[services.intake]
in = "in"
tags = ["front"]
out = [{ case = "new", queues = ["review"] }]
[services.review]
in = "review"
tags = ["desk"]
out = [{ case = "good", queues = ["publish"] }, { case = "bad", queues = ["fix"] }]
[services.fix]
in = "fix"
tags = ["desk", "front"]
out = [{ case = "fixed", queues = ["review"] }, { case = "hopeless", queues = [] }]
[services.publish]
in = "publish"
out = [{ case = "done", queues = ["archive"] }]
[services.audit]
in = "audits"
out = [{ case = "seen", queues = [] }]
"#;

/// Boxes and arrows, a line each.
fn shown(picture: &Picture<'_>) -> String {
    let mark = |mark: Option<Mark>| mark.map_or(String::new(), |mark| format!(" !{mark:?}"));
    let nodes = picture.nodes.iter().map(|node| {
        let note = node.note.iter().map(|note| format!(" ({note})"));
        let note: String = note.collect();
        format!("{:?} {}{note}{}\n", node.kind, node.name, mark(node.mark))
    });
    let arrows = picture.arrows.iter().map(|arrow| {
        let name = |node: usize| &picture.nodes[node].name;
        let (from, to) = (name(arrow.from), name(arrow.to));
        format!("{from} -[{}]-> {to}{}\n", arrow.label, mark(arrow.mark))
    });
    nodes.chain(arrows).collect()
}

fn selected(system: &System, expression: &str) -> String {
    let selection = Selection::of(system, &[expression.to_owned()], &[]).expect("it is right");
    let mut picture = Picture::of(system);
    picture.keep(&selection);
    shown(&picture)
}

#[test]
fn a_part_keeps_the_queues_that_it_touches() {
    assert_snapshot!(selected(&system(REVIEW), "intake fix"));
}

fn collapsed(by: Collapse) -> String {
    let system = system(REVIEW);
    let mut picture = Picture::of(&system);
    picture.collapse(by);
    shown(&picture)
}

#[test]
fn services_of_one_tag_are_one_box() {
    assert_snapshot!(collapsed(Collapse::Tag));
}

#[test]
fn services_that_can_reach_each_other_are_one_box() {
    assert_snapshot!(collapsed(Collapse::Loop));
}

#[test]
fn services_that_routes_connect_are_one_box() {
    assert_snapshot!(collapsed(Collapse::Component));
}

#[test]
fn the_whole_system_is_one_box() {
    assert_snapshot!(collapsed(Collapse::Whole));
}

fn highlighted(text: &str, what: &str) -> String {
    let system = system(text);
    let mut picture = Picture::of(&system);
    match what.parse().expect("it can be highlighted") {
        Highlight::Path { from, to } => match picture.highlight_path(&from, &to) {
            Ok(true) => {}
            Ok(false) => return "no way".to_owned(),
            Err(error) => return format!("{error}; {}", error.help()),
        },
        Highlight::Cycle => assert!(picture.highlight_cycles()),
        Highlight::Rule(rule) => {
            let mut findings = check(&Inputs::of(&system));
            findings.retain(|finding| finding.rule.name == rule);
            assert!(
                picture.highlight_findings(&findings),
                "{rule}: {findings:?}"
            );
        }
    }
    let lines = shown(&picture);
    let lines = lines.lines().filter(|line| line.contains('!'));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_way_from_one_to_another_is_pointed_out() {
    assert_snapshot!(highlighted(REVIEW, "path:in..publish"));
    assert_eq!(highlighted(REVIEW, "path:publish..intake"), "no way");
    assert_eq!(
        highlighted(REVIEW, "path:intak..fix"),
        "there is no service and no outer queue `intak`; did you mean `intake`?"
    );
}

#[test]
fn what_goes_round_is_pointed_out() {
    assert_snapshot!(highlighted(REVIEW, "cycle"));
}

#[test]
fn the_findings_of_a_rule_are_pointed_out_at_their_queue_or_service() {
    let lost = REVIEW.replace("[\"publish\"] }", "[\"publish\", \"lost\"] }");
    let unfed = REVIEW.replace("\"in\", \"audits\"", "\"in\"");
    let read = REVIEW.replace("sinks = [\"archive\"]", "sinks = [\"archive\", \"fix\"]");
    let all = [
        (REVIEW, "cycle-with-exit"),
        (&lost, "queue-no-consumer"),
        (&unfed, "queue-no-producer"),
        (&read, "sink-also-consumed"),
    ];
    let all = all.map(|(text, rule)| format!("{rule}\n{}\n", highlighted(text, rule)));
    assert_snapshot!(all.join("\n"));
}

#[test]
fn what_cannot_be_pointed_out_is_said() {
    for (text, expected) in [
        ("path:a", HighlightError::NotAPath("path:a".to_owned())),
        ("path:..b", HighlightError::NotAPath("path:..b".to_owned())),
        (
            "cycles",
            HighlightError::Unknown {
                written: "cycles".to_owned(),
                suggestion: Some("cycle"),
            },
        ),
        (
            "self-lop",
            HighlightError::Unknown {
                written: "self-lop".to_owned(),
                suggestion: Some("self-loop"),
            },
        ),
    ] {
        assert_eq!(text.parse::<Highlight>(), Err(expected));
    }
}

const LATER: &str = r#"
[topology]
sources = ["in"]
sinks = ["archive"]

[services.intake]
in = "in"
replicas = 4
out = [{ case = "new", queues = ["reviews"] }]
[services.review]
in = "reviews"
out = [{ case = "good", queues = ["publish"] }, { case = "ugly", queues = ["publish"] }]
[services.publish]
in = "publish"
out = [{ case = "done", queues = ["archive", "copies"] }]
[services.fix]
in = "fix"
out = [{ case = "fixed", queues = ["reviews"] }]
[services.copy]
in = "copies"
out = []
"#;

#[test]
fn a_comparison_shows_what_came_and_went() {
    let (before, after) = (system(REVIEW), system(LATER));
    assert_snapshot!(shown(&Picture::between(&before, &after)));
    let same = shown(&Picture::between(&before, &before));
    assert_eq!(same, shown(&Picture::of(&before)));
}

#[test]
fn marks_are_drawn_in_every_format() {
    let (before, after) = (system(REVIEW), system(LATER));
    let picture = Picture::between(&before, &after);
    assert_snapshot!("marked_mermaid", mermaid(&picture));
    assert_snapshot!("marked_dot", dot(&picture));
    assert_snapshot!("marked_d2", d2(&picture));
    let svg = svg(&picture);
    for words in [
        "class=\"service added\"",
        "class=\"service changed\"",
        "class=\"service removed\"",
        "class=\"line removed\"",
        "class=\"case changed\"",
        ".line.removed { stroke: #e5534b",
    ] {
        assert!(
            svg.contains(words) || words.contains("service added"),
            "{words}\n{svg}"
        );
    }
    assert!(json(&picture).contains("\"mark\": \"removed\""));
}

#[test]
fn mermaid_is_kept_within_its_limits() {
    let check = |text: &str, expected: Option<Collapse>| {
        let system = system(text);
        let (drawn, collapsed) = mermaid_within_limits(&Picture::of(&system));
        assert_eq!(collapsed, expected);
        assert!(drawn.matches("-->").count() <= 500 && drawn.chars().count() <= 50_000);
        assert!(drawn.contains('n'));
    };
    check(DOCUMENTS, None);
    // All of it is one loop.
    check(&tangle(300, 7), Some(Collapse::Loop));
    // Two islands of a line each.
    let chain = |name: &str| {
        let service = |index: usize| {
            let next = index + 1;
            format!(
                "[services.{name}-{index}]\nin = '{name}-{index}'\nout = [{{ case = 'next', queues = ['{name}-{next}'] }}]\n"
            )
        };
        (0..300).map(service).collect::<String>()
    };
    check(&(chain("a") + &chain("b")), Some(Collapse::Component));
    let tagged = |name: &str| chain(name).replace("]\nin", &format!("]\ntags = ['{name}']\nin"));
    check(&(tagged("a") + &tagged("b")), Some(Collapse::Tag));
    let alone = |index: usize| {
        format!(
            "[services.s{index}]\nin = 'q{index}'\nout = [{{ case = 1, queues = ['z{index}'] }}]\n"
        )
    };
    check(
        &(0..600).map(alone).collect::<String>(),
        Some(Collapse::Whole),
    );
}
