//! For programs: one JSON document, versioned. Minor additions keep the version.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::picture::{Arrow, Kind, Node, Picture};
use crate::CaseValue;

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Graph<'p> {
    format_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'p str>,
    nodes: Vec<NodeEntry<'p>>,
    edges: Vec<EdgeEntry<'p>>,
}

#[derive(Serialize)]
struct NodeEntry<'p> {
    id: &'p str,
    kind: &'static str,
    name: &'p str,
    /// The queue that a service reads, and a queue's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'p str>,
    /// The members of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    services: Vec<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<&'static str>,
}

#[derive(Serialize)]
struct EdgeEntry<'p> {
    from: &'p str,
    to: &'p str,
    routes: Vec<RouteEntry<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<&'static str>,
}

#[derive(Serialize)]
struct RouteEntry<'p> {
    service: &'p str,
    case: &'p CaseValue,
    /// None where results end on purpose.
    queue: Option<&'p str>,
}

/// Writes a picture as JSON.
pub fn json(picture: &Picture<'_>) -> String {
    let ids = ids(picture);
    let graph = Graph {
        format_version: FORMAT_VERSION,
        system: picture.system,
        nodes: picture
            .nodes
            .iter()
            .zip(&ids)
            .map(|(node, id)| of_node(node, id))
            .collect(),
        edges: picture
            .arrows
            .iter()
            .map(|arrow| of_arrow(arrow, &ids))
            .collect(),
    };
    let mut out = serde_json::to_string_pretty(&graph).expect("strings and numbers serialize");
    out.push('\n');
    out
}

fn of_node<'p>(node: &'p Node<'_>, id: &'p str) -> NodeEntry<'p> {
    let service = node.services.first().filter(|_| node.kind == Kind::Service);
    let tags = service.into_iter().flat_map(|service| &service.tags);
    let members = node.services.iter().filter(|_| node.kind == Kind::Group);
    NodeEntry {
        id,
        kind: node.kind.word(),
        name: &node.name,
        queue: match node.kind {
            Kind::Service => service.map(|service| &*service.inbound.value),
            Kind::Source | Kind::Sink | Kind::Loose => Some(&node.name),
            Kind::Group | Kind::End => None,
        },
        tags: tags.map(|tag| &*tag.value).collect(),
        services: members.map(|service| &*service.name.value).collect(),
        mark: node.mark.map(super::Mark::word),
    }
}

fn of_arrow<'p>(arrow: &'p Arrow<'_>, ids: &'p [String]) -> EdgeEntry<'p> {
    let routes = arrow.ways.iter().map(|way| RouteEntry {
        service: &way.service.name.value,
        case: &way.route.case.value,
        queue: way.queue.map(|queue| &*queue.value),
    });
    EdgeEntry {
        from: &ids[arrow.from],
        to: &ids[arrow.to],
        routes: routes.collect(),
        mark: arrow.mark.map(super::Mark::word),
    }
}

/// `service:words`, `source:scans`, `end:words`: the same in every drawing of a system, and no two alike.
fn ids(picture: &Picture<'_>) -> Vec<String> {
    let mut owners: BTreeMap<usize, &str> = BTreeMap::new();
    for arrow in &picture.arrows {
        owners
            .entry(arrow.to)
            .or_insert(&picture.nodes[arrow.from].name);
    }
    let mut seen = BTreeSet::new();
    let nodes = picture.nodes.iter().enumerate();
    nodes
        .map(|(index, node)| {
            let name = match node.kind {
                Kind::End => owners.get(&index).copied().unwrap_or_default(),
                _ => &node.name,
            };
            let mut id = format!("{}:{name}", node.kind.word());
            // A broken map may hold a service twice.
            while !seen.insert(id.clone()) {
                id.push('\'');
            }
            id
        })
        .collect()
}
