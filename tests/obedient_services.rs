//! Services that succeed, fail and hang as an id asks them to, for `system/services.rs`.

use std::{fmt, io::Write as _, process::ExitCode, time::Duration};

use slingshot::prelude::*;

fn main() -> ExitCode {
    slingshot::run()
}

#[derive(Case)]
enum Kind {
    Even,
    Odd,
    Both,
    Ends,
    /// The sys-map does not know it.
    Nowhere,
}

#[derive(Debug)]
struct Speechless;

#[expect(clippy::panic_in_result_fn, reason = "a panic is what is asked for")]
impl fmt::Display for Speechless {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("speechless")
    }
}

impl std::error::Error for Speechless {}

fn parity(request: u64) -> Kind {
    if request.is_multiple_of(2) {
        Kind::Even
    } else {
        Kind::Odd
    }
}

/// Ids below 20 ask for something; all others are sorted by parity.
#[microservice(name = "obedient", replicas = 4, timeout = "1s")]
fn obedient(
    read_file: &ReadFileFn,
    request: u64,
    write_file: &WriteFileFn,
    delivery: &Delivery,
) -> Result<Vec<(u64, Kind)>, AnyError> {
    let kind = match request {
        1 => return Err(panicked()),
        2 => return Err("not today".into()),
        3 => return Err(Error::permanent("never").into()),
        4 => return Err(Speechless.into()),
        5 => Kind::Nowhere,
        6 => {
            drop(read_file("in", 404)?);
            Kind::Ends
        }
        7 => {
            pause(4_000);
            Kind::Even
        }
        8 => Kind::Both,
        9 => Kind::Ends,
        10 => return Ok((100..110).map(|id| (id, parity(id))).collect()),
        11 => return Err(format!("{:?} {}", delivery.message_id(), delivery.attempt()).into()),
        12 => {
            write_file("out", 12)?.write_all(b"twelve")?;
            Kind::Even
        }
        13 => {
            let pause = Duration::from_millis(1_200);
            return Err(Error::retry_after(pause, "not so fast").into());
        }
        14 => return Err(Error::skip("nothing to do").into()),
        15 => std::process::abort(),
        16 if delivery.attempt() < 3 => return Err("not yet".into()),
        17 => {
            // More than is kept in memory.
            write_file("out", 17)?.write_all(&vec![17; 1024 * 1024])?;
            Kind::Odd
        }
        _ => parity(request),
    };
    Ok(vec![(request, kind)])
}

#[expect(clippy::panic, reason = "a panic is what is asked for")]
fn panicked() -> AnyError {
    panic!("as asked")
}

/// Says what it works on. It does not like 16.
#[microservice(name = "telling")]
async fn telling(request: u64) -> Result<(), AnyError> {
    tokio::task::yield_now().await;
    tracing::info!(request, "told");
    if request == 16 {
        return Err(Error::permanent("never").into());
    }
    Ok(())
}

/// Takes as many milliseconds as the id says.
#[microservice(name = "pausing", replicas = 4)]
fn pausing(request: u64) -> (u64, bool) {
    pause(request);
    (request, true)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a function that is not `async` has a thread of its own to block"
)]
fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// The same, and signs its result with the process's id.
#[microservice(name = "signing", replicas = 4)]
fn signing(request: u64) -> (u64, bool) {
    pause(request);
    (std::process::id().into(), true)
}

/// Works in the database, and leaves nothing there.
#[microservice(name = "connected")]
fn connected(request: u64, _: &mut PgConnection) -> (u64, bool) {
    (request, true)
}

/// As `pausing`, without a thread.
#[microservice(name = "waiting", replicas = 4)]
async fn waiting(request: u64) -> Option<(u64, bool)> {
    tokio::time::sleep(Duration::from_millis(request)).await;
    Some((request, true))
}

/// Takes as long, and does not let go of its thread.
#[microservice(name = "burning", replicas = 32)]
#[expect(
    clippy::unused_async,
    reason = "it never waits: that is what is asked for"
)]
async fn burning(request: u64) -> (u64, bool) {
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(request) {
        std::hint::spin_loop();
    }
    (request, true)
}

/// Its transaction is all that it has to do with the database.
#[microservice(name = "storing", replicas = 2)]
fn storing(request: u64, _: &mut PgConnection) -> (u64, Kind) {
    (request, parity(request))
}

#[microservice(name = "starting", startup = first)]
fn starting(_: u64) {}

fn first() -> [(u64, Kind); 2] {
    [(40, Kind::Even), (41, Kind::Both)]
}

#[microservice(name = "starting-async", startup = first_waits)]
fn starting_async(_: u64) {}

async fn first_waits(write_file: &WriteFileFn) -> Result<[(u64, Kind); 2], AnyError> {
    let mut object = write_file("out", 40)?;
    tokio::io::AsyncWriteExt::write_all(&mut object, b"forty").await?;
    Ok(first())
}

/// It may take longer than RabbitMQ waits for.
#[microservice(name = "patient", timeout = "30m")]
fn patient(_: u64) {}

#[microservice(name = "doomed", startup = fails)]
fn doomed(_: u64) {}

fn fails() -> Result<(), AnyError> {
    Err("nothing to start with".into())
}

#[microservice(name = "misrouted", startup = nowhere)]
fn misrouted(_: u64) {}

fn nowhere() -> (u64, Kind) {
    (1, Kind::Nowhere)
}
