//! Handlers that call handlers.

use futures_util::future::join_all;
use serde_json::json;

use super::host::Host;

#[tokio::test]
async fn a_call_is_answered_or_fails_at_once() {
    let host = Host::start().await;
    let asked = async |data: &str| {
        let (status, message) = host.ask("relay", data).await;
        (status, message.as_str().unwrap().to_owned())
    };
    let check = |said: (u16, String), status: u16, message: &str| {
        assert_eq!((said.0, said.1.as_str()), (status, message));
    };
    check(asked("echo hello").await, 200, "hello");
    check(asked("on_a_thread hello").await, 200, "1: hello");
    check(asked("relay relay echo deep").await, 200, "deep");
    check(asked("none x").await, 500, "Handler not found: none");
    check(asked("fails bread").await, 500, "no bread today");
    check(asked("panics x").await, 500, "`panics` panicked");
    check(asked("refuses 7").await, 500, "7 is taken");
    let late = "`never_returns` did not answer within its timeout of 300ms";
    check(asked("never_returns x").await, 504, late);
    let (status, message) = host.ask("nothing", "x").await;
    assert_eq!((status, message), (200, json!(null)));
}

#[tokio::test]
async fn a_circle_is_an_error_and_no_standstill() {
    let host = Host::start().await;
    let words = "handlers may call each other to a depth of 16, and each within its timeout";
    let (status, message) = host.ask("calls_itself", "x").await;
    let itself = format!("calls_itself → calls_itself: {words}");
    assert_eq!((status, message), (500, json!(itself)));
    let (status, message) = host.ask("goes_deeper", "x").await;
    let message = message.as_str().unwrap();
    assert_eq!(status, 500);
    assert_eq!(message.matches("goes_deeper").count(), 18, "{message}");
    assert!(message.ends_with(words), "{message}");
}

#[tokio::test]
async fn replies_belong_to_their_calls() {
    let host = Host::start().await;
    let asked = (0..2_000).map(|number| {
        let host = &host;
        async move {
            let (status, message) = host.ask("relay", format!("echo {number}")).await;
            assert_eq!((status, message), (200, json!(number.to_string())));
        }
    });
    let all: Vec<_> = asked.collect();
    let mut all = all.into_iter();
    // As many at a time as a machine has connections to spare.
    loop {
        let some: Vec<_> = all.by_ref().take(60).collect();
        if some.is_empty() {
            return;
        }
        join_all(some).await;
    }
}

#[tokio::test]
async fn what_is_dispatched_is_done_before_the_process_ends() {
    let mut host = Host::start().await;
    for _ in 0..50 {
        assert_eq!(host.ask("hands_on", "counts x").await.0, 200);
    }
    assert_eq!(host.ask("hands_on", "sleeps 500").await.0, 200);
    let (status, message) = host.ask("hands_on", "none x").await;
    assert_eq!((status, message), (500, json!("Handler not found: none")));
    let counted = async || host.ask("counted", "x").await.1;
    while counted().await != json!(50) {
        tokio::task::yield_now().await;
    }
    host.terminate();
    assert_eq!(host.ended().await.code(), Some(0));
}
