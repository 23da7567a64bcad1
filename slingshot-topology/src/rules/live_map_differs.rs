//! A sys-map that serves something else than is written.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    hashing::HashMap,
    source::Span,
    system::{Name, Route, Service, System},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-map-differs",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "The sys-map serves something else than the file says.",
    why: "
What services do is what the sys-map serves. What was checked is the file. Where the two differ, a deployment is
not finished, or somebody has changed the one and not the other.",
    before: Example::Served {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
        served: r#"
{ "sniff": { "in": "sniff-old", "out": [{ "case": "other", "queues": [] }] } }
"#,
    },
    after: Example::Served {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
        served: r#"
{ "sniff": { "in": "sniff", "out": [{ "case": "text", "queues": [] }] } }
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(served) = facts.served else {
        return;
    };
    let by_name = |system: &'_ System| -> HashMap<Name, usize> {
        let services = system.services.iter();
        services
            .map(|service| service.name.value.clone())
            .zip(0..)
            .collect()
    };
    let (declared, served_by_name) = (by_name(facts.system), by_name(served));
    for service in &facts.system.services {
        match served_by_name.get(&*service.name.value) {
            Some(&index) => services(service, &served.services[index], findings),
            None if served.complete => findings.push(LiveMapDiffers {
                what: format!("the service `{}`", service.name.value),
                declared: Some((&service.name.span, "not served".to_owned())),
                served: None,
            }),
            None => {}
        }
    }
    for service in &served.services {
        if facts.system.complete && !declared.contains_key(&*service.name.value) {
            findings.push(LiveMapDiffers {
                what: format!("the service `{}`", service.name.value),
                declared: None,
                served: Some((&service.name.span, "served, and not in the file".to_owned())),
            });
        }
    }
    engines(facts.system, served, findings);
}

fn services(declared: &Service, served: &Service, findings: &mut Findings) {
    let name = &declared.name.value;
    if declared.inbound.value != served.inbound.value {
        findings.push(LiveMapDiffers {
            what: format!("the queue that `{name}` reads"),
            declared: Some((&declared.inbound.span, said(&declared.inbound.value))),
            served: Some((&served.inbound.span, said(&served.inbound.value))),
        });
    }
    routes(declared, served, findings);
    for bucket in &declared.buckets {
        let key = &bucket.key.value;
        let other = served.buckets.iter().find(|other| other.key.value == *key);
        // A sys-map in one file may leave the buckets to paths of their own.
        if let Some(other) = other.filter(|other| other.name.value != bucket.name.value) {
            findings.push(LiveMapDiffers {
                what: format!("the bucket `{key}` of `{name}`"),
                declared: Some((&bucket.name.span, said(&bucket.name.value))),
                served: Some((&other.name.span, said(&other.name.value))),
            });
        }
    }
    for (field, one, other) in settings(declared, served) {
        if one != other {
            findings.push(LiveMapDiffers {
                what: format!("`{field}` of `{name}`"),
                declared: Some((&declared.name.span, one)),
                served: Some((&served.name.span, other)),
            });
        }
    }
}

fn routes(declared: &Service, served: &Service, findings: &mut Findings) {
    let queues = |route: &Route| {
        let names = route.queues.iter().map(|queue| said(&queue.value));
        match names.collect::<Vec<_>>() {
            names if names.is_empty() => "ends here".to_owned(),
            names => format!("goes to {}", names.join(" and ")),
        }
    };
    let what =
        |route: &Route| format!("the case {} of `{}`", route.case.value, declared.name.value);
    let in_other = |route: &Route, other: &'_ Service| {
        let mut places = other.routes.iter();
        places.position(|it| it.case.value == route.case.value)
    };
    for route in &declared.routes {
        let other = in_other(route, served).map(|at| &served.routes[at]);
        let is_same = other.is_some_and(|other| queues(other) == queues(route));
        if !is_same {
            findings.push(LiveMapDiffers {
                what: what(route),
                declared: Some((&route.case.span, queues(route))),
                served: other.map_or(
                    Some((&served.routes_at, "has no such case".to_owned())),
                    |other| Some((&other.case.span, queues(other))),
                ),
            });
        }
    }
    for route in &served.routes {
        if in_other(route, declared).is_none() {
            findings.push(LiveMapDiffers {
                what: what(route),
                declared: Some((&declared.routes_at, "has no such case".to_owned())),
                served: Some((&route.case.span, queues(route))),
            });
        }
    }
}

fn said(name: &str) -> String {
    format!("`{name}`")
}

/// What a service is told of beside its queues, in words.
fn settings(one: &Service, other: &Service) -> [(&'static str, String, String); 4] {
    fn words<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "not set".to_owned(), |value| value.to_string())
    }
    let kind = |service: &Service| words(service.queue_type.map(crate::QueueType::as_str));
    let retry = |service: &Service| {
        let written = |retry| serde_json::to_string(&crate::sys_map::RetryForm::from(retry)).ok();
        words(service.retry.as_ref().and_then(written))
    };
    [
        ("replicas", words(one.replicas), words(other.replicas)),
        ("prefetch", words(one.prefetch), words(other.prefetch)),
        ("queue-type", kind(one), kind(other)),
        ("retry", retry(one), retry(other)),
    ]
}

/// What a file does not name, `slingshot run` supplies; a sys-map that runs names them all.
fn engines(declared: &System, served: &System, findings: &mut Findings) {
    fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_some() && other.is_some() && one != other
    }
    let engines = [
        (
            "[rabbitmq]",
            differ(declared.rabbitmq.as_ref(), served.rabbitmq.as_ref()),
        ),
        (
            "[database]",
            differ(declared.database.as_ref(), served.database.as_ref()),
        ),
        (
            "[object-storage]",
            differ(
                declared.object_storage.as_ref(),
                served.object_storage.as_ref(),
            ),
        ),
    ];
    for (what, differ) in engines {
        if let (true, Some(one), Some(other)) = (differ, &declared.start, &served.start) {
            findings.push(LiveMapDiffers {
                what: what.to_owned(),
                declared: Some((one, format!("{what} here"))),
                served: Some((other, "says something else".to_owned())),
            });
        }
    }
}

/// What differs, and what each of the two says.
struct LiveMapDiffers<'s> {
    what: String,
    declared: Option<(&'s Span, String)>,
    served: Option<(&'s Span, String)>,
}

impl Finding for LiveMapDiffers<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the sys-map serves something else: {}", self.what)
    }

    fn labels(&self) -> Vec<Label> {
        let declared = self.declared.iter();
        let served = self.served.iter();
        let places = declared.chain(served).enumerate();
        places
            .map(|(index, (span, text))| Label {
                primary: index == 0,
                ..Label::secondary(span, text.clone())
            })
            .collect()
    }
}
