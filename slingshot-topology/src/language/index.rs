//! Every name in a map and in the code beside it, by its place and by what it names.

use std::{collections::BTreeMap, sync::Arc};

use super::symbol::Symbol;
use crate::{
    code::{Cases, Code, CodeHandler, CodeService},
    source::{SourceFile, Span},
    system::{Group, Ignore, Service, System},
};

/// What a mention does for its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The map says here what it is.
    Declared,
    /// The code says here what it is.
    Implemented,
    /// It is spoken of.
    Used,
}

/// A name at a place.
#[derive(Clone, Debug)]
pub struct Mention {
    /// What it names.
    pub symbol: Symbol,
    /// What it does for that.
    pub role: Role,
    /// Where it is written, with its quotes.
    pub span: Span,
}

/// Every mention, by place and by symbol.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// By file and place.
    mentions: Vec<Mention>,
    by_symbol: BTreeMap<Symbol, Vec<usize>>,
}

impl Index {
    /// The index of a system and its code.
    pub fn of(system: &System, code: &Code) -> Self {
        let mut index = Self::default();
        for service in &system.services {
            index.service(service);
        }
        index.boundary(system);
        for service in &code.services {
            index.code_service(service);
        }
        for handler in &code.handlers {
            index.handler(handler);
        }
        index.order();
        for ignore in &system.ignores {
            index.ignore(ignore);
        }
        index.order();
        index
    }

