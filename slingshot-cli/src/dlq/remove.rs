//! `slingshot dlq replay` and `slingshot dlq drop`: letters that leave their queue.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    time::{Duration, SystemTime},
};

use clap::Args;
use serde_json::json;
use slingshot_runtime::client::{ClientError, DeadLetter, Progress, Removal, RemovalEnd, Replay};
use tokio::time::Instant;

use super::{
    Format, SystemArguments,
    ask::agreed,
    filters::{FilterArguments, LetterRate},
    grouped,
    letter::printable,
    letters,
    place::{Place, Places},
};
use crate::{
    Context,
    exit::{Exit, Failure},
    failures::unreachable_broker,
    interrupts::Interrupts,
    table::table,
};

/// How often the progress line changes: what an eye can follow.
const REDRAW: Duration = Duration::from_millis(100);

/// The options of `slingshot dlq replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The service that the letters failed in
    service: String,

    /// How fast, such as 50/s or 10/m [default: as fast as the broker confirms]
    #[arg(long, value_name = "RATE")]
    rate: Option<LetterRate>,

    /// All to this queue [default: each to the queue that it failed in]
    #[arg(long, value_name = "QUEUE")]
    to: Option<String>,

    /// Also to a queue that nobody reads; one that does not exist is made
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    common: RemovalArguments,
}

/// The options of `slingshot dlq drop`.
#[derive(Debug, Args)]
pub(crate) struct DropArguments {
    /// The service that the letters failed in
    service: String,

    #[command(flatten)]
    common: RemovalArguments,
}

#[derive(Debug, Args)]
struct RemovalArguments {
    /// How many at most, the oldest first [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// How to say what was done; json is one object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    filters: FilterArguments,

    #[command(flatten)]
    system: SystemArguments,
}

/// The words of a command.
struct Verb {
    infinitive: &'static str,
    progressive: &'static str,
    past: &'static str,
}

const REPLAY: Verb = Verb {
    infinitive: "replay",
    progressive: "Replaying",
    past: "Replayed",
};

const DROP: Verb = Verb {
    infinitive: "drop",
    progressive: "Dropping",
    past: "Dropped",
};

/// # Errors
///
/// If the service is not known, a letter's queue is not there or not read, or the broker fails.
pub(super) async fn replay(
    context: &Context,
    arguments: &ReplayArguments,
) -> Result<Exit, Failure> {
    let replay = |place: &Place| {
        if arguments.to.as_ref() == Some(&place.letters) {
            return Err(Failure::usage(format!(
                "{} is the queue that the letters are in",
                place.letters
            )));
        }
        Ok(Some(Replay {
            to: arguments.to.clone(),
            home: place.home.clone(),
            force: arguments.force,
            rate: arguments.rate.map(|rate| rate.0),
        }))
    };
    let (service, common) = (&arguments.service, &arguments.common);
    Box::pin(remove(context, service, common, &REPLAY, replay)).await
}

/// # Errors
///
/// If the service is not known or the broker fails.
pub(super) async fn drop(context: &Context, arguments: &DropArguments) -> Result<Exit, Failure> {
    let nothing = |_: &Place| Ok(None);
    let (service, common) = (&arguments.service, &arguments.common);
    Box::pin(remove(context, service, common, &DROP, nothing)).await
}

async fn remove(
    context: &Context,
    service: &str,
    arguments: &RemovalArguments,
    verb: &Verb,
    replay: impl FnOnce(&Place) -> Result<Option<Replay>, Failure>,
) -> Result<Exit, Failure> {
    let services = [service.to_owned()];
    let places = Places::open(context, &arguments.system, &services).await?;
    let place = places.only();
    let work = async {
        let work = Work {
            context,
            places: &places,
            place: &place,
            verb,
            arguments,
            removal: Removal {
                filter: arguments.filters.filter(),
                limit: arguments.limit.unwrap_or(u64::MAX),
                replay: replay(&place)?,
            },
        };
        if arguments.dry_run {
            work.say().await
        } else {
            work.do_it().await
        }
    };
    let done = work.await;
    places.close().await;
    done
}

/// One command's work.
struct Work<'a> {
    context: &'a Context,
    places: &'a Places,
    place: &'a Place,
    verb: &'a Verb,
    arguments: &'a RemovalArguments,
    removal: Removal,
}

/// What a look before the work found: letters by where they go and why they failed.
#[derive(Default)]
struct Meant {
    ready: u64,
    count: u64,
    groups: BTreeMap<(String, String), u64>,
}

