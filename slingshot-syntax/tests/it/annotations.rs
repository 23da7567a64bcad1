//! `#[microservice(..)]`: every mistake is reported, at the token at fault.

use insta::assert_snapshot;
use proc_macro2::TokenStream;
use slingshot_syntax::Microservice;

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The mistakes, each with the source that it underlines.
fn mistakes(words: &str, item: &str) -> String {
    match Microservice::parse(tokens(words), tokens(item)) {
        Ok(service) => format!("no mistake: {}", service.name()),
        Err(mistakes) => mistakes
            .iter()
            .map(|mistake| {
                let at = mistake.span().source_text().unwrap_or_default();
                format!("{at} <- {mistake}\n")
            })
            .collect::<Vec<_>>()
            .concat(),
    }
}

fn words(words: &str) -> String {
    mistakes(words, "fn process(request: u64) {}")
}

fn item(item: &str) -> String {
    mistakes("name = \"sniff\"", item)
}

#[test]
fn takes_every_word() {
    let every = r#"name = "sniff", sys_map = "http://127.0.0.1:8080", replicas = 4, prefetch = 8,
        timeout = "1h30m", startup = crate::first, transaction = false, reads("in", "more"),
        writes("out"), unrouted = "drop", retry(factor = 3, max = 7), crate = ::slingshot"#;
    assert_snapshot!(words(every), @"no mistake: sniff");
    let service = Microservice::parse(tokens(every), tokens("fn f() {}")).unwrap();
    let words = service.words;
    assert_eq!(words.replicas.unwrap().get(), 4);
    assert_eq!(words.prefetch.unwrap().get(), 8);
    assert_eq!(words.timeout.unwrap().as_secs(), 5400);
    assert_eq!(words.transaction, Some(false));
    let retry = words.retry.unwrap();
    assert_eq!(
        (retry.max, retry.initial.as_secs(), retry.factor),
        (7, 1, 3)
    );
    assert_eq!((words.reads.len(), words.writes.len()), (2, 1));
}

