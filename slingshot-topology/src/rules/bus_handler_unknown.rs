//! A call that nobody answers.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, Span,
};
use crate::dialect::Dialect;
use crate::{
    code::{BusCall, CodeHandler, Process},
    diagnostic::did_you_mean,
    system::{Bus, Http},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bus-handler-unknown",
    severity: Severity::Error,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Handlers,
    check: Some(check),
    what: "The code calls a handler through the bus that its binary does not have.",
    why: "
The call fails every time, at once and with an error, but only when the code gets there. A handler of another binary
answers where the system says `bus = \"amqp\"`. Where a handler may be in a process that is not here, or in code that
the check could not read, the finding is a warning.",
    before: Example::WithCode {
        toml: r#"
[http]
listen = "127.0.0.1:8080"
"#,
        rust: r#"
#[handler]
async fn greet(name: String, bus: &Bus) -> Result<String, AnyError> {
    let title: String = bus.publish("title", name).await?.into();
    Ok(title)
}

#[handler]
async fn titles(name: String) -> String {
    format!("Dr. {name}")
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
async fn titles(name: String) -> String {
    format!("Dr. {name}")
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code else {
        return;
    };
    let bus = facts.system.http.as_ref().map(Http::bus);
    let is_within = bus.is_some_and(|bus| bus != Bus::Amqp);
    let elsewhere = if bus == Some(Bus::Amqp) {
        Some("it may be in another process, as `bus = \"amqp\"` allows")
    } else if code.is_complete {
        None
    } else {
        Some("it may be where the source could not be read")
    };
    let mut reported: Vec<&Span> = Vec::new();
    for (caller, processes, call) in code.calls() {
        let name = &*call.handler.value;
        let of_name = || code.on_bus().filter(|handler| handler.name == name);
        let other = of_name().next();
        let is_answered = of_name().any(|handler| !is_within || may_answer(handler, processes));
        // A helper's call is that of everyone who calls the helper.
        if is_answered || reported.contains(&&call.handler.span) {
            continue;
        }
        reported.push(&call.handler.span);
        findings.push(BusHandlerUnknown {
            caller,
            call,
            other,
            meant: did_you_mean(name, code.on_bus().map(|handler| &*handler.name)),
            elsewhere,
        });
    }
}

/// Whether a handler may be in a process of those who call it.
fn may_answer(handler: &CodeHandler, callers: &[Process]) -> bool {
    let is_known = |processes: &[Process]| {
        let is_binary = |process: &Process| matches!(process, Process::Binary(_));
        !processes.is_empty() && processes.iter().all(is_binary)
    };
    !is_known(callers)
        || !is_known(&handler.processes)
        || handler.processes.iter().any(|it| callers.contains(it))
}

/// The call.
struct BusHandlerUnknown<'s> {
    caller: &'s str,
    call: &'s BusCall,
    /// The handler of that name in another process.
    other: Option<&'s CodeHandler>,
    meant: Option<&'s str>,
    /// Why it need not be a mistake.
    elsewhere: Option<&'static str>,
}

impl Finding for BusHandlerUnknown<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let name = &self.call.handler.value;
        if self.other.is_some() {
            return format!(
                "`{}` calls the handler `{name}`, which is in another process",
                self.caller
            );
        }
        format!(
            "`{}` calls the handler `{name}`, which is not there",
            self.caller
        )
    }

    fn labels(&self) -> Vec<Label> {
        if let Some(other) = self.other {
            let [own, others] =
                [&self.call.handler.span, &other.at].map(|at| Dialect::at(at).program());
            return vec![
                Label::primary(&self.call.handler.span, format!("no handler of this {own}")),
                Label::secondary(&other.at, format!("the other {others}'s")),
            ];
        }
        vec![Label::primary(
            &self.call.handler.span,
            self.elsewhere.unwrap_or("no handler has this name"),
        )]
    }

    fn help(&self) -> Option<String> {
        if self.other.is_some() {
            let help = "write `bus = \"amqp\"` under `[http]`: that bus leads to every process";
            return Some(help.to_owned());
        }
        Some(match self.meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let name = &self.call.handler;
                let annotation = Dialect::at(&name.span).handler(&name.value);
                format!("write a function with {annotation}")
            }
        })
    }

    fn severity(&self) -> Severity {
        match self.elsewhere {
            Some(_) => Severity::Warning,
            None => RULE.severity,
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |meant: &str| {
            let edit = Edit::name(&self.call.handler.span, meant);
            Fix::proposed(format!("call `{meant}`"), vec![edit])
        };
        let meant = self.meant.filter(|_| self.other.is_none());
        meant.map(fix).into_iter().collect()
    }
}
