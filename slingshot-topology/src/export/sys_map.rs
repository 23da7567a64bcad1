//! A system as a sys-map in one JSON file, as `read_json` reads it.

use std::ops::Deref;

use slingshot_settings::{Retry, duration};

use crate::{
    CaseValue, SecretReference,
    layout::Json,
    source::{Span, Spanned},
    sys_map::{DEFAULT_REGION, DEFAULT_VHOST, Database, ObjectStorage, RabbitMq},
    system::{Boundary, Bucket, DeniedEdge, Group, Ignore, RequiredHop, Route, Service, System},
};

/// The services with their routes and buckets, the engines in the wire's form, and what the system says of its boundary and
/// of accepted findings. A sys-map has no place for the system's name, for `[http]`, `[rates]` and `[rules]`.
pub fn sys_map(system: &System) -> String {
    let mut map = Vec::new();
    if system.boundary == Boundary::Declared {
        map.push(("topology".to_owned(), boundary(system)));
    }
    for one in &system.services {
        map.push((one.name.value.to_string(), service(one, &system.ignores)));
    }
    let engines = [
        ("rabbitmq", system.rabbitmq.as_ref().map(rabbitmq)),
        ("db", system.database.as_ref().map(database)),
        (
            "object-storage",
            system.object_storage.as_ref().map(object_storage),
        ),
    ];
    for (name, engine) in engines {
        map.extend(engine.map(|engine| (name.to_owned(), engine)));
    }
    let everywhere = system
        .ignores
        .iter()
        .filter(|ignore| ignore.scope.is_none());
    map.extend(notes(everywhere).map(|(key, notes)| (key.to_owned(), notes)));
    Json::Block(map).written()
}

fn boundary(system: &System) -> Json {
    let mut fields = vec![
        ("sources", texts(&system.sources)),
        ("sinks", texts(&system.sinks)),
    ];
    let buckets = system.external_buckets.as_ref();
    fields.extend(buckets.map(|names| ("external-buckets", texts(names))));
    let more = [
        ("manifests", &system.manifests),
        ("retired", &system.retired),
    ];
    let more = more.into_iter().filter(|(_, names)| !names.is_empty());
    fields.extend(more.map(|(field, names)| (field, texts(names))));
    if !system.denied.is_empty() {
        let denied = system.denied.iter().map(denied);
        fields.push(("deny", Json::Lines(denied.collect())));
    }
    if !system.required.is_empty() {
        let required = system.required.iter().map(required);
        fields.push(("require", Json::Lines(required.collect())));
    }
    Json::block(fields)
}

fn denied(edge: &DeniedEdge) -> Json {
    let DeniedEdge { from, to, reason } = edge;
    let mut fields = vec![("from", group(&from.value)), ("to", group(&to.value))];
    fields.extend(reason.as_ref().map(|reason| ("reason", Json::text(reason))));
    Json::table(fields)
}

fn required(hop: &RequiredHop) -> Json {
    let RequiredHop {
        from,
        to,
        through,
        reason,
    } = hop;
    let mut fields = vec![
        ("from", group(&from.value)),
        ("to", group(&to.value)),
        ("through", group(&through.value)),
    ];
    fields.extend(reason.as_ref().map(|reason| ("reason", Json::text(reason))));
    Json::table(fields)
}

fn group(group: &Group) -> Json {
    match group {
        Group::Service(name) => Json::text(name),
        Group::Tag(tag) => Json::text(format!("tag:{tag}")),
    }
}

fn service(service: &Service, ignores: &[Ignore]) -> Json {
    let mut fields = vec![
        ("in", Json::text(&service.inbound.value)),
        (
            "out",
            Json::Lines(service.routes.iter().map(route).collect()),
        ),
    ];
    if !service.buckets.is_empty() {
        let bucket = |bucket: &Bucket| (bucket.key.value.clone(), Json::text(&bucket.name.value));
        let buckets = Json::Table(service.buckets.iter().map(bucket).collect());
        fields.push(("buckets", buckets));
    }
    let text = |text: &Spanned<String>| Json::text(&text.value);
    let yes = |is: bool| is.then(|| Json::word(true));
    let tags = Some(&service.tags).filter(|tags| !tags.is_empty());
    let time = service.service_time.as_ref();
    let hops = service.hop_limit.as_ref();
    let optional = [
        ("replicas", service.replicas.map(Json::word)),
        ("prefetch", service.prefetch.map(Json::word)),
        (
            "queue-type",
            service.queue_type.map(|kind| Json::text(kind.as_str())),
        ),
        ("retry", service.retry.as_ref().map(retry)),
        ("tags", tags.map(|tags| texts(tags))),
        ("python", service.python.as_ref().map(text)),
        ("external", yes(service.is_external)),
        ("environment", service.environment.as_ref().map(text)),
        ("group", service.group.as_ref().map(text)),
        (
            "service-time",
            time.map(|time| Json::text(duration::written(time.value))),
        ),
        ("ordered", yes(service.is_ordered)),
        ("idempotent", yes(service.is_idempotent)),
        ("hop-limit", hops.map(|hops| Json::word(hops.value))),
    ];
    let optional = optional.into_iter();
    fields.extend(optional.filter_map(|(field, value)| Some((field, value?))));
    let own = ignores.iter().filter(|ignore| {
        let scope = ignore.scope.as_ref();
        scope.is_some_and(|scope| encloses(scope, &service.name.span))
    });
    fields.extend(notes(own));
    Json::block(fields)
}

