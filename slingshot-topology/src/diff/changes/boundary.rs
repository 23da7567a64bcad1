//! The system's own name, what it is fed with and what it gives, and the queues that come and go.

use super::super::{
    Change,
    Class::{Breaking, Caution, Safe},
    Comparison, Kept,
    Kind::{Added, Changed, Removed},
    Subject, is_drained, lost_ways,
};
use crate::{Spanned, hashing::HashSet, wiring::Wiring};

pub(super) fn changes(comparison: &Comparison<'_>, wiring: &Wiring<'_>, changes: &mut Vec<Change>) {
    let Comparison { before, after, .. } = comparison;
    if let (Some(old), Some(new)) = (&before.name, &after.name)
        && old.value != new.value
    {
        let message = format!("the system `{}` is called `{}`", old.value, new.value);
        let reason = "no queue and no service is named after it";
        changes.push(
            Change::new(Safe, Changed, Subject::Setting, "name", message, reason)
                .was_at(&old.span)
                .now_at(&new.span),
        );
    }
    sources(comparison, changes);
    sinks(comparison, wiring, changes);
    queues(comparison, wiring, changes);
    for way in lost_ways(&comparison.old, wiring, after) {
        let reason = "what comes in there no longer arrives";
        let sink = way.sink;
        let message = way.message();
        changes.push(
            Change::new(
                Breaking,
                Removed,
                Subject::Sink,
                &sink.value,
                message,
                reason,
            )
            .was_at(way.before)
            .now_at(&sink.span),
        );
    }
}

fn sources(comparison: &Comparison<'_>, changes: &mut Vec<Change>) {
    let Comparison { before, after, .. } = comparison;
    for new in only_among(&after.sources, &before.sources) {
        let message = format!("`{}` is fed from outside", new.value);
        let reason = "nothing that is at work depends on it";
        changes.push(
            Change::new(Safe, Added, Subject::Source, &new.value, message, reason)
                .now_at(&new.span),
        );
    }
    for old in only_among(&before.sources, &after.sources) {
        let message = format!("`{}` is no longer fed from outside", old.value);
        let reason = "whoever feeds it has to stop first, or to feed another queue";
        changes.push(
            Change::new(
                Caution,
                Removed,
                Subject::Source,
                &old.value,
                message,
                reason,
            )
            .was_at(&old.span),
        );
    }
}

fn sinks(comparison: &Comparison<'_>, wiring: &Wiring<'_>, changes: &mut Vec<Change>) {
    let Comparison { before, after, .. } = comparison;
    for new in only_among(&after.sinks, &before.sinks) {
        let message = format!("`{}` is drained from outside", new.value);
        let reason = "what comes before whoever drains it waits for them";
        changes.push(
            Change::new(Safe, Added, Subject::Sink, &new.value, message, reason).now_at(&new.span),
        );
    }
    for old in only_among(&before.sinks, &after.sinks) {
        let message = format!("`{}` is no longer drained from outside", old.value);
        let queue = wiring.queue(&old.value);
        let is_fed = queue.is_some_and(|queue| !queue.feeds.is_empty());
        let (class, reason) = if is_fed && !is_drained(queue) {
            (Breaking, "it is still fed, and nobody takes what is in it")
        } else {
            (Caution, "whoever drains it has to know")
        };
        changes.push(
            Change::new(class, Removed, Subject::Sink, &old.value, message, reason)
                .was_at(&old.span),
        );
    }
}

/// Those that a service's own change does not tell of.
fn queues(comparison: &Comparison<'_>, wiring: &Wiring<'_>, changes: &mut Vec<Change>) {
    let old = &comparison.old;
    let added = comparison.added.iter().map(|&index| wiring.service(index));
    let mut told: HashSet<&str> = added.map(|service| &*service.inbound.value).collect();
    let removed = comparison.removed.iter().map(|&index| old.service(index));
    told.extend(removed.map(|service| &*service.inbound.value));
    for (before, after) in comparison.kept.iter().filter_map(Kept::moved_queue) {
        told.extend([&*before.value, &*after.value]);
    }
    for queue in &wiring.queues {
        if old.queue(queue.name).is_none() && !told.contains(queue.name) {
            let message = format!("the queue `{}` is new", queue.name);
            let reason = "whoever needs it first makes it";
            changes.push(
                Change::new(Safe, Added, Subject::Queue, queue.name, message, reason)
                    .now_at(queue.at),
            );
        }
    }
    for queue in &old.queues {
        if wiring.queue(queue.name).is_none() && !told.contains(queue.name) {
            let message = format!("the queue `{}` is no longer named", queue.name);
            let reason = "what waits in it stays there, and so does the queue";
            let advice = format!(
                "let whoever drains `{}` empty it, then delete it",
                queue.name
            );
            changes.push(
                Change::new(
                    Caution,
                    Removed,
                    Subject::Queue,
                    queue.name,
                    message,
                    reason,
                )
                .in_flight(advice)
                .was_at(queue.at),
            );
        }
    }
}

/// The names of one list that are not in another.
fn only_among<'s>(
    list: &'s [Spanned<String>],
    other: &[Spanned<String>],
) -> Vec<&'s Spanned<String>> {
    let others: HashSet<&str> = other.iter().map(|name| &*name.value).collect();
    let names = list.iter();
    names
        .filter(|name| !others.contains(&*name.value))
        .collect()
}
