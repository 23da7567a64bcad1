//! Two handlers of one name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Named, Persona, Rule, Severity,
    same_names,
};
use crate::code::{Code, CodeHandler};
use crate::dialect::Dialect;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "handler-duplicate",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "Two functions with `#[handler]` in one binary have the same name.",
    why: "
A request and a call through the bus find a handler by its name alone. The binary that holds both refuses to
start. A binary holds its own modules and those of the libraries that it uses; two binaries may have a handler of
one name each. Handlers that `cfg` may leave out, by themselves or with their module, are not compared.",
    before: Example::WithCode {
        toml: r#"
[http]
listen = "127.0.0.1:8080"
"#,
        rust: r#"
#[handler(name = "greet")]
async fn hello(name: String) -> String {
    format!("Hello, {name}")
}

#[handler]
async fn greet(name: String) -> String {
    format!("Good day, {name}")
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[http]
listen = "127.0.0.1:8080"
"#,
        rust: r#"
#[handler(name = "hello")]
async fn hello(name: String) -> String {
    format!("Hello, {name}")
}

#[handler]
async fn greet(name: String) -> String {
    format!("Good day, {name}")
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let handlers = facts.code.into_iter().flat_map(Code::on_bus);
    let handlers = handlers.filter(|handler| !handler.is_conditional);
    for (first, handler) in same_names(handlers, named) {
        findings.push(HandlerDuplicate { first, handler });
    }
}

fn named(handler: &CodeHandler) -> Named<'_> {
    Named {
        name: &handler.name,
        at: &handler.at,
        processes: &handler.processes,
    }
}

/// The handler and the one before it.
struct HandlerDuplicate<'s> {
    first: &'s CodeHandler,
    handler: &'s CodeHandler,
}

impl Finding for HandlerDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("there are two handlers called `{}`", self.handler.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.handler.at, "has the name of another"),
            Label::secondary(&self.first.at, "the first one"),
        ]
    }

    fn help(&self) -> Option<String> {
        let dialect = Dialect::at(&self.handler.at);
        let annotation = dialect.handler("..");
        Some(format!("give one of them another name: {annotation}"))
    }
}
