//! `slingshot dlq` as its users run it, against both brokers: what it shows is still there, what it gives back
//! is the message that it was, and nothing is lost, whoever is killed.

mod desk;

use std::{collections::BTreeSet, fs, time::Duration};

use lapin::{
    BasicProperties,
    options::{BasicRejectOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use tokio::time::Instant;

use self::desk::{Desk, failed, header};
use crate::{
    brokers::{Target, next},
    clone::repository,
    conformance::{arguments, on_both_brokers, text},
};

on_both_brokers!(
    letters_are_listed_and_shown,
    a_look_leaves_everything_as_it_was,
    a_replayed_letter_is_the_message_that_it_was,
    a_replay_to_nobody_is_refused,
    a_replay_keeps_to_its_rate,
    what_fails_again_is_not_replayed_again,
    filters_choose_what_is_dropped,
    a_letter_is_found_behind_twenty_thousand,
    nothing_is_lost_when_a_replay_is_killed,
    an_interrupted_replay_says_how_far_it_came,
    replays_at_once_share_the_letters,
    whatever_is_in_the_queue_can_be_shown_and_replayed,
    a_queue_that_is_not_there_has_no_letters,
    a_sys_map_says_where_the_letters_are,
    the_guide_s_commands_run,
    the_doctor_looks_at_every_queue,
    a_transient_queue_is_migrated_as_the_guide_says,
);

async fn letters_are_listed_and_shown(target: &Target) {
    let desk = Desk::new(target, "listed").await;
    desk.letter("7", failed("error", "no such customer", 5))
        .await;
    desk.letter("8", failed("panic", "index out of bounds", 1))
        .await;
    desk.letter("9", failed("error", "no such customer", 5))
        .await;
    let mut all = String::new();
    for words in [
        "dlq ls",
        "dlq ls --count",
        "dlq ls --all --format json",
        "dlq ls other",
        "dlq show words",
        "dlq show words --limit 1",
        "dlq show words --type panic --format json",
        "dlq show words --error CUSTOMER --attempt 5 --since 1h --id 9..10",
        "dlq show words --type timeout",
        "dlq show wrods",
        "dlq replay words --dry-run",
        "dlq drop words --type error --dry-run --format json",
        "dlq replay words",
        "dlq replay words --yes",
        "dlq drop words --limit 1 --yes",
        "dlq drop words --yes --format json",
        "dlq ls",
    ] {
        all += &desk.transcript(words).await;
    }
    insta::allow_duplicates! { insta::assert_snapshot!("transcripts", all) };
}

async fn a_look_leaves_everything_as_it_was(target: &Target) {
    let desk = Desk::new(target, "looked").await;
    desk.letters(0..100).await;
    let before = desk.take("in.dlq").await;
    for letter in &before {
        desk.client
            .publish_with(
                &desk.queue("in.dlq"),
                &letter.data,
                letter.properties.clone(),
            )
            .await;
    }
    desk.slingshot("dlq ls").await.ends(1);
    desk.slingshot("dlq show words --limit 1000").await.ends(1);
    desk.slingshot("dlq show words --limit 3").await.ends(1);
    desk.slingshot("dlq show words --type nothing")
        .await
        .ends(0);
    desk.slingshot("dlq replay words --dry-run").await.ends(0);
    let after = desk.take("in.dlq").await;
    let shown = |letters: &[lapin::message::Delivery]| -> Vec<_> {
        let letter = |it: &lapin::message::Delivery| (it.data.clone(), it.properties.clone());
        letters.iter().map(letter).collect()
    };
    assert_eq!(after.len(), 100);
    assert_eq!(shown(&after), shown(&before));
}

async fn a_replayed_letter_is_the_message_that_it_was(target: &Target) {
    let desk = Desk::new(target, "restored").await;
    let properties = failed("error", "no such customer", 5)
        .with_message_id("m-7".into())
        .with_correlation_id("c-7".into())
        .with_app_id("sniff".into())
        .with_timestamp(1_795_294_200);
    desk.letter("7", properties).await;
    let reader = desk.reader("in").await;
    let ran = desk.slingshot("dlq replay words --yes").await;
    ran.ends(0);
    assert!(
        ran.errors.contains("Replayed 1 of 1 dead letter"),
        "{}",
        ran.errors
    );
    reader.close().await;
    let messages = desk.take("in").await;
    let [message] = &messages[..] else {
        panic!("one message: {messages:?}");
    };
    assert_eq!(message.data, b"7");
    let properties = &message.properties;
    let headers = properties.headers().clone().unwrap_or_default();
    let headers: Vec<_> = headers
        .inner()
        .iter()
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    insta::allow_duplicates! { insta::assert_snapshot!("replayed_headers", headers.join("\n")) };
    assert_eq!(properties.message_id(), &Some("m-7".into()));
    assert_eq!(properties.correlation_id(), &Some("c-7".into()));
    assert_eq!(properties.app_id(), &Some("sniff".into()));
    assert_eq!(properties.timestamp(), &Some(1_795_294_200));
    assert_eq!(properties.delivery_mode(), &Some(2));
    assert_eq!(desk.depth("in.dlq").await, 0);
}

async fn a_replay_to_nobody_is_refused(target: &Target) {
    let desk = Desk::new(target, "refused").await;
    desk.letters(0..3).await;
    let refused = |words: &'static str, reason: &'static str| {
        let desk = &desk;
        async move {
            let ran = desk.slingshot(words).await;
            ran.ends(2);
            assert!(ran.errors.contains(reason), "{}", ran.errors);
            assert_eq!(desk.depth("in.dlq").await, 3);
        }
    };
    refused("dlq replay words --yes", "has no consumer").await;
    refused(
        "dlq replay words --yes --to nowhere.at.all",
        "does not exist",
    )
    .await;
    let same = format!("dlq replay words --yes --to {}", desk.queue("in.dlq"));
    desk.slingshot(&same).await.ends(2);
    let forced = format!(
        "dlq replay words --yes --force --limit 1 --to {}",
        desk.queue("elsewhere")
    );
    desk.slingshot(&forced).await.ends(0);
    assert_eq!(desk.ids("elsewhere").await, ["0"]);
    desk.slingshot("dlq replay words --yes --force")
        .await
        .ends(0);
    assert_eq!(desk.ids("in").await, ["1", "2"]);
}

async fn a_replay_keeps_to_its_rate(target: &Target) {
    let desk = Desk::new(target, "rated").await;
    desk.letters(0..6).await;
    let begun = Instant::now();
    desk.slingshot("dlq replay words --yes --force --rate 5/s")
        .await
        .ends(0);
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(desk.depth("in").await, 6);
}

/// A service that fails as it did puts each letter back behind the others.
async fn what_fails_again_is_not_replayed_again(target: &Target) {
    let desk = Desk::new(target, "again").await;
    desk.letters(0..20).await;
    let home = desk.queue("in.dlq");
    let other = desk.other_client().await;
    let mut messages = other.consume(&desk.queue("in"), 10).await;
    let failing = tokio::spawn(async move {
        for _ in 0..20 {
            let message = next(&mut messages).await;
            other
                .publish_with(&home, &message.data, failed("error", "still not", 1))
                .await;
            message
                .ack(lapin::options::BasicAckOptions::default())
                .await
                .unwrap();
        }
    });
    let ran = desk.slingshot("dlq replay words --yes --rate 100/s").await;
    ran.ends(0);
    assert!(ran.errors.contains("Replayed 20 of 20"), "{}", ran.errors);
    failing.await.unwrap();
    let expected: Vec<_> = (0..20).map(|id| id.to_string()).collect();
    assert_eq!(desk.ids("in.dlq").await, expected);
}

async fn filters_choose_what_is_dropped(target: &Target) {
    let desk = Desk::new(target, "filtered").await;
    for id in 0..10 {
        let kind = if id % 2 == 0 { "error" } else { "panic" };
        desk.letter(&id.to_string(), failed(kind, "no", 1)).await;
    }
    desk.letter("no id", failed("undecodable", "not a u64", 1))
        .await;
    for (words, left) in [
        ("--type panic --limit 2", "0 2 4 5 6 7 8 9 no id"),
        ("--id 4..6,9 --type error", "0 2 5 7 8 9 no id"),
        ("--error U64", "0 2 5 7 8 9"),
        ("--original-queue elsewhere", "0 2 5 7 8 9"),
        ("--id 8", "0 2 5 7 9"),
    ] {
        desk.slingshot(&format!("dlq drop words --yes {words}"))
            .await
            .ends(0);
        assert_eq!(desk.peek("in.dlq").await.join(" "), left, "{words}");
    }
}

async fn a_letter_is_found_behind_twenty_thousand(target: &Target) {
    let desk = Desk::new(target, "many").await;
    desk.letters(0..20_000).await;
    desk.slingshot("dlq drop words --yes --id 19998")
        .await
        .ends(0);
    let expected = (0..20_000).filter(|id| *id != 19_998);
    let expected: Vec<_> = expected.map(|id| id.to_string()).collect();
    assert!(
        desk.ids("in.dlq").await == expected,
        "lost, or in another order"
    );
}

async fn nothing_is_lost_when_a_replay_is_killed(target: &Target) {
    let desk = Desk::new(target, "killed").await;
    desk.letters(0..2_000).await;
    let mut replay = desk
        .command("dlq replay words --yes --force --rate 1000/s")
        .spawn()
        .unwrap();
    desk.reaches("in", 200).await;
    replay.kill().await.unwrap();
    assert!(
        desk.depth("in").await < 2_000,
        "it was too fast to be killed"
    );
    desk.slingshot("dlq replay words --yes --force")
        .await
        .ends(0);
    let ids = desk.ids("in").await;
    let expected: BTreeSet<_> = (0..2_000).map(|id| id.to_string()).collect();
    assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), expected);
    // Twice is what was on its way when the process died, and no more than that.
    assert!(ids.len() <= 2_000 + 256, "{}", ids.len());
}

