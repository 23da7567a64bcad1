//! Handlers that wait for each other.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::awaits::{Awaited, Awaits};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bus-call-cycle",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Handlers,
    check: Some(check),
    what: "Handlers wait for the replies of each other in a circle.",
    why: "
Each holds one of its replicas while it waits. A call that comes back to a handler all of whose replicas wait on
its way fails at once; and where requests go round beside each other, each waits for a replica that another holds,
until their timeouts end. `dispatch` waits for no reply, and makes no such circle.",
    before: Example::WithCode {
        toml: r#"
[http]
listen = "127.0.0.1:8080"
"#,
        rust: r#"
#[handler]
async fn greet(name: String, bus: &Bus) -> Result<String, AnyError> {
    let title: String = bus.publish("titles", name).await?.into();
    Ok(title)
}

#[handler]
async fn titles(name: String, bus: &Bus) -> Result<String, AnyError> {
    bus.publish("greet", &name).await?;
    Ok(name)
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[http]
listen = "127.0.0.1:8080"
"#,
        rust: r#"
#[handler]
async fn greet(name: String, bus: &Bus) -> Result<String, AnyError> {
    let title: String = bus.publish("titles", name).await?.into();
    Ok(title)
}

#[handler]
async fn titles(name: String, bus: &Bus) -> Result<String, AnyError> {
    bus.dispatch("greet", &name).await?;
    Ok(name)
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code else {
        return;
    };
    let awaits = Awaits::of(code);
    for circle in awaits.circles() {
        findings.push(BusCallCycle {
            awaits: &awaits,
            circle,
        });
    }
}

/// The shortest way round.
struct BusCallCycle<'s> {
    awaits: &'s Awaits<'s>,
    circle: Vec<Awaited<'s>>,
}

impl Finding for BusCallCycle<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let callers = self.circle.iter().map(|edge| self.awaits.caller(edge));
        let last = self.circle.last().map(|edge| self.awaits.handler(edge));
        let path: Vec<_> = callers.chain(last).collect();
        format!(
            "handlers wait for each other in a circle: {}",
            path.join(" → ")
        )
    }

    fn is_path(&self) -> bool {
        true
    }

    fn labels(&self) -> Vec<Label> {
        let label = |(edge, number): (&Awaited<'_>, usize)| {
            let (caller, handler) = (self.awaits.caller(edge), self.awaits.handler(edge));
            Label {
                primary: number == 1,
                ..Label::secondary(
                    edge.at,
                    format!("step {number}, where `{caller}` waits for `{handler}`"),
                )
            }
        };
        self.circle.iter().zip(1..).map(label).collect()
    }

    fn help(&self) -> Option<String> {
        Some("tell one of them with `dispatch`, which waits for no reply".to_owned())
    }
}
