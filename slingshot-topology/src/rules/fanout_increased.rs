//! More messages for the same work.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{system::Service, traffic::Traffic, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "fanout-increased",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "By the shares of the routes, a service gets more than twice the messages for the same input.",
    why: "
Its replicas, and all that it feeds, are made for the old number. Each queue that is fed from outside counts
alike, and the first service on the way is reported. Where the routes that feed it declare no `share`, the
numbers are a guess and this is a remark.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["split"]

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 4 }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["split"]

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 20 }]

[services.words]
in = "words"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["split"]

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 4 }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["split"]

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 8 }]

[services.words]
in = "words"
"#,
    },
};

/// Up to how many times the messages of before a service is taken to be ready for.
const MOST_GROWTH: f64 = 2.0;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    let (old, new) = (&change.old, &facts.wiring);
    let entrances = new.queues.iter().enumerate().filter_map(|(index, queue)| {
        let before = old.queue_index(queue.name)?;
        let is_entrance = queue.is_entrance() && old.queues[before].is_entrance();
        is_entrance.then_some((before, index))
    });
    let entrances: Vec<_> = entrances.collect();
    let alike = |places: Vec<usize>| -> Vec<(usize, f64)> {
        places.into_iter().map(|place| (place, 1.0)).collect()
    };
    let before = Traffic::of(old, &alike(entrances.iter().map(|pair| pair.0).collect()));
    let after = Traffic::of(new, &alike(entrances.iter().map(|pair| pair.1).collect()));
    let mut growth = vec![None; new.service_count()];
    for kept in &change.kept {
        let (was, is) = (
            before.service(kept.index_before),
            after.service(kept.index_after),
        );
        if was > 0.0 && is.is_finite() && is > MOST_GROWTH * was {
            growth[kept.index_after] = Some(is / was);
        }
    }
    for kept in &change.kept {
        let feeds = &new.inbound(kept.index_after).feeds;
        let is_first = !feeds.iter().any(|feed| growth[feed.service].is_some());
        let by_traffic = |one: &&Feed<'_>, other: &&Feed<'_>| {
            after.by_feed(one).total_cmp(&after.by_feed(other))
        };
        if let Some(times) = growth[kept.index_after]
            && is_first
            && let Some(feed) = feeds.iter().max_by(by_traffic)
        {
            findings.push(FanoutIncreased {
                service: kept.after,
                before: kept.before,
                feed,
                times,
            });
        }
    }
}

/// The service, and the route that gives it most.
struct FanoutIncreased<'s> {
    service: &'s Service,
    before: &'s Service,
    feed: &'s Feed<'s>,
    times: f64,
}

impl Finding for FanoutIncreased<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (service, times) = (&self.service.name.value, self.times);
        format!("service `{service}` is to get {times:.1} times the messages of before")
    }

    fn labels(&self) -> Vec<Label> {
        let share = self.feed.route.share.as_ref();
        let at = share.map_or(self.feed.at, |share| &share.span);
        vec![
            Label::primary(at, "most of them come from here"),
            Label::secondary(&self.before.inbound.span, "made for less"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "give it the replicas for that first: `slingshot topology simulate` counts them"
                .to_owned(),
        )
    }

    fn severity(&self) -> Severity {
        match self.feed.route.share {
            Some(_) => RULE.severity,
            None => Severity::Info,
        }
    }

    fn confidence(&self) -> Confidence {
        match self.feed.route.share {
            Some(_) => RULE.confidence,
            None => Confidence::Low,
        }
    }
}
