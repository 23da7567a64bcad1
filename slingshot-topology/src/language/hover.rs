//! What a name means, in a few lines of Markdown.

use std::collections::BTreeSet;

use super::{
    index::{Index, Mention, Role},
    symbol::Symbol,
};
use crate::{
    CaseValue,
    code::Code,
    rules,
    system::{Route, Service, System},
};

/// More names than this tell nobody anything.
const MOST: usize = 12;

/// What the symbol of a mention means. `None` for a name that nothing knows.
pub fn hover(index: &Index, system: &System, code: &Code, mention: &Mention) -> Option<String> {
    let about = About {
        index,
        system,
        code,
    };
    match &mention.symbol {
        Symbol::Queue(name) => Some(about.queue(name)),
        Symbol::Service(name) => about.service(name),
        Symbol::Case { service, case } => Some(about.case(service, case)),
        Symbol::Key { service, key } => Some(about.key(service, key)),
        Symbol::Bucket(name) => Some(about.bucket(name)),
        Symbol::Handler(name) => Some(about.handler(name)),
        Symbol::Rule(name) => Some(rules::explain(name)?.page()),
    }
}

struct About<'s> {
    index: &'s Index,
    system: &'s System,
    code: &'s Code,
}

impl<'s> About<'s> {
    fn queue(&self, name: &str) -> String {
        let mut feeds = Vec::new();
        for service in &self.system.services {
            for route in service.routes.iter().filter(|route| leads_to(route, name)) {
                feeds.push(format!(
                    "`{}` (case `{}`)",
                    service.name.value, route.case.value
                ));
            }
        }
        let rate = self
            .system
            .rates
            .iter()
            .find(|rate| rate.queue.value == name);
        let rate = rate.map_or_else(String::new, |rate| format!(" ({}/s)", rate.per_second));
        let is_in = |names: &[crate::Spanned<String>]| names.iter().any(|it| it.value == name);
        if is_in(&self.system.sources) {
            feeds.push(format!("the outside{rate}"));
        }
        let mut readers = self.readers(name);
        if is_in(&self.system.sinks) {
            readers.push("the outside".to_owned());
        }
        let none = "nobody that is declared";
        paragraphs([
            format!("**queue** `{name}`"),
            format!("- fed by {}", or(listed(feeds), none))
                + &format!("\n- read by {}", or(listed(readers), none)),
        ])
    }

    fn service(&self, name: &str) -> Option<String> {
        let symbol = Symbol::Service(name.to_owned());
        let functions: Vec<_> = self
            .index
            .places(&symbol)
            .filter(|mention| mention.role == Role::Implemented)
            .map(|mention| place(&mention.span))
            .collect();
        let title = format!("**service** `{name}`");
        let Some(service) = self.system.service(name) else {
            let missing = "The map does not name it.".to_owned();
            return (!functions.is_empty()).then(|| paragraphs([title, missing]));
        };
        let inbound = &service.inbound.value;
        let mut facts = vec![format!("reads `{inbound}`")];
        if !functions.is_empty() {
            facts.push(format!("implemented at {}", listed(functions)));
        } else if service.is_external {
            facts.push("implemented elsewhere".to_owned());
        }
        let (before, after) = (self.before(service), self.after(service));
        facts.push(format!(
            "fed by {}",
            or(listed(before), "the outside alone")
        ));
        facts.push(format!("feeds {}", or(listed(after), "no other service")));
        let facts: Vec<_> = facts.iter().map(|fact| format!("- {fact}")).collect();
        Some(paragraphs([
            title,
            facts.join("\n"),
            routes(service),
            buckets(service),
        ]))
    }

    fn case(&self, service: &str, case: &CaseValue) -> String {
        let title = format!("**case** `{case}` of `{service}`");
        let route = self.system.service(service).and_then(|service| {
            let mut routes = service.routes.iter();
            routes.find(|route| route.case.value == *case)
        });
        let Some(route) = route else {
            return paragraphs([title, "The map does not route it.".to_owned()]);
        };
        if route.queues.is_empty() {
            return paragraphs([title, "Ends here, on purpose.".to_owned()]);
        }
        let queues = route.queues.iter().map(|queue| {
            let readers = or(listed(self.readers(&queue.value)), "the outside");
            format!("- `{}`, read by {readers}", queue.value)
        });
        let queues: Vec<_> = queues.collect();
        paragraphs([title, format!("Goes to\n\n{}", queues.join("\n"))])
    }

    fn key(&self, service: &str, key: &str) -> String {
        let title = format!("**bucket key** `{key}` of `{service}`");
        let bucket = self.system.service(service).and_then(|it| it.bucket(key));
        let Some(bucket) = bucket else {
            return paragraphs([title, "The map does not say its bucket.".to_owned()]);
        };
        paragraphs([title, format!("The bucket `{bucket}`"), self.users(bucket)])
    }

