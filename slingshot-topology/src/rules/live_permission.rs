//! A user who may not do what its services do.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    definitions::Permission,
    facts::{Broker, permits},
    queues::Role,
    source::{Span, Spanned},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-permission",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "The broker does not allow the map's user what the services do.",
    why: "
Services read their queues, publish through the default exchange, and declare the queues that are not there yet.
Whatever of it is refused closes the channel, again and again.",
    before: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
vhost = "documents"
password = "env:RABBIT_PASSWORD"
"#,
        definitions: r#"
{
  "vhosts": [{ "name": "documents" }],
  "permissions": [
    { "user": "slingshot", "vhost": "documents", "configure": "^sniff", "write": "^sniff", "read": "^words$" }
  ],
  "queues": [{ "name": "sniff", "vhost": "documents", "durable": true, "arguments": {} }]
}
"#,
    },
    after: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
vhost = "documents"
password = "env:RABBIT_PASSWORD"
"#,
        definitions: r#"
{
  "vhosts": [{ "name": "documents" }],
  "permissions": [
    {
      "user": "slingshot", "vhost": "documents",
      "configure": "^sniff", "write": "^(sniff.*|amq[.]default)$", "read": "^sniff"
    }
  ],
  "queues": [{ "name": "sniff", "vhost": "documents", "durable": true, "arguments": {} }]
}
"#,
    },
};

/// The exchange that takes queues' names for keys, as permissions call it.
const DEFAULT_EXCHANGE: &str = "amq.default";

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some(broker) = facts
        .broker
        .as_ref()
        .filter(|broker| broker.lists_permissions())
        && let Some(rabbitmq) = &facts.system.rabbitmq
        && let Some(system) = &facts.system.start
    {
        let of = |refused, at| LivePermission {
            user: &rabbitmq.username,
            vhost: broker.vhost,
            refused,
            at,
            system,
        };
        let Some(permission) = broker.permission(&rabbitmq.username) else {
            findings.push(of(Refused::Everything, &broker.definitions.start));
            return;
        };
        for (refused, permission) in refused(broker, permission) {
            findings.push(of(refused, &permission.span));
        }
    }
}

/// What a permission keeps the services from, with the first queue of each kind.
fn refused<'s>(
    broker: &'s Broker<'_>,
    permission: &'s Permission,
) -> Vec<(Refused<'s>, &'s Spanned<String>)> {
    let Permission {
        configure,
        write,
        read,
        ..
    } = permission;
    let is_refused = |by: &str, name: &str| permits(by, name) == Some(false);
    let mut found = Vec::new();
    let mut needed = broker.needed.iter();
    let undeclared = needed.find(|queue| {
        broker.queue(&queue.name).is_none() && is_refused(&configure.value, &queue.name)
    });
    found.extend(undeclared.map(|queue| (Refused::Declaring(&queue.name), configure)));
    if is_refused(&write.value, DEFAULT_EXCHANGE) {
        found.push((Refused::Publishing, write));
    }
    let mut inbound = broker
        .needed
        .iter()
        .filter(|queue| queue.role == Role::Inbound);
    let unread = inbound.find(|queue| is_refused(&read.value, &queue.name));
    found.extend(unread.map(|queue| (Refused::Reading(&queue.name), read)));
    found
}

/// What a service is kept from.
enum Refused<'s> {
    Everything,
    Declaring(&'s str),
    Publishing,
    Reading(&'s str),
}

/// The user, and what it is refused.
struct LivePermission<'s> {
    user: &'s str,
    vhost: &'s str,
    refused: Refused<'s>,
    at: &'s Span,
    system: &'s Span,
}

impl Finding for LivePermission<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self { user, vhost, .. } = self;
        match self.refused {
            Refused::Everything => {
                format!("`{user}` has no permission in the virtual host `{vhost}`")
            }
            Refused::Declaring(queue) => format!("`{user}` may not declare the queue `{queue}`"),
            Refused::Publishing => format!("`{user}` may not publish to any queue"),
            Refused::Reading(queue) => format!("`{user}` may not read the queue `{queue}`"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let text = match self.refused {
            Refused::Everything => "no permission of this user is in the export".to_owned(),
            Refused::Declaring(queue) | Refused::Reading(queue) => {
                format!("does not match `{queue}`")
            }
            Refused::Publishing => format!("does not match `{DEFAULT_EXCHANGE}`"),
        };
        vec![
            Label::primary(self.at, text),
            Label::secondary(self.system, format!("logs in as `{}`", self.user)),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("widen it with `rabbitmqctl set_permissions`".to_owned())
    }
}
