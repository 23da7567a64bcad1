//! One request: an answer with its entity tag, or a 404 that helps.

use std::{
    fmt::Display,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use slingshot_topology::System;
use tokio::sync::watch;

use crate::percent;

/// Answers any path.
pub(super) async fn answer(
    State(system): State<watch::Receiver<Arc<System>>>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let system = Arc::clone(&system.borrow());
    let Some(path) = percent::decode(uri.path()) else {
        return (StatusCode::BAD_REQUEST, "the path is no UTF-8\n").into_response();
    };
    let Some(answer) = system.answer(&path) else {
        return (StatusCode::NOT_FOUND, missing(&system, &path)).into_response();
    };
    let e_tag = e_tag(&answer.body);
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| matches!(known.trim(), tag if tag == e_tag || tag == "*"));
    // A cache may keep the answer and must ask whether it still holds.
    let cache = [
        (header::ETAG, e_tag.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, answer.content_type)];
    (cache, content_type, answer.body).into_response()
}

/// Different for different bodies, the same for the same one in every run of this program.
fn e_tag(body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// What the map has instead.
fn missing(system: &System, path: &str) -> String {
    let path = path.trim_matches('/');
    let (name, key) = match path.split_once('/') {
        Some((name, key)) => (name, Some(key)),
        None => (path, None),
    };
    match (system.service(name), key) {
        (_, None) if matches!(name, "rabbitmq" | "db" | "object-storage") => {
            format!("the sys-map names no `{name}`\n")
        }
        (Some(service), Some(key)) => format!(
            "the service `{name}` has no bucket under the key `{key}`; its keys are: {}\n",
            list(service.buckets.iter().map(|bucket| &bucket.key.value))
        ),
        _ => format!(
            "the sys-map has no service `{name}`; its services are: {}\n",
            list(system.services.iter().map(|service| &service.name.value))
        ),
    }
}

fn list(names: impl Iterator<Item = impl Display>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
