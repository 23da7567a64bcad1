//! What a system says of the outside's buckets, of how fast it is fed, and of ways that are ruled out.

use std::{borrow::Cow, collections::BTreeMap};

use super::super::{
    Change,
    Class::{self, Caution, Safe},
    Comparison,
    Kind::{self, Added, Changed, Removed},
    Subject,
};
use crate::{
    source::{Span, Spanned},
    system::{Group, System},
};

/// Why a demand may come at any time.
const CHECKED: &str = "checks hold the map against it, and services at work do not know of it";

pub(super) fn changes(comparison: &Comparison<'_>, changes: &mut Vec<Change>) {
    let Comparison { before, after, .. } = *comparison;
    external_buckets(before, after, changes);
    rates(before, after, changes);
    policies(before, after, changes);
}

fn external_buckets(before: &System, after: &System, changes: &mut Vec<Change>) {
    let (old, new) = (buckets(before), buckets(after));
    for (name, at) in only_in(&new, &old) {
        let message = format!("the bucket `{name}` is used from outside");
        let reason = "nothing that is at work depends on it";
        let change = Change::new(Safe, Added, Subject::Bucket, name, message, reason);
        changes.push(change.now_at(at));
    }
    for (name, at) in only_in(&old, &new) {
        let message = format!("the bucket `{name}` is no longer used from outside");
        let reason = "whoever writes or reads it there has to stop first";
        let advice = format!(
            "see that the objects in `{name}` of ids on their way have come from where they will come from now on"
        );
        let change = Change::new(Caution, Removed, Subject::Bucket, name, message, reason);
        changes.push(change.in_flight(advice).was_at(at));
    }
}

fn rates(before: &System, after: &System, changes: &mut Vec<Change>) {
    for new in &after.rates {
        let name = &new.queue.value;
        let mut rates = before.rates.iter();
        let old = rates.find(|old| old.queue.value == *name);
        let is = rate(new.per_second);
        let change = match old {
            Some(old) if is == rate(old.per_second) => continue,
            Some(old) => {
                let message = format!("`{name}` gets {is}, no longer {}", rate(old.per_second));
                let grows = new.per_second > old.per_second;
                let (class, reason) = if grows {
                    (
                        Caution,
                        "services that kept up with less may not keep up with it",
                    )
                } else {
                    (Safe, "less comes")
                };
                let change = Change::new(class, Changed, Subject::Setting, name, message, reason);
                let change = change.was_at(&old.queue.span);
                if grows {
                    change.in_flight(
                        "add the replicas that `slingshot topology simulate` asks for before more is sent",
                    )
                } else {
                    change
                }
            }
            None => {
                let message = format!("`{name}` is said to get {is}");
                Change::new(Safe, Added, Subject::Setting, name, message, CHECKED)
            }
        };
        changes.push(change.now_at(&new.queue.span));
    }
    let is_gone = |name: &str| after.rates.iter().all(|rate| rate.queue.value != name);
    for old in before
        .rates
        .iter()
        .filter(|rate| is_gone(&rate.queue.value))
    {
        let name = &old.queue.value;
        let message = format!("how much `{name}` gets is no longer said");
        let change = Change::new(Safe, Removed, Subject::Setting, name, message, CHECKED);
        changes.push(change.was_at(&old.queue.span));
    }
}

/// Demands by what they say, whatever their order and their reasons.
fn policies(before: &System, after: &System, changes: &mut Vec<Change>) {
    let (old, new) = (demands(before), demands(after));
    let mut tell = |text: &str, (kind, class, reason): (Kind, Class, &'static str), at: &Span| {
        let verb = if kind == Added { "is" } else { "is no longer" };
        let message = format!("it {verb} demanded that {text}");
        let change = Change::new(class, kind, Subject::Setting, "policy", message, reason);
        changes.push(match kind {
            Added => change.now_at(at),
            _ => change.was_at(at),
        });
    };
    for (text, at) in only_in(&new, &old) {
        tell(text, (Added, Safe, CHECKED), at);
    }
    for (text, at) in only_in(&old, &new) {
        let reason = "ways that were ruled out may be taken from now on, and no check says so";
        tell(text, (Removed, Caution, reason), at);
    }
}

/// What is said, and where.
type Sayings<'s> = BTreeMap<Cow<'s, str>, &'s Span>;

fn only_in<'m, 's>(
    these: &'m Sayings<'s>,
    others: &Sayings<'_>,
) -> impl Iterator<Item = (&'m str, &'s Span)> {
    let these = these.iter();
    let missing = these.filter(|(said, _)| !others.contains_key(*said));
    missing.map(|(said, at)| (&**said, *at))
}

fn buckets(system: &System) -> Sayings<'_> {
    let buckets = system.external_buckets.iter().flatten();
    buckets
        .map(|bucket| (Cow::Borrowed(&*bucket.value), &bucket.span))
        .collect()
}

fn demands(system: &System) -> Sayings<'_> {
    let denied = system.denied.iter().map(|denied| {
        let (from, to) = (shown(&denied.from), shown(&denied.to));
        (format!("{from} does not feed {to}"), &denied.from.span)
    });
    let required = system.required.iter().map(|hop| {
        let [from, to, through] = [&hop.from, &hop.to, &hop.through].map(shown);
        let text = format!("what goes from {from} to {to} passes {through}");
        (text, &hop.from.span)
    });
    let all = denied.chain(required);
    all.map(|(text, at)| (Cow::Owned(text), at)).collect()
}

fn shown(group: &Spanned<Group>) -> String {
    match &group.value {
        Group::Service(name) => format!("`{name}`"),
        Group::Tag(tag) => format!("`tag:{tag}`"),
    }
}

/// As `[rates]` has it, in the unit that needs the fewest zeros.
fn rate(per_second: f64) -> String {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];
    let is_whole = |number: f64| number >= 1.0 && (number - number.round()).abs() < 1e-6;
    let mut fitting = units
        .iter()
        .map(|(unit, seconds)| (unit, per_second * seconds));
    match fitting.find(|(_, number)| is_whole(*number)) {
        Some((unit, number)) => format!("{}/{unit}", number.round()),
        None => format!("{per_second}/s"),
    }
}
