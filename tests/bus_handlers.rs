//! Handlers that call each other, for `system/handlers_bus.rs`: in one process and between several.

#![expect(
    clippy::unused_async,
    reason = "most handlers are `async`, whether they wait or not"
)]

use std::{fs, process::ExitCode, time::Duration};

use slingshot::{Broadcast, CallError, Missed, prelude::*};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

fn main() -> ExitCode {
    slingshot::run()
}

#[handler(replicas = 64, queue = 20_000)]
async fn echo(data: String) -> String {
    data
}

#[handler]
async fn adds(Json((one, other)): Json<(i64, i64)>) -> Json<i64> {
    Json(one + other)
}

#[handler]
async fn raw(data: Bytes) -> Bytes {
    data
}

#[handler]
async fn nothing() {}

#[handler]
async fn asks(source: Source) -> String {
    source.to_string()
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

#[handler(timeout = "300ms")]
async fn never_returns() {
    std::future::pending::<()>().await;
}

/// One at a time, and one that waits.
#[handler(replicas = 1, queue = 1, timeout = "20s")]
async fn sleeps(data: String) -> Result<String, AnyError> {
    sleep(Duration::from_millis(data.parse()?)).await;
    Ok(data)
}

/// Longer than callers wait who know nothing of it.
#[handler(replicas = 2, timeout = "1m")]
async fn is_patient(data: String) -> String {
    data
}

/// Calls whom it is told to call: `name data`.
#[handler(replicas = 64)]
async fn relay(data: String, bus: &Bus) -> Result<String, AnyError> {
    let (name, data) = data.split_once(' ').unwrap_or((&data, ""));
    Ok(bus.publish(name, data).await?.into())
}

/// The same, and says what kind of error there was.
#[handler(replicas = 64)]
async fn tells(data: String, bus: &Bus) -> String {
    let (name, data) = data.split_once(' ').unwrap_or((&data, ""));
    match bus.publish(name, data).await {
        Ok(reply) => reply.into(),
        Err(error) => format!("{} {error:?}", error.status()),
    }
}

#[handler(replicas = 64)]
async fn hands_on(data: String, bus: &Bus) -> Result<(), AnyError> {
    let (name, data) = data.split_once(' ').unwrap_or((&data, ""));
    Ok(bus.dispatch(name, data).await?)
}

#[handler]
fn from_a_thread(data: String, bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.blocking_publish("echo", data)?.into())
}

#[handler]
async fn types(bus: &Bus) -> Result<String, AnyError> {
    let sum: i64 = bus.publish("adds", Json((1, -3))).await?.to()?;
    let bytes = bus.publish("raw", Bytes::from_static(&[0xff, 0])).await?;
    let bytes = bytes.into_bytes();
    let nothing = bus.publish("nothing", ()).await?.is_empty();
    let source = bus.publish("asks", ()).await?.into_text()?;
    Ok(format!("{sum} {bytes:?} {nothing} {source}"))
}

#[handler(replicas = 1)]
async fn calls_itself(bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.publish("calls_itself", ()).await?.into())
}

#[handler(replicas = 64)]
async fn goes_deeper(bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.publish("goes_deeper", ()).await?.into())
}

/// Nobody waits for it, so that one replica is enough, and it ends all the same.
#[handler(replicas = 1)]
async fn goes_round(bus: &Bus, state: &SharedState) -> Result<(), AnyError> {
    state.update("rounds", |rounds: u64| rounds + 1).await?;
    match bus.dispatch("goes_round", ()).await {
        Err(CallError::TooDeep { .. }) => {
            state.update("ends", |ends: u64| ends + 1).await?;
            Ok(())
        }
        other => Ok(other?),
    }
}

/// As many calls at once as it is told, each of whose replies must be its own.
#[handler(timeout = "2m")]
async fn swarms(data: String, bus: &Bus) -> Result<String, AnyError> {
    let mut calls = JoinSet::new();
    for number in 0..data.parse::<u32>()? {
        let bus = bus.clone();
        calls.spawn(async move {
            let sent = number.to_string();
            let reply = bus.publish("echo", &sent).await?;
            Ok::<_, CallError>(String::from(reply) == sent)
        });
    }
    let mut matched = 0;
    while let Some(call) = calls.join_next().await {
        matched += u32::from(call??);
    }
    Ok(format!("{matched} matched"))
}

/// Five calls of one that has room for two.
#[handler]
async fn crowds(bus: &Bus) -> Result<String, AnyError> {
    // Its line is known from here on.
    bus.publish("sleeps", "0").await?;
    let mut calls = JoinSet::new();
    for _ in 0..5 {
        let bus = bus.clone();
        calls.spawn(async move { bus.publish("sleeps", "500").await });
    }
    let mut told: Vec<_> = calls
        .join_all()
        .await
        .into_iter()
        .map(|answer| answer.map_or_else(|error| error.to_string(), String::from))
        .collect();
    told.sort();
    Ok(told.join("\n"))
}