#[test]
fn a_service_without_a_name_has_its_functions() {
    assert_snapshot!(mistakes("", "async fn count_words() {}"), @"no mistake: count-words");
    assert_snapshot!(mistakes("", "fn db() {}"), @r#"db <- `db` is a path of the sys-map itself; give the service another name (`name = ".."`)"#);
}

#[test]
fn reports_unknown_and_repeated_words() {
    assert_snapshot!(words(r#"replica = 4, queue = "x", sys-map = "host", replicas = 1, replicas = 2"#), @r"
    replica <- unknown word `replica`; did you mean `replicas`? the words are `name`, `sys_map`, `replicas`, `prefetch`, `timeout`, `startup`, `transaction`, `reads`, `writes`, `unrouted`, `retry`, `deduplicate`, `crate`
    queue <- unknown word `queue`; the words are `name`, `sys_map`, `replicas`, `prefetch`, `timeout`, `startup`, `transaction`, `reads`, `writes`, `unrouted`, `retry`, `deduplicate`, `crate`
    sys-map <- words are spelled with `_` here: `sys_map`
    replicas <- `replicas` is said twice; keep one
    ");
}

#[test]
fn reports_values_of_the_wrong_kind() {
    assert_snapshot!(words(r#"name = sniff, replicas = "4", timeout = 25, transaction = "no", reads = "in", startup = "first", crate("x")"#), @r#"
    sniff <- expected a string, as in `name = "sniff"`
    "4" <- expected an integer, as in `replicas = 4`
    25 <- expected a duration in a string, as in `timeout = "25m"`
    "no" <- expected a boolean, as in `transaction = false`
    "in" <- expected a list of bucket keys, as in `reads("in")`
    "first" <- expected the path of a function, as in `startup = first_requests`
    ("x") <- expected the path of the crate, as in `crate = ::slingshot`
    "#);
}

#[test]
fn reports_values_out_of_range() {
    assert_snapshot!(words(r#"replicas = 0, prefetch = 70000, timeout = "25", unrouted = "keep", name = "a/b", sys_map = "", reads("in", "in", 3)"#), @r#"
    0 <- `replicas` must lie between 1 and 10000
    70000 <- `prefetch` must lie between 1 and 65535
    "25" <- `25` is not a duration: write a number and a unit (`ms`, `s`, `m`, `h` or `d`), as in "25m"
    "keep" <- expected "dead-letter" or "drop"
    "a/b" <- a service's name is one part of the sys-map's path: write letters, digits, `-`, `_`, `.` and `~` only
    "" <- expected a host, as in `sys_map = "sys-map.example.com"`
    3 <- expected a string, as in `reads("in")`
    "in" <- the key "in" is said twice; keep one
    "#);
}

#[test]
fn a_request_is_remembered_for_a_week_or_as_long_as_it_says() {
    let kept = |words| {
        let service = Microservice::parse(tokens(words), tokens("fn f() {}")).unwrap();
        service.words.deduplicate.map(|keep| keep.as_secs() / 3600)
    };
    assert_eq!(kept(""), None);
    assert_eq!(kept("deduplicate"), Some(7 * 24));
    assert_eq!(kept(r#"deduplicate(keep = "30d")"#), Some(30 * 24));
    assert_eq!(kept(r#"deduplicate(keep = "1d12h")"#), Some(36));
}

#[test]
fn reports_a_retry_that_nothing_can_act_on() {
    assert_snapshot!(words(r#"retry(max = 0, initial = 1, factor = "2", max_delay = "8d")"#), @r#"
    0 <- `max` must lie between 1 and 1000
    1 <- expected a duration in a string, as in `initial = "1s"`
    "2" <- expected an integer, as in `factor = 2`
    "8d" <- `max_delay` must be at most 7d
    "#);
    assert_snapshot!(words(r#"retry(max = 5, max = 6, max-delay = "5m", delay = "1s", attempts = 3, "1s", initial)"#), @r#"
    max <- `max` is said twice; keep one
    max-delay <- words are spelled with `_` here: `max_delay`
    delay <- unknown word `delay`; its words are `max`, `initial`, `factor`, `max_delay`
    attempts <- unknown word `attempts`; its words are `max`, `initial`, `factor`, `max_delay`
    "1s" <- say which word it is, as in `max = 5`
    initial <- expected a duration in a string, as in `initial = "1s"`
    "#);
    assert_snapshot!(words(r#"retry(initial = "10m")"#), @r#""10m" <- `initial` is 10m, which is longer than `max_delay`, 5m where it is not said"#);
    assert_snapshot!(words(r#"retry(max_delay = "500ms")"#), @r#""500ms" <- `initial` is 1s where it is not said, which is longer than `max_delay`, 500ms"#);
    assert_snapshot!(words(r#"retry(max_delay = "1s", initial = "1s500ms")"#), @r#""1s500ms" <- `initial` is 1500ms, which is longer than `max_delay`, 1s"#);
    assert_snapshot!(words("retry"), @r#"retry <- expected a list of its words, as in `retry(max = 5, initial = "1s")`"#);
    assert_snapshot!(words("retry()"), @r#"() <- expected a list of its words, as in `retry(max = 5, initial = "1s")`"#);
    assert_snapshot!(words("retry = 5"), @r#"5 <- expected a list of its words, as in `retry(max = 5, initial = "1s")`"#);
}

#[test]
fn reports_a_deduplication_that_nothing_can_act_on() {
    assert_snapshot!(words(r"deduplicate = true, deduplicate"), @r#"
    true <- expected how long a request is remembered, or nothing, as in `deduplicate(keep = "30d")`
    deduplicate <- `deduplicate` is said twice; keep one
    "#);
    assert_snapshot!(words(r"deduplicate(30)"), @r#"30 <- say which word it is, as in `keep = "30d"`"#);
    assert_snapshot!(words(r"deduplicate()"), @r#"() <- expected how long a request is remembered, or nothing, as in `deduplicate(keep = "30d")`"#);
    assert_snapshot!(words(r#"deduplicate(keep = "4000d")"#), @r#""4000d" <- `keep` must be at most 3650d"#);
    assert_snapshot!(words(r#"deduplicate(for = "30d")"#), @"for <- unknown word `for`; its words are `keep`");
    assert_snapshot!(words(r"deduplicate, transaction = false"), @"deduplicate <- a request is remembered in the function's own transaction: remove `transaction = false`, or `deduplicate`");
    assert_snapshot!(words(r"deduplicate, transaction = true"), @"no mistake: process");
}

#[test]
fn reports_what_is_no_word() {
    assert_snapshot!(words(r#""sniff", 4, replicas =, prefetch 8, startup: first, reads("in") writes("out")"#), @r#"
    "sniff" <- say which word it is, as in `name = "sniff"`
    4 <- say which word it is, as in `name = "sniff"`
    = <- the value is missing after `=`
    8 <- expected `=`, `(..)` or `,` after `prefetch`
    : <- expected `=`, `(..)` or `,` after `startup`
    writes <- expected `,` before the next word
    "#);
}

#[test]
fn reports_what_is_no_service() {
    assert_snapshot!(item("pub struct Sniff;"), @"struct <- `#[microservice]` belongs on a function; move it to the `fn` that takes the requests");
    assert_snapshot!(item("fn f(&self, id: u64) {}"), @"self <- a service is a free function: move it out of the `impl` and remove `self`");
    assert_snapshot!(item("unsafe extern \"C\" fn f<'a, T, const N: usize>(id: u64) {}"), @r#"
    unsafe <- the runtime calls a service, so it must be safe: move `unsafe` into the body
    extern "C" <- a service is a Rust function: remove the ABI
    T <- a service is one function, not a family: put a type in place of `T`
    const N: usize <- a service is one function, not a family: put a type in place of `N`
    "#);
}

#[test]
fn reports_arguments() {
    assert_snapshot!(item("fn f(a: i64, b: String, c: ReadFileFn, d: &mut WriteFileFn, e: &diesel::PgConnection) {}"), @r"
    i64 <- a request is a `u64`; take it as that and convert it in the body
    String <- a service cannot take `String`: it takes `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` (`&mut AsyncPgConnection` in an `async` function), `&Delivery`, `&Bus` and `&SharedState`, spelled like this
    ReadFileFn <- take this argument as `&ReadFileFn`
    &mut WriteFileFn <- take this argument as `&WriteFileFn`
    &diesel::PgConnection <- take this argument as `&mut PgConnection`
    ");
    assert_snapshot!(item("fn f(a: u64, b: u64, c: impl Read, d: &SharedState) {}"), @r"
    u64 <- arguments are told apart by their type: keep one `u64`
    impl Read <- a service takes `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` (`&mut AsyncPgConnection` in an `async` function), `&Delivery`, `&Bus` and `&SharedState`, spelled like this
    ");
    assert_snapshot!(item("async fn f(c: &mut PgConnection) {}"), @"&mut PgConnection <- `&mut PgConnection` blocks its thread: take `&mut AsyncPgConnection`, or remove `async`, so that the function has a thread of its own");
    assert_snapshot!(item("async fn f(c: &mut diesel_async::AsyncPgConnection) {}"), @"no mistake: sniff");
    assert_snapshot!(item("fn f(c: &mut AsyncPgConnection) {}"), @"&mut AsyncPgConnection <- `&mut AsyncPgConnection` has to be waited for: make the function `async`, or take `&mut PgConnection`");
    assert_snapshot!(item("async fn f(c: &AsyncPgConnection, d: &mut AsyncPgConnection, e: &mut AsyncPgConnection) {}"), @r"
    &AsyncPgConnection <- take this argument as `&mut AsyncPgConnection`
    &mut AsyncPgConnection <- arguments are told apart by their type: keep one `&mut AsyncPgConnection`
    ");
}

#[test]
fn takes_lifetimes_paths_and_aliases_of_results() {
    assert_snapshot!(item("fn f<'a>(_: core::primitive::u64, read: &'a slingshot::ReadFileFn) -> Outputs<'a> {}"), @"no mistake: sniff");
}

#[test]
fn reports_return_types() {
    for (output, expected) in [
        ("()", true),
        ("(u64, bool)", true),
        ("Result<Option<(u64, Kind)>, AnyError>", true),
        ("impl IntoIterator<Item = (u64, Kind)> + 'static", true),
        ("Result<impl Iterator<Item = (u64, Kind)>, E>", true),
        ("Box<dyn Iterator<Item = (u64, Kind)>>", true),
        ("!", false),
        ("u64", false),
        ("Vec<u64>", false),
        ("Result<(u64, Kind, bool), E>", false),
        ("impl Display", false),
        ("Option<impl Iterator<Item = (u64, Kind)>>", false),
        ("&'static [(u64, Kind)]", false),
    ] {
        let said = item(&format!("fn f() -> {output} {{}}"));
        assert_eq!(said.starts_with("no mistake"), expected, "{output}: {said}");
        assert!(said.lines().count() == 1, "{output}: {said}");
    }
    assert_snapshot!(item("fn f() -> Result<Vec<u64>, E> {}"), @"Result<Vec<u64>, E> <- an id goes out together with its case: return `()`, `(u64, C)`, `Option<(u64, C)>`, `Vec<(u64, C)>` or `impl IntoIterator<Item = (u64, C)>`, bare or in a `Result`");
}

#[test]
fn reports_the_words_and_the_function_together() {
    assert_snapshot!(mistakes("replicas = 0", "fn f(id: u32) -> bool {}"), @r"
    0 <- `replicas` must lie between 1 and 10000
    u32 <- a request is a `u64`; take it as that and convert it in the body
    bool <- an id goes out together with its case: return `()`, `(u64, C)`, `Option<(u64, C)>`, `Vec<(u64, C)>` or `impl IntoIterator<Item = (u64, C)>`, bare or in a `Result`
    ");
}