fn encloses(outer: &Span, inner: &Span) -> bool {
    outer.file.path == inner.file.path && outer.start <= inner.start && inner.end <= outer.end
}

fn route(route: &Route) -> Json {
    let mut fields = vec![
        ("case", case(&route.case.value)),
        ("queues", texts(&route.queues)),
    ];
    let share = route.share.as_ref();
    fields.extend(share.map(|share| ("share", Json::word(serde_json::json!(share.value)))));
    Json::table(fields)
}

fn case(case: &CaseValue) -> Json {
    match case {
        CaseValue::Bool(value) => Json::word(value),
        CaseValue::Integer(value) => Json::word(value),
        CaseValue::Text(text) => Json::text(text),
    }
}

fn retry(retry: &Retry) -> Json {
    Json::table([
        ("max", Json::word(retry.max)),
        ("initial", Json::text(duration::written(retry.initial))),
        ("factor", Json::word(retry.factor)),
        ("max_delay", Json::text(duration::written(retry.max_delay))),
    ])
}

fn notes<'i>(ignores: impl Iterator<Item = &'i Ignore>) -> Option<(&'static str, Json)> {
    let note = |ignore: &Ignore| {
        let optional = [
            (
                "subject",
                ignore
                    .subject
                    .as_ref()
                    .map(|subject| Json::text(&subject.value)),
            ),
            ("reason", ignore.reason.as_ref().map(Json::text)),
            (
                "expires",
                ignore
                    .expires
                    .as_ref()
                    .map(|day| Json::text(day.value.to_string())),
            ),
        ];
        let optional = optional.into_iter();
        let optional = optional.filter_map(|(field, value)| Some((field, value?)));
        Json::table(
            [("rule", Json::text(&ignore.rule.value))]
                .into_iter()
                .chain(optional),
        )
    };
    let notes: Vec<_> = ignores.map(note).collect();
    (!notes.is_empty()).then_some(("x-slingshot-ignore", Json::Lines(notes)))
}

fn rabbitmq(rabbitmq: &RabbitMq) -> Json {
    let RabbitMq {
        host,
        port,
        username,
        password,
        tls,
        vhost,
    } = rabbitmq;
    let mut fields = vec![
        ("host", one(Json::text(host))),
        ("port", one(Json::word(port))),
        ("username", one(Json::text(username))),
        secret("pass", "secret", password),
    ];
    fields.extend(tls.then(|| ("tls", one(Json::word(true)))));
    if vhost != DEFAULT_VHOST {
        fields.push(("vhost", one(Json::text(vhost))));
    }
    Json::table(fields)
}

fn database(database: &Database) -> Json {
    let Database {
        host,
        port,
        username,
        database,
        password,
        tls,
    } = database;
    let mut fields = vec![
        ("host", one(Json::text(host))),
        ("port", one(Json::word(port))),
        ("username", one(Json::text(username))),
        secret("pass", "secret", password),
        ("database", one(Json::text(database))),
    ];
    fields.extend(tls.then(|| ("tls", one(Json::word(true)))));
    Json::table(fields)
}

fn object_storage(storage: &ObjectStorage) -> Json {
    let ObjectStorage {
        host,
        region,
        access_key,
        secret_key,
    } = storage;
    let mut fields = vec![("host", one(Json::text(host)))];
    if region != DEFAULT_REGION {
        fields.push(("region", one(Json::text(region))));
    }
    fields.extend([
        secret("pass:access-key", "secret:access-key", access_key),
        secret("pass:secret-key", "secret:secret-key", secret_key),
    ]);
    Json::table(fields)
}

/// A `pass` entry goes where old services look for it; other references go beside it.
fn secret(
    pass: &'static str,
    other: &'static str,
    reference: &SecretReference,
) -> (&'static str, Json) {
    match reference {
        SecretReference::Pass(entry) => (pass, one(Json::text(entry))),
        reference => (other, one(Json::text(reference.to_string()))),
    }
}

fn one(value: Json) -> Json {
    Json::List(vec![value])
}

fn texts<T: Deref<Target = str>>(texts: &[Spanned<T>]) -> Json {
    Json::texts(texts.iter().map(|text| &*text.value))
}
