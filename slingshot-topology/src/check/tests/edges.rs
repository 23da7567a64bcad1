//! What the rules of the graph say, and of which systems they say nothing.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::{assert_sound, toml};
use crate::{Inputs, SourceFile, check, read_toml, render};

/// What one rule says of a system, whoever asks.
fn of_rule(rule: &str, text: &str) -> String {
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", text));
    let mut findings = check(&Inputs::of(&system));
    findings.retain(|finding| finding.rule.name == rule);
    render::text(&findings, false)
}

/// Two ways out of each service that meet again, as often as asked.
fn ladder(rungs: usize, routes: impl Fn(usize) -> String) -> String {
    let mut text = "[topology]\nsources = [\"s0\"]\nsinks = [\"end\"]\n".to_owned();
    for rung in 0..rungs {
        let next = rung + 1;
        let after = if next == rungs {
            "end".to_owned()
        } else {
            format!("s{next}")
        };
        let routes = routes(rung);
        writeln!(
            text,
            "[services.s{rung}]\nin = \"s{rung}\"\nout = [{routes}]"
        )
        .expect("a string takes it");
        for side in ["a", "b"] {
            writeln!(text, "[services.{side}{rung}]\nin = \"{side}{rung}\"\nout = [{{ case = 1, queues = [\"{after}\"] }}]").expect("a string takes it");
        }
    }
    text
}

#[test]
fn alternatives_are_no_fan_out_however_many_ways_there_are() {
    let either = |rung: usize| {
        format!("{{ case = 1, queues = [\"a{rung}\"] }}, {{ case = 2, queues = [\"b{rung}\"] }}")
    };
    assert_sound(&toml(&ladder(40, either)));
    let both = |rung: usize| format!("{{ case = 1, queues = [\"a{rung}\", \"b{rung}\"] }}");
    assert_sound(&toml(&ladder(9, both)));
    let message = |rungs| {
        let said = of_rule("fanout-explosion", &ladder(rungs, both));
        said.lines().next().unwrap_or_default().to_owned()
    };
    assert_snapshot!(message(10), @"warning[fanout-explosion]: one message to `s0` becomes 1024 messages, most by s0 → a0 → s1 → a1 → s2 → a2 → s3 → a3 → ..");
    assert_snapshot!(message(80), @"warning[fanout-explosion]: one message to `s0` becomes more than a thousand million, most by s0 → a0 → s1 → a1 → s2 → a2 → s3 → a3 → ..");
}

#[test]
fn rounds_in_a_loop_are_no_fan_out() {
    let text = r#"
[topology]
sources = ["fetch"]
[services.fetch]
in = "fetch"
out = [{ case = "page", queues = ["parse", "store"] }]
[services.parse]
in = "parse"
out = [{ case = "link", queues = ["fetch"] }, { case = "text", queues = ["store"] }]
[services.store]
in = "store"
"#;
    assert_snapshot!(of_rule("fanout-explosion", text), @"no findings");
}

#[test]
fn growth_is_that_of_all_ways_round_together() {
    let system = |share: f64| {
        format!(
            r#"
[topology]
sources = ["a"]
[services.a]
in = "a"
out = [
  {{ case = 1, queues = ["b"], share = {share} }},
  {{ case = 2, queues = ["c"], share = {share} }},
  {{ case = 3, queues = [] }},
]
[services.b]
in = "b"
out = [{{ case = 1, queues = ["a"] }}]
[services.c]
in = "c"
out = [{{ case = 1, queues = ["b"] }}]
"#
        )
    };
    let first = |share| {
        let said = of_rule("cycle-amplifying", &system(share));
        said.lines().next().unwrap_or_default().to_owned()
    };
    // Half of the messages each: what comes in goes round for ever, but does not grow.
    assert_snapshot!(first(0.5), @"no findings");
    assert_snapshot!(first(0.6), @"error[cycle-amplifying]: messages become more with each round of the loop with a → b → a");
    assert_snapshot!(first(1.5), @"error[cycle-amplifying]: each message that goes round in a → b → a comes back as 1.50");
}

#[test]
fn readers_of_one_group_share_what_goes_round() {
    let system = |group: &str| {
        format!(
            r#"
[topology]
sources = ["a"]
[services.a]
in = "a"
out = [{{ case = 1, queues = ["b"], share = 1.5 }}, {{ case = 2, queues = [], share = 0.5 }}]
[services.b]
in = "b"
out = [{{ case = 1, queues = ["a"] }}]
{group}
"#
        )
    };
    assert!(of_rule("cycle-amplifying", &system("")).contains("1.50"));
    let with_reader = "group = \"b\"\n[services.b2]\nin = \"b\"\ngroup = \"b\"\nout = []";
    assert_sound(&toml(&system(with_reader)));
}