/// One at a time, and two that wait.
#[handler(replicas = 1, queue = 2)]
async fn naps(state: &SharedState) -> Result<(), AnyError> {
    sleep(NAP).await;
    state.update("naps", |naps: u64| naps + 1).await?;
    Ok(())
}

const NAP: Duration = Duration::from_millis(200);

/// Hands over more than there is room for. It takes at least two naps, however much of it is on its way.
#[handler]
async fn pours(bus: &Bus) -> Result<String, AnyError> {
    let begun = Instant::now();
    for _ in 0..8 {
        bus.dispatch("naps", ()).await?;
    }
    Ok(format!("waited: {}", begun.elapsed() >= NAP))
}

/// What a state says, or nothing.
#[handler]
async fn state(data: String, state: &SharedState) -> Result<Json<u64>, AnyError> {
    Ok(Json(state.get(&data).await?.unwrap_or_default()))
}

#[handler]
async fn counts(state: &SharedState) -> Result<(), AnyError> {
    state.update("counted", |count: u64| count + 1).await?;
    Ok(())
}

/// Succeeds the third time.
#[handler]
async fn tries(state: &SharedState) -> Result<(), AnyError> {
    let tried = state.update("tried", |tried: u64| tried + 1).await?;
    match tried {
        1 | 2 => Err("not yet".into()),
        _ => Ok(()),
    }
}

/// Leaves a file behind.
#[handler(replicas = 4)]
async fn leaves(path: String) -> Result<(), AnyError> {
    Ok(fs::write(path, "")?)
}

/// Ends the process the first time that it has this file to make.
#[handler(timeout = "1m")]
async fn ends_once(path: String) -> Result<(), AnyError> {
    if fs::File::create_new(&path).is_ok() {
        std::process::abort();
    }
    Ok(fs::write(format!("{path}.done"), "done")?)
}

/// Calls another when it has let go of its thread for long enough to be told to end.
#[handler]
async fn calls_later(bus: &Bus, state: &SharedState) -> Result<String, AnyError> {
    state.update("later", |begun: u64| begun + 1).await?;
    sleep(Duration::from_millis(700)).await;
    Ok(bus.publish("echo", "later").await?.into())
}

/// Says in a file which process has it, and does not end.
#[handler(timeout = "1m")]
async fn hangs(path: String) -> Result<(), AnyError> {
    // At once or not at all.
    let written = format!("{path}.part");
    fs::write(&written, std::process::id().to_string())?;
    fs::rename(written, path)?;
    std::future::pending().await
}

/// Broadcasts so many to a topic: `topic count`.
#[handler]
async fn broadcasts(data: String, bus: &Bus) -> Result<(), AnyError> {
    let (topic, count) = data.split_once(' ').unwrap_or((&data, "1"));
    for number in 0..count.parse::<u32>()? {
        bus.broadcast(topic, number.to_string()).await?;
    }
    Ok(())
}

/// Listens to a topic, and counts what it hears in the state of this name: `topic name`.
#[handler]
async fn listens(data: String, bus: &Bus, state: &SharedState) -> Result<(), AnyError> {
    let (topic, name) = data.split_once(' ').unwrap_or((&data, "heard"));
    let mut subscription = bus.subscribe(topic).await?;
    let (state, name) = (state.clone(), name.to_owned());
    tokio::spawn(async move {
        while let Some(heard) = subscription.next().await {
            let (name, more) = match heard {
                Ok(Broadcast { .. }) => (name.clone(), 1),
                Err(Missed { count }) => (format!("{name} missed"), count),
            };
            if state
                .update(&name, |count: u64| count + more)
                .await
                .is_err()
            {
                break;
            }
        }
    });
    Ok(())
}

/// Listens to a topic and does not hear, until another listener has heard the last of so many. All that it was told
/// or has missed is all that there was.
#[handler]
async fn dawdles(data: String, bus: &Bus) -> Result<String, AnyError> {
    let count: u64 = data.parse()?;
    let mut slow = bus.subscribe("dawdling").await?;
    let mut quick = bus.subscribe("dawdling").await?;
    let telling = async {
        for number in 0..count {
            bus.broadcast("dawdling", number.to_string()).await?;
        }
        Ok::<_, CallError>(())
    };
    let hearing = async {
        let last = (count - 1).to_string();
        while let Some(heard) = quick.next().await {
            if heard.is_ok_and(|it| String::from(it.payload) == last) {
                break;
            }
        }
    };
    let (told, ()) = tokio::join!(telling, hearing);
    told?;
    let (mut heard, mut missed) = (0, 0);
    while heard + missed < count {
        match slow.next().await {
            Some(Ok(_)) => heard += 1,
            Some(Err(Missed { count })) => missed += count,
            None => break,
        }
    }
    Ok(format!("{} {}", missed > 0, heard + missed))
}
