//! Texts come in over HTTP; a queue service of the same binary counts their words; handlers show what came of it.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use slingshot::{Reply, prelude::*};

/// What is known of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    words: Option<usize>,
    text: String,
}

/// Where a text goes next.
#[derive(Debug, PartialEq, Eq, Case)]
enum Length {
    Short,
    Long,
}

/// The name of a text in the shared state.
fn place(id: u64) -> String {
    format!("text {id}")
}

/// `POST /submit` with a text: takes it in, and sends its number to the service `count`.
#[handler(replicas = 8)]
async fn submit(text: String, state: &SharedState, queues: &Queues) -> Result<Reply, AnyError> {
    if text.trim().is_empty() {
        return Err(Refusal::new(422, "the text is empty").into());
    }
    let id = state.update("texts", |texts: u64| texts + 1).await?;
    let known = Known { words: None, text };
    state.insert(&place(id), known).await;
    // The broker has the number when this returns.
    queues.send("count", id).await?;
    Reply::new(202, Json(id))
}

/// Counts the words of the text `request`, and tells the handler `counted`.
#[microservice(name = "count", replicas = 4)]
fn count(request: u64, state: &SharedState, bus: &Bus) -> Result<(u64, Length), AnyError> {
    let known: Option<Known> = state.get(&place(request)).into_inner()?;
    let Known { text, .. } = known.ok_or_else(|| {
        // Texts live as long as the process; their numbers wait in the queue for the next one.
        Error::permanent(format!("the text {request} was forgotten"))
    })?;
    let words = text.split_whitespace().count();
    bus.blocking_publish("counted", Json((request, words)))?;
    let length = if words < 100 {
        Length::Short
    } else {
        Length::Long
    };
    Ok((request, length))
}

/// Notes how many words a text has.
#[handler(replicas = 8)]
async fn counted(
    Json((id, words)): Json<(u64, usize)>,
    state: &SharedState,
) -> Result<(), AnyError> {
    let counted = |known: Known| Known {
        words: Some(words),
        ..known
    };
    state.update(&place(id), counted).await?;
    Ok(())
}

/// `POST /show` with a number: what is known of the text.
#[handler(replicas = 8)]
async fn show(Json(id): Json<u64>, state: &SharedState) -> Result<Json<Known>, AnyError> {
    let known = state.get(&place(id)).await?;
    Ok(Json(known.ok_or_else(|| {
        Refusal::new(404, format!("there is no text {id}"))
    })?))
}

fn main() -> ExitCode {
    slingshot::run()
}
