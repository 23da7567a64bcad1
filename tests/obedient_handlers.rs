//! Handlers that do as their requests say, and misbehave as handlers do.

#![expect(
    clippy::unused_async,
    reason = "where a function runs is what is tested, and `async` says it"
)]

use std::{process::ExitCode, time::Duration};

use serde::{Deserialize, Serialize};
use slingshot::{Reply, prelude::*};

#[handler(replicas = 64)]
async fn echo(data: String) -> String {
    data
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: u32,
    lines: Vec<String>,
}

#[handler]
async fn order(Json(mut order): Json<Order>, source: Source) -> Result<Reply, AnyError> {
    order.lines.push(format!("from {source}"));
    Reply::new(201, Json(order))
}

#[handler]
fn on_a_thread(data: &str, state: &SharedState) -> Result<String, AnyError> {
    let calls = state.update("calls", |calls: u32| calls + 1).into_inner()?;
    Ok(format!("{calls}: {data}"))
}

#[handler]
async fn raw(data: Bytes) -> Bytes {
    data
}

#[handler]
async fn nothing() {}

#[handler]
async fn heard(head: &RequestHead) -> String {
    let header = head.header("x-heard").unwrap_or("nothing");
    let query = head.query().unwrap_or("nothing");
    format!("{header} {query} {}", head.client_names().join("+"))
}

#[handler]
async fn fails(data: String) -> Result<String, AnyError> {
    Err(format!("no {data} today").into())
}

#[handler]
async fn refuses(data: String) -> Result<String, Refusal> {
    Err(Refusal::new(409, format!("{data} is taken")))
}

#[handler]
async fn panics() -> String {
    panic!("as it was asked to")
}

#[handler]
fn panics_on_a_thread() -> String {
    panic!("as it was asked to")
}

/// One at a time, and one that waits.
#[handler(replicas = 1, queue = 1, timeout = "20s")]
async fn sleeps(data: String) -> Result<(), AnyError> {
    tracing::info!(data, "sleeping");
    tokio::time::sleep(Duration::from_millis(data.parse()?)).await;
    Ok(())
}

#[handler(timeout = "300ms")]
async fn never_returns() {
    std::future::pending::<()>().await;
}

#[handler(timeout = "300ms")]
#[expect(clippy::disallowed_methods, reason = "it blocks, as it is there to do")]
async fn blocks(data: String) -> Result<String, AnyError> {
    std::thread::sleep(Duration::from_millis(data.parse()?));
    Ok(data)
}

#[handler(timeout = "300ms", replicas = 2)]
#[expect(clippy::disallowed_methods, reason = "it blocks, as it may")]
fn blocks_on_a_thread(data: &str) -> Result<(), AnyError> {
    std::thread::sleep(Duration::from_millis(data.parse()?));
    Ok(())
}

/// Calls whom it is told to call: `name data`.
#[handler(replicas = 64)]
async fn relay(data: String, bus: &Bus) -> Result<String, AnyError> {
    let (name, data) = data.split_once(' ').unwrap_or((&data, ""));
    Ok(bus.publish(name, data).await?.into())
}

#[handler(replicas = 64)]
async fn hands_on(data: String, bus: &Bus) -> Result<(), AnyError> {
    let (name, data) = data.split_once(' ').unwrap_or((&data, ""));
    Ok(bus.dispatch(name, data).await?)
}

#[handler(replicas = 1)]
async fn calls_itself(bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.publish("calls_itself", ()).await?.into())
}

#[handler(replicas = 64)]
async fn goes_deeper(bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.publish("goes_deeper", ()).await?.into())
}

#[handler]
async fn counts(state: &SharedState) -> Result<(), AnyError> {
    state.update("counted", |count: u64| count + 1).await?;
    Ok(())
}

#[handler]
async fn counted(state: &SharedState) -> Result<Json<u64>, AnyError> {
    Ok(Json(state.get("counted").await?.unwrap_or_default()))
}

fn main() -> ExitCode {
    slingshot::run()
}