#[test]
fn without_shares_a_case_that_stays_twice_is_a_remark() {
    let text = r#"
[topology]
sources = ["a"]
[services.a]
in = "a"
out = [{ case = 1, queues = ["b", "c"] }, { case = 2, queues = [] }]
[services.b]
in = "b"
out = [{ case = 1, queues = ["a"] }]
[services.c]
in = "c"
out = [{ case = 1, queues = ["a"] }]
"#;
    assert_sound(&toml(text));
    assert_snapshot!(of_rule("cycle-amplifying", text), @r#"
    info[cycle-amplifying]: messages may become more with each round of the loop with a → b → a
     --> slingshot.toml:6:30
      |
    6 | out = [{ case = 1, queues = ["b", "c"] }, { case = 2, queues = [] }]
      |                              ^^^  --- and here too
      |                              |
      |                              a result of this case stays in the loop here
      |
      = help: say with `share` how many results of each case there are

    1 info
    "#);
}

#[test]
fn a_hop_limit_anywhere_on_each_round_is_enough() {
    let system = |limited: &str| {
        let limit = |name: &str| if name == limited { "hop-limit = 3" } else { "" };
        format!(
            r#"
[services.a]
in = "a"
out = [{{ case = 1, queues = ["b"] }}, {{ case = 2, queues = ["c"] }}]
{}
[services.b]
in = "b"
out = [{{ case = 1, queues = ["a"] }}, {{ case = 2, queues = [] }}]
{}
[services.c]
in = "c"
out = [{{ case = 1, queues = ["a"] }}]
"#,
            limit("a"),
            limit("b"),
        )
    };
    assert_snapshot!(of_rule("cycle-no-hop-limit", &system("a")), @"no findings");
    let said = of_rule("cycle-no-hop-limit", &system("b"));
    assert!(said.contains("a → c → a"), "{said}");
}

#[test]
fn what_passes_is_told_from_what_goes_round_it() {
    let system = |passes: &str| {
        format!(
            r#"
[topology]
sources = ["in"]
[[topology.require]]
from = "tag:entry"
to = "store"
through = "tag:check"
[services.in]
in = "in"
tags = ["entry"]
out = [{{ case = 1, queues = ["left", "right"] }}]
[services.left]
in = "left"
tags = ["check"]
out = [{{ case = 1, queues = ["store"] }}, {{ case = 2, queues = ["in"] }}]
[services.right]
in = "right"
tags = [{passes}]
out = [{{ case = 1, queues = ["store"] }}]
[services.store]
in = "store"
"#
        )
    };
    assert_sound(&toml(&system("\"check\"")));
    let said = of_rule("policy-required-hop", &system(""));
    assert!(
        said.contains("in → right → store does not pass any service with the tag `check`"),
        "{said}"
    );
}

#[test]
fn a_policy_for_nobody_protects_nobody() {
    let text = r#"
[topology]
sources = ["scan"]
external-buckets = ["scan"]
[[topology.deny]]
from = "tag:ingst"
to = "skan"
[services.scan]
in = "scan"
tags = ["ingest"]
buckets = { in = "scans" }
"#;
    let said = of_rule("declared-unknown", text);
    let lines: Vec<_> = said
        .lines()
        .filter(|line| line.contains("error[") || line.contains("help"))
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    error[declared-unknown]: no service uses the bucket `scan`
      = help: did you mean `scans`?
    error[declared-unknown]: no service has the tag `ingst`
      = help: did you mean `ingest`?
    error[declared-unknown]: there is no service `skan`
      = help: did you mean `scan`?
    ");
}

#[test]
fn ways_of_one_length_and_ways_of_strangers_keep_the_order() {
    let text = r#"
[topology]
sources = ["a", "x"]
[services.a]
in = "a"
out = [{ case = 1, queues = ["b"] }, { case = 2, queues = ["c"] }]
[services.b]
in = "b"
out = [{ case = 1, queues = ["end"] }]
[services.c]
in = "c"
out = [{ case = 1, queues = ["end"] }]
[services.x]
in = "x"
out = [{ case = 1, queues = ["end"] }]
[services.end]
in = "end"
ordered = true
"#;
    assert_sound(&toml(text));
    let looping = text.replace(
        "[services.c]",
        "[services.again]\nin = \"again\"\nout = [{ case = 1, queues = [\"b\"] }]\n[services.c]",
    );
    let looping = looping.replacen(
        "out = [{ case = 1, queues = [\"end\"] }]",
        "out = [{ case = 1, queues = [\"end\"] }, { case = 2, queues = [\"again\"] }]",
        1,
    );
    let said = of_rule("order-sensitive-join", &looping);
    assert!(
        said.contains("b → end overtakes b → again → b → end"),
        "{said}"
    );
}

#[test]
fn an_environment_is_crossed_only_where_both_sides_say_theirs() {
    let system = |of_reader: &str| {
        format!(
            "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\nenvironment = \"dev\"\nout = [{{ case = 1, queues = [\"b\"] }}]\n\
             [services.b]\nin = \"b\"\n{of_reader}"
        )
    };
    assert_sound(&toml(&system("")));
    assert_sound(&toml(&system("environment = \"dev\"")));
    assert!(
        of_rule("boundary-crossed", &system("environment = \"prod\"")).contains("runs in prod")
    );
}

#[test]
fn a_join_that_bears_repetition_and_a_group_that_shares_are_no_remarks() {
    let text = r#"
[topology]
sources = ["a"]
[services.a]
in = "a"
out = [{ case = 1, queues = ["b", "c"] }]
[services.b]
in = "b"
group = "workers"
out = [{ case = 1, queues = ["end"] }]
[services.b2]
in = "b"
group = "workers"
out = [{ case = 1, queues = ["end"] }]
[services.c]
in = "c"
out = [{ case = 1, queues = ["end"] }]
[services.end]
in = "end"
idempotent = true
"#;
    assert_sound(&toml(text));
    assert_snapshot!(of_rule("diamond-duplicate", text), @"no findings");
    let strangers = text.replacen("group = \"workers\"", "group = \"others\"", 1);
    assert!(of_rule("inbound-shared", &strangers).contains("`b` and `b2`"));
}
