//! More replicas than connections.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{Spanned, hashing::HashSet, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "db-pool-exceeded",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Capacity,
    check: Some(check),
    what: "The replicas of the services that take a database connection are more than `[database] max-connections`.",
    why: "
Each replica whose function takes a connection has one of its own. Past `max_connections` PostgreSQL refuses, and a
service that is refused holds its messages and tries again: the last ones to start never work. PostgreSQL keeps
some connections for its superuser, and other programs want theirs.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
replicas = 150

[database]
host = "db.example.com"
port = 5432
tls = true
username = "slingshot"
database = "documents"
password = "pass:database/slingshot"
max-connections = 100
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64, connection: &mut PgConnection) -> Result<(), AnyError> {
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
replicas = 50

[database]
host = "db.example.com"
port = 5432
tls = true
username = "slingshot"
database = "documents"
password = "pass:database/slingshot"
max-connections = 100
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64, connection: &mut PgConnection) -> Result<(), AnyError> {
    Ok(())
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(limit) = &facts.system.max_connections else {
        return;
    };
    let mut takers: Vec<(&Service, u32)> = Vec::new();
    let mut known = HashSet::default();
    for (service, code) in facts.implemented() {
        if code.settings.database() && known.insert(&*service.name.value) {
            takers.push((service, facts.replicas(service).unwrap_or(1)));
        }
    }
    let sum: u64 = takers
        .iter()
        .map(|(_, replicas)| u64::from(*replicas))
        .sum();
    if sum > u64::from(limit.value) {
        takers.sort_by_key(|(_, replicas)| std::cmp::Reverse(*replicas));
        findings.push(DbPoolExceeded { limit, sum, takers });
    }
}

/// How many of the services are shown.
const SHOWN: usize = 4;

/// The limit, and the services with their replicas, the most first.
struct DbPoolExceeded<'s> {
    limit: &'s Spanned<u32>,
    sum: u64,
    takers: Vec<(&'s Service, u32)>,
}

impl Finding for DbPoolExceeded<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let limit = self.limit.value;
        format!(
            "the services take {} connections, and the database has {limit}",
            self.sum
        )
    }

    fn labels(&self) -> Vec<Label> {
        let takers = self.takers.iter().take(SHOWN);
        let takers = takers.map(|(service, replicas)| {
            let name = &service.name.value;
            Label::secondary(
                service.place("replicas"),
                format!("`{name}` takes {replicas}"),
            )
        });
        let limit = Label::primary(&self.limit.span, "no more than this");
        [limit].into_iter().chain(takers).collect()
    }

    fn help(&self) -> Option<String> {
        Some(
            "take fewer replicas, raise `max_connections` of PostgreSQL, or put a pooler before it"
                .to_owned(),
        )
    }
}
