//! `slingshot dlq ls`: how many dead letters there are, and why.

use std::{collections::BTreeMap, ops::ControlFlow, time::SystemTime};

use clap::Args;
use serde_json::{Value, json};
use slingshot_runtime::client::DeadLetter;

use super::{
    Format, SystemArguments, grouped, letter::printable, letters, place::Place, place::Places,
    show::warn_of_deliveries, times::age,
};
use crate::{
    Context,
    exit::{Exit, Failure},
    failures::unreachable_broker,
    table::table,
};

/// How many letters of a queue are looked at for their errors: a second's work, and no more than a broker
/// holds for us without notice.
const LOOKED_AT: u64 = 10_000;

/// The options of `slingshot dlq ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArguments {
    /// Only these services [default: all]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,

    /// Also services without dead letters
    #[arg(long)]
    all: bool,

    /// Only count, without a look at the letters: for alerts that ask every minute
    #[arg(long)]
    count: bool,

    /// How to list them; json is an object a line
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    system: SystemArguments,
}

/// What is in a service's queue of dead letters.
#[derive(Debug, Default)]
struct Found {
    exists: bool,
    letters: u64,
    seen: u64,
    /// The first and the last of the times, as they are written and as what they mean.
    oldest: Option<(SystemTime, String)>,
    newest: Option<(SystemTime, String)>,
    types: BTreeMap<String, u64>,
    most_deliveries: u64,
}

impl Found {
    fn add(&mut self, letter: &DeadLetter) {
        let kind = letter.error_type.clone();
        *self
            .types
            .entry(kind.unwrap_or_else(|| "unknown".to_owned()))
            .or_default() += 1;
        self.most_deliveries = self.most_deliveries.max(letter.delivery_count.unwrap_or(0));
        if let Some(at) = letter.failed().zip(letter.failed_at.clone()) {
            if self.oldest.as_ref().is_none_or(|oldest| at.0 < oldest.0) {
                self.oldest = Some(at.clone());
            }
            if self.newest.as_ref().is_none_or(|newest| at.0 > newest.0) {
                self.newest = Some(at);
            }
        }
    }

    /// The most frequent first.
    fn types(&self) -> Vec<(&str, u64)> {
        let mut types: Vec<_> = self
            .types
            .iter()
            .map(|(kind, count)| (kind.as_str(), *count))
            .collect();
        types.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        types
    }
}

/// # Errors
///
/// If a service is not known or the broker does not answer.
pub(super) async fn run(context: &Context, arguments: &LsArguments) -> Result<Exit, Failure> {
    let places = Places::open(context, &arguments.system, &arguments.services).await?;
    let listed = list(context, &places, arguments).await;
    places.close().await;
    listed
}

async fn list(
    context: &Context,
    places: &Places,
    arguments: &LsArguments,
) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for place in &places.all {
        let found = if arguments.count {
            counted(places, place).await?
        } else {
            looked_at(places, place).await?
        };
        warn_of_deliveries(context, &place.letters, found.most_deliveries);
        all.push((place, found));
    }
    let total: u64 = all.iter().map(|(_, found)| found.letters).sum();
    all.retain(|(_, found)| arguments.all || found.letters > 0);
    match arguments.format {
        Format::Json => {
            for (place, found) in &all {
                context.printer.result(&object(place, found).to_string());
            }
        }
        Format::Text if total == 0 && !arguments.all => {
            context.printer.status("Listed", "no dead letters");
        }
        Format::Text => {
            context.printer.result(&rows(&all));
            if let Some((place, _)) = all.iter().find(|(_, found)| found.letters > 0) {
                let command = context.command(&["dlq", "show", &place.service]);
                let line = format!("{}; see why: {command}", letters(total));
                context.printer.status("Listed", &line);
            }
        }
    }
    Ok(if total == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

async fn counted(places: &Places, place: &Place) -> Result<Found, Failure> {
    let depth = places.queues.depth(&place.letters).await;
    let depth = depth.map_err(unreachable_broker)?;
    Ok(Found {
        exists: depth.is_some(),
        letters: depth.map_or(0, |depth| depth.ready),
        ..Found::default()
    })
}

async fn looked_at(places: &Places, place: &Place) -> Result<Found, Failure> {
    let mut found = Found::default();
    let look = |letter: DeadLetter| {
        found.add(&letter);
        ControlFlow::Continue(())
    };
    let looked = places
        .queues
        .look_through(&place.letters, LOOKED_AT, look)
        .await
        .map_err(unreachable_broker)?;
    found.exists = looked.is_some();
    if let Some(looked) = looked {
        (found.letters, found.seen) = (looked.ready, looked.seen);
    }
    Ok(found)
}

fn rows(all: &[(&Place, Found)]) -> String {
    let now = SystemTime::now();
    let headings = ["service", "queue", "letters", "oldest", "newest", "errors"];
    let mut rows = vec![headings.map(str::to_owned)];
    rows.extend(all.iter().map(|(place, found)| row(place, found, now)));
    table(&rows, &[false, false, true, true, true, false])
}

fn row(place: &Place, found: &Found, now: SystemTime) -> [String; 6] {
    let ago = |at: &Option<(SystemTime, String)>| match at {
        Some((at, _)) => age(now.duration_since(*at).unwrap_or_default()),
        None => "-".to_owned(),
    };
    let types: Vec<_> = found
        .types()
        .iter()
        .map(|(kind, count)| format!("{} {}", printable(kind), grouped(*count)))
        .collect();
    let of_some = if found.seen > 0 && found.seen < found.letters {
        format!(" (of the oldest {})", grouped(found.seen))
    } else {
        String::new()
    };
    [
        place.service.clone(),
        place.letters.clone(),
        if found.exists {
            grouped(found.letters)
        } else {
            "-".to_owned()
        },
        ago(&found.oldest),
        ago(&found.newest),
        types.join(", ") + &of_some,
    ]
}

fn object(place: &Place, found: &Found) -> Value {
    let at = |at: &Option<(SystemTime, String)>| at.as_ref().map(|(_, text)| text.clone());
    json!({
        "service": place.service,
        "queue": place.letters,
        "exists": found.exists,
        "letters": found.letters,
        "looked_at": found.seen,
        "oldest_failed_at": at(&found.oldest),
        "newest_failed_at": at(&found.newest),
        "error_types": found.types,
    })
}
