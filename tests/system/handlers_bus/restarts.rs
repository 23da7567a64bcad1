//! A RabbitMQ that ends and begins again while handlers call each other over it.

use std::{cell::Cell, fs, time::Duration};

use rustix::process::Signal;
use tokio::time::{Instant, sleep, timeout};

use super::{
    node::Node,
    stage::{LOOK, Process, Stage},
};

/// How long a call may take to be answered, or to fail: a few times what it waits for the broker.
const ANSWER: Duration = Duration::from_secs(40);

/// How many calls were answered, and how many were told that they were not.
#[derive(Debug, Default)]
struct Told {
    answered: Cell<u32>,
    failed: Cell<u32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_told_and_no_dispatch_is_lost() {
    let node = Node::start().await;
    let stage = Stage::at(&node.address()).await;
    let (caller, other) = (stage.start().await, stage.start().await);
    let place = stage.place("left");
    fs::create_dir(&place).unwrap();
    let (told, restarted) = (Told::default(), Cell::new(false));
    let restarting = async {
        for (round, how) in [Signal::TERM, Signal::KILL].into_iter().enumerate() {
            sleep(Duration::from_secs(1)).await;
            node.restart(how).await;
            let connected = || caller.log().matches("the bus is connected").count();
            let deadline = Instant::now() + ANSWER;
            while connected() < round + 2 {
                assert!(Instant::now() < deadline, "{}", caller.log());
                sleep(LOOK).await;
            }
        }
        sleep(Duration::from_secs(1)).await;
        restarted.set(true);
    };
    let calling = async {
        for number in 0.. {
            if restarted.get() {
                break;
            }
            call(&caller, number, &told).await;
        }
    };
    let dispatching = async {
        let mut accepted = Vec::new();
        for number in 0.. {
            if restarted.get() {
                break;
            }
            let path = place.join(u32::to_string(&number));
            let said = format!("leaves {}", path.display());
            let answer = timeout(ANSWER, caller.asked("hands_on", &said)).await;
            if answer.expect("it is accepted or fails") == "200 null" {
                accepted.push(path);
            }
        }
        accepted
    };
    let ((), (), accepted) = tokio::join!(restarting, calling, dispatching);
    assert!(told.answered.get() > 0 && accepted.len() > 10, "{told:?}");
    assert!(told.failed.get() > 0, "nothing was in flight: {told:?}");
    let deadline = Instant::now() + ANSWER;
    while let Some(path) = accepted.iter().find(|path| !path.exists()) {
        let lost = Instant::now() > deadline;
        assert!(!lost, "{} of {}", path.display(), accepted.len());
        sleep(LOOK).await;
    }
    assert_eq!(caller.asked("relay", "echo again").await, "200 again");
    left_by(caller).await;
    let left = left_by(other).await;
    let broker = stage.client().await;
    let deadline = Instant::now() + ANSWER;
    while broker.depth("slingshot.bus.leaves").await < left {
        assert!(Instant::now() < deadline, "{left} calls are gone");
        sleep(LOOK).await;
    }
}

/// Ends a process, and says how many calls it left to the broker. RabbitMQ forgets what it is sent for a replicated
/// queue that has no leader yet after a crash: the copy of a call that is tried again is not confirmed then until its
/// sender's patience ends, and a process that is to end before that gives the call back.
async fn left_by(mut process: Process) -> u32 {
    process.terminate();
    let code = process.ended().await.code();
    let log = process.log();
    let cut_off = log.split_once("\"cut_off\":").map(|(_, rest)| rest);
    let cut_off = cut_off.and_then(|rest| rest.split_once(','));
    let cut_off = cut_off.map_or(0, |(count, _)| count.parse().unwrap());
    assert_eq!(code, Some(if cut_off == 0 { 0 } else { 75 }), "{log}");
    let tried_again = log.matches("failed and will be tried again").count();
    assert!(cut_off as usize <= tried_again, "{log}");
    cut_off
}

/// Gets its own reply, or an error that says that there is none.
async fn call(caller: &Process, number: u32, told: &Told) {
    let said = format!("echo {number}");
    let answer = timeout(ANSWER, caller.asked("tells", &said)).await;
    let answer = answer.expect("it is answered or fails");
    if answer == format!("200 {number}") {
        told.answered.set(told.answered.get() + 1);
        return;
    }
    let is_error = [
        "200 503 Lost",
        "200 503 Broker",
        "200 504 Timeout",
        "200 404 NotFound",
    ]
    .iter()
    .any(|error| answer.starts_with(error));
    assert!(is_error, "{answer}");
    told.failed.set(told.failed.get() + 1);
}
