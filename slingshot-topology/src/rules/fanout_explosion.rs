//! One message that becomes thousands.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::wiring::{FanOut, Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "fanout-explosion",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "One message to a source becomes more than 1,000 messages.",
    why: "
Each service multiplies a little, and what comes out at the end is their product: a burst at the source is a
thousand bursts behind it. Counted are the queues of each service's widest case, or, where routes have a
`share`, the average that the shares say; rounds in loops are left out.",
    before: Example::Toml(
        r#"
[topology]
sources = ["pages"]
sinks = ["done"]

[services.pages]
in = "pages"
out = [{ case = "one", queues = ["parts"], share = 40.0 }]

[services.parts]
in = "parts"
out = [{ case = "one", queues = ["tiles"], share = 40.0 }]

[services.tiles]
in = "tiles"
out = [{ case = "one", queues = ["dots"] }]

[services.dots]
in = "dots"
out = [{ case = "one", queues = ["done"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["pages"]
sinks = ["done"]

[services.pages]
in = "pages"
out = [{ case = "one", queues = ["parts"], share = 40.0 }]

[services.parts]
in = "parts"
out = [{ case = "one", queues = ["tiles"], share = 4.0 }]

[services.tiles]
in = "tiles"
out = [{ case = "one", queues = ["dots"] }]

[services.dots]
in = "dots"
out = [{ case = "one", queues = ["done"] }]
"#,
    ),
};

/// From here on, one message is a burst.
const MANY: f64 = 1_000.0;

/// How much of the way is shown.
const SHOWN_SERVICES: usize = 8;
const SHOWN_SPLITS: usize = 6;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let widest = facts.wiring.widest_fan_out();
    if let Some(widest) = widest.filter(|widest| widest.messages > MANY) {
        let shown = widest.services.iter().take(SHOWN_SERVICES);
        let way = facts.wiring.names(shown.copied());
        findings.push(FanoutExplosion { widest, way });
    }
}

/// The source, and the way along which most of its messages come.
struct FanoutExplosion<'s> {
    widest: FanOut<'s, 's>,
    way: String,
}

impl Finding for FanoutExplosion<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Queue { name, .. } = self.widest.source;
        let more = if self.widest.services.len() > SHOWN_SERVICES {
            " → .."
        } else {
            ""
        };
        let way = format!("{}{more}", self.way);
        match self.widest.messages {
            many if many < 1e9 => {
                format!("one message to `{name}` becomes {many:.0} messages, most by {way}")
            }
            _ => format!(
                "one message to `{name}` becomes more than a thousand million, most by {way}"
            ),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let mut splits = self.widest.splits.iter().take(SHOWN_SPLITS);
        let text = |queues: usize, share: Option<f64>| match (queues, share) {
            (1, Some(share)) => format!("{share} results for each message"),
            (queues, Some(share)) => {
                format!("{share} results for each message, to {queues} queues")
            }
            (queues, None) => format!("to {queues} queues"),
        };
        let of_split = |feed: &&crate::wiring::Feed<'_>| {
            let share = feed.route.share.as_ref().map(|share| share.value);
            text(feed.route.queues.len(), share)
        };
        let first = splits
            .next()
            .map(|feed| Label::primary(&feed.route.span, of_split(feed)));
        let others = splits.map(|feed| Label::secondary(&feed.route.span, of_split(feed)));
        let mut labels: Vec<_> = first.into_iter().chain(others).collect();
        if labels.is_empty() {
            labels.push(Label::primary(self.widest.source.at, "comes in here"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        let splits = &self.widest.splits;
        let is_declared = splits.iter().all(|feed| feed.route.share.is_some());
        let declare = if is_declared {
            ""
        } else {
            ", or say the real numbers with `share`"
        };
        Some(format!(
            "send one message with a list instead of many{declare}"
        ))
    }
}
