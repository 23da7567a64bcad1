//! One service: its queue, its routes, its buckets, its numbers.

use std::time::Duration;

use slingshot_settings::duration;

use super::{
    fields::{Fields, Form, Reader},
    place::Place,
};
use crate::{
    CaseValue,
    document::{Entry, Node, Value},
    rules::{
        case_int_range::CaseIntRange, case_not_integer::CaseNotInteger,
        case_type_unsupported::CaseTypeUnsupported,
    },
    source::{Span, Spanned},
    system::{Bucket, QueueType, Route, Service},
};

const FIELDS: &[&str] = &[
    "in",
    "out",
    "buckets",
    "replicas",
    "prefetch",
    "queue-type",
    "retry",
    "tags",
    "python",
    "external",
    "environment",
    "group",
    "service-time",
    "ordered",
    "idempotent",
    "hop-limit",
];

/// The fields whose values go without their places.
const NUMBERS: &[&str] = &["replicas", "prefetch", "queue-type", "retry", "ordered"];

/// More results than this for one message are no average but a slip of the hand.
const MOST_SHARE: f64 = 1_000_000.0;

impl Reader<'_> {
    pub(super) fn service(&mut self, entry: &Entry<'_>) -> Option<Service> {
        let name = Spanned::new((&*entry.key).into(), self.span(&entry.key_range));
        let fields = self.entry_fields(entry, Place::Service(&entry.key), FIELDS)?;
        let buckets = self.buckets(&fields);
        let replicas = self.count(&fields, "replicas", "a whole number from 1 to 4294967295");
        let prefetch = self.count(&fields, "prefetch", "a whole number from 1 to 65535");
        let queue_type = self.queue_type(&fields);
        let retry = self.retry(&fields);
        let tags = self.texts(&fields, "tags").unwrap_or_default();
        let python = self.text(&fields, "python");
        let is_external = self.yes(&fields, "external");
        let environment = self.text(&fields, "environment");
        let group = self.text(&fields, "group");
        let service_time = self.service_time(&fields);
        let is_ordered = self.yes(&fields, "ordered");
        let is_idempotent = self.yes(&fields, "idempotent");
        let hop_limit = self.hop_limit(&fields);
        let places = self.places(&fields, NUMBERS);
        let inbound = self.required(&fields, "in");
        let (routes_at, routes) = self.routes(&fields)?;
        Some(Service {
            inbound: self.text_of(&inbound?.node, Place::Field("in"))?,
            name,
            routes,
            routes_at,
            buckets,
            replicas,
            prefetch,
            queue_type,
            retry,
            tags,
            python,
            is_external,
            environment,
            group,
            service_time,
            is_ordered,
            is_idempotent,
            hop_limit,
            places,
        })
    }

    /// In a `slingshot.toml`, a service without results needs no `out`; what is served has it anyway.
    fn routes(&mut self, fields: &Fields<'_, '_>) -> Option<(Span, Vec<Route>)> {
        let Some(out) = fields.get("out") else {
            if self.form == Form::Wire {
                self.required(fields, "out")?;
            }
            return Some((self.span(fields.at()), Vec::new()));
        };
        let routes = self.list(&out.node, Place::Field("out"), "a list of routes")?;
        let mut read = Vec::with_capacity(routes.len());
        for node in routes {
            read.extend(self.route(node));
        }
        Some((self.span(&out.key_range), read))
    }

    fn route(&mut self, node: &Node<'_>) -> Option<Route> {
        let fields = self.fields(
            node,
            &node.range,
            Place::Named("a route"),
            &["case", "queues", "share"],
        )?;
        let case = self.required(&fields, "case");
        let queues = self.required(&fields, "queues").is_some();
        let queues = self.texts(&fields, "queues").filter(|_| queues);
        let share = self.share(&fields);
        Some(Route {
            case: self.case(&case?.node)?,
            queues: queues?,
            share,
            span: self.span(&node.range),
        })
    }

    pub(super) fn case(&mut self, node: &Node<'_>) -> Option<Spanned<CaseValue>> {
        let at = self.span(&node.range);
        let value = match &node.value {
            Value::Bool(value) => CaseValue::Bool(*value),
            Value::Text(text) => CaseValue::Text((&**text).into()),
            Value::Integer(value)
                if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&**value) =>
            {
                CaseValue::Integer(**value)
            }
            Value::Integer(_) => {
                self.incomplete();
                self.findings.push(CaseIntRange { at });
                return None;
            }
            Value::Float(written) => {
                self.incomplete();
                self.findings.push(CaseNotInteger {
                    written: written.to_string(),
                    at,
                });
                return None;
            }
            other => {
                self.incomplete();
                self.findings.push(CaseTypeUnsupported {
                    found: other.kind(),
                    at,
                });
                return None;
            }
        };
        Some(Spanned::new(value, at))
    }

    fn buckets(&mut self, fields: &Fields<'_, '_>) -> Vec<Bucket> {
        let Some(entry) = fields.get("buckets") else {
            return Vec::new();
        };
        let Some(buckets) = self.open_table(&entry.node, &entry.key_range, Place::Field("buckets"))
        else {
            return Vec::new();
        };
        let bucket = |entry: &Entry<'_>| {
            Some(Bucket {
                key: Spanned::new(entry.key.to_string(), self.span(&entry.key_range)),
                name: self.text_of(&entry.node, Place::Bucket(&entry.key))?,
            })
        };
        buckets.entries().filter_map(bucket).collect()
    }

    pub(super) fn count<N: TryFrom<i128> + Default + PartialEq>(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &str,
        expected: &'static str,
    ) -> Option<N> {
        let node = &fields.get(name)?.node;
        if let Value::Integer(value) = &node.value
            && let Ok(count) = N::try_from(**value)
            && count != N::default()
        {
            return Some(count);
        }
        self.wrong_type(node, Place::Field(name), expected);
        None
    }

    /// A switch; off where it is not there.
    fn yes(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> bool {
        let Some(entry) = fields.get(name) else {
            return false;
        };
        if let Value::Bool(value) = entry.node.value {
            return value;
        }
        self.wrong_type(&entry.node, Place::Field(name), "`true` or `false`");
        false
    }

    fn service_time(&mut self, fields: &Fields<'_, '_>) -> Option<Spanned<Duration>> {
        let node = &fields.get("service-time")?.node;
        let time = match &node.value {
            Value::Text(text) => duration::parse(text).ok(),
            _ => None,
        };
        if time.is_none() {
            let expected = "a duration, as in \"20ms\"";
            self.wrong_type(node, Place::Field("service-time"), expected);
        }
        Some(Spanned::new(time?, self.span(&node.range)))
    }

    fn hop_limit(&mut self, fields: &Fields<'_, '_>) -> Option<Spanned<u32>> {
        let at = fields.get("hop-limit")?.node.range.clone();
        let limit = self.count(fields, "hop-limit", "a whole number from 1 to 4294967295")?;
        Some(Spanned::new(limit, self.span(&at)))
    }

    fn share(&mut self, fields: &Fields<'_, '_>) -> Option<Spanned<f64>> {
        let node = &fields.get("share")?.node;
        let share = match &node.value {
            Value::Float(written) => written.replace('_', "").parse().ok(),
            Value::Integer(whole) => u32::try_from(**whole).ok().map(f64::from),
            _ => None,
        };
        let share = share.filter(|share| (0.0..=MOST_SHARE).contains(share));
        if share.is_none() {
            let expected = "how many results a message gives, from 0 to 1000000, as in 0.5";
            self.wrong_type(node, Place::Field("share"), expected);
        }
        Some(Spanned::new(share?, self.span(&node.range)))
    }

    fn queue_type(&mut self, fields: &Fields<'_, '_>) -> Option<QueueType> {
        let node = &fields.get("queue-type")?.node;
        match &node.value {
            Value::Text(text) if text == "classic" => Some(QueueType::Classic),
            Value::Text(text) if text == "quorum" => Some(QueueType::Quorum),
            _ => {
                self.wrong_type(
                    node,
                    Place::Field("queue-type"),
                    "\"classic\" or \"quorum\"",
                );
                None
            }
        }
    }
}
