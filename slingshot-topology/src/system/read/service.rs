//! One service: its queue, its routes, its buckets, its numbers.

use super::fields::{Fields, Form, Place, Reader};
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
];

impl Reader<'_> {
    pub(super) fn service(&mut self, entry: &Entry<'_>) -> Option<Service> {
        let name = Spanned::new(entry.key.to_string(), self.span(&entry.key_range));
        let fields = self.entry_fields(entry, Place::Service(&entry.key), FIELDS)?;
        let buckets = self.buckets(&fields);
        let replicas = self.count(&fields, "replicas", "a whole number from 1 to 4294967295");
        let prefetch = self.count(&fields, "prefetch", "a whole number from 1 to 65535");
        let queue_type = self.queue_type(&fields);
        let retry = self.retry(&fields);
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
        let routes = routes.iter().filter_map(|node| self.route(node)).collect();
        Some((self.span(&out.key_range), routes))
    }

    fn route(&mut self, node: &Node<'_>) -> Option<Route> {
        let fields = self.fields(
            node,
            &node.range,
            Place::Named("a route"),
            &["case", "queues"],
        )?;
        let case = self.required(&fields, "case");
        let queues = self.required(&fields, "queues").is_some();
        let queues = self.texts(&fields, "queues").filter(|_| queues);
        Some(Route {
            case: self.case(&case?.node)?,
            queues: queues?,
            span: self.span(&node.range),
        })
    }

    fn case(&mut self, node: &Node<'_>) -> Option<Spanned<CaseValue>> {
        let at = self.span(&node.range);
        let value = match &node.value {
            Value::Bool(value) => CaseValue::Bool(*value),
            Value::Text(text) => CaseValue::Text(text.to_string().into()),
            Value::Integer(value)
                if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(value) =>
            {
                CaseValue::Integer(*value)
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
        if let Value::Integer(value) = node.value
            && let Ok(count) = N::try_from(value)
            && count != N::default()
        {
            return Some(count);
        }
        self.wrong_type(node, Place::Field(name), expected);
        None
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
