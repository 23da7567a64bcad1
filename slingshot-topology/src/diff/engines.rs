//! Where the engines are, before and after.

use crate::{
    host,
    source::Span,
    system::{Places, System},
};

/// An engine that is at another place.
#[derive(Debug)]
pub(crate) struct MovedEngine<'s> {
    /// As a message calls it.
    pub(crate) engine: &'static str,
    /// The table that declares it.
    pub(crate) table: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
    /// The fields that differ, as they were; the table where a field is not written.
    pub(crate) before: Vec<&'s Span>,
    pub(crate) after: Vec<&'s Span>,
    /// What to do about what the old one holds.
    pub(crate) advice: &'static str,
}

/// One part of an engine's place: the field, and what it says in both.
type Field = (&'static str, String, String);

/// The engines that both systems name and that are not where they were. Credentials are no place.
pub(crate) fn moved_engines<'s>(before: &'s System, after: &'s System) -> Vec<MovedEngine<'s>> {
    let mut moved = Vec::new();
    if let (Some(old), Some(new)) = (&before.rabbitmq, &after.rabbitmq) {
        let fields = [
            ("host", old.host.clone(), new.host.clone()),
            ("port", old.port.to_string(), new.port.to_string()),
            ("vhost", old.vhost.clone(), new.vhost.clone()),
        ];
        moved.extend(engine(
            ("the broker", "rabbitmq"),
            (
                format!("{}:{}{}", host::shown(&old.host), old.port, vhost(&old.vhost)),
                format!("{}:{}{}", host::shown(&new.host), new.port, vhost(&new.vhost)),
            ),
            &fields,
            (&before.rabbitmq_at, &after.rabbitmq_at),
            "stop what feeds the old broker, let the services empty its queues, its retries too, and start them with the new \
             place then",
        ));
    }
    if let (Some(old), Some(new)) = (&before.database, &after.database) {
        let fields = [
            ("host", old.host.clone(), new.host.clone()),
            ("port", old.port.to_string(), new.port.to_string()),
            ("database", old.database.clone(), new.database.clone()),
        ];
        moved.extend(engine(
            ("the database", "database"),
            (
                format!("{}:{}/{}", host::shown(&old.host), old.port, old.database),
                format!("{}:{}/{}", host::shown(&new.host), new.port, new.database),
            ),
            &fields,
            (&before.database_at, &after.database_at),
            "stop the services that write to it, move the rows, those of the inbox too, and start them with the new \
             place then",
        ));
    }
    if let (Some(old), Some(new)) = (&before.object_storage, &after.object_storage) {
        let fields = [
            ("host", old.host.clone(), new.host.clone()),
            ("region", old.region.clone(), new.region.clone()),
        ];
        moved.extend(engine(
            ("the object store", "object-storage"),
            (
                format!("{} ({})", host::shown(&old.host), old.region),
                format!("{} ({})", host::shown(&new.host), new.region),
            ),
            &fields,
            (&before.object_storage_at, &after.object_storage_at),
            "copy the objects of the ids on their way first, or let the queues run empty",
        ));
    }
    moved
}

/// RabbitMQ's own virtual host goes without saying.
fn vhost(name: &str) -> String {
    match name {
        "/" => String::new(),
        name => format!("/{name}"),
    }
}

fn engine<'s>(
    (engine, table): (&'static str, &'static str),
    (old, new): (String, String),
    fields: &[Field],
    (before, after): (&'s Places, &'s Places),
    advice: &'static str,
) -> Option<MovedEngine<'s>> {
    let differing = || fields.iter().filter(|(_, old, new)| old != new);
    differing().next()?;
    let places = |places: &'s Places| -> Vec<&'s Span> {
        let spans = differing().filter_map(|(field, ..)| places.nearest(field));
        spans.collect()
    };
    Some(MovedEngine {
        engine,
        table,
        old,
        new,
        before: places(before),
        after: places(after),
        advice,
    })
}
