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
        writes("out"), unrouted = "drop", crate = ::slingshot"#;
    assert_snapshot!(words(every), @"no mistake: sniff");
    let service = Microservice::parse(tokens(every), tokens("fn f() {}")).unwrap();
    let words = service.words;
    assert_eq!(words.replicas.unwrap().get(), 4);
    assert_eq!(words.prefetch.unwrap().get(), 8);
    assert_eq!(words.timeout.unwrap().as_secs(), 5400);
    assert_eq!(words.transaction, Some(false));
    assert_eq!((words.reads.len(), words.writes.len()), (2, 1));
}

#[test]
fn a_service_without_a_name_has_its_functions() {
    assert_snapshot!(mistakes("", "async fn count_words() {}"), @"no mistake: count-words");
    assert_snapshot!(mistakes("", "fn db() {}"), @r#"db <- `db` is a path of the sys-map itself; give the service another name (`name = ".."`)"#);
}

#[test]
fn reports_unknown_and_repeated_words() {
    assert_snapshot!(words(r#"replica = 4, queue = "x", sys-map = "host", retry(max = 5), replicas = 1, replicas = 2"#), @r"
    replica <- unknown word `replica`; did you mean `replicas`? the words are `name`, `sys_map`, `replicas`, `prefetch`, `timeout`, `startup`, `transaction`, `reads`, `writes`, `unrouted`, `crate`
    queue <- unknown word `queue`; the words are `name`, `sys_map`, `replicas`, `prefetch`, `timeout`, `startup`, `transaction`, `reads`, `writes`, `unrouted`, `crate`
    sys-map <- words are spelled with `_` here: `sys_map`
    retry <- `retry` comes with a later version of Slingshot; until then a failed request goes to `<queue>.dlq` at once
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
fn reports_what_is_no_word() {
    assert_snapshot!(words(r#""sniff", 4, replicas =, prefetch 8, startup: first, reads("in") writes("out")"#), @r#"
    "sniff" <- say which word it is: `name = "sniff"`
    4 <- expected a word, such as `name = ".."`
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
    String <- a service cannot take `String`: it takes `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` and `&Delivery`, spelled like this
    ReadFileFn <- take this argument as `&ReadFileFn`
    &mut WriteFileFn <- take this argument as `&WriteFileFn`
    &diesel::PgConnection <- take this argument as `&mut PgConnection`
    ");
    assert_snapshot!(item("fn f(a: u64, b: u64, c: impl Read, d: &SharedState) {}"), @r"
    u64 <- arguments are told apart by their type: keep one `u64`
    impl Read <- a service takes `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` and `&Delivery`, spelled like this
    &SharedState <- `&SharedState` comes with a later version of Slingshot; a service takes `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` and `&Delivery`
    ");
    assert_snapshot!(item("async fn f(c: &mut PgConnection) {}"), @"&mut PgConnection <- `&mut PgConnection` blocks its thread: remove `async`, so that the function has a thread of its own");
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
