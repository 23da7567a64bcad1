//! A call that nobody answers.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, Span,
};
use crate::{
    code::BusCall,
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
    what: "The code calls a handler through the bus that the source does not have.",
    why: "
The call fails every time, at once and with an error, but only when the code gets there. Where a handler may
be in another process (`bus = \"amqp\"`), or in code that the check could not read, the finding is a warning.",
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
    let elsewhere = if facts.system.http.as_ref().map(Http::bus) == Some(Bus::Amqp) {
        Some("it may be in another process, as `bus = \"amqp\"` allows")
    } else if code.is_complete {
        None
    } else {
        Some("it may be where the source could not be read")
    };
    let mut reported: Vec<&Span> = Vec::new();
    for (caller, call) in code.calls() {
        let name = &*call.handler.value;
        // A helper's call is that of everyone who calls the helper.
        if code.on_bus().any(|handler| handler.name == name)
            || reported.contains(&&call.handler.span)
        {
            continue;
        }
        reported.push(&call.handler.span);
        findings.push(BusHandlerUnknown {
            caller,
            call,
            meant: did_you_mean(name, code.on_bus().map(|handler| &*handler.name)),
            elsewhere,
        });
    }
}

/// The call.
struct BusHandlerUnknown<'s> {
    caller: &'s str,
    call: &'s BusCall,
    meant: Option<&'s str>,
    /// Why it need not be a mistake.
    elsewhere: Option<&'static str>,
}

impl Finding for BusHandlerUnknown<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let name = &self.call.handler.value;
        format!(
            "`{}` calls the handler `{name}`, which is not there",
            self.caller
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.call.handler.span,
            self.elsewhere.unwrap_or("no handler has this name"),
        )]
    }

    fn help(&self) -> Option<String> {
        Some(match self.meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "write a function with `#[handler(name = \"{}\")]`",
                self.call.handler.value
            ),
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
        self.meant.map(fix).into_iter().collect()
    }
}
