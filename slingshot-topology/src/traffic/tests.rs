//! Small networks whose traffic is known.

use super::Traffic;
use crate::{SourceFile, read_toml, wiring::Wiring};

/// `service rate` for each service of a system, fed by its `[rates]`.
fn rates(text: &str) -> String {
    let (system, read) = read_toml(&SourceFile::new("slingshot.toml", text));
    assert!(read.is_empty(), "{read:?}");
    let wiring = Wiring::of(&system);
    let outside = system.rates.iter().map(|rate| {
        let queue = wiring.queue_index(&rate.queue.value).unwrap();
        (queue, rate.per_second)
    });
    let traffic = Traffic::of(&wiring, &outside.collect::<Vec<_>>());
    let lines = system.services.iter().enumerate().map(|(index, service)| {
        let name = &service.name.value;
        format!("{name} {:.6}", traffic.service(index))
    });
    lines.collect::<Vec<_>>().join(", ")
}

#[test]
fn results_are_dealt_out_by_shares_and_evenly_without() {
    let text = r#"
[rates]
a = "8/s"
[services.a]
in = "a"
out = [{ case = 1, queues = ["b", "c"] }, { case = 2, queues = ["c"] }]
[services.b]
in = "b"
out = [{ case = "each", queues = ["c"], share = 10 }, { case = "rest", queues = ["b2"] }]
[services.b2]
in = "b2"
[services.c]
in = "c"
[services.c2]
in = "c"
"#;
    assert_eq!(
        rates(text),
        "a 8.000000, b 4.000000, b2 0.000000, c 24.000000, c2 24.000000"
    );
}

#[test]
fn a_loop_is_gone_round_as_often_as_its_share_says() {
    let text = r#"
[rates]
review = "10/s"
[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"], share = 0.2 }, { case = "right", queues = ["done"] }]
[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
[services.done]
in = "done"
"#;
    assert_eq!(
        rates(text),
        "review 12.500000, fix 2.500000, done 10.000000"
    );
}

#[test]
fn a_loop_that_gives_what_it_gets_or_more_grows_without_end() {
    for share in ["1", "3"] {
        let text = format!(
            r#"
[rates]
a = "1/s"
[services.a]
in = "a"
out = [{{ case = 1, queues = ["a"], share = {share} }}, {{ case = 2, queues = ["b"], share = 1 }}]
[services.b]
in = "b"
out = [{{ case = 1, queues = ["c"], share = 0 }}]
[services.c]
in = "c"
"#
        );
        assert_eq!(rates(&text), "a inf, b inf, c 0.000000");
    }
}

#[test]
fn a_loop_too_large_for_equations_comes_to_the_same() {
    use std::fmt::Write as _;
    let ring = |size: usize| {
        let mut text = String::from("[rates]\nq0 = \"1/s\"\n");
        for place in 0..size {
            let next = (place + 1) % size;
            let share = if next == 0 { 0.5 } else { 1.0 };
            write!(
                    text,
                    "[services.s{place}]\nin = \"q{place}\"\nout = [{{ case = 1, queues = [\"q{next}\"], share = {share} }}]\n"
                )
                .unwrap();
        }
        rates(&text)
    };
    assert!(ring(10).starts_with("s0 2.000000, s1 2.000000"));
    assert!(ring(200).starts_with("s0 2.000000, s1 2.000000"));
}
