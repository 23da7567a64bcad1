//! Everything that a service may be: its registration says so, and its function stays callable.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the shape of a return type is what is tested"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use insta::assert_snapshot;
use slingshot_microservice::{__private::Registration, prelude::*};

/// All arguments, in an order of their own.
#[microservice(
    name = "everything",
    sys_map = "sys-map.example.com",
    replicas = 4,
    prefetch = 9,
    timeout = "1m500ms",
    startup = first,
    transaction = false,
    reads("in", "more"),
    writes("out"),
    unrouted = "drop",
    retry(max = 8, max_delay = "1h")
)]
fn everything<'a>(
    delivery: &Delivery,
    connection: &'a mut PgConnection,
    write_file: &WriteFileFn,
    mut request: u64,
    read_file: &'a ReadFileFn,
) -> Result<impl Iterator<Item = (u64, Kind)> + use<'a>, AnyError> {
    request += u64::from(delivery.redelivered());
    drop(write_file("out", request)?);
    let _ = connection;
    Ok(std::iter::once((request, Kind::Text)).filter(move |_| read_file("in", request).is_ok()))
}

fn first(read_file: &ReadFileFn) -> Option<(u64, Kind)> {
    read_file("in", 0).ok().map(|_| (0, Kind::PlainText))
}

#[derive(Case, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Text,
    PlainText,
    #[case("picture")]
    Image,
}

#[derive(Case)]
enum Level {
    #[case(-1)]
    Low,
    #[case(18446744073709551615)]
    High,
}

#[derive(Case)]
enum Answer {
    #[case(true)]
    Yes,
    #[case(false)]
    No,
}

type Answers = Result<Vec<(u64, Answer)>, std::io::Error>;

/// Each service twice: on a thread of its own, and `async`.
macro_rules! services {
    ($($name:ident($($argument:ty),*) -> $output:ty $body:block)*) => {
        mod on_threads {
            use super::*;
            $(
                #[microservice]
                pub(super) fn $name($(_: $argument),*) -> $output $body
            )*
        }
        mod waiting {
            use super::*;
            $(
                #[microservice]
                pub(super) async fn $name($(_: $argument),*) -> $output $body
            )*
        }
    };
}

