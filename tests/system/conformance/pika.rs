//! What Python's pika sees must not differ between the brokers.

use std::{path::Path, process::Command};

use crate::{brokers::Target, environment};

async fn transcript(url: String) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/pika_suite.py");
    let run = move || {
        Command::new(environment::python())
            .arg(script)
            .arg(url)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the suite ended with {}:\n{errors}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_are_equal() {
    let target = Target::embedded().await;
    let rabbitmq = transcript(environment::amqp_url());
    let (embedded, rabbitmq) = tokio::join!(transcript(target.url.clone()), rabbitmq);
    target.stop().await;
    let lines = embedded.lines().zip(rabbitmq.lines());
    let differing: Vec<_> = lines.filter(|(ours, theirs)| ours != theirs).collect();
    assert!(
        differing.is_empty(),
        "embedded and RabbitMQ differ: {differing:#?}"
    );
    assert_eq!(embedded.lines().count(), rabbitmq.lines().count());
    assert!(
        embedded.lines().count() > 80,
        "the suite ended early:\n{embedded}"
    );
}