async fn an_interrupted_replay_says_how_far_it_came(target: &Target) {
    let desk = Desk::new(target, "stopped").await;
    desk.letters(0..1_000).await;
    let replay = desk
        .command("dlq replay words --yes --force --rate 200/s --format json")
        .spawn()
        .unwrap();
    desk.reaches("in", 50).await;
    desk.signal("INT", replay.id().unwrap()).await;
    let output = replay.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    let done = desk.depth("in").await;
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!(
            "{{\"did\":\"replay\",\"ended\":\"interrupted\",\"letters\":{done},\"queue\":\"{}\",\"ready\":1000}}\n",
            desk.queue("in.dlq")
        )
    );
    assert_eq!(desk.depth("in.dlq").await, 1_000 - done);
    let mut ids = desk.ids("in").await;
    ids.extend(desk.ids("in.dlq").await);
    let expected: Vec<_> = (0..1_000).map(|id| id.to_string()).collect();
    assert!(ids == expected, "each is there once, in its order");
}

async fn replays_at_once_share_the_letters(target: &Target) {
    let desk = Desk::new(target, "shared").await;
    desk.letters(0..1_000).await;
    let words = "dlq replay words --yes --force --rate 400/s";
    let (one, other) = tokio::join!(desk.slingshot(words), desk.slingshot(words));
    one.ends(0);
    other.ends(0);
    // What one had asked for and not done when the other had looked is there still.
    desk.slingshot("dlq replay words --yes --force")
        .await
        .ends(0);
    let mut ids: Vec<u64> = desk
        .ids("in")
        .await
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    ids.sort_unstable();
    assert!(ids == (0..1_000).collect::<Vec<_>>(), "{} ids", ids.len());
}

