//! A call that the broker does not wait for.

use std::time::Duration;

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{source::Span, system::Service, timespan};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "timeout-over-ack-timeout",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Queues,
    check: Some(check),
    what: "A service's `timeout` is not below the 30 minutes that RabbitMQ waits for an acknowledgement.",
    why: "
Unless `consumer_timeout` of the broker is raised, RabbitMQ closes the channel of a consumer that has had a message
for 30 minutes, and all messages of that consumer come again: a call that takes as long is never finished. The map
does not say what the broker is configured to, hence a warning only.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
"#,
        rust: r#"
#[microservice(name = "sniff", timeout = "45m")]
fn sniff(request: u64) -> Result<(), AnyError> {
    Ok(())
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
"#,
        rust: r#"
#[microservice(name = "sniff", timeout = "25m")]
fn sniff(request: u64) -> Result<(), AnyError> {
    Ok(())
}
"#,
    },
};

/// RabbitMQ's own `consumer_timeout`.
const ACK_TIMEOUT: Duration = Duration::from_mins(30);

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (service, code) in facts.implemented() {
        if let Some(timeout) = code.settings.timeout
            && timeout >= ACK_TIMEOUT
        {
            findings.push(TimeoutOverAckTimeout {
                service,
                at: &code.at,
                timeout,
            });
        }
    }
}

/// The service, and its time limit.
struct TimeoutOverAckTimeout<'s> {
    service: &'s Service,
    at: &'s Span,
    timeout: Duration,
}

impl Finding for TimeoutOverAckTimeout<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (name, timeout) = (&self.service.name.value, timespan::told(self.timeout));
        format!("service `{name}` may take {timeout} for a message, and RabbitMQ waits 30m")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.at, "its annotation allows more than the broker does"),
            Label::secondary(&self.service.inbound.span, "the queue"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "raise `consumer_timeout` in rabbitmq.conf above it and accept this, or split the work"
                .to_owned(),
        )
    }
}
