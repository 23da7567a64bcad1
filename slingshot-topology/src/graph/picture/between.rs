//! Two systems in one picture: what came, what went, what changed.

use std::collections::BTreeMap;

use super::{Arrow, Kind, Mark, Node, Picture, Way, bare};
use crate::system::{Service, System};

impl<'s> Picture<'s> {
    /// The later system with marks on what is new and what is different, and what is gone from the
    /// earlier one.
    pub fn between(before: &'s System, after: &'s System) -> Self {
        let earlier = Self::of(before);
        let mut picture = Self::of(after);
        let place_of = picture.take_nodes(&earlier);
        picture.take_arrows(&earlier, &place_of);
        picture
    }

    /// Where each node of the earlier picture is in this one. It is added if it is gone.
    fn take_nodes(&mut self, earlier: &Self) -> Vec<usize> {
        let mut known: BTreeMap<Key<'s>, usize> = BTreeMap::new();
        for (index, key) in self.keys().into_iter().enumerate() {
            known.entry(key).or_insert(index);
        }
        for node in &mut self.nodes {
            node.mark = Some(Mark::Added);
        }
        let mut place_of = Vec::with_capacity(earlier.nodes.len());
        for (node, key) in earlier.nodes.iter().zip(earlier.keys()) {
            let place = known.get(&key).copied().unwrap_or_else(|| {
                self.nodes.push(Node {
                    mark: Some(Mark::Removed),
                    ..node.clone()
                });
                self.nodes.len() - 1
            });
            if let Some(later) = known.get(&key).map(|&index| &mut self.nodes[index]) {
                later.compare(node);
            }
            place_of.push(place);
        }
        place_of
    }

    fn take_arrows(&mut self, earlier: &Self, place_of: &[usize]) {
        let ends = |arrow: &Arrow<'_>| (arrow.from, arrow.to);
        let arrows = self.arrows.iter().enumerate();
        let known: BTreeMap<_, _> = arrows.map(|(index, arrow)| (ends(arrow), index)).collect();
        for arrow in &mut self.arrows {
            arrow.mark = Some(Mark::Added);
        }
        for arrow in &earlier.arrows {
            let (from, to) = (place_of[arrow.from], place_of[arrow.to]);
            match known.get(&(from, to)) {
                Some(&index) => self.arrows[index].compare(arrow),
                None => self.arrows.push(Arrow {
                    from,
                    to,
                    mark: Some(Mark::Removed),
                    ..arrow.clone()
                }),
            }
        }
    }

    /// What tells that two nodes of two pictures are the same.
    fn keys(&self) -> Vec<Key<'s>> {
        let mut owners = vec![""; self.nodes.len()];
        for arrow in &self.arrows {
            if let Some(way) = arrow.ways.first() {
                owners[arrow.to] = &way.service.name.value;
            }
        }
        let key = |(node, owner): (&Node<'s>, &'s str)| match node.kind {
            Kind::Source => (0, node.name.to_string(), ""),
            Kind::Service | Kind::Group => (1, node.name.to_string(), ""),
            Kind::Sink | Kind::Loose => (2, node.name.to_string(), ""),
            Kind::End => (3, String::new(), owner),
        };
        self.nodes.iter().zip(owners).map(key).collect()
    }
}

/// The kind, the name, and whose end it is.
type Key<'s> = (u8, String, &'s str);

impl Node<'_> {
    fn compare(&mut self, before: &Node<'_>) {
        let services = self.services.iter().zip(&before.services);
        let is_same = self.kind == before.kind && services.clone().all(|(a, b)| is_same(a, b));
        self.mark = (!is_same).then_some(Mark::Changed);
        for (after, before) in services {
            let (now, once) = (&after.inbound.value, &before.inbound.value);
            if now != once {
                self.note = Some(format!("reads {now}, not {once}"));
            }
        }
    }
}

impl Arrow<'_> {
    fn compare(&mut self, before: &Arrow<'_>) {
        let pairs = |ways: &[Way<'_>]| {
            let pair = |way: &Way<'_>| {
                (
                    way.route.case.value.clone(),
                    way.queue.map(|q| q.value.clone()),
                )
            };
            let mut pairs: Vec<_> = ways.iter().map(pair).collect();
            pairs.sort();
            pairs
        };
        if pairs(&self.ways) == pairs(&before.ways) {
            self.mark = None;
            return;
        }
        self.mark = Some(Mark::Changed);
        let (now, once) = (self.cases(), before.cases());
        let kept = now
            .iter()
            .filter(|case| once.contains(case))
            .map(|case| bare(case));
        let new = now.iter().filter(|case| !once.contains(case));
        let gone = once.iter().filter(|case| !now.contains(case));
        let words: Vec<_> = kept
            .chain(new.map(|case| format!("+{}", bare(case))))
            .chain(gone.map(|case| format!("-{}", bare(case))))
            .collect();
        self.label = words.join(", ");
    }
}

/// Whether all but the routes is the same: arrows show those.
fn is_same(one: &Service, other: &Service) -> bool {
    let buckets = |service: &Service| {
        let buckets = service.buckets.iter();
        let mut buckets: Vec<_> = buckets
            .map(|bucket| (bucket.key.value.clone(), bucket.name.value.clone()))
            .collect();
        buckets.sort();
        buckets
    };
    let settings = |service: &Service| {
        (
            service.inbound.value.clone(),
            service.replicas,
            service.prefetch,
            service.queue_type,
            service.retry,
        )
    };
    settings(one) == settings(other) && buckets(one) == buckets(other)
}
