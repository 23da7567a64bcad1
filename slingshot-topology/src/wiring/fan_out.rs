//! How many messages one message becomes.

use super::{Feed, Queue, Wiring};

/// What becomes of one message from outside, where most becomes of it.
pub(crate) struct FanOut<'w, 's> {
    /// Where it comes in.
    pub(crate) source: &'w Queue<'s>,
    /// How many messages it becomes before all have ended.
    pub(crate) messages: f64,
    /// The services on the way along which most of them come.
    pub(crate) services: Vec<usize>,
    /// The routes on that way that make several of one.
    pub(crate) splits: Vec<&'w Feed<'s>>,
}

impl<'s> Wiring<'s> {
    /// The source that most messages become of: each service gives one result of its widest case, or what its
    /// shares say. Rounds in loops are not counted.
    pub(crate) fn widest_fan_out(&self) -> Option<FanOut<'_, 's>> {
        let services = self.services.len();
        let mut of_part: Vec<f64> = Vec::new();
        // Parts come after all that they lead to.
        for (index, part) in self.parts.iter().enumerate() {
            let of_node = |node: usize| {
                if node < services {
                    return self.of_service(node, index, &of_part);
                }
                let readers = self.queues[node - services].readers.iter();
                let readers = readers.map(|&reader| self.parts.of_node(reader));
                let outside = readers.filter(|&part| part != index);
                outside.map(|part| of_part[part]).fold(1.0, f64::max)
            };
            let most = part.iter().map(|node| of_node(node.index()));
            of_part.push(most.fold(1.0, f64::max));
        }
        let becomes = |queue: usize| of_part[self.part_of_queue(queue)];
        // Of equally wide ones, the first.
        let (queue, source) = self.entrances().min_by(|(one, _), (other, _)| {
            let (one, other) = (becomes(*one), becomes(*other));
            other.total_cmp(&one)
        })?;
        let mut widest = FanOut {
            source,
            messages: becomes(queue),
            services: Vec::new(),
            splits: Vec::new(),
        };
        self.follow(&mut widest, &of_part);
        Some(widest)
    }

    fn of_service(&self, service: usize, part: usize, of_part: &[f64]) -> f64 {
        let of_queues = |queues: &[usize]| -> f64 {
            let parts = queues.iter().map(|&queue| self.part_of_queue(queue));
            let outside = parts.filter(|&next| next != part);
            outside.map(|next| of_part[next]).sum()
        };
        let (mut widest, mut expected) = (1.0_f64, None);
        for (place, queues) in self.routes(service).enumerate() {
            let messages = of_queues(queues);
            widest = widest.max(messages);
            if self.has_shares
                && let Some(share) = &self.route(service, place).share
            {
                *expected.get_or_insert(0.0) += share.value * messages;
            }
        }
        expected.map_or(widest, |expected: f64| expected.max(1.0))
    }

    fn part_of_queue(&self, queue: usize) -> usize {
        self.parts.of_node(self.services.len() + queue)
    }

    /// From the source on, always where most messages are.
    fn follow<'w>(&'w self, widest: &mut FanOut<'w, 's>, of_part: &[f64]) {
        let mut queue = widest.source;
        // Each step leads to another part, and there is no way back.
        while let Some((service, part)) = self.best_reader(queue, of_part) {
            widest.services.push(service);
            let steps = self.steps(service).filter_map(|(feed, reader)| {
                let next = self.part_of_queue(self.inbounds[reader]);
                (next != part).then_some((feed, reader, of_part[next]))
            });
            let best = steps.min_by(|(.., one), (.., other)| other.total_cmp(one));
            let Some((feed, reader, _)) = best else {
                return;
            };
            let shares_out = feed
                .route
                .share
                .as_ref()
                .is_some_and(|share| share.value > 1.0);
            if feed.route.queues.len() > 1 || shares_out {
                widest.splits.push(feed);
            }
            queue = self.inbound(reader);
        }
    }

    /// In a loop, the member that most leaves by: a message can get to each.
    fn best_reader(&self, queue: &Queue<'s>, of_part: &[f64]) -> Option<(usize, usize)> {
        let readers = queue.readers.iter();
        let parts = readers.map(|&reader| (reader, self.parts.of_node(reader)));
        let (reader, part) =
            parts.min_by(|(_, one), (_, other)| of_part[*other].total_cmp(&of_part[*one]))?;
        let members = self.parts.nodes(part).iter().map(|node| node.index());
        let members = members.filter(|&node| node < self.services.len());
        let leaving = members.map(|member| (member, self.of_service(member, part, of_part)));
        let best = leaving.min_by(|(one_index, one), (other_index, other)| {
            other
                .total_cmp(one)
                .then_with(|| (*one_index != reader).cmp(&(*other_index != reader)))
                .then_with(|| one_index.cmp(other_index))
        });
        Some((best.map_or(reader, |(member, _)| member), part))
    }
}
