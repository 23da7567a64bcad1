//! Expressions and what they mean.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::Selection;
use crate::{SourceFile, System, read_toml};

/// ```text
/// sniff ─► words ─► review ─► report
///   │                ▲  ▼
///   └──► thumbnail   fix          audit, alone
/// ```
const SYSTEM: &str = r#"
[topology]
sources = ["sniff", "audits"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
tags = ["ingest", "fast"]
buckets = { in = "raw" }
out = [{ case = "text", queues = ["words"] }, { case = "image", queues = ["thumbnail"] }]
[services.words]
in = "words"
tags = ["fast"]
out = [{ case = "counted", queues = ["reviews"] }]
[services.thumbnail]
in = "thumbnail"
buckets = { in = "raw", out = "thumbs" }
out = [{ case = "drawn", queues = ["archive"] }]
[services.review]
in = "reviews"
out = [{ case = "good", queues = ["report"] }, { case = "bad", queues = ["fixes"] }]
[services.fix]
in = "fixes"
out = [{ case = "again", queues = ["reviews"] }]
[services.report]
in = "report"
out = [{ case = "written", queues = ["archive"] }]
[services.audit]
in = "audits"
out = []
"#;

fn system() -> System {
    let (system, diagnostics) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    system
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// The names that are selected, or what is wrong with the expression.
fn selected(system: &System, select: &[&str], exclude: &[&str]) -> String {
    match Selection::of(system, &texts(select), &texts(exclude)) {
        Ok(selection) => {
            let services = selection.services().iter();
            let names: Vec<_> = services.map(|service| &*service.name.value).collect();
            names.join(" ")
        }
        Err(error) => match error.help() {
            Some(help) => format!("{error}\nhelp: {help}"),
            None => error.to_string(),
        },
    }
}

#[test]
fn each_expression_means_these_services() {
    let system = system();
    let mut all = Vec::new();
    for (select, exclude) in [
        (&[][..], &[][..]),
        (&["words"], &[]),
        (&["words report"], &[]),
        (&["report", "words"], &[]),
        (&["  words\treport "], &[]),
        (&["*"], &["tag:fast"]),
        (&["*r*"], &[]),
        (&["?i?"], &[]),
        (&["tag:fast"], &[]),
        (&["tag:fast,tag:ingest"], &[]),
        (&["tag:f*"], &["words"]),
        (&["queue:archive"], &[]),
        (&["queue:reviews"], &[]),
        (&["bucket:raw"], &[]),
        (&["bucket:thumbs raw-is-no-service*"], &[]),
        (&["component:fix"], &[]),
        (&["component:audit"], &[]),
        (&["+words"], &[]),
        (&["words+"], &[]),
        (&["1+review"], &[]),
        (&["2+report"], &[]),
        (&["sniff+1"], &[]),
        (&["1+review+1"], &[]),
        (&["+review+"], &[]),
        (&["0+review+0"], &[]),
        (&["99999999999999999999999+report"], &[]),
        (&["@words"], &[]),
        (&["@thumbnail"], &[]),
        (&["+report,sniff+"], &[]),
        (&["service:review"], &[]),
        (&["+tag:fast+1"], &[]),
        (&["sniff+"], &["+review", "thumbnail"]),
        (&["nothing*"], &[]),
        (&["words,thumbnail"], &[]),
    ] {
        let shown = selected(&system, select, exclude);
        all.push(format!("{select:?} without {exclude:?}: {shown}"));
    }
    assert_snapshot!(all.join("\n"));
}

#[test]
fn a_mistake_is_shown_at_its_place() {
    let system = system();
    let mut all = String::new();
    for expression in [
        "words +wrods+",
        "tag:fats",
        "tags:fast",
        "2+queue:archives+1",
        "bucket:photos",
        "component:sniffs",
        "words,",
        ",words",
        "words,,report",
        "+",
        "+,words",
        "words @",
        "tag:",
        "@words+",
        "@2+words",
        "",
        "  ",
        "a:b",
        "été:\u{7}x",
    ] {
        all += &selected(&system, &[expression], &[]);
        all += "\n\n";
    }
    all += &selected(&system, &[], &["typo"]);
    assert_snapshot!(all);
}

/// A wide space is more than a byte.
#[test]
fn a_comma_at_fault_is_the_comma() {
    let system = system();
    for (expression, byte) in [
        ("\u{3000},words", 3),
        (",", 0),
        ("words,", 5),
        ("words,,fix", 5),
        ("words ,fix", 6),
    ] {
        let refused = Selection::of(&system, &texts(&[expression]), &[]);
        assert_eq!(refused.unwrap_err().range, byte..byte + 1, "{expression}");
    }
}

#[test]
fn an_unknown_name_is_a_mistake_even_beside_one_that_is_known() {
    let system = system();
    assert!(Selection::of(&system, &texts(&["words typo"]), &[]).is_err());
    assert!(Selection::of(&system, &texts(&["typo*"]), &[]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written is understood or refused at a place that lies inside it.
    #[test]
    fn any_text_is_understood_or_refused_inside_it(
        expression in "([@+*?,: a-z0-9]|words|tag:|fast|é|\n){0,16}|\\PC{0,24}",
        exclude in "[@+*?,: a-z0-9]{0,9}",
    ) {
        let system = system();
        for result in [
            Selection::of(&system, std::slice::from_ref(&expression), &[]),
            Selection::of(&system, &[], &[exclude]),
        ] {
            if let Err(error) = result {
                let inside = error.expression.get(error.range.clone());
                prop_assert!(inside.is_some(), "{:?}", error);
                prop_assert!(error.to_string().contains('^'));
            }
        }
    }

    /// The operators only ever add, a comma only ever takes away.
    #[test]
    fn operators_add_and_commas_take_away(
        name in "(words|sniff|review|fix|audit|tag:fast|queue:archive|\\*)",
        other in "(words|sniff|review|tag:ingest|bucket:raw)",
        up in "[0-3]?", down in "[0-3]?",
    ) {
        let system = system();
        let names = |expression: String| -> Vec<String> {
            let selection = Selection::of(&system, &[expression], &[]).expect("it is right");
            selection.services().iter().map(|service| service.name.value.to_string()).collect()
        };
        let alone = names(name.clone());
        for more in [
            format!("{up}+{name}"), format!("{name}+{down}"), format!("@{name}"),
            format!("{up}+{name}+{down}"), format!("{name} {other}"),
        ] {
            let more = names(more);
            prop_assert!(alone.iter().all(|name| more.contains(name)));
        }
        let both = names(format!("{name},{other}"));
        prop_assert!(both.iter().all(|name| alone.contains(name)));
    }
}
