//! `slingshot dlq show`: dead letters, one by one.

use std::{ops::ControlFlow, time::SystemTime};

use clap::Args;

use super::{Format, SystemArguments, filters::FilterArguments, letter, letters, place::Places};
use crate::{
    Context,
    exit::{Exit, Failure},
    failures::unreachable_broker,
};

/// From here on a quorum queue's letter has been taken back often enough to say so: RabbitMQ 4.0 to 4.2 drops
/// one that was taken back 20 times, unless the queue has another limit.
pub(super) const MANY_DELIVERIES: u64 = 10;

/// The options of `slingshot dlq show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The service that the letters failed in
    service: String,

    /// How many to show
    #[arg(long, value_name = "N", default_value = "20")]
    limit: u64,

    /// How to show them; json is an object a line
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    filters: FilterArguments,

    #[command(flatten)]
    system: SystemArguments,
}

/// # Errors
///
/// If the service is not known or the broker does not answer.
pub(super) async fn run(context: &Context, arguments: &ShowArguments) -> Result<Exit, Failure> {
    let places = Places::open(
        context,
        &arguments.system,
        std::slice::from_ref(&arguments.service),
    )
    .await?;
    let shown = show(context, &places, arguments).await;
    places.close().await;
    shown
}

async fn show(
    context: &Context,
    places: &Places,
    arguments: &ShowArguments,
) -> Result<Exit, Failure> {
    let place = places.only();
    let filter = arguments.filters.filter();
    let now = SystemTime::now();
    let (mut shown, mut most_deliveries) = (0, 0);
    let look = |found: slingshot_runtime::client::DeadLetter| {
        if shown == arguments.limit {
            return ControlFlow::Break(());
        }
        if filter.matches(&found, now) {
            shown += 1;
            most_deliveries = most_deliveries.max(found.delivery_count.unwrap_or(0));
            context.printer.result(&match arguments.format {
                Format::Text => letter::text(&found, now),
                Format::Json => {
                    letter::json(&found, &place.service, &place.letters, now).to_string()
                }
            });
        }
        ControlFlow::Continue(())
    };
    // No more than needed are taken from the queue: a quorum queue mixes what it gets back.
    let most = if filter.is_empty() {
        arguments.limit
    } else {
        u64::MAX
    };
    let looked = places
        .queues
        .look_through(&place.letters, most, look)
        .await
        .map_err(unreachable_broker)?;
    warn_of_deliveries(context, &place.letters, most_deliveries);
    let Some(looked) = looked else {
        let line = format!(
            "no dead letters: the queue {} does not exist",
            place.letters
        );
        context.printer.status("Showed", &line);
        return Ok(Exit::Clean);
    };
    let ready = looked.ready;
    let line = match (shown, ready) {
        (0, 0) => format!("no dead letters: {} is empty", place.letters),
        (0, _) if looked.seen == 0 => format!(
            "none: somebody else looks at the {} in {}",
            letters(ready),
            place.letters
        ),
        (0, _) => format!(
            "none of the {} in {} is meant",
            letters(ready),
            place.letters
        ),
        (shown, ready) if shown == ready => format!("{} in {}", letters(shown), place.letters),
        (shown, ready) if filter.is_empty() => format!(
            "the oldest {shown} of {} in {}",
            letters(ready),
            place.letters
        ),
        (shown, ready) => format!("{shown} of {} in {}", letters(ready), place.letters),
    };
    context.printer.status("Showed", &line);
    Ok(if shown == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// A look is a delivery too, as quorum queues count.
pub(super) fn warn_of_deliveries(context: &Context, queue: &str, most: u64) {
    if most >= MANY_DELIVERIES {
        context.printer.warning(&format!(
            "a letter in {queue} was taken back {most} times: RabbitMQ 4.0 to 4.2 drops it at 20 unless a policy \
             sets the queue's delivery-limit to -1"
        ));
    }
}