    /// The names that the place of a byte is in, or right behind. Several, where one place names several things.
    pub fn at<'i>(
        &'i self,
        path: &str,
        byte: usize,
    ) -> impl Iterator<Item = &'i Mention> + use<'i> {
        let behind = self.mentions.partition_point(|mention| {
            (&*mention.span.file.path, mention.span.start) <= (path, byte)
        });
        let before = self.mentions.get(..behind).unwrap_or_default();
        let found = before
            .last()
            .filter(|last| last.span.file.path == path && byte <= last.span.end);
        let same = before.iter().rev();
        same.take_while(move |mention| found.is_some_and(|found| mention.span == found.span))
    }

    /// The text of a file, if it names anything.
    pub fn file(&self, path: &str) -> Option<&Arc<SourceFile>> {
        let behind = self
            .mentions
            .partition_point(|mention| &*mention.span.file.path < path);
        let first = &self.mentions.get(behind)?.span.file;
        (first.path == path).then_some(first)
    }

    /// Everything that names a symbol, by file and place.
    pub fn places<'i>(&'i self, symbol: &Symbol) -> impl Iterator<Item = &'i Mention> + use<'i> {
        let places = self.by_symbol.get(symbol).into_iter().flatten();
        places.filter_map(|&place| self.mentions.get(place))
    }

    /// Where a reader goes from a mention: from a use to what the map says it is, or else the code; from
    /// either of these to the other, or else to the uses.
    pub fn targets(&self, from: &Mention) -> Vec<&Mention> {
        let of = |role| -> Vec<&Mention> {
            let places = self.places(&from.symbol);
            places
                .filter(|mention| mention.role == role && mention.span != from.span)
                .collect()
        };
        let order = match from.role {
            Role::Declared => [Role::Implemented, Role::Used, Role::Declared],
            Role::Implemented => [Role::Declared, Role::Used, Role::Implemented],
            Role::Used => [Role::Declared, Role::Implemented, Role::Used],
        };
        let targets = order.into_iter().map(of);
        targets
            .into_iter()
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// The symbols that there are.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.by_symbol.keys()
    }

    /// How often a symbol is named.
    pub(super) fn count(&self, symbol: &Symbol) -> usize {
        self.by_symbol.get(symbol).map_or(0, Vec::len)
    }

    fn service(&mut self, service: &Service) {
        let name = &service.name.value;
        self.add(
            Symbol::Service(name.to_string()),
            Role::Declared,
            &service.name.span,
        );
        let inbound = &service.inbound;
        self.add(
            Symbol::Queue(inbound.value.to_string()),
            Role::Declared,
            &inbound.span,
        );
        for route in &service.routes {
            let case = Symbol::Case {
                service: name.to_string(),
                case: route.case.value.clone(),
            };
            self.add(case, Role::Declared, &route.case.span);
            for queue in &route.queues {
                self.add(
                    Symbol::Queue(queue.value.to_string()),
                    Role::Used,
                    &queue.span,
                );
            }
        }
        for bucket in &service.buckets {
            let key = key(name, &bucket.key.value);
            self.add(key, Role::Declared, &bucket.key.span);
            let bucket = &bucket.name;
            self.add(
                Symbol::Bucket(bucket.value.clone()),
                Role::Used,
                &bucket.span,
            );
        }
    }

    fn boundary(&mut self, system: &System) {
        let rates = system.rates.iter().map(|rate| &rate.queue);
        for queue in system.sources.iter().chain(&system.sinks).chain(rates) {
            self.add(Symbol::Queue(queue.value.clone()), Role::Used, &queue.span);
        }
        for bucket in system.external_buckets.iter().flatten() {
            self.add(
                Symbol::Bucket(bucket.value.clone()),
                Role::Used,
                &bucket.span,
            );
        }
        let denied = system.denied.iter().flat_map(|edge| [&edge.from, &edge.to]);
        let required = system.required.iter();
        let required = required.flat_map(|hop| [&hop.from, &hop.to, &hop.through]);
        for group in denied.chain(required) {
            if let Group::Service(name) = &group.value {
                self.add(Symbol::Service(name.clone()), Role::Used, &group.span);
            }
        }
        for level in &system.levels {
            self.add(
                Symbol::Rule(level.rule.value.clone()),
                Role::Used,
                &level.rule.span,
            );
        }
    }

    fn code_service(&mut self, service: &CodeService) {
        let name = &service.name;
        self.add(
            Symbol::Service(name.clone()),
            Role::Implemented,
            &service.at,
        );
        if let Cases::Closed(cases) = &service.cases {
            for case in cases {
                let symbol = Symbol::Case {
                    service: name.clone(),
                    case: case.value.clone(),
                };
                self.add(symbol, Role::Implemented, &case.span);
            }
        }
        let keys = service.reads.iter().chain(&service.writes);
        for found in keys.chain(&service.repeats) {
            self.add(key(name, &found.value), Role::Used, &found.span);
        }
        for call in &service.calls {
            let handler = Symbol::Handler(call.handler.value.clone());
            self.add(handler, Role::Used, &call.handler.span);
        }
    }

    fn handler(&mut self, handler: &CodeHandler) {
        let name = Symbol::Handler(handler.name.clone());
        self.add(name, Role::Implemented, &handler.at);
        for call in &handler.calls {
            let handler = Symbol::Handler(call.handler.value.clone());
            self.add(handler, Role::Used, &call.handler.span);
        }
    }

    /// Its subject is whatever is known by that name.
    fn ignore(&mut self, ignore: &Ignore) {
        self.add(
            Symbol::Rule(ignore.rule.value.clone()),
            Role::Used,
            &ignore.rule.span,
        );
        let Some(subject) = &ignore.subject else {
            return;
        };
        let name = || subject.value.clone();
        for symbol in [
            Symbol::Queue(name()),
            Symbol::Service(name()),
            Symbol::Bucket(name()),
            Symbol::Handler(name()),
        ] {
            if self.count(&symbol) > 0 {
                self.add(symbol, Role::Used, &subject.span);
            }
        }
    }

    fn add(&mut self, symbol: Symbol, role: Role, span: &Span) {
        self.mentions.push(Mention {
            symbol,
            role,
            span: span.clone(),
        });
    }

    /// Each name once a place, by file and place.
    fn order(&mut self) {
        fn by(mention: &Mention) -> (&str, usize, usize, &Symbol, Role) {
            let (path, start, end) = mention.span.order();
            (path, start, end, &mention.symbol, mention.role)
        }
        self.mentions.sort_by(|one, other| by(one).cmp(&by(other)));
        self.mentions.dedup_by(|one, other| by(one) == by(other));
        self.by_symbol.clear();
        for (place, mention) in self.mentions.iter().enumerate() {
            let places = self.by_symbol.entry(mention.symbol.clone());
            places.or_default().push(place);
        }
    }
}

fn key(service: &str, key: &str) -> Symbol {
    Symbol::Key {
        service: service.to_owned(),
        key: key.to_owned(),
    }
}
