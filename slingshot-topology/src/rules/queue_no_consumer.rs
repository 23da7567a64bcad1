//! Messages that pile up.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    diagnostic::{Explained, Symptom},
    wiring::Queue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-no-consumer",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A queue gets results, no service reads it, and `[topology] sinks` does not name it.",
    why: "
What is published there is never worked on, and the queue grows until the broker runs out of disk. A queue
that something outside of the system drains is declared as a sink; results that are to end are given `queues
= []`.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["indx"] }]

[services.index]
in = "index"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["index"] }]

[services.index]
in = "index"
out = []
"#,
    ),
};

/// How many of the routes that feed the queue are shown.
const SHOWN_FEEDS: usize = 4;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_bounded() {
        return;
    }
    for queue in facts.wiring.queues.iter().filter(|it| it.is_unread()) {
        let meant = facts.spelling.nearest(queue.name);
        findings.push(QueueNoConsumer {
            queue,
            meant,
            starved: facts.loose().reader_of(facts, queue, meant),
            services: facts.loose().services_of(facts, queue, meant),
        });
    }
}

/// The queue, and the one that may have been meant.
struct QueueNoConsumer<'s> {
    queue: &'s Queue<'s>,
    meant: Option<&'s str>,
    /// The queue that nothing feeds instead.
    starved: Option<&'s str>,
    /// The services that feed it, and those that read what was likely meant.
    services: Vec<&'s str>,
}

impl Finding for QueueNoConsumer<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no service reads the queue `{}`", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        let mut feeds = self.queue.feeds.iter().take(SHOWN_FEEDS);
        let first = feeds
            .next()
            .map(|feed| Label::primary(feed.at, "results pile up here"));
        let others = feeds.map(|feed| Label::secondary(feed.at, "and from here"));
        first.into_iter().chain(others).collect()
    }

    fn help(&self) -> Option<String> {
        let name = self.queue.name;
        let add =
            format!("add a service with `in = \"{name}\"`, or name `{name}` in `[topology] sinks`");
        Some(match (self.meant, self.starved) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(starved)) => {
                format!(
                    "{add}; if it is the queue `{starved}`, which nothing feeds, write both the same"
                )
            }
            (None, None) => add,
        })
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Unread(self.queue.name.to_owned()))
    }

    fn explains(&self) -> Vec<Explained> {
        let starved = self.starved.map(|name| Symptom::Unfed(name.to_owned()));
        let near = Symptom::NearMiss(self.queue.name.to_owned());
        let services = self.services.iter().map(|name| (*name).to_owned());
        let all = starved.into_iter().chain([near]);
        let all = all.chain(services.map(Symptom::Changed));
        all.map(Explained::This).collect()
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |meant: &str| {
            let edits = self.queue.feeds.iter();
            let edits = edits.map(|feed| Edit::name(feed.at, meant));
            Fix::proposed(format!("write `{meant}`"), edits.collect())
        };
        self.meant.map(fix).into_iter().collect()
    }
}