    fn bucket(&self, name: &str) -> String {
        paragraphs([format!("**bucket** `{name}`"), self.users(name)])
    }

    /// Which services know a bucket, by which key, and what their code does with it.
    fn users(&self, bucket: &str) -> String {
        let mut lines = Vec::new();
        for service in &self.system.services {
            let keys = service.buckets.iter();
            for key in keys.filter(|key| key.name.value == bucket) {
                let (name, key) = (&service.name.value, &key.key.value);
                let does = self.does(name, key);
                lines.push(format!("- `{name}` by the key `{key}`{does}"));
            }
        }
        bounded(&mut lines, "- …");
        lines.join("\n")
    }

    fn does(&self, service: &str, key: &str) -> String {
        let services = self.code.services.iter().filter(|it| it.name == service);
        let (mut reads, mut writes) = (false, false);
        for service in services {
            reads |= service.reads.iter().any(|it| it.value == key);
            writes |= service.writes.iter().any(|it| it.value == key);
        }
        let words = match (reads, writes) {
            (true, true) => ": reads and writes",
            (true, false) => ": reads",
            (false, true) => ": writes",
            (false, false) => "",
        };
        words.to_owned()
    }

    fn handler(&self, name: &str) -> String {
        let callers: BTreeSet<_> = self
            .code
            .calls()
            .filter(|(_, _, call)| call.handler.value == name)
            .map(|(caller, _, _)| format!("`{caller}`"))
            .collect();
        let symbol = Symbol::Handler(name.to_owned());
        let mut functions = self.index.places(&symbol);
        let function = functions.find(|mention| mention.role == Role::Implemented);
        let function = function.map_or_else(
            || "No function that the scan saw answers it.".to_owned(),
            |function| format!("Answered at {}", place(&function.span)),
        );
        let callers = or(listed(callers.into_iter().collect()), "nobody over the bus");
        paragraphs([
            format!("**handler** `{name}`"),
            format!("{function}; called by {callers}"),
        ])
    }

    fn readers(&self, queue: &str) -> Vec<String> {
        let services = self.system.services.iter();
        services
            .filter(|service| service.inbound.value == queue)
            .map(|service| format!("`{}`", service.name.value))
            .collect()
    }

    fn before(&self, service: &Service) -> Vec<String> {
        let queue = &service.inbound.value;
        let services = self.system.services.iter();
        services
            .filter(|other| other.routes.iter().any(|route| leads_to(route, queue)))
            .map(|other| format!("`{}`", other.name.value))
            .collect()
    }

    fn after(&self, service: &'s Service) -> Vec<String> {
        let routes = service.routes.iter();
        let queues: BTreeSet<&str> = routes
            .flat_map(|route| route.queues.iter().map(|queue| &*queue.value))
            .collect();
        let services = self.system.services.iter();
        services
            .filter(|other| queues.contains(&*other.inbound.value))
            .map(|other| format!("`{}`", other.name.value))
            .collect()
    }
}

fn leads_to(route: &Route, queue: &str) -> bool {
    route.queues.iter().any(|it| it.value == queue)
}

fn routes(service: &Service) -> String {
    let mut lines: Vec<_> = service
        .routes
        .iter()
        .map(|route| {
            let queues = route
                .queues
                .iter()
                .map(|queue| format!("`{}`", queue.value));
            let queues = or(listed(queues.collect()), "ends here");
            format!("| `{}` | {queues} |", route.case.value)
        })
        .collect();
    if lines.is_empty() {
        return "It has no routes: all results end here.".to_owned();
    }
    bounded(&mut lines, "| … | |");
    format!("| case | queues |\n|---|---|\n{}", lines.join("\n"))
}

fn buckets(service: &Service) -> String {
    let mut lines: Vec<_> = service
        .buckets
        .iter()
        .map(|bucket| format!("| `{}` | `{}` |", bucket.key.value, bucket.name.value))
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    bounded(&mut lines, "| … | |");
    format!("| key | bucket |\n|---|---|\n{}", lines.join("\n"))
}

/// The file's name is enough: whoever reads this is in the project.
fn place(span: &crate::Span) -> String {
    let path = &span.file.path;
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    format!("`{name}:{}`", span.start_position().line)
}

fn bounded(lines: &mut Vec<String>, rest: &str) {
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines.push(rest.to_owned());
    }
}

/// `a, b and 3 more`; empty for nothing.
fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let names = names.join(", ");
    if more > 0 {
        format!("{names} and {more} more")
    } else {
        names
    }
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() {
        otherwise.to_owned()
    } else {
        text
    }
}

fn paragraphs<const N: usize>(parts: [String; N]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}
