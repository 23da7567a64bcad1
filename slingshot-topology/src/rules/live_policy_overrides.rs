//! A policy that makes queues lose messages.

use std::collections::BTreeMap;

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    definitions::{Argument, ArgumentValue, BrokerPolicy},
    queues::NeededQueue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-policy-overrides",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "A policy of the broker makes queues of the map lose messages.",
    why: "
A policy applies to whatever its pattern finds, whoever declared it and with which arguments. One that was meant
for caches may find work queues too.",
    before: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
        definitions: r#"
{
  "queues": [{ "name": "sniff", "vhost": "/", "durable": true, "arguments": {} }],
  "policies": [
    { "name": "cap", "vhost": "/", "pattern": "s", "apply-to": "queues", "definition": { "max-length": 1000 } }
  ]
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
"#,
        definitions: r#"
{
  "queues": [{ "name": "sniff", "vhost": "/", "durable": true, "arguments": {} }],
  "policies": [
    {
      "name": "cap", "vhost": "/", "pattern": "s", "apply-to": "queues",
      "definition": { "max-length": 1000, "overflow": "reject-publish" }
    }
  ]
}
"#,
    },
};

/// What makes a queue lose messages on its own.
const LOSING: [&str; 4] = ["message-ttl", "expires", "max-length", "max-length-bytes"];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(broker) = &facts.broker else {
        return;
    };
    // One finding for a policy and key, however many queues it finds.
    let mut found: BTreeMap<(usize, usize), LivePolicyOverrides<'_>> = BTreeMap::new();
    for (needed, queue) in broker.pairs().filter(|(needed, _)| needed.is_ours()) {
        for policy in broker.policies(queue) {
            for key in losing(policy) {
                let new = || LivePolicyOverrides {
                    policy,
                    key,
                    first: needed,
                    queues: 0,
                };
                let place = (policy.name.span.start, key.span.start);
                found.entry(place).or_insert_with(new).queues += 1;
            }
        }
    }
    for finding in found.into_values() {
        findings.push(finding);
    }
}

fn losing(policy: &BrokerPolicy) -> impl Iterator<Item = &Argument> {
    let refuses = ArgumentValue::Text("reject-publish".to_owned());
    let mut keys = policy.definition.iter();
    let is_full = !keys.any(|key| key.name == "overflow" && key.value == refuses);
    let keys = policy.definition.iter();
    keys.filter(move |key| {
        LOSING.contains(&&*key.name) && (is_full || !key.name.contains("length"))
    })
}

/// The policy, what it sets, and the queues that it finds.
struct LivePolicyOverrides<'s> {
    policy: &'s BrokerPolicy,
    key: &'s Argument,
    first: &'s NeededQueue<'s>,
    queues: usize,
}

impl Finding for LivePolicyOverrides<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self {
            policy,
            key,
            first,
            queues,
        } = self;
        let whose = if policy.is_operators {
            "operator policy"
        } else {
            "policy"
        };
        let others = match queues - 1 {
            0 => String::new(),
            1 => " and another queue".to_owned(),
            others => format!(" and {others} other queues"),
        };
        let (policy, name, value, queue) = (&policy.name.value, &key.name, &key.value, &first.name);
        format!("the {whose} `{policy}` sets `{name}` of `{queue}`{others} to {value}")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.key.span, "messages beyond this are gone"),
            Label::secondary(self.first.at, "needed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("let the policy's pattern find only the queues that it is meant for".to_owned())
    }
}
