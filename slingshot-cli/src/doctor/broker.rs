//! RabbitMQ: who answers, whether it lets us in, and how long it waits for an answer.

use std::time::Duration;

use slingshot_runtime::client::{BrokerVersion, ClientError, Queues, broker_version};

use super::{finding::Finding, queues, system::Examined};
use crate::dlq::age;

/// How long a function may take that does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(25);

/// Seconds between heartbeats that a connection of ours asks for.
const HEARTBEAT: u32 = 30;

/// What there is to say of the broker and of every queue.
pub(super) async fn broker(examined: &Examined) -> Vec<Finding> {
    let Some(endpoint) = &examined.system.rabbitmq else {
        let words = "slingshot.toml names none: slingshot run supplies an embedded one";
        return vec![Finding::not_looked_at("rabbitmq", words)];
    };
    let at = format!("{}:{}", endpoint.host, endpoint.port);
    let (version, connected) = tokio::join!(broker_version(endpoint), Queues::connect(endpoint));
    let queues = match connected {
        Ok(queues) => queues,
        Err(error) => return vec![Finding::wrong("rabbitmq", error.to_string(), help(&error))],
    };
    let who = match &version {
        Some(version) => format!("{} {}", version.product, version.version),
        None if endpoint.tls => "a broker over TLS, which does not say its version".to_owned(),
        None => "a broker that does not say its version".to_owned(),
    };
    let words = format!(
        "{who} at {at}; logged in as {}; heartbeat {HEARTBEAT} s",
        endpoint.username
    );
    let mut findings = vec![Finding::fine("rabbitmq", words)];
    findings.extend(consumer_timeout(examined, version.as_ref()));
    findings.extend(queues::queues(examined, &queues).await);
    queues.close().await;
    findings
}

fn help(error: &ClientError) -> &'static str {
    let words = error.to_string();
    if matches!(error, ClientError::Secret(_)) {
        "see the secret above"
    } else if words.contains("refused the login") {
        "does the user exist, and is this its password? Users of the virtual host: rabbitmqctl list_permissions"
    } else {
        "does it run, and is the way to it open from here?"
    }
}

/// Since 3.8.15 a broker takes back what is not acknowledged in time, and closes the channel.
fn consumer_timeout(examined: &Examined, version: Option<&BrokerVersion>) -> Option<Finding> {
    let limit = version?.consumer_timeout()?;
    let (longest, service) = examined.longest_timeout(DEFAULT_TIMEOUT);
    let whose = match service {
        Some(service) => format!("the function of `{service}` may take {}", age(longest)),
        None => format!("a function may take {}", age(longest)),
    };
    let words = format!(
        "RabbitMQ takes a message back after {} by default, and {whose}",
        age(limit)
    );
    Some(if longest < limit {
        Finding::fine("consumer timeout", words)
    } else {
        let help = format!(
            "raise it in rabbitmq.conf: consumer_timeout = {}; or let the function take less: timeout = \"25m\"\n\
             what this broker has set cannot be asked for over AMQP: rabbitmqctl environment shows it",
            (longest + Duration::from_mins(5)).as_millis()
        );
        Finding::doubtful("consumer timeout", words, help)
    })
}
