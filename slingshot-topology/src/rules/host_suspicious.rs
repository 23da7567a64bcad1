//! A host that is more, or less.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    host::{self, Place},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "host-suspicious",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: Some(check),
    what: "A `host` holds a scheme, a port, a path, a user or a space.",
    why: "
The host of the broker and of the database is a name or an address and nothing else: what is written around it is
looked up as a part of the name, and never found. The object store's may begin with `http://` or `https://`. An
address in place of a name is a remark: it goes stale, and no certificate is made out to it.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "amqps://rabbit.example.com:5671"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let system = facts.system;
    let broker = system.rabbitmq.as_ref();
    let database = system.database.as_ref();
    let store = system.object_storage.as_ref();
    let hosts = [
        (broker.map(|it| &*it.host), &system.rabbitmq_at, false),
        (database.map(|it| &*it.host), &system.database_at, false),
        (store.map(|it| &*it.host), &system.object_storage_at, true),
    ];
    for (host, places, may_be_url) in hosts {
        if let Some(host) = host
            && let Some(at) = places.nearest("host")
            && let Some(oddity) = oddity(host, may_be_url)
        {
            findings.push(HostSuspicious { host, at, oddity });
        }
    }
}

/// What a host is that it should not be.
#[derive(Clone, Copy)]
enum Oddity {
    Empty,
    Holds(&'static str),
    Address,
}

fn oddity(host: &str, may_be_url: bool) -> Option<Oddity> {
    let mut rest = host;
    if may_be_url {
        let schemes = ["https://", "http://"];
        rest = schemes
            .iter()
            .find_map(|scheme| host.strip_prefix(scheme))
            .unwrap_or(host);
    }
    if rest.is_empty() {
        return Some(Oddity::Empty);
    }
    let parts: [(&str, &str); 4] = [
        ("://", "a scheme"),
        ("@", "a user"),
        (" ", "a space"),
        ("/", "a path"),
    ];
    // A store behind a proxy may well have a path.
    let parts = parts
        .iter()
        .filter(|(mark, _)| !(may_be_url && *mark == "/"));
    for (mark, what) in parts {
        if rest.contains(mark) {
            return Some(Oddity::Holds(what));
        }
    }
    if host::is_address(rest) {
        let is_far = host::place(rest) == Place::Public;
        return is_far.then_some(Oddity::Address);
    }
    (!may_be_url && rest.contains(':')).then_some(Oddity::Holds("a port"))
}

/// The host, and what is odd about it.
struct HostSuspicious<'s> {
    host: &'s str,
    at: &'s Span,
    oddity: Oddity,
}

impl Finding for HostSuspicious<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        match self.oddity {
            Oddity::Empty => "the host is empty".to_owned(),
            // A user may come with a password.
            Oddity::Holds(what) => format!("the host holds {what}"),
            Oddity::Address => format!("the host is the address {}, and no name", self.host),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let label = Label::primary(self.at, "a name is meant");
        vec![match self.oddity {
            Oddity::Holds("a user") => label.hidden(),
            _ => label,
        }]
    }

    fn help(&self) -> Option<String> {
        match self.oddity {
            Oddity::Address => None,
            _ => Some(
                "write the name alone: port, user, virtual host and `tls` have fields of their own"
                    .to_owned(),
            ),
        }
    }

    fn severity(&self) -> Severity {
        match self.oddity {
            Oddity::Address => Severity::Info,
            _ => RULE.severity,
        }
    }
}
