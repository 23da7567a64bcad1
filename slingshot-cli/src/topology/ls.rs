//! `slingshot topology ls`: the services, and where their cases go.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use slingshot_topology::{Route, Service, System, render::visible_in_line};

use super::{Declared, selected::SelectArguments};
use crate::{
    Context,
    exit::{Exit, Failure},
    table::table,
};

/// Grows when a field of the JSON form changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

/// The options of `slingshot topology ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// How to list: a table, one JSON document, or a name a line
    #[arg(long, value_enum, default_value = "text", hide_possible_values = true)]
    #[arg(help = "How to list: text (a table), json, or names (one a line)")]
    format: Format,

    #[command(flatten)]
    selected: SelectArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
    Names,
}

/// # Errors
///
/// If there is no system to look at, it cannot be read, or no service is selected.
pub(super) fn run(context: &Context, arguments: &LsArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let (system, _) = declared.read();
    super::warn_if_incomplete(context, &system);
    let selection = arguments.selected.of(context, &system)?;
    let services: Vec<&Service> = match &selection {
        Some(selection) => selection.services().to_vec(),
        None => system.services.iter().collect(),
    };
    if services.is_empty() {
        return Err(Failure::new(Exit::NoInput, "the system has no services"));
    }
    context.printer.result(&match arguments.format {
        Format::Text => rows(&services),
        Format::Json => document(&system, &services),
        Format::Names => {
            let names = services.iter();
            let names = names.map(|service| visible_in_line(&service.name.value));
            names.collect::<Vec<_>>().join("\n")
        }
    });
    Ok(Exit::Clean)
}

/// A line for each case; tags have a column where there are any.
fn rows(services: &[&Service]) -> String {
    let has_tags = services.iter().any(|service| !service.tags.is_empty());
    let mut rows = vec![row(
        has_tags,
        ["SERVICE", "TAGS", "READS", "CASE", "TO"].map(str::to_owned),
    )];
    for service in services {
        let tags: Vec<_> = service.tags.iter().map(|tag| &*tag.value).collect();
        let mut head = [
            service.name.value.to_string(),
            tags.join(", "),
            service.inbound.value.to_string(),
        ];
        if service.routes.is_empty() {
            let [name, tags, queue] = head;
            rows.push(row(
                has_tags,
                [name, tags, queue, "-".to_owned(), String::new()],
            ));
            continue;
        }
        for route in &service.routes {
            let [name, tags, queue] = std::mem::take(&mut head);
            rows.push(row(
                has_tags,
                [
                    name,
                    tags,
                    queue,
                    route.case.value.to_string(),
                    targets(route),
                ],
            ));
        }
    }
    let columns = if has_tags { 5 } else { 4 };
    table(&rows, &[false; 5][..columns])
}

fn row(has_tags: bool, cells: [String; 5]) -> Vec<String> {
    let cells = cells.into_iter().enumerate();
    cells
        .filter(|(column, _)| has_tags || *column != 1)
        .map(|(_, cell)| cell)
        .collect()
}

fn targets(route: &Route) -> String {
    if route.queues.is_empty() {
        return "(ends here)".to_owned();
    }
    let queues: Vec<_> = route.queues.iter().map(|queue| &*queue.value).collect();
    queues.join(", ")
}

fn document(system: &System, services: &[&Service]) -> String {
    let document = json!({
        "format_version": FORMAT_VERSION,
        "system": system.name.as_ref().map(|name| &name.value),
        "services": services.iter().map(|service| object(service)).collect::<Vec<_>>(),
    });
    format!("{document:#}")
}

fn object(service: &Service) -> Value {
    let buckets = service.buckets.iter();
    let buckets = buckets.map(|bucket| (bucket.key.value.clone(), json!(bucket.name.value)));
    let routes = service.routes.iter().map(|route| {
        let queues = route.queues.iter().map(|queue| &queue.value);
        json!({ "case": route.case.value, "queues": queues.collect::<Vec<_>>() })
    });
    json!({
        "name": service.name.value,
        "in": service.inbound.value,
        "tags": service.tags.iter().map(|tag| &tag.value).collect::<Vec<_>>(),
        "buckets": buckets.collect::<serde_json::Map<_, _>>(),
        "out": routes.collect::<Vec<_>>(),
        "replicas": service.replicas,
    })
}
