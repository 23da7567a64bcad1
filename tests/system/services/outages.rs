//! An object store or a database that is out of order: messages wait for it, and none fails.

use std::{fs, io, time::Duration};

use super::host::Host;
use crate::{brokers::Target, conformance::on_both_brokers};

on_both_brokers!(
    messages_wait_for_the_end_of_an_outage,
    a_message_that_waits_goes_back_at_a_signal,
    a_message_waits_for_room_on_the_disk,
    a_database_that_goes_and_comes_back_fails_nothing,
);

async fn messages_wait_for_the_end_of_an_outage(target: &Target) {
    let mut host = Host::start(target, "outage", "obedient").await;
    host.store.refuse();
    // Id 12 writes an object.
    host.send(12).await;
    host.says("out of order", 1).await;
    // Its neighbours need no object; nobody knows that before they are called.
    host.send_all([20, 22]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for queue in ["in", "dlq", "retry.200ms"] {
        assert_eq!(host.depth(queue).await, 0, "{queue}: {}", host.log());
    }
    host.store.forward(None);
    host.depth_of("even", 3).await;
    let mut even = host.ids("even").await;
    even.sort();
    assert_eq!(even, ["12", "20", "22"]);
    assert_eq!(host.object(12), b"twelve");
    assert!(host.log().contains("works again"), "{}", host.log());
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(host.staged(), 0);
}

async fn a_message_that_waits_goes_back_at_a_signal(target: &Target) {
    let mut host = Host::start(target, "leaving", "obedient").await;
    host.store.refuse();
    host.send(12).await;
    host.says("out of order", 1).await;
    host.send(20).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(host.terminate().await, Some(75), "{}", host.log());
    assert!(begun.elapsed() < Duration::from_secs(10), "{}", host.log());
    host.depth_of("in", 2).await;
    assert_eq!(host.depth("dlq").await, 0);
}

async fn a_message_waits_for_room_on_the_disk(target: &Target) {
    const SIZE: u64 = 4 * 1024 * 1024;
    let mut host = Host::prepare(target, "disk", "obedient").await;
    let disk = host.spawn_on_a_disk(SIZE);
    host.consumes().await;
    let ballast = disk.join("ballast");
    let full = fs::write(&ballast, vec![0; 5 * 1024 * 1024]).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    // Id 17 writes an object that is too large for the memory.
    host.send(17).await;
    host.says("the disk is full under `", 1).await;
    for queue in ["odd", "dlq", "retry.200ms"] {
        assert_eq!(host.depth(queue).await, 0, "{queue}: {}", host.log());
    }
    fs::remove_file(&ballast).unwrap();
    host.depth_of("odd", 1).await;
    assert_eq!(host.ids("odd").await, ["17"]);
    assert_eq!(host.object(17), vec![17; 1024 * 1024]);
    assert!(host.log().contains("works again"), "{}", host.log());
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_database_that_goes_and_comes_back_fails_nothing(target: &Target) {
    let mut host = Host::start(target, "database", "storing").await;
    host.send_all(20..40).await;
    host.all_arrive(20..40).await;
    host.database.as_ref().unwrap().refuse();
    host.send_all(40..60).await;
    host.says("out of order", 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for queue in ["even", "odd", "dlq", "retry.200ms"] {
        assert_eq!(host.depth(queue).await, 0, "{queue}: {}", host.log());
    }
    host.database.as_ref().unwrap().forward(None);
    host.all_arrive(40..60).await;
    assert_eq!(host.depth("dlq").await, 0);
    assert_eq!(host.terminate().await, Some(0));
}
