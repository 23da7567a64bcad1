//! Looks at everything that the pipeline left, past every proxy.

use anyhow::Result;
use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Bool},
};
use lapin::{
    Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicGetOptions},
    types::AMQPValue,
};

use crate::{
    contents,
    ledger::{DeadLetter, Ledger, Lost, Verdict},
    pipeline,
    system::System,
};

/// How many messages of a kind the evidence is shown of.
const SHOWN: usize = 5;

/// All that was found.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) verdict: Verdict,
    pub(crate) ledger: Ledger,
    /// Objects that are not there though a committed row says so, or have other bytes than were written.
    pub(crate) objects: Vec<String>,
    /// Queues that nobody empties.
    pub(crate) stuck: Vec<(String, u64)>,
    /// Staged files of processes that are gone.
    pub(crate) staged: Vec<String>,
    /// Processes that ended on their own.
    pub(crate) incidents: Vec<String>,
    /// Where the messages at fault were last seen.
    pub(crate) evidence: Vec<String>,
}

impl Findings {
    pub(crate) fn is_well(&self) -> bool {
        self.verdict == Verdict::default()
            && self.ledger.dead_letters.is_empty()
            && self.objects.is_empty()
            && self.stuck.is_empty()
            && self.staged.is_empty()
    }
}

/// Inspects a system whose services have ended.
pub(crate) async fn inspect(
    system: &System,
    fed: u64,
    mut stuck: Vec<(String, u64)>,
) -> Result<Findings> {
    let (mut dead_letters, queues) = (Vec::new(), system.rabbitmq.queues().await?);
    for (queue, count) in queues {
        if let Some(service) = service_of_dead(&queue) {
            dead_letters.extend(read_dead_letters(system, service, &queue).await?);
        } else if count > 0 && !stuck.iter().any(|(name, _)| *name == queue) {
            // Given back at the very end, after everything had been done.
            stuck.push((queue, count));
        }
    }
    let mut connection = system.postgresql.connect().await?;
    let ledger = Ledger {
        fed,
        stamped: stamped(&mut connection)?,
        tallied: tallied(&mut connection)?,
        dead_letters,
    };
    let verdict = ledger.verdict();
    Ok(Findings {
        objects: wrong_objects(system, &ledger),
        evidence: evidence(system, &ledger, &verdict),
        stuck,
        staged: system.staged(),
        incidents: system.fleet.incidents(),
        verdict,
        ledger,
    })
}

/// Whose dead letters a queue holds, if it is one of dead letters.
pub(crate) fn service_of_dead(queue: &str) -> Option<&str> {
    queue.strip_prefix("chaos.")?.strip_suffix(".dlq")
}

#[derive(QueryableByName)]
struct Stamped {
    #[diesel(sql_type = BigInt)]
    part: i64,
    #[diesel(sql_type = BigInt)]
    token: i64,
}

fn stamped(connection: &mut PgConnection) -> Result<Vec<(u64, u64)>> {
    let rows: Vec<Stamped> = sql_query("SELECT part, token FROM stamped").load(connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.part.cast_unsigned(), row.token.cast_unsigned()))
        .collect())
}

#[derive(QueryableByName)]
struct Tallied {
    #[diesel(sql_type = BigInt)]
    token: i64,
    #[diesel(sql_type = Bool)]
    known: bool,
}

fn tallied(connection: &mut PgConnection) -> Result<Vec<(u64, bool)>> {
    let rows: Vec<Tallied> = sql_query("SELECT token, known FROM tallied").load(connection)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.token.cast_unsigned(), row.known))
        .collect())
}

async fn read_dead_letters(system: &System, service: &str, queue: &str) -> Result<Vec<DeadLetter>> {
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&system.rabbitmq.url(), properties).await?;
    let channel = connection.create_channel().await?;
    let mut letters = Vec::new();
    while let Some(got) = channel
        .basic_get(queue.into(), BasicGetOptions::default())
        .await?
    {
        got.acker.ack(BasicAckOptions::default()).await?;
        let headers = got
            .delivery
            .properties
            .headers()
            .clone()
            .unwrap_or_default();
        let header = |name: &str| match headers.inner().get(name) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            Some(other) => format!("{other:?}"),
            None => String::new(),
        };
        letters.push(DeadLetter {
            service: service.to_owned(),
            body: String::from_utf8_lossy(&got.delivery.data).into_owned(),
            reason: format!(
                "{} on attempt {}: {}",
                header("x-slingshot-error-type"),
                header("x-slingshot-error-attempt"),
                header("x-slingshot-error-message")
            ),
        });
    }
    connection.close(200, "done".into()).await?;
    Ok(letters)
}

/// Uploaded before committed, and committed before published: a committed row has its objects.
fn wrong_objects(system: &System, ledger: &Ledger) -> Vec<String> {
    let wholes = ledger
        .stamped
        .iter()
        .map(|(part, _)| ("wholes", pipeline::whole_of(*part)));
    let stamps = ledger.stamped.iter().map(|(_, token)| ("stamps", *token));
    let wrong =
        wholes
            .chain(stamps)
            .filter_map(|(bucket, id)| match system.objects.object(bucket, id) {
                Some(bytes) if bytes == contents::of(id) => None,
                Some(bytes) => Some(format!(
                    "{bucket}/{id} has other bytes than written, {}",
                    bytes.len()
                )),
                None => Some(format!("{bucket}/{id} is not there")),
            });
    let mut wrong: Vec<_> = wrong.collect();
    wrong.sort();
    wrong.dedup();
    wrong
}

/// What the tap saw of the messages that went wrong.
fn evidence(system: &System, ledger: &Ledger, verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    let mut show = |service: &str, id: u64| {
        let seen = system.tap.sightings(service, id).join(", ");
        lines.push(format!(
            "  {service} {id}: {}",
            if seen.is_empty() { "never seen" } else { &seen }
        ));
    };
    for lost in verdict.lost.iter().take(SHOWN) {
        match *lost {
            Lost::Part(part) => {
                show("split", pipeline::whole_of(part));
                show("stamp", part);
            }
            Lost::Token { token, part } => {
                show("stamp", part);
                show("tally", token);
            }
        }
    }
    for token in verdict.rolled_back.iter().take(SHOWN) {
        show("tally", *token);
    }
    for (part, _) in verdict.stamped_again.iter().take(SHOWN) {
        show("stamp", *part);
        let tokens = ledger.stamped.iter().filter(|(stamped, _)| stamped == part);
        for (_, token) in tokens {
            show("tally", *token);
        }
    }
    for (token, _) in verdict.tallied_again.iter().take(SHOWN) {
        show("tally", *token);
    }
    for letter in ledger.dead_letters.iter().take(SHOWN) {
        if let Ok(id) = letter.body.parse() {
            show(&letter.service, id);
        }
    }
    lines
}
