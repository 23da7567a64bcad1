//! Where the engines are, and how they are logged in to.

use super::super::{
    Change,
    Class::{Breaking, Caution},
    Comparison,
    Kind::{Added, Changed, Removed},
    Subject, moved_engines,
};
use crate::system::{Places, System};

pub(super) fn changes(comparison: &Comparison<'_>, changes: &mut Vec<Change>) {
    let Comparison { before, after, .. } = comparison;
    let moved = moved_engines(before, after);
    for engine in &moved {
        let message = format!(
            "{} moves from `{}` to `{}`",
            engine.engine, engine.old, engine.new
        );
        let reason = "what the old one holds does not move by itself";
        let mut change = Change::new(
            Breaking,
            Changed,
            Subject::Endpoint,
            engine.table,
            message,
            reason,
        )
        .in_flight(engine.advice);
        change.before = engine.before.first().copied().cloned();
        change.after = engine.after.first().copied().cloned();
        changes.push(change);
    }
    for table in ["rabbitmq", "database", "object-storage", "http"] {
        if !moved.iter().any(|engine| engine.table == table) {
            changes.extend(settings(before, after, table));
        }
    }
}

/// An engine that comes, goes, or is reached in another way at the same place.
fn settings(before: &System, after: &System, table: &'static str) -> Option<Change> {
    let (was, is, differs) = match table {
        "rabbitmq" => there(before.rabbitmq.as_ref(), after.rabbitmq.as_ref()),
        "database" => there(before.database.as_ref(), after.database.as_ref()),
        "object-storage" => there(
            before.object_storage.as_ref(),
            after.object_storage.as_ref(),
        ),
        _ => there(before.http.as_ref(), after.http.as_ref()),
    };
    let places = |system: &System| -> Places {
        match table {
            "rabbitmq" => system.rabbitmq_at.clone(),
            "database" => system.database_at.clone(),
            "object-storage" => system.object_storage_at.clone(),
            _ => Places::default(),
        }
    };
    let (kind, message, reason) = match (was, is) {
        (false, true) => (
            Added,
            format!("`[{table}]` is declared"),
            "who ran without it has what it holds elsewhere",
        ),
        (true, false) => (
            Removed,
            format!("`[{table}]` is no longer declared"),
            "who asks the map for it is not answered",
        ),
        _ if differs => (
            Changed,
            format!("the settings in `[{table}]` change, the place does not"),
            "running services keep the old ones until they are started anew; both have to be accepted until then",
        ),
        _ => return None,
    };
    let mut change = Change::new(Caution, kind, Subject::Endpoint, table, message, reason);
    change.before = places(before).nearest("").cloned();
    change.after = places(after).nearest("").cloned();
    Some(change)
}

/// Whether something is there, was there, and differs.
fn there<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> (bool, bool, bool) {
    (before.is_some(), after.is_some(), before != after)
}
