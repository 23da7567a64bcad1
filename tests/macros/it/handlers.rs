//! Everything that a handler may be: its registration says so, and its function stays callable.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the shape of a return type is what is tested"
)]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use slingshot_microservice::{
    __private::{HandlerCall, HandlerRegistration},
    Payload, Reply,
    prelude::*,
};

/// All arguments, in an order of their own.
#[handler(name = "every-thing", replicas = 5, timeout = "1m500ms", queue = 0)]
async fn everything<'a>(
    head: &'a RequestHead,
    bus: &Bus,
    Json(mut amounts): Json<BTreeMap<String, u64>>,
    state: &SharedState,
    source: Source,
    queues: &'a Queues,
) -> Result<Json<BTreeMap<String, u64>>, AnyError> {
    let total = amounts.values().sum();
    bus.dispatch("audit", format!("{head:?} {source:?} {queues:?}"))
        .await?;
    state.insert("total", total).await;
    amounts.insert("total".to_owned(), total);
    Ok(Json(amounts))
}

/// Each handler twice: on a thread of its own, and `async`.
macro_rules! handlers {
    ($($name:ident($($argument:ty),*) -> $output:ty $body:block)*) => {
        mod on_threads {
            use super::*;
            $(
                #[handler]
                pub(super) fn $name($(_: $argument),*) -> $output $body
            )*
        }
        mod waiting {
            use super::*;
            $(
                #[handler]
                pub(super) async fn $name($(_: $argument),*) -> $output $body
            )*
        }
    };
}

handlers! {
    nothing() -> () {}
    text(String) -> String { String::new() }
    borrowed_text(&str) -> &'static str { "text" }
    typed(Json<Vec<u64>>, &Bus) -> Json<Option<u64>> { Json(None) }
    bytes(&SharedState, Bytes) -> Bytes { Bytes::new() }
    as_it_came(Payload, Source) -> Payload { Payload::default() }
    of_its_head(&RequestHead) -> Result<(), AnyError> { Ok(()) }
    of_its_queues(&Queues, String) -> Result<Json<u64>, std::fmt::Error> { Ok(Json(1)) }
    with_a_status(&Bus, &SharedState, &Queues) -> Result<Reply, AnyError> { Reply::new(201, "made") }
    text_as_error(Source) -> Result<&'static str, &'static str> { Err("no") }
}

#[upload(replicas = 2, timeout = "1h")]
#[expect(clippy::unused_async, reason = "the signature is what is tried")]
async fn keep(upload: Upload, state: &SharedState) -> Result<String, AnyError> {
    Ok(format!("{upload:?} {state:?}"))
}

#[download]
#[expect(clippy::unused_async, reason = "the signature is what is tried")]
async fn give(head: &RequestHead, id: FileId) -> Result<Download, AnyError> {
    Err(format!("{head:?} {id:?}").into())
}

#[metadata]
#[expect(clippy::unused_async, reason = "the signature is what is tried")]
async fn tell(id: FileId, bus: &Bus) -> Json<Vec<u64>> {
    drop((id, bus));
    Json(vec![7])
}

/// Services call handlers too.
#[microservice]
fn telling(request: u64, bus: &Bus, state: &SharedState) -> Result<(), AnyError> {
    drop(state.update("told", |count: u64| count + 1));
    Ok(bus.blocking_dispatch("audit", Json(request))?)
}

#[microservice]
async fn asking(state: &SharedState, bus: &Bus) -> Result<(), AnyError> {
    let title: String = bus.publish("text", "Ada").await?.into();
    state.insert("title", title).await;
    Ok(())
}

/// What the binary knows of its handlers, one per line.
fn registered(pick: impl Fn(&HandlerRegistration) -> bool) -> String {
    let mut lines: Vec<String> = inventory::iter::<HandlerRegistration>()
        .filter(|handler| handler.source.file.ends_with("handlers.rs") && pick(handler))
        .map(|handler| format!("{:?} {}\n", handler.kind, handler.name))
        .collect();
    lines.sort();
    lines.concat()
}

fn is_async(handler: &HandlerRegistration) -> bool {
    matches!(handler.call, HandlerCall::Async(_))
}

#[test]
fn arguments_and_return_types_make_the_registration() {
    assert_snapshot!(registered(|handler| !is_async(handler)), @r"
    Request as_it_came
    Request borrowed_text
    Request bytes
    Request nothing
    Request of_its_head
    Request of_its_queues
    Request text
    Request text_as_error
    Request typed
    Request with_a_status
    ");
    let one_of_a_kind = ["every-thing", "keep", "give", "tell"];
    assert_eq!(
        registered(|handler| is_async(handler) && !one_of_a_kind.contains(&handler.name)),
        registered(|handler| !is_async(handler))
    );
    assert_snapshot!(registered(|handler| one_of_a_kind.contains(&handler.name)), @r"
    Download give
    Metadata tell
    Request every-thing
    Upload keep
    ");
}

#[test]
fn words_reach_the_registration() {
    let everything = inventory::iter::<HandlerRegistration>()
        .find(|handler| handler.name == "every-thing")
        .expect("it is registered");
    let HandlerRegistration {
        settings, source, ..
    } = everything;
    assert_snapshot!(format!("{settings:?} {}:{}", source.line, source.column), @"HandlerSettings { replicas: Some(5), queue: Some(0), timeout: Some(60.5s) } 19:10");
}

#[test]
fn functions_stay_callable() {
    assert_eq!(on_threads::borrowed_text("Ada"), "text");
    drop(waiting::text(String::new()));
}
