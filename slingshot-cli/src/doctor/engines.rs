//! PostgreSQL and the object store.

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt as _, stream};
use slingshot_runtime::client::{DatabaseState, Objects, clock_skew, inspect_database};

use super::{finding::Finding, system::Examined};
use crate::dlq::age;

/// How many buckets are asked for at once.
const AT_ONCE: usize = 8;

/// What the way to a server and back may take.
const SKEW_OF_THE_WAY: Duration = Duration::from_secs(5);

/// S3 refuses requests that are a quarter of an hour off.
const SKEW_REFUSED: Duration = Duration::from_mins(15);

/// Whether PostgreSQL lets us in, and what the role may do.
pub(super) async fn database(examined: &Examined) -> Vec<Finding> {
    let Some(endpoint) = &examined.system.database else {
        let takes = examined
            .code
            .services
            .values()
            .any(|it| it.connection || it.deduplicates);
        let words = match (takes, examined.is_running) {
            (true, false) => "slingshot.toml names none: slingshot run supplies an embedded one",
            (true, true) => "the running system's is embedded",
            (false, _) => "slingshot.toml names none",
        };
        return vec![Finding::not_looked_at("postgresql", words)];
    };
    let state = match inspect_database(endpoint).await {
        Ok(state) => state,
        Err(error) => {
            let help = "does it run, is the way to it open from here, and may the role log in to the database?";
            return vec![Finding::wrong("postgresql", error.to_string(), help)];
        }
    };
    let words = format!(
        "PostgreSQL {} at {}:{}; logged in as {}",
        state.version, endpoint.host, endpoint.port, endpoint.username
    );
    let mut findings = vec![Finding::fine("postgresql", words)];
    let deduplicates = examined.code.services.values().find(|it| it.deduplicates);
    findings.extend(deduplicates.map(|service| inbox(&service.name, &state)));
    findings
}

/// The table that `deduplicate` needs.
fn inbox(service: &str, state: &DatabaseState) -> Finding {
    match (state.has_inbox, state.makes_tables) {
        (true, _) => Finding::fine("inbox", "the table of `deduplicate` is there"),
        (false, true) => Finding::fine(
            "inbox",
            "the table of `deduplicate` is not there yet, and the role may make it",
        ),
        (false, false) => Finding::wrong(
            "inbox",
            format!(
                "`{service}` deduplicates, its table is not there, and the role may not make it"
            ),
            "a service says when it starts which statements to run, as a role that may",
        ),
    }
}

/// Whether the object store's clock is ours, and each bucket is there.
pub(super) async fn objects(examined: &Examined, write: bool) -> Vec<Finding> {
    let Some(endpoint) = &examined.system.object_storage else {
        let words = if examined
            .system
            .services
            .iter()
            .all(|it| it.buckets.is_empty())
        {
            "no service works with objects"
        } else {
            "slingshot.toml names none: slingshot run supplies an embedded one"
        };
        return vec![Finding::not_looked_at("objects", words)];
    };
    let objects = match Objects::connect(endpoint).await {
        Ok(objects) => objects,
        Err(error) => {
            return vec![Finding::wrong(
                "objects",
                error.to_string(),
                "see the secret above",
            )];
        }
    };
    let buckets = examined.system.services.iter().flat_map(|it| &it.buckets);
    let buckets: BTreeSet<_> = buckets.map(|bucket| &bucket.name.value).collect();
    let looked_at = stream::iter(buckets)
        .map(|bucket| of_bucket(&objects, bucket, write))
        .buffered(AT_ONCE)
        .collect::<Vec<_>>();
    let (skew, mut findings) = tokio::join!(clock_skew(endpoint), looked_at);
    let clock = match skew {
        None => Finding::not_looked_at("clock", "the object store does not say what time it is"),
        Some(skew) if skew.by <= SKEW_OF_THE_WAY => {
            Finding::fine("clock", "that of the object store is ours")
        }
        Some(skew) => {
            let ours = if skew.ours_is_behind {
                "behind"
            } else {
                "ahead of"
            };
            let words = format!("ours is {} {ours} the object store's", age(skew.by));
            let help = "set it: timedatectl set-ntp true; S3 refuses what is signed 15 minutes off";
            if skew.by < SKEW_REFUSED {
                Finding::doubtful("clock", words, help)
            } else {
                Finding::wrong("clock", words, help)
            }
        }
    };
    findings.push(clock);
    findings
}

async fn of_bucket(objects: &Objects, bucket: &str, write: bool) -> Finding {
    let subject = format!("bucket {bucket}");
    let help = "is it there, and may these keys use it?";
    if let Err(error) = objects.inspect(bucket).await {
        return Finding::wrong(subject, error.to_string(), help);
    }
    if !write {
        return Finding::fine(subject, "there, and may be read (--write tries to write)");
    }
    match objects.probe(bucket).await {
        Ok(()) => Finding::fine(subject, "there, and may be read and written"),
        Err(error) => Finding::wrong(subject, error.to_string(), help),
    }
}
