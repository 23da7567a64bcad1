//! Services that come, go, and read another queue.

use super::super::{
    Change,
    Class::{Breaking, Caution, Safe},
    Comparison, Kept,
    Kind::{Added, Changed, Removed},
    NewNames, Subject, is_drained,
};
use crate::{Name, Spanned, hashing::HashMap, system::Service, wiring::Wiring};

pub(super) fn changes(
    comparison: &Comparison<'_>,
    wiring: &Wiring<'_>,
    names: &NewNames<'_>,
    changes: &mut Vec<Change>,
) {
    let renamed: HashMap<&str, &Service> = comparison
        .renamed(wiring)
        .into_iter()
        .map(|(old, new)| (&*old.name.value, new))
        .collect();
    for &index in &comparison.added {
        let Service { name, inbound, .. } = wiring.service(index);
        let message = format!(
            "service `{}` is new, and reads `{}`",
            name.value, inbound.value
        );
        let reason = "nothing that is at work depends on it";
        changes.push(
            Change::new(Safe, Added, Subject::Service, &*name.value, message, reason)
                .of_service(&name.value)
                .now_at(&name.span),
        );
    }
    for kept in &comparison.kept {
        if let Some((old, new)) = kept.moved_queue() {
            changes.push(moved(comparison, (wiring, names), kept, (old, new)));
        }
    }
    for &index in &comparison.removed {
        let service = comparison.old.service(index);
        let successor = renamed.get(&*service.name.value).copied();
        changes.push(removed(comparison, wiring, service, successor));
    }
}

fn moved(
    comparison: &Comparison<'_>,
    (wiring, names): (&Wiring<'_>, &NewNames<'_>),
    kept: &Kept<'_>,
    (old, new): (&Spanned<Name>, &Spanned<Name>),
) -> Change {
    let (name, was, is) = (kept.name(), &old.value, &new.value);
    let message = if names.contains_key(&**was) {
        format!(
            "the queue `{was}` is called `{is}`: service `{name}` reads it, and the same cases feed it"
        )
    } else {
        format!("service `{name}` reads `{is}`, no longer `{was}`")
    };
    let (class, reason) = if is_taken_by_strangers(comparison, wiring, was) {
        (
            Breaking,
            "those that read the old queue from now on read another before: they get what waits in it",
        )
    } else if is_drained(wiring.queue(was)) {
        (Caution, "another takes what waits in the old queue")
    } else if comparison.is_retired(was) {
        (
            Caution,
            "nothing reads the old queue any more, and `retired` says that it is meant",
        )
    } else {
        (
            Breaking,
            "what waits in the old queue is stranded, and what is sent before all producers know",
        )
    };
    Change::new(class, Changed, Subject::Queue, &**is, message, reason)
        .of_service(name)
        .in_flight(format!(
            "let one instance go on with `{was}` beside the new ones until it is empty: the old map's, or a service \
             with `in = \"{was}\"`"
        ))
        .was_at(&old.span)
        .now_at(&new.span)
}

/// Whether a queue has readers, and all of them come from other queues: what waits in it is not for them.
fn is_taken_by_strangers(comparison: &Comparison<'_>, wiring: &Wiring<'_>, queue: &str) -> bool {
    let Some(queue) = wiring.queue(queue).filter(|queue| queue.sink.is_none()) else {
        return false;
    };
    let is_stranger = |&reader: &usize| {
        let before = comparison.counterpart(reader);
        before.is_some_and(|before| before.inbound.value != queue.name)
    };
    !queue.readers.is_empty() && queue.readers.iter().all(is_stranger)
}

fn removed(
    comparison: &Comparison<'_>,
    wiring: &Wiring<'_>,
    service: &Service,
    successor: Option<&Service>,
) -> Change {
    let Service { name, inbound, .. } = service;
    let queue = wiring.queue(&inbound.value);
    let is_retired = comparison.is_retired(&name.value) || comparison.is_retired(&inbound.value);
    let (class, reason) = if is_drained(queue) {
        (Caution, "another takes what waits in its queue")
    } else if is_retired {
        (
            Caution,
            "nothing reads its queue any more, and `retired` says that it is meant",
        )
    } else if queue.is_some_and(|queue| !queue.feeds.is_empty()) {
        (Breaking, "its queue is still fed, and nothing reads it")
    } else {
        (Caution, "what waits in its queue has to be worked on first")
    };
    let mut message = format!("service `{}` is gone", name.value);
    if let Some(successor) = successor {
        let new = &successor.name.value;
        message = format!(
            "service `{}` is gone; `{new}` looks like it under another name",
            name.value
        );
    }
    let mut change = Change::new(
        class,
        Removed,
        Subject::Service,
        &*name.value,
        message,
        reason,
    )
    .of_service(&name.value)
    .was_at(&name.span);
    if let Some(successor) = successor {
        change = change.now_at(&successor.name.span);
    }
    if is_drained(queue) {
        return change;
    }
    let advice = format!(
        "let it run on without being fed until `{}` is empty, then stop it",
        inbound.value
    );
    change.in_flight(advice)
}
