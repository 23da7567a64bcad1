//! The buckets and the numbers of services that stay.

use std::fmt::Display;

use super::super::{
    Change,
    Class::{self, Breaking, Caution, Safe},
    Kept,
    Kind::{Added, Changed, Removed},
    Subject,
};
use crate::{
    hashing::HashMap,
    system::{Bucket, QueueType, Service},
    timespan,
};

/// Why a number may change at any time.
const ON_RESTART: &str = "running services keep the old word until they are started anew";
const FOR_ESTIMATES: &str = "it is for checks and estimates alone";

pub(super) fn buckets(kept: &Kept<'_>, changes: &mut Vec<Change>) {
    let by_key = |service: &'_ Service| -> HashMap<String, Bucket> {
        let buckets = service.buckets.iter().cloned();
        buckets
            .map(|bucket| (bucket.key.value.clone(), bucket))
            .collect()
    };
    let (old, new) = (by_key(kept.before), by_key(kept.after));
    let name = kept.name();
    for bucket in &kept.after.buckets {
        let (key, real) = (&bucket.key.value, &bucket.name.value);
        let change = match old.get(key) {
            None => Change::new(
                Safe,
                Added,
                Subject::Bucket,
                key,
                format!("the key `{key}` of service `{name}` stands for the bucket `{real}`"),
                "code that does not use it is not concerned; code that does is deployed after the map",
            ),
            Some(was) if was.name.value != *real => Change::new(
                Breaking,
                Changed,
                Subject::Bucket,
                key,
                format!(
                    "the key `{key}` of service `{name}` stands for the bucket `{real}`, no longer `{}`",
                    was.name.value
                ),
                "the ids on their way have their objects in the old bucket",
            )
            .in_flight("copy the objects before the map is served, or let the queues run empty first")
            .was_at(&was.name.span),
            Some(_) => continue,
        };
        changes.push(change.of_service(name).now_at(&bucket.name.span));
    }
    let gone = kept.before.buckets.iter();
    for bucket in gone.filter(|bucket| !new.contains_key(&bucket.key.value)) {
        let key = &bucket.key.value;
        let message = format!("the key `{key}` of service `{name}` stands for no bucket any more");
        let reason = "code that uses it fails";
        changes.push(
            Change::new(Breaking, Removed, Subject::Bucket, key, message, reason)
                .of_service(name)
                .in_flight("deploy code that no longer uses it everywhere before the map")
                .was_at(&bucket.key.span),
        );
    }
}

pub(super) fn changes(kept: &Kept<'_>, changes: &mut Vec<Change>) {
    let Kept { before, after, .. } = kept;
    let mut differing = Differing { kept, changes };
    differing.field(
        "replicas",
        before.replicas,
        after.replicas,
        Safe,
        ON_RESTART,
    );
    differing.field(
        "prefetch",
        before.prefetch,
        after.prefetch,
        Safe,
        ON_RESTART,
    );
    let kind = |service: &Service| service.queue_type.map(QueueType::as_str);
    let reason = "a queue that exists stays as it was made";
    differing.field("queue-type", kind(before), kind(after), Caution, reason);
    let (was, is) = (
        before.retry.map(|retry| retry.max),
        after.retry.map(|retry| retry.max),
    );
    let (class, reason) = limit(was, is);
    differing.field("retry", retry(before), retry(after), class, reason);
    let hops = |service: &Service| service.hop_limit.as_ref().map(|limit| limit.value);
    let (class, reason) = limit(hops(before), hops(after));
    differing.field("hop-limit", hops(before), hops(after), class, reason);
    let time = |service: &Service| {
        let time = service.service_time.as_ref();
        time.map(|time| timespan::told(time.value))
    };
    differing.field(
        "service-time",
        time(before),
        time(after),
        Safe,
        FOR_ESTIMATES,
    );
    let text = |text: &Option<crate::Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    let (was, is) = (text(&before.environment), text(&after.environment));
    differing.field("environment", was, is, Safe, FOR_ESTIMATES);
    let (was, is) = (text(&before.python), text(&after.python));
    differing.field("python", was, is, Safe, FOR_ESTIMATES);
    let (was, is) = (text(&before.group), text(&after.group));
    differing.field("group", was, is, Safe, FOR_ESTIMATES);
    let tags = |service: &Service| {
        let tags: Vec<_> = service.tags.iter().map(|tag| &*tag.value).collect();
        (!tags.is_empty()).then(|| tags.join(", "))
    };
    differing.field("tags", tags(before), tags(after), Safe, FOR_ESTIMATES);
    for (field, was, is) in [
        ("external", before.is_external, after.is_external),
        ("ordered", before.is_ordered, after.is_ordered),
        ("idempotent", before.is_idempotent, after.is_idempotent),
    ] {
        differing.field(field, Some(was), Some(is), Safe, FOR_ESTIMATES);
    }
}

/// A limit that gets tighter holds for what is on its way, too.
fn limit(was: Option<u32>, is: Option<u32>) -> (Class, &'static str) {
    match (was, is) {
        (Some(was), Some(is)) if is < was => (
            Caution,
            "what is on its way has used some of the old limit already, and may be past the new one",
        ),
        _ => (Safe, ON_RESTART),
    }
}

fn retry(service: &Service) -> Option<String> {
    let retry = service.retry?;
    let [initial, longest] = [retry.initial, retry.max_delay].map(timespan::told);
    Some(format!(
        "{} attempts, {initial} to {longest}, factor {}",
        retry.max, retry.factor
    ))
}

/// The fields that are not as they were.
struct Differing<'c, 's> {
    kept: &'c Kept<'s>,
    changes: &'c mut Vec<Change>,
}

impl Differing<'_, '_> {
    fn field<T: Display + PartialEq>(
        &mut self,
        field: &'static str,
        was: Option<T>,
        is: Option<T>,
        class: Class,
        reason: &'static str,
    ) {
        if was == is {
            return;
        }
        let Kept { before, after, .. } = self.kept;
        let name = self.kept.name();
        let kind = match (&was, &is) {
            (None, _) => Added,
            (_, None) => Removed,
            _ => Changed,
        };
        let written = |value: Option<T>| match value {
            Some(value) => value.to_string(),
            None => "what its annotation says".to_owned(),
        };
        let message = format!(
            "`{field}` of service `{name}` is {}, no longer {}",
            written(is),
            written(was)
        );
        let change = Change::new(class, kind, Subject::Setting, field, message, reason);
        let mut change = change.of_service(name).now_at(after.place(field));
        if kind != Added {
            change = change.was_at(before.place(field));
        }
        self.changes.push(change);
    }
}