services! {
    nothing() -> () {}
    pair(u64) -> (u64, bool) { (7, true) }
    optional(&ReadFileFn) -> Option<(u64, Kind)> { None }
    vector(&WriteFileFn) -> Vec<(u64, String)> { Vec::new() }
    array(&Delivery) -> [(u64, &'static str); 1] { [(7, "text")] }
    set(u64, &ReadFileFn) -> BTreeSet<(u64, Kind)> { BTreeSet::new() }
    map(&WriteFileFn, u64) -> BTreeMap<u64, i64> { BTreeMap::new() }
    hash_map(&Delivery, u64) -> HashMap<u64, Level> { HashMap::from([(1, Level::Low), (2, Level::High)]) }
    boxed(&ReadFileFn, &WriteFileFn) -> Box<dyn Iterator<Item = (u64, Kind)> + Send> { Box::new(std::iter::empty()) }
    iterator(&WriteFileFn, &ReadFileFn) -> impl Iterator<Item = (u64, Answer)> { std::iter::empty() }
    sequence(&Delivery, &ReadFileFn) -> impl IntoIterator<Item = (u64, u8)> { [(7, 1)] }
    fallible_nothing(&WriteFileFn, &Delivery) -> Result<(), AnyError> { Ok(()) }
    fallible_pair(u64, &ReadFileFn, &WriteFileFn) -> Result<(u64, Kind), std::fmt::Error> { Ok((7, Kind::Image)) }
    fallible_iterator(&WriteFileFn, u64, &ReadFileFn) -> Result<impl Iterator<Item = (u64, Kind)>, AnyError> { Ok(std::iter::empty()) }
    text_as_error(&Delivery, &WriteFileFn, u64) -> Result<Option<(u64, bool)>, &'static str> { Err("no") }
    alias(&ReadFileFn, &Delivery, u64, &WriteFileFn) -> Answers { Ok(vec![(1, Answer::Yes), (2, Answer::No)]) }
}

#[expect(clippy::unused_async, reason = "the signature is what is tried")]
async fn first_of_all(
    read_file: &ReadFileFn,
    connection: &mut AsyncPgConnection,
) -> Result<Vec<(u64, bool)>, AnyError> {
    let _ = connection;
    read_file("in", 0).map(|_| vec![(0, true)])
}

/// An ordinary function after an `async` one.
#[microservice(startup = first_of_all)]
fn started_by_waiting() {}

/// And the other way round.
#[microservice(startup = first, deduplicate(keep = "2d"))]
#[expect(clippy::unused_async, reason = "the signature is what is tried")]
async fn started_on_a_thread(_: &mut AsyncPgConnection) {}

#[microservice]
fn connection_alone(_: &mut PgConnection) {}

#[microservice]
fn connection_first(_: &mut PgConnection, _: &ReadFileFn, _: u64) {}

#[microservice]
fn connection_last(_: u64, _: &WriteFileFn, _: &mut PgConnection) {}

/// What the binary knows of its services, one per line.
fn registered(pick: impl Fn(&Registration) -> bool) -> String {
    let mut lines: Vec<String> = inventory::iter::<Registration>()
        .filter(|service| service.source.file.ends_with("services.rs") && pick(service))
        .map(|service| {
            let cases = match (service.cases)() {
                None => "any".to_owned(),
                Some([]) => "none".to_owned(),
                Some(cases) => cases
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            let call = if is_async(service) { "async " } else { "" };
            let needs = service.needs;
            format!(
                "{call}{}: {}{}{}-> {cases}\n",
                service.name,
                if needs.message { "message " } else { "" },
                if needs.objects { "objects " } else { "" },
                if needs.database { "database " } else { "" },
            )
        })
        .collect();
    lines.sort();
    lines.concat()
}

fn is_async(service: &Registration) -> bool {
    matches!(
        service.call,
        slingshot_microservice::__private::Call::Async(_)
    )
}

#[test]
fn arguments_and_return_types_make_the_registration() {
    assert_snapshot!(registered(|service| !is_async(service)), @r#"
    alias: message objects -> true false
    array: message -> any
    boxed: objects -> "text" "plain-text" "picture"
    connection-alone: database -> none
    connection-first: message objects database -> none
    connection-last: message objects database -> none
    everything: message objects database -> "text" "plain-text" "picture"
    fallible-iterator: message objects -> "text" "plain-text" "picture"
    fallible-nothing: message objects -> none
    fallible-pair: message objects -> "text" "plain-text" "picture"
    hash-map: message -> -1 18446744073709551615
    iterator: objects -> true false
    map: message objects -> any
    nothing: -> none
    optional: objects -> "text" "plain-text" "picture"
    pair: message -> false true
    sequence: message objects -> any
    set: message objects -> "text" "plain-text" "picture"
    started-by-waiting: -> none
    text-as-error: message objects -> false true
    vector: objects -> any
    "#);
}

#[test]
fn async_functions_register_alike() {
    let both = |name: &str| {
        let one_of_a_kind = ["everything", "connection", "started"];
        !one_of_a_kind.iter().any(|kind| name.starts_with(kind))
    };
    let alike = registered(|service| is_async(service) && both(service.name));
    let alike = alike.replace("async ", "");
    let on_threads = registered(|service| !is_async(service) && both(service.name));
    assert_eq!(alike, on_threads);
}

#[test]
fn words_reach_the_registration() {
    let everything = inventory::iter::<Registration>()
        .find(|service| service.name == "everything")
        .expect("it is registered");
    let Registration {
        sys_map,
        settings,
        reads,
        writes,
        startup,
        source,
        ..
    } = everything;
    assert_snapshot!(
        format!("{sys_map:?} {settings:?} {reads:?} {writes:?} {} {}:{}", startup.is_some(), source.line, source.column),
        @r#"Some("sys-map.example.com") Settings { replicas: Some(4), prefetch: Some(9), timeout: Some(60.5s), transaction: false, unrouted: Drop, retry: Some(Retry { max: 8, initial: 1s, factor: 2, max_delay: 3600s }), deduplicate: None } ["in", "more"] ["out"] true 27:4"#
    );
}

#[test]
fn functions_stay_callable() {
    assert_eq!(on_threads::pair(1), (7, true));
    assert!(on_threads::hash_map(&Delivery::default(), 1).contains_key(&2));
    let read_file = |_: &str, _: u64| Err("no object store in this test".into());
    assert!(first(&read_file).is_none());
    drop(waiting::pair(1));
}