async fn whatever_is_in_the_queue_can_be_shown_and_replayed(target: &Target) {
    let desk = Desk::new(target, "foreign").await;
    let mut strange = FieldTable::default();
    strange.insert("nothing".into(), AMQPValue::Void);
    strange.insert(
        "nested".into(),
        AMQPValue::FieldTable(header("inner", "value")),
    );
    strange.insert("x-death".into(), text("not a list"));
    strange.insert("x-slingshot-replayed".into(), AMQPValue::LongInt(-3));
    strange.insert("x-slingshot-error-message".into(), AMQPValue::Boolean(true));
    let strange = BasicProperties::default().with_headers(strange);
    desk.bytes(b"\xff\x1b[2J\x00", strange).await;
    desk.bytes(b"", BasicProperties::default()).await;
    desk.bytes(b"12", BasicProperties::default()).await;
    desk.rejected_by_the_broker(
        "13",
        BasicRejectOptions { requeue: false },
        &arguments(&[
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text(&desk.queue("in.dlq"))),
        ]),
    )
    .await;
    let ran = desk.slingshot("dlq ls").await;
    ran.ends(1);
    assert!(
        ran.results_about("words")
            .ends_with("unknown 3, rejected 1")
    );
    // The broker's own letter has failed now.
    let all = desk.transcript("dlq show words").await;
    let all: Vec<_> = all.lines().filter(|it| !it.contains("  failed")).collect();
    let all = all.join("\n");
    insta::allow_duplicates! { insta::assert_snapshot!("foreign_letters", all) };
    desk.slingshot("dlq show words --format json").await.ends(1);
    desk.slingshot(&format!(
        "dlq replay words --yes --force --to {}",
        desk.queue("in")
    ))
    .await
    .ends(0);
    let bodies: Vec<_> = desk
        .take("in")
        .await
        .into_iter()
        .map(|it| it.data)
        .collect();
    assert_eq!(bodies, [&b"\xff\x1b[2J\x00"[..], b"", b"12", b"13"]);
}

