//! What every drawing shows: the boxes and arrows of a system, before they have a place or a syntax.

use std::collections::BTreeMap;

use crate::{
    CaseValue,
    system::System,
    wiring::{Queue, Wiring},
};

/// How many cases an arrow names before it counts the rest.
const CASES_ON_AN_ARROW: usize = 3;

/// Boxes and arrows, in the order of the file.
#[derive(Debug)]
pub(super) struct Picture<'s> {
    pub(super) nodes: Vec<Node<'s>>,
    pub(super) arrows: Vec<Arrow>,
}

#[derive(Debug)]
pub(super) struct Node<'s> {
    pub(super) kind: Kind,
    pub(super) name: &'s str,
    /// The queue that a service reads, where it is called otherwise than the service.
    pub(super) note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Fed from outside.
    Source,
    Service,
    /// Drained from outside.
    Sink,
    /// Fed, and read by nobody.
    Loose,
    /// Where results end on purpose.
    End,
}

#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The cases; empty on arrows from sources.
    pub(super) label: String,
}

impl<'s> Picture<'s> {
    pub(super) fn of(system: &'s System) -> Self {
        let wiring = Wiring::of(system);
        let mut picture = Self {
            nodes: Vec::new(),
            arrows: Vec::new(),
        };
        let sources = wiring.queues.iter().filter(|queue| queue.source.is_some());
        for queue in sources.clone() {
            picture.node(Kind::Source, queue.name);
        }
        let first_service = picture.nodes.len();
        for service in &system.services {
            let index = picture.node(Kind::Service, &service.name.value);
            let queue = &service.inbound.value;
            picture.nodes[index].note =
                (*queue != service.name.value).then(|| format!("reads {queue}"));
        }
        for (source, queue) in sources.enumerate() {
            for reader in &queue.readers {
                picture.arrows.push(Arrow {
                    from: source,
                    to: first_service + reader,
                    label: String::new(),
                });
            }
        }
        picture.routes(&wiring, first_service);
        picture
    }

    fn routes(&mut self, wiring: &Wiring<'s>, first_service: usize) {
        let mut outside: BTreeMap<&str, usize> = BTreeMap::new();
        for index in 0..wiring.service_count() {
            let mut cases: Vec<(usize, Vec<&CaseValue>)> = Vec::new();
            let mut end = None;
            for route in &wiring.service(index).routes {
                let mut targets = Vec::new();
                for queue in &route.queues {
                    let Some(queue) = wiring.queue(&queue.value) else {
                        continue;
                    };
                    targets.extend(queue.readers.iter().map(|reader| first_service + reader));
                    if queue.sink.is_some() || queue.readers.is_empty() {
                        let node = outside.entry(queue.name);
                        targets.push(*node.or_insert_with(|| self.outside(queue)));
                    }
                }
                if route.queues.is_empty() {
                    targets.push(*end.get_or_insert_with(|| self.node(Kind::End, "ends here")));
                }
                for target in targets {
                    match cases.iter_mut().find(|(known, _)| *known == target) {
                        Some((_, cases)) => cases.push(&route.case.value),
                        None => cases.push((target, vec![&route.case.value])),
                    }
                }
            }
            let arrow = |(to, cases): (usize, Vec<&CaseValue>)| Arrow {
                from: first_service + index,
                to,
                label: label(cases),
            };
            self.arrows.extend(cases.into_iter().map(arrow));
        }
    }

    fn outside(&mut self, queue: &Queue<'s>) -> usize {
        let kind = if queue.sink.is_some() {
            Kind::Sink
        } else {
            Kind::Loose
        };
        self.node(kind, queue.name)
    }

    fn node(&mut self, kind: Kind, name: &'s str) -> usize {
        self.nodes.push(Node {
            kind,
            name,
            note: None,
        });
        self.nodes.len() - 1
    }
}

/// `text, image +2`.
fn label(mut cases: Vec<&CaseValue>) -> String {
    cases.dedup();
    let shown: Vec<_> = cases
        .iter()
        .take(CASES_ON_AN_ARROW)
        .map(|case| bare(case))
        .collect();
    let rest = cases.len().saturating_sub(CASES_ON_AN_ARROW);
    if rest == 0 {
        shown.join(", ")
    } else {
        format!("{} +{rest}", shown.join(", "))
    }
}

/// Without the quotes, where nothing but a string could look like this.
fn bare(case: &CaseValue) -> String {
    match case {
        CaseValue::Text(text)
            if text.starts_with(|first: char| first.is_alphabetic())
                && !matches!(&**text, "true" | "false") =>
        {
            text.to_string()
        }
        other => other.to_string(),
    }
}
