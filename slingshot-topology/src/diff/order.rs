//! The order of a deployment: readers come before what feeds them, and go after it.

mod layers;

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use super::{
    Action, Comparison, Kept, Named, Step, bare, is_drained, moved_engines, only_in, targets,
};
use crate::{
    CaseValue,
    hashing::HashMap,
    system::{Route, Service},
    wiring::Wiring,
};

/// One thing to do.
struct Task {
    action: Action,
    subject: Named,
    note: Option<String>,
}

/// What is to be done, and what has to be done before it.
struct Plan<'c, 's> {
    comparison: &'c Comparison<'s>,
    new: &'c Wiring<'s>,
    graph: DiGraph<Task, ()>,
    /// What starts, or changes, a service of the new system.
    begins: BTreeMap<usize, NodeIndex>,
    /// What stops a service of the old system.
    ends: BTreeMap<usize, NodeIndex>,
    /// What waits for a queue of the old system.
    drains: HashMap<&'s str, NodeIndex>,
    /// Whether the services have to be told of another place of an engine.
    has_moved_engines: bool,
}

pub(super) fn steps(comparison: &Comparison<'_>, new: &Wiring<'_>) -> Vec<Step> {
    let mut plan = Plan {
        comparison,
        new,
        graph: DiGraph::new(),
        begins: BTreeMap::new(),
        ends: BTreeMap::new(),
        drains: HashMap::default(),
        has_moved_engines: false,
    };
    plan.engines();
    plan.services();
    plan.readers_first();
    plan.feeders_first();
    plan.deletions();
    layers::steps(&plan.graph)
}

