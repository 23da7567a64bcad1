//! Drawings as a terminal shows them.

use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr as _;

use super::ascii;
use crate::{
    SourceFile,
    graph::{Collapse, Picture},
    read_toml,
};

fn drawn(text: &str, width: usize, change: impl Fn(&mut Picture<'_>)) -> String {
    let (system, _) = read_toml(&SourceFile::new("slingshot.toml", text));
    let mut picture = Picture::of(&system);
    change(&mut picture);
    let (drawn, fit) = ascii(&picture, width);
    format!("{fit:?}\n{drawn}")
}

/// ```text
/// each line:  service reads: case>queue,queue case>
/// ```
fn map(ends: &str, lines: &[&str]) -> String {
    let route = |route: &str| {
        let (case, queues) = route.split_once('>').expect("an arrow");
        let queues = queues.split(',').filter(|queue| !queue.is_empty());
        let queues: Vec<_> = queues.collect();
        format!("{{ case = '{case}', queues = {queues:?} }}")
    };
    let service = |line: &&str| {
        let (head, routes) = line.split_once(':').expect("a colon");
        let (name, queue) = head.split_once(' ').unwrap_or((head, head));
        let routes: Vec<_> = routes.split_whitespace().map(route).collect();
        let routes = routes.join(", ");
        format!("[services.'{name}']\nin = '{queue}'\nout = [{routes}]\n")
    };
    let services: Vec<_> = lines.iter().map(service).collect();
    format!("[topology]\n{ends}\n{}", services.concat())
}

fn documents() -> String {
    map(
        "sources = ['sniff']\nsinks = ['shelf']",
        &[
            "sniff: text>words,sample image>thumbnail,sample zip>unpack empty>report other>archive,report",
            "words: counted>report unknown-language>archive",
            "thumbnail: drawn>report damaged>archive,report",
            "unpack: text>words image>thumbnail zip>report other>archive",
            "sample: true>archive false>",
            "archive: kept>shelf",
            "report: written>",
        ],
    )
}

fn review() -> String {
    map(
        "sources = ['drafts']\nsinks = ['archive']",
        &[
            "intake drafts: new>reviews again>drafts",
            "review reviews: good>publish bad>fix",
            "fix: fixed>reviews hopeless>lost restart>drafts",
            "publish: done>archive failed>fix",
        ],
    )
}

#[test]
fn branches_meet_and_cross() {
    assert_snapshot!(drawn(&documents(), 160, |_| {}));
}

#[test]
fn loops_lead_back_below_everything() {
    assert_snapshot!(drawn(&review(), 160, |_| {}));
}

#[test]
fn what_is_pointed_out_stands_out() {
    let highlighted = drawn(&review(), 160, |picture| {
        assert!(
            picture
                .highlight_path("review", "archive")
                .expect("both are there")
        );
    });
    assert_snapshot!(highlighted);
}

#[test]
fn a_group_is_one_box() {
    assert_snapshot!(drawn(&review(), 160, |picture| picture.collapse(Collapse::Loop)));
}

#[test]
fn a_source_with_two_readers_feeds_both() {
    let text = map("sources = ['in']\nsinks = []", &["a in: x>", "b in: x>"]);
    assert_snapshot!(drawn(&text, 160, |_| {}));
}

#[test]
fn what_is_too_wide_is_listed_and_says_so() {
    assert_snapshot!(drawn(&review(), 60, |_| {}));
}

#[test]
fn what_is_too_much_is_listed_too() {
    let lines: Vec<_> = (0..200)
        .map(|index| format!("s{index}: next>s{}", index + 1))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let text = drawn(&map("sources = ['s0']", &lines), 9999, |_| {});
    assert!(
        text.starts_with("TooMany(202)\n( s0 )\n└─▶ s0\ns0\n└─ next ─▶ s1\n"),
        "{text}"
    );
}

#[test]
fn nothing_is_nothing() {
    assert_snapshot!(drawn("", 80, |_| {}), @"Drawn");
}

/// Wide characters, and those that would move the cursor.
#[test]
fn every_line_of_a_box_ends_in_the_same_column() {
    let text = map(
        "sources = ['輸入']\nsinks = ['\u{200b}out']",
        &["翻訳 輸入: 成功>\u{200b}out e\u{301}chec> \u{7}bell>"],
    );
    let text = drawn(&text, 160, |_| {});
    let ends: Vec<_> = text
        .lines()
        .filter_map(|line| line.rfind(['┐', '┘', '│', '├']).map(|at| (line, at)))
        .filter_map(|(line, at)| Some(line.get(..at)?.width()))
        .collect();
    assert!(
        ends.len() > 4 && ends.iter().all(|end| *end == ends[0]),
        "{text}"
    );
}
