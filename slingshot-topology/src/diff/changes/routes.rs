//! The routes of services that stay.

use super::super::{
    Change,
    Class::{Breaking, Caution, Safe},
    Comparison, Kept,
    Kind::{Added, Changed, Removed},
    NewNames, Subject, bare, is_drained, only_in,
};
use crate::{Name, Spanned, system::Route, wiring::Wiring};

pub(super) fn changes(
    comparison: &Comparison<'_>,
    kept: &Kept<'_>,
    (wiring, names): (&Wiring<'_>, &NewNames<'_>),
    changes: &mut Vec<Change>,
) {
    let routes = kept.routes();
    for route in routes.added {
        changes.push(added(kept, route));
    }
    for (old, new) in routes.retyped {
        changes.push(retyped(kept, old, new));
    }
    for route in routes.removed {
        changes.push(removed(comparison, kept, route));
    }
    for (old, new) in routes.kept {
        let is_in = |route: &Route, name: &str| route.queues.iter().any(|it| it.value == name);
        let new_name = |queue: &Spanned<Name>| names.get(&*queue.value).copied();
        let renamed: Vec<&str> = only_in(old, new)
            .filter_map(new_name)
            .filter(|name| is_in(new, name))
            .collect();
        for queue in only_in(new, old).filter(|queue| !renamed.contains(&&*queue.value)) {
            changes.push(gained(comparison, kept, wiring, new, queue));
        }
        let is_told =
            |queue: &&Spanned<Name>| new_name(queue).is_some_and(|name| renamed.contains(&name));
        for queue in only_in(old, new).filter(|queue| !is_told(queue)) {
            changes.push(lost(kept, wiring, new, queue));
        }
        changes.extend(share(kept, old, new));
    }
}

fn added(kept: &Kept<'_>, route: &Route) -> Change {
    let case = &route.case;
    let message = format!(
        "service `{}` routes the case {}{}",
        kept.name(),
        case.value,
        to(route)
    );
    let reason =
        "code that does not return it is not concerned; code that does is deployed after the map";
    Change::new(
        Safe,
        Added,
        Subject::Case,
        bare(&case.value),
        message,
        reason,
    )
    .of_service(kept.name())
    .now_at(&case.span)
}

/// ` to x, y`.
fn to(route: &Route) -> String {
    let queues = route
        .queues
        .iter()
        .map(|queue| format!("`{}`", queue.value));
    let queues: Vec<_> = queues.collect();
    match &*queues {
        [] => ", which ends there".to_owned(),
        queues => format!(" to {}", queues.join(", ")),
    }
}

fn retyped(kept: &Kept<'_>, old: &Route, new: &Route) -> Change {
    let (was, is) = (&old.case, &new.case);
    let message = format!(
        "service `{}` routes the case {}, no longer {}",
        kept.name(),
        is.value,
        was.value
    );
    let reason =
        "cases of different types are different cases: results of the code at work find no route";
    Change::new(Breaking, Changed, Subject::Case, bare(&is.value), message, reason)
        .of_service(kept.name())
        .in_flight(
            "stop the service, deploy its code and the map together, and replay what became a dead letter between",
        )
        .was_at(&was.span)
        .now_at(&is.span)
}

fn removed(comparison: &Comparison<'_>, kept: &Kept<'_>, route: &Route) -> Change {
    let case = &route.case;
    let message = format!(
        "service `{}` no longer routes the case {}",
        kept.name(),
        case.value
    );
    let (class, reason) = if comparison.is_retired_case(kept.name(), &case.value) {
        (Caution, "`retired` says that no code returns it")
    } else {
        (Breaking, "a result of this case becomes a dead letter")
    };
    Change::new(
        class,
        Removed,
        Subject::Case,
        bare(&case.value),
        message,
        reason,
    )
    .of_service(kept.name())
    .in_flight("deploy code that no longer returns it everywhere before the map")
    .was_at(&case.span)
    .now_at(&kept.after.routes_at)
}

fn gained(
    comparison: &Comparison<'_>,
    kept: &Kept<'_>,
    wiring: &Wiring<'_>,
    route: &Route,
    queue: &Spanned<Name>,
) -> Change {
    let (name, case) = (kept.name(), &route.case.value);
    let message = format!(
        "service `{name}` sends the case {case} to `{}` too",
        queue.value
    );
    let readers = wiring.queue(&queue.value).map(|queue| &*queue.readers);
    let mut readers = readers.unwrap_or_default().iter();
    let (class, reason) = if readers.any(|&reader| comparison.is_new_reader(reader)) {
        (
            Caution,
            "its reader has to be there first, or messages wait, in a queue of the broker's own default",
        )
    } else {
        (Safe, "its reader is at work, and gets more")
    };
    Change::new(class, Added, Subject::Route, &*queue.value, message, reason)
        .of_service(name)
        .now_at(&queue.span)
}

fn lost(kept: &Kept<'_>, wiring: &Wiring<'_>, route: &Route, queue: &Spanned<Name>) -> Change {
    let (name, case) = (kept.name(), &route.case.value);
    let message = format!(
        "service `{name}` no longer sends the case {case} to `{}`",
        queue.value
    );
    let left = wiring.queue(&queue.value);
    let is_fed = left.is_some_and(|queue| !queue.feeds.is_empty() || queue.source.is_some());
    let (class, reason) = match (is_drained(left), is_fed) {
        (false, _) => (Safe, "its reader goes too"),
        (true, true) => (Caution, "its reader gets less"),
        (true, false) => (Caution, "its reader gets nothing any more"),
    };
    Change::new(
        class,
        Removed,
        Subject::Route,
        &*queue.value,
        message,
        reason,
    )
    .of_service(name)
    .was_at(&queue.span)
    .now_at(&route.case.span)
}

fn share(kept: &Kept<'_>, old: &Route, new: &Route) -> Option<Change> {
    let of = |route: &Route| route.share.as_ref().map(|share| share.value.to_bits());
    if of(old) == of(new) {
        return None;
    }
    let (name, case) = (kept.name(), &new.case.value);
    let said = |route: &Route| match &route.share {
        Some(share) => share.value.to_string(),
        None => "none".to_owned(),
    };
    let message = format!(
        "service `{name}` declares the share {} of the case {case}, no longer {}",
        said(new),
        said(old)
    );
    let reason = "shares are for estimates alone";
    Some(
        Change::new(Safe, Changed, Subject::Setting, "share", message, reason)
            .of_service(name)
            .was_at(&old.case.span)
            .now_at(&new.case.span),
    )
}