async fn a_queue_that_is_not_there_has_no_letters(target: &Target) {
    let desk = Desk::new(target, "absent").await;
    desk.delete("in.dlq").await;
    for (words, said) in [
        ("dlq ls", "no dead letters"),
        ("dlq show words", "does not exist"),
        ("dlq replay words --yes", "Replayed 0 of 0 dead letters"),
        ("dlq drop words --yes", "Dropped 0 of 0 dead letters"),
    ] {
        let ran = desk.slingshot(words).await;
        ran.ends(0);
        assert!(ran.errors.contains(said), "{words}: {}", ran.errors);
    }
}

async fn a_sys_map_says_where_the_letters_are(target: &Target) {
    let desk = Desk::new(target, "mapped").await;
    desk.letters(0..3).await;
    let sys_map = desk.sys_map().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let ran = |words: String| {
        let mut command = desk.command(&words);
        command.current_dir(elsewhere.path());
        async move { command.output().await.unwrap() }
    };
    let listed = ran(format!("dlq ls words --count --sys-map {}", sys_map.url())).await;
    assert_eq!(listed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&listed.stdout).contains("  3  "));
    let unnamed = ran(format!("dlq ls --sys-map {}", sys_map.url())).await;
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("name the services"));
    let unknown = ran(format!("dlq show wrods --sys-map {}", sys_map.url())).await;
    assert_eq!(unknown.status.code(), Some(4));
    sys_map.shutdown().await;
}

async fn the_guide_s_commands_run(target: &Target) {
    let desk = Desk::new(target, "guide").await;
    let page = fs::read_to_string(repository().join("docs/guide/dead-letters.md")).unwrap();
    let mut commands = 0;
    for block in page.split("```sh\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        for line in block.lines() {
            desk.letter("7", failed("panic", "index out of bounds", 1))
                .await;
            let reader = desk.reader("in").await;
            let (command, _) = line.split_once(" || ").unwrap_or((line, ""));
            let words = command.strip_prefix("slingshot ").unwrap();
            let ran = desk.slingshot(words).await;
            assert!(ran.is_clean_or_has_findings(), "{line}: {}", ran.errors);
            reader.close().await;
            commands += 1;
        }
    }
    assert_eq!(commands, 9, "a block is of another language, or new");
}

async fn the_doctor_looks_at_every_queue(target: &Target) {
    let desk = Desk::new(target, "doctor").await;
    desk.letters(0..3).await;
    desk.client.publish(&desk.queue("in"), "7").await;
    let ran = desk.slingshot("doctor").await;
    ran.ends(0);
    let lines = ran.results_about("letters.doctor.");
    insta::allow_duplicates! { insta::assert_snapshot!("doctor", lines) };
    let json = desk.slingshot("doctor --format json").await;
    json.ends(0);
    desk.without_password();
    let ran = desk.slingshot("doctor").await;
    ran.ends(1);
    assert!(ran.results_about("secret").contains("No such file"));
}

/// The guide's steps, with the client's own words for `rabbitmqctl delete_queue --if-empty --if-unused`.
async fn a_transient_queue_is_migrated_as_the_guide_says(target: &Target) {
    let desk = Desk::new(target, "migrated").await;
    desk.delete("in").await;
    let queue = desk.queue("in");
    let transient = QueueDeclareOptions::default();
    let declared =
        desk.client
            .channel
            .queue_declare(queue.as_str().into(), transient, FieldTable::default());
    declared.await.unwrap();
    desk.client.publish(&queue, "7").await;
    let subject = format!("queue {queue} ");
    let before = desk.slingshot("doctor").await.results_about(&subject);
    assert!(before.contains("transient"), "{before}");
    assert!(before.contains("1 ready"), "{before}");
    // 1. It is worked off.
    assert_eq!(desk.ids("in").await, ["7"]);
    // 3. It is deleted.
    let if_idle = QueueDeleteOptions {
        if_empty: true,
        if_unused: true,
        ..QueueDeleteOptions::default()
    };
    let deleted = desk
        .client
        .channel
        .queue_delete(queue.as_str().into(), if_idle);
    deleted.await.unwrap();
    // 4. Whoever needs it next declares it durable.
    desk.slingshot("send words 8").await.ends(0);
    let after = desk.slingshot("doctor").await.results_about(&subject);
    assert!(!after.contains("transient"), "{after}");
    assert!(after.contains("1 ready"), "{after}");
}