impl Work<'_> {
    /// Counts what is meant.
    async fn meant(&self) -> Result<Meant, Failure> {
        let now = SystemTime::now();
        let mut meant = Meant::default();
        let look = |letter: DeadLetter| {
            if meant.count == self.removal.limit {
                return ControlFlow::Break(());
            }
            if self.removal.filter.matches(&letter, now) {
                meant.count += 1;
                let target = match &self.removal.replay {
                    Some(replay) => replay.target(&letter).to_owned(),
                    None => self.place.letters.clone(),
                };
                let kind = letter.error_type.as_deref().unwrap_or("unknown");
                let group = (target, printable(kind).into_owned());
                *meant.groups.entry(group).or_default() += 1;
            }
            ControlFlow::Continue(())
        };
        let looked = self
            .places
            .queues
            .look_through(&self.place.letters, u64::MAX, look);
        let looked = looked.await.map_err(unreachable_broker)?;
        meant.ready = looked.map_or(0, |looked| looked.ready);
        Ok(meant)
    }

    /// `--dry-run`.
    async fn say(&self) -> Result<Exit, Failure> {
        let meant = self.meant().await?;
        let verb = self.verb.infinitive;
        if self.arguments.format == Format::Json {
            let groups = meant.groups.iter().map(|((queue, kind), count)| {
                json!({ "queue": queue, "error_type": kind, "letters": count })
            });
            let object = json!({
                "queue": self.place.letters,
                "would": verb,
                "letters": meant.count,
                "ready": meant.ready,
                "groups": groups.collect::<Vec<_>>(),
            });
            self.context.printer.result(&object.to_string());
            return Ok(Exit::Clean);
        }
        if meant.count > 0 {
            let heading = if self.removal.replay.is_some() {
                "to queue"
            } else {
                "from queue"
            };
            let mut rows = vec![[heading, "letters", "error"].map(str::to_owned)];
            rows.extend(meant.groups.into_iter().map(|((queue, kind), count)| {
                [printable(&queue).into_owned(), grouped(count), kind]
            }));
            self.context
                .printer
                .result(&table(&rows, &[false, true, false]));
        }
        let line = format!(
            "{verb} {} of {} in {}",
            grouped(meant.count),
            letters(meant.ready),
            self.place.letters
        );
        self.context.printer.status("Would", &line);
        Ok(Exit::Clean)
    }

    async fn do_it(&self) -> Result<Exit, Failure> {
        if !self.is_wanted().await? {
            self.context.printer.status("Left", "everything as it was");
            return Ok(Exit::Clean);
        }
        let mut interrupts = Interrupts::listen()?;
        let printer = &self.context.printer;
        let mut drawn: Option<Instant> = None;
        let progress = |progress: Progress| {
            let now = Instant::now();
            if printer.draws_progress() && drawn.is_none_or(|at| now - at >= REDRAW) {
                drawn = Some(now);
                printer.progress(Some(self.progress_line(progress)));
            }
        };
        let (count, end) = self
            .places
            .queues
            .remove_letters(
                &self.place.letters,
                &self.removal,
                interrupts.next(),
                progress,
            )
            .await;
        printer.progress(None);
        self.report(count, &end);
        match end {
            RemovalEnd::Complete => Ok(Exit::Clean),
            RemovalEnd::Stopped => Ok(Exit::Interrupted),
            RemovalEnd::Failed(error) => Err(self.failure(error)),
        }
    }

    /// Asks, with the number that it is about.
    async fn is_wanted(&self) -> Result<bool, Failure> {
        let environment = &self.context.environment;
        let can_ask = environment.stdin_is_terminal && environment.stderr_is_terminal;
        if self.arguments.yes || !can_ask {
            let question = format!(
                "{} dead letters of {}?",
                self.verb.infinitive, self.place.service
            );
            return agreed(self.context, self.arguments.yes, &question);
        }
        let meant = self.meant().await?;
        if meant.count == 0 {
            return Ok(true);
        }
        let targets: Vec<_> = meant
            .groups
            .keys()
            .map(|(queue, _)| queue.as_str())
            .collect();
        let targets: std::collections::BTreeSet<_> = targets.into_iter().collect();
        let to = match &self.removal.replay {
            Some(_) => format!(" to {}", targets.into_iter().collect::<Vec<_>>().join(", ")),
            None => String::new(),
        };
        let question = format!(
            "{} {} of {} in {}{to}?",
            self.verb.infinitive,
            grouped(meant.count),
            letters(meant.ready),
            self.place.letters,
        );
        agreed(self.context, false, &question)
    }

    fn progress_line(&self, progress: Progress) -> String {
        let Progress {
            removed,
            seen,
            ready,
        } = progress;
        format!(
            "{:>12} {} ({} of {} looked at)",
            self.verb.progressive,
            letters(removed),
            grouped(seen),
            grouped(ready)
        )
    }

    fn report(&self, count: Progress, end: &RemovalEnd) {
        let printer = &self.context.printer;
        if self.arguments.format == Format::Json {
            let ended = match end {
                RemovalEnd::Complete => "complete",
                RemovalEnd::Stopped => "interrupted",
                RemovalEnd::Failed(_) => "failed",
            };
            let object = json!({
                "queue": self.place.letters,
                "did": self.verb.infinitive,
                "letters": count.removed,
                "ready": count.ready,
                "ended": ended,
            });
            printer.result(&object.to_string());
            return;
        }
        let stopped = match end {
            RemovalEnd::Complete | RemovalEnd::Failed(_) => "",
            RemovalEnd::Stopped => "; interrupted, the rest is where it was",
        };
        let line = format!(
            "{} of {} in {}{stopped}",
            grouped(count.removed),
            letters(count.ready),
            self.place.letters
        );
        printer.status(self.verb.past, &line);
    }

    fn failure(&self, error: ClientError) -> Failure {
        let cannot = format!("cannot {} what is left", self.verb.infinitive);
        match error {
            ClientError::NoConsumer(queue) => {
                Failure::usage(format!("the queue {queue} has no consumer"))
                    .help("start the service that reads it, or let the letters wait there: --force")
            }
            ClientError::NoTarget(queue) => {
                Failure::usage(format!("the queue {queue} does not exist"))
                    .help("name another: --to QUEUE; or let it be made: --force")
            }
            error => Failure::unreadable(cannot)
                .because(error)
                .help("run the command again: what was not done is where it was"),
        }
    }
}
