//! `#[handler(..)]` and the functions of files: every mistake is reported, at the token at fault.

use insta::assert_snapshot;
use proc_macro2::TokenStream;
use slingshot_syntax::{Handler, HandlerKind};

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The mistakes, each with the source that it underlines.
fn read(kind: HandlerKind, words: &str, item: &str) -> String {
    match Handler::parse(kind, tokens(words), tokens(item)) {
        Ok(handler) => format!("no mistake: {}", handler.name()),
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
    read(HandlerKind::Request, words, "fn greet(name: String) {}")
}

fn item(item: &str) -> String {
    read(HandlerKind::Request, "", item)
}

#[test]
fn takes_every_word() {
    let every =
        r#"name = "my-handler", replicas = 5, timeout = "30s", queue = 1000, crate = ::slingshot"#;
    let handler = Handler::parse(
        HandlerKind::Request,
        tokens(every),
        tokens("async fn f() {}"),
    );
    let handler = handler.expect("no mistake");
    assert_eq!(handler.name(), "my-handler");
    let words = handler.words;
    assert_eq!(words.replicas.map(std::num::NonZeroU32::get), Some(5));
    assert_eq!(words.timeout.map(|timeout| timeout.as_secs()), Some(30));
    assert_eq!(words.queue, Some(1000));
    assert!(words.facade.is_some() && handler.function.is_async);
}

#[test]
fn a_handler_without_a_name_has_its_functions() {
    assert_snapshot!(item("async fn my_handler() {}"), @"no mistake: my_handler");
    assert_snapshot!(item("fn r#match() {}"), @"no mistake: match");
    assert_snapshot!(item("fn livez() {}"), @r#"livez <- `/livez` is a path of the server itself; give the handler another name (`name = ".."`)"#);
    assert_snapshot!(item("fn grüße() {}"), @r#"grüße <- a handler's name is one part of its URL: write 1 to 64 letters, digits, `-` and `_` (`name = ".."`)"#);
}

#[test]
fn takes_every_argument_in_any_order() {
    for data in [
        "String",
        "&str",
        "Json<Order>",
        "slingshot::Bytes",
        "Payload",
    ] {
        let said = item(&format!(
            "fn f<'a>(head: &'a RequestHead, bus: &Bus, data: {data}, state: &SharedState, \
             queues: &slingshot::Queues, source: Source) -> Result<Json<Vec<u8>>, AnyError> {{}}"
        ));
        assert_eq!(said, "no mistake: f");
    }
    assert_snapshot!(item("async fn f(Json(order): Json<Order>) -> impl IntoReply {}"), @"no mistake: f");
}

#[test]
fn reports_words() {
    assert_snapshot!(words(r#"name = "a/b", replicas = 0, queue = 1000001, timeout = 30"#), @r#"
    "a/b" <- a handler's name is one part of its URL: write 1 to 64 letters, digits, `-` and `_`
    0 <- `replicas` must lie between 1 and 10000
    1000001 <- `queue` must lie between 0 and 1000000
    30 <- expected a duration in a string, as in `timeout = "30s"`
    "#);
    assert_snapshot!(words(r#"name = "metrics", queue = -1, prefetch = 3, replica = 2"#), @r#"
    "metrics" <- `/metrics` is a path of the server itself; give the handler another name
    -1 <- `queue` must lie between 0 and 1000000
    prefetch <- unknown word `prefetch`; the words are `name`, `replicas`, `timeout`, `queue`, `crate`
    replica <- unknown word `replica`; did you mean `replicas`? the words are `name`, `replicas`, `timeout`, `queue`, `crate`
    "#);
    assert_snapshot!(words(r#"name = "", queue = "10", queue = 5, "greet""#), @r#"
    "" <- a handler's name is one part of its URL: write 1 to 64 letters, digits, `-` and `_`
    "10" <- expected an integer, as in `queue = 1000`
    queue <- `queue` is said twice; keep one
    "greet" <- say which word it is, as in `name = "greet"`
    "#);
}

#[test]
fn reports_arguments() {
    assert_snapshot!(item("fn f(a: u64, b: Bus, c: &mut SharedState, d: &Json<Order>, e: Upload, f: &[u8]) {}"), @r"
    u64 <- a handler cannot take `u64`: it takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    Bus <- take this argument as `&Bus`
    &mut SharedState <- take this argument as `&SharedState`
    &Json<Order> <- take this argument as `Json<T>`
    Upload <- a handler cannot take `Upload`: it takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    &[u8] <- a handler takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    ");
    assert_snapshot!(item("fn f(a: String, b: Bytes, c: String, d: Json<A>, e: &Bus, f: &Bus) {}"), @r"
    Bytes <- a request brings its data once, and `String` takes it: keep that or `Bytes`
    String <- arguments are told apart by their type: keep one `String`
    Json<A> <- a request brings its data once, and `String` takes it: keep that or `Json<T>`
    &Bus <- arguments are told apart by their type: keep one `&Bus`
    ");
    assert_snapshot!(item("fn f(a: str, b: &String, c: impl Read) {}"), @r"
    str <- take this argument as `&str`
    &String <- take this argument as `String`
    impl Read <- a handler takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    ");
}

#[test]
fn reports_what_is_no_handler() {
    assert_snapshot!(item("struct Greet;"), @"struct <- `#[handler]` belongs on a function; move it to the `fn` that answers the requests");
    assert_snapshot!(item("unsafe fn f<T>(&self, a: T) {}"), @r"
    unsafe <- the runtime calls a handler, so it must be safe: move `unsafe` into the body
    T <- a handler is one function, not a family: put a type in place of `T`
    self <- a handler is a free function: move it out of the `impl` and remove `self`
    T <- a handler cannot take `T`: it takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    ");
}

#[test]
fn functions_of_files_wait_and_take_their_file() {
    let [_, upload, download, metadata] = HandlerKind::ALL;
    assert_snapshot!(read(upload, "replicas = 2, timeout = \"1h\"", "async fn keep(bus: &Bus, file: Upload) {}"), @"no mistake: keep");
    assert_snapshot!(read(download, "", "async fn give(id: FileId, head: &RequestHead) {}"), @"no mistake: give");
    assert_snapshot!(read(metadata, "crate = slingshot", "async fn tell(source: Source, id: FileId) {}"), @"no mistake: tell");
    assert_snapshot!(read(upload, "name = \"x\"", "fn keep(file: &Upload) {}"), @r"
    name <- unknown word `name`; the words are `replicas`, `timeout`, `crate`
    fn <- an upload function waits for the network: write `async fn`
    &Upload <- take this argument as `Upload`
    ");
    assert_snapshot!(read(download, "queue = 5", "async fn give(id: String, upload: Upload) {}"), @r"
    queue <- unknown word `queue`; the words are `replicas`, `timeout`, `crate`
    String <- a download function cannot take `String`: it takes `FileId`, `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    Upload <- a download function cannot take `Upload`: it takes `FileId`, `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
    ");
    assert_snapshot!(read(metadata, "", "async fn tell(id: FileId, other: FileId) {}"), @"FileId <- arguments are told apart by their type: keep one `FileId`");
    assert_snapshot!(read(metadata, "", "const X: u8 = 1;"), @"const <- `#[metadata]` belongs on a function; move it to the `fn` that answers the requests");
}