impl<'s> Plan<'_, 's> {
    fn task(&mut self, action: Action, name: &str, text: String) -> NodeIndex {
        let name = name.to_owned();
        self.graph.add_node(Task {
            action,
            subject: Named { name, text },
            note: None,
        })
    }

    /// What an engine holds moves before anything else is done, and so before whatever comes later here.
    fn engines(&mut self) {
        for engine in moved_engines(self.comparison.before, self.comparison.after) {
            let task = self.task(Action::MoveEngine, engine.table, engine.engine.to_owned());
            self.graph[task].note = Some(engine.advice.to_owned());
            self.has_moved_engines = true;
        }
    }

    fn services(&mut self) {
        for &index in &self.comparison.added {
            let name = &self.new.service(index).name.value;
            let task = self.task(Action::Start, name, format!("`{name}`"));
            self.begins.insert(index, task);
        }
        for kept in &self.comparison.kept {
            self.kept(kept);
        }
        for &index in &self.comparison.removed {
            let name = &self.comparison.old.service(index).name.value;
            let task = self.task(Action::Stop, name, format!("`{name}`"));
            self.ends.insert(index, task);
        }
    }

    fn kept(&mut self, kept: &Kept<'s>) {
        let name = kept.name();
        let Some(action) = action(kept, self.has_moved_engines) else {
            return;
        };
        let subject = match kept.moved_queue() {
            Some((_, new)) => format!("`{name}` (on `{}`)", new.value),
            None => format!("`{name}`"),
        };
        let task = self.task(action, name, subject);
        self.begins.insert(kept.index_after, task);
        if let Some((old, _)) = kept.moved_queue() {
            let text = format!("what of `{name}` reads `{}`", old.value);
            let stop = self.task(Action::Stop, name, text);
            self.ends.insert(kept.index_before, stop);
            self.graph.add_edge(task, stop, ());
        }
        let routes = kept.routes();
        for gone in routes
            .removed
            .iter()
            .chain(routes.retyped.iter().map(|(old, _)| old))
        {
            let first = self.case(Action::WithdrawCase, name, &gone.case.value);
            self.graph.add_edge(first, task, ());
        }
        for new in routes
            .added
            .iter()
            .chain(routes.retyped.iter().map(|(_, new)| new))
        {
            let last = self.case(Action::ReturnCase, name, &new.case.value);
            self.graph.add_edge(task, last, ());
        }
        for new in &kept.after.buckets {
            if let Some(old) = kept.before.bucket(&new.key.value)
                && old != new.name.value
            {
                let text = format!("`{old}` to `{}`", new.name.value);
                let first = self.task(Action::CopyObjects, old, text);
                self.graph.add_edge(first, task, ());
            }
        }
    }

    fn case(&mut self, action: Action, service: &str, case: &CaseValue) -> NodeIndex {
        let name = format!("{service}/{}", bare(case));
        self.task(action, &name, format!("{case} (`{service}`)"))
    }

    /// Who reads a queue anew is there before whoever feeds it anew.
    fn readers_first(&mut self) {
        let mut edges = Vec::new();
        for (&producer, &task) in &self.begins {
            let service = self.new.service(producer);
            let kept = self.comparison.index_before(producer);
            let kept = kept.map(|before| Kept {
                before: self.comparison.old.service(before),
                after: service,
                index_before: before,
                index_after: producer,
            });
            let fed = match kept {
                Some(kept) => kept.new_targets(),
                None => targets(service).collect(),
            };
            for queue in fed {
                let readers = self.new.queue(&queue.value).map(|queue| &*queue.readers);
                for reader in readers.unwrap_or_default() {
                    if *reader != producer
                        && self.comparison.is_new_reader(*reader)
                        && let Some(&start) = self.begins.get(reader)
                    {
                        edges.push((start, task));
                    }
                }
            }
        }
        for (first, then) in edges {
            self.graph.add_edge(first, then, ());
        }
    }

    /// Who fed a queue whose reader goes has stopped that before it runs empty, and it is empty before its reader goes.
    fn feeders_first(&mut self) {
        let old = &self.comparison.old;
        for (reader, stop) in self.ends.clone() {
            let name = &*old.service(reader).inbound.value;
            let left = self.new.queue(name);
            if is_drained(left) {
                for heir in left.map(|queue| &*queue.readers).unwrap_or_default() {
                    if let Some(&start) = self.begins.get(heir) {
                        self.graph.add_edge(start, stop, ());
                    }
                }
                continue;
            }
            let drain = match self.drains.get(name) {
                Some(&drain) => drain,
                None => self.drain(name),
            };
            self.graph.add_edge(drain, stop, ());
        }
    }

    fn drain(&mut self, name: &'s str) -> NodeIndex {
        let old = &self.comparison.old;
        let drain = self.task(Action::Drain, name, format!("`{name}`"));
        self.drains.insert(name, drain);
        let feeds = old.queue(name).map(|queue| &*queue.feeds);
        for feed in feeds.unwrap_or_default() {
            let begins = self.comparison.index_after(feed.service);
            let begins = begins.and_then(|after| self.begins.get(&after));
            let is_own = old.service(feed.service).inbound.value == name;
            let ends = self.ends.get(&feed.service).filter(|_| !is_own);
            for &first in begins.into_iter().chain(ends) {
                self.graph.add_edge(first, drain, ());
            }
        }
        let is_fed_outside = old.queue(name).is_some_and(|queue| queue.source.is_some());
        if is_fed_outside {
            let close = self.task(Action::CloseSource, name, format!("`{name}`"));
            self.graph.add_edge(close, drain, ());
        }
        if let Some(feed) = self.new.queue(name).and_then(|queue| queue.feeds.first()) {
            let feeder = &self.new.service(feed.service).name.value;
            self.graph[drain].note = Some(format!(
                "it never will be empty as long as `{feeder}` feeds it, as the new map has it"
            ));
        }
        drain
    }

    /// Queues that nobody names any more.
    fn deletions(&mut self) {
        let old = &self.comparison.old;
        for queue in &old.queues {
            if self.new.queue(queue.name).is_some() {
                continue;
            }
            let delete = self.task(Action::Delete, queue.name, format!("`{}`", queue.name));
            let stops = queue
                .readers
                .iter()
                .filter_map(|reader| self.ends.get(reader));
            let begins = queue.feeds.iter().filter_map(|feed| {
                let after = self.comparison.index_after(feed.service)?;
                self.begins.get(&after)
            });
            let first: Vec<_> = stops.chain(begins).copied().collect();
            for first in first {
                self.graph.add_edge(first, delete, ());
            }
        }
    }
}

/// What a service that stays needs; nothing if nothing that it looks at changes.
fn action(kept: &Kept<'_>, has_moved_engines: bool) -> Option<Action> {
    let Kept { before, after, .. } = kept;
    let numbers = |service: &Service| {
        let Service {
            replicas,
            prefetch,
            queue_type,
            retry,
            ..
        } = service;
        (*replicas, *prefetch, *queue_type, *retry)
    };
    if kept.moved_queue().is_some() {
        return Some(Action::Start);
    }
    if has_moved_engines || numbers(before) != numbers(after) {
        return Some(Action::Restart);
    }
    (reroutes(kept) || !same_buckets(before, after)).then_some(Action::Reload)
}

fn reroutes(kept: &Kept<'_>) -> bool {
    let routes = kept.routes();
    let differ = |(old, new): &(&Route, &Route)| {
        only_in(old, new).next().is_some() || only_in(new, old).next().is_some()
    };
    !(routes.added.is_empty() && routes.removed.is_empty() && routes.retyped.is_empty())
        || routes.kept.iter().any(differ)
}

fn same_buckets(before: &Service, after: &Service) -> bool {
    let buckets = |service: &Service| -> BTreeMap<String, String> {
        let buckets = service.buckets.iter();
        buckets
            .map(|bucket| (bucket.key.value.clone(), bucket.name.value.clone()))
            .collect()
    };
    buckets(before) == buckets(after)
}
