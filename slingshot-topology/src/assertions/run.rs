//! Tests on their way: what they name is found in the system, and what they say is held against it.

mod holds;
mod reached;

use super::{RULE, RouteTest, RouteTests, Start, TestOutcome};
use crate::{
    CaseValue,
    check::Wanted,
    diagnostic::{Diagnostic, Finding, Findings, Label, did_you_mean},
    hashing::HashMap,
    rule::Rule,
    source::{Span, Spanned},
    system::{Route, System},
    wiring::Wiring,
};

/// How many names a message lists.
const LISTED: usize = 12;

/// Runs tests over a system. What they name and the system does not have is a mistake of theirs, and comes
/// second: tests with such names did not run.
pub fn run_tests(system: &System, tests: &RouteTests) -> (Vec<TestOutcome>, Vec<Diagnostic>) {
    let routes = Routes {
        system,
        wiring: Wiring::of(system),
    };
    let mut outcomes = Vec::new();
    let mut mistakes = Findings::wanted_by(Wanted::everything());
    for (first, test) in repeated_names(&tests.tests) {
        mistakes.push(TestFinding {
            message: format!("two tests are called `{}`", test.name.value),
            labels: vec![
                Label::primary(&test.name.span, "the second"),
                Label::secondary(&first.name.span, "the first"),
            ],
            help: Some("give each a name of its own".to_owned()),
        });
    }
    for test in &tests.tests {
        if let Some(begin) = routes.begin(test, &mut mistakes) {
            let mut failures = Findings::wanted_by(Wanted::everything());
            routes.run(test, &begin, &mut failures);
            outcomes.push(TestOutcome {
                name: test.name.value.clone(),
                at: test.name.span.clone(),
                failures: failures.into_sorted(),
            });
        }
    }
    (outcomes, mistakes.into_sorted())
}

/// Tests with the name of an earlier one, which comes first.
fn repeated_names(tests: &[RouteTest]) -> Vec<(&RouteTest, &RouteTest)> {
    let mut known: HashMap<&str, &RouteTest> = HashMap::default();
    let mut repeated = Vec::new();
    for test in tests {
        let first = *known.entry(&test.name.value).or_insert(test);
        if !std::ptr::eq(first, test) {
            repeated.push((first, test));
        }
    }
    repeated
}

struct Routes<'s> {
    system: &'s System,
    wiring: Wiring<'s>,
}

/// Where a test begins, found in the system.
struct Begin<'s> {
    /// The queues that are fed first.
    queues: Vec<usize>,
    /// The service and the route of an `emit`.
    emits: Option<(usize, &'s Route)>,
    /// Where the map says it.
    at: &'s Span,
}

impl<'s> Routes<'s> {
    /// None, with the reasons, if the test names what is not there.
    fn begin(&self, test: &RouteTest, mistakes: &mut Findings) -> Option<Begin<'s>> {
        let direct = test.direct.iter().flat_map(|direct| &direct.value);
        let queues = direct.filter(|name| self.wiring.queue_index(&name.value).is_none());
        let mut unknown: Vec<_> = queues.map(|name| self.unknown_queue(name)).collect();
        let names = test.reaches.iter().chain(&test.not_reaches);
        let names = names.filter(|name| self.find(&name.value).is_none());
        unknown.extend(names.map(|name| self.unknown(name)));
        let services = test.path.iter();
        let services = services.filter(|name| self.service_index(&name.value).is_none());
        unknown.extend(services.map(|name| self.unknown_service(name)));
        let begin = match &test.start {
            Start::Send { queue } => match self.wiring.queue_index(&queue.value) {
                Some(index) => Some(Begin {
                    queues: vec![index],
                    emits: None,
                    at: self.wiring.queues[index].at,
                }),
                None => {
                    unknown.push(self.unknown_queue(queue));
                    None
                }
            },
            Start::Emit { service, case } => match self.service_index(&service.value) {
                Some(index) => self.route(index, case).map_err(|it| unknown.push(it)).ok(),
                None => {
                    unknown.push(self.unknown_service(service));
                    None
                }
            },
        };
        let is_known = unknown.is_empty();
        for mistake in unknown {
            mistakes.push(mistake);
        }
        begin.filter(|_| is_known)
    }

    fn route(&self, index: usize, case: &Spanned<CaseValue>) -> Result<Begin<'s>, TestFinding> {
        let service = self.wiring.service(index);
        let route = service
            .routes
            .iter()
            .find(|route| route.case.value == case.value);
        let Some(route) = route else {
            let cases: Vec<_> = service
                .routes
                .iter()
                .map(|it| it.case.value.to_string())
                .collect();
            let written = case.value.to_string();
            let meant = did_you_mean(&written, cases.iter().map(String::as_str));
            return Err(TestFinding {
                message: format!("`{}` has no case {written}", service.name.value),
                labels: vec![
                    Label::primary(&case.span, "no route has this case"),
                    Label::secondary(&service.routes_at, listed("its cases are", &cases)),
                ],
                help: meant.map(|meant| format!("did you mean {meant}?")),
            });
        };
        let queues = route.queues.iter();
        Ok(Begin {
            queues: queues
                .filter_map(|queue| self.wiring.queue_index(&queue.value))
                .collect(),
            emits: Some((index, route)),
            at: &route.span,
        })
    }

    /// A queue's number, or that of a service.
    fn find(&self, name: &str) -> Option<Found> {
        let queue = self.wiring.queue_index(name).map(Found::Queue);
        queue.or_else(|| self.service_index(name).map(Found::Service))
    }

    fn service_index(&self, name: &str) -> Option<usize> {
        let mut services = self.system.services.iter();
        services.position(|service| service.name.value == name)
    }

    fn unknown_queue(&self, name: &Spanned<String>) -> TestFinding {
        let queues = self.wiring.queues.iter().map(|queue| queue.name);
        unknown(name, "queue", did_you_mean(&name.value, queues))
    }

    fn unknown_service(&self, name: &Spanned<String>) -> TestFinding {
        let services = self
            .system
            .services
            .iter()
            .map(|service| &*service.name.value);
        unknown(name, "service", did_you_mean(&name.value, services))
    }

    fn unknown(&self, name: &Spanned<String>) -> TestFinding {
        let queues = self.wiring.queues.iter().map(|queue| queue.name);
        let services = self
            .system
            .services
            .iter()
            .map(|service| &*service.name.value);
        unknown(
            name,
            "queue or service",
            did_you_mean(&name.value, queues.chain(services)),
        )
    }
}

enum Found {
    Queue(usize),
    Service(usize),
}

fn unknown(name: &Spanned<String>, what: &str, meant: Option<&str>) -> TestFinding {
    TestFinding {
        message: format!("there is no {what} `{}`", name.value),
        labels: vec![Label::primary(&name.span, "not in the map")],
        help: meant.map(|meant| format!("did you mean `{meant}`?")),
    }
}

fn listed(words: &str, names: &[String]) -> String {
    match names.len() {
        0 => format!("{words} nothing"),
        count if count > LISTED => {
            let shown: Vec<_> = names.iter().take(LISTED).map(String::as_str).collect();
            format!("{words} {} and {} more", shown.join(", "), count - LISTED)
        }
        _ => format!("{words} {}", names.join(", ")),
    }
}

/// What a test found.
struct TestFinding {
    message: String,
    labels: Vec<Label>,
    help: Option<String>,
}

impl Finding for TestFinding {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        self.message.clone()
    }

    fn labels(&self) -> Vec<Label> {
        self.labels.clone()
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}
