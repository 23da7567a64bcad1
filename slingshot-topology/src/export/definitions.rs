//! The queues of a system, as `rabbitmqctl import_definitions` takes them.

use crate::{
    definitions::ArgumentValue, layout::Json, queues::NeededQueue, sys_map::DEFAULT_VHOST,
    system::System,
};

/// The queues that the services of a system declare when they start, with the arguments of that. A broker into
/// which this is imported has them before any service starts, for users who may not declare any.
///
/// The virtual host is part of it; users and permissions are not: their passwords are nobody's business here.
pub fn definitions(system: &System) -> String {
    let rabbitmq = system.rabbitmq.as_ref();
    let vhost = rabbitmq.map_or(DEFAULT_VHOST, |rabbitmq| &rabbitmq.vhost);
    let mut queues = system.needed_queues();
    queues.sort_by(|one, other| one.name.cmp(&other.name));
    let queues = queues.iter().map(|needed| queue(needed, vhost));
    let vhosts = vec![Json::table([("name", Json::text(vhost))])];
    let export = Json::block([
        ("vhosts", Json::List(vhosts)),
        ("queues", Json::Lines(queues.collect())),
        ("exchanges", Json::List(Vec::new())),
        ("bindings", Json::List(Vec::new())),
    ]);
    export.written()
}

fn queue(needed: &NeededQueue<'_>, vhost: &str) -> Json {
    let arguments = needed.arguments.iter().map(|(name, value)| {
        let value = match value {
            ArgumentValue::Text(text) => Json::text(text),
            ArgumentValue::Integer(number) => Json::word(number),
            ArgumentValue::Other => Json::word("null"),
        };
        (*name, value)
    });
    Json::table([
        ("name", Json::text(&needed.name)),
        ("vhost", Json::text(vhost)),
        ("durable", Json::word(true)),
        ("auto_delete", Json::word(false)),
        ("arguments", Json::table(arguments)),
    ])
}
