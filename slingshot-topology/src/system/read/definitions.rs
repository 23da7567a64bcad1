//! An export of a broker's definitions. Brokers of all versions add fields: none is unknown.

use std::sync::Arc;

use super::{
    fields::{Fields, Form, Reader},
    finish::{finish, web_page},
    place::Place,
};
use crate::{
    definitions::{
        Argument, ArgumentValue, Binding, BrokerExchange, BrokerPolicy, BrokerQueue, Definitions,
        Permission, Vhost,
    },
    diagnostic::Diagnostic,
    document::{self, Entry, Node, Value},
    source::{SourceFile, Spanned},
    system::System,
};

/// What every export has, of one virtual host or all.
const QUEUES: &str = "queues";

/// Reads an export, as far as it can be understood, with everything that is wrong with it.
pub fn read_definitions(file: &Arc<SourceFile>) -> (Definitions, Vec<Diagnostic>) {
    let mut definitions = Definitions {
        start: file.span(0..0),
        vhosts: None,
        queues: None,
        exchanges: None,
        bindings: Vec::new(),
        policies: Vec::new(),
        permissions: None,
        complete: false,
    };
    if let Some((_, found)) = web_page(file) {
        return (definitions, found);
    }
    let parsed = document::parse_json(&file.text);
    let mut reader = Reader::new(file, Form::Wire);
    if let Some(root) = reader.open_table(&parsed.root, &(0..0), Place::Named("the export")) {
        reader.required(&root, QUEUES);
        reader.definitions(&root, &mut definitions);
    }
    let (system, found) = finish(reader, System::default(), &parsed.errors, &parsed.damaged);
    definitions.complete = system.complete;
    (definitions, found)
}

impl Reader<'_> {
    fn definitions(&mut self, root: &Fields<'_, '_>, definitions: &mut Definitions) {
        definitions.vhosts = self.each(root, "vhosts", Self::vhost);
        definitions.queues = self.each(root, QUEUES, Self::broker_queue);
        definitions.exchanges = self.each(root, "exchanges", Self::broker_exchange);
        let bindings = self.each(root, "bindings", Self::binding);
        definitions.bindings = bindings.unwrap_or_default();
        let policies = self.each(root, "policies", |reader, fields| {
            reader.broker_policy(fields, fields.node("name"), false)
        });
        definitions.policies = policies.unwrap_or_default();
        let operators = self.each(root, "parameters", Self::operator_policy);
        definitions.policies.extend(operators.unwrap_or_default());
        definitions.permissions = self.each(root, "permissions", Self::permission);
    }

    /// What is read of each table of a list, if the list is there.
    pub(super) fn each<T>(
        &mut self,
        root: &Fields<'_, '_>,
        name: &'static str,
        read: impl Fn(&mut Self, &Fields<'_, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let entry = root.get(name)?;
        let items = self.list(&entry.node, Place::Field(name), "a list")?;
        let read = items.iter().map(|node| {
            let fields = self.open_table(node, &node.range, Place::ItemOf(name))?;
            read(self, &fields)
        });
        Some(read.collect::<Vec<_>>().into_iter().flatten().collect())
    }

    fn vhost(&mut self, fields: &Fields<'_, '_>) -> Option<Vhost> {
        let kind = fields.get("default_queue_type");
        Some(Vhost {
            name: self.named(fields, "name")?,
            default_queue_type: kind.and_then(|entry| text_in(&entry.node)),
        })
    }

    fn broker_queue(&mut self, fields: &Fields<'_, '_>) -> Option<BrokerQueue> {
        let arguments = fields.get("arguments");
        Some(BrokerQueue {
            name: self.named(fields, "name")?,
            vhost: vhost_of(fields),
            durable: self.truth(fields, "durable"),
            auto_delete: self.truth(fields, "auto_delete"),
            kind: self.text(fields, "type"),
            arguments: arguments.map_or_else(Vec::new, |entry| self.arguments(&entry.node)),
        })
    }

    fn broker_exchange(&mut self, fields: &Fields<'_, '_>) -> Option<BrokerExchange> {
        Some(BrokerExchange {
            name: self.named(fields, "name")?,
            vhost: vhost_of(fields),
        })
    }

    fn binding(&mut self, fields: &Fields<'_, '_>) -> Option<Binding> {
        let key = fields.get("routing_key");
        let to = fields.get("destination_type");
        Some(Binding {
            source: self.named(fields, "source")?,
            vhost: vhost_of(fields),
            destination: self.named(fields, "destination")?,
            is_to_queue: to.and_then(|entry| text_in(&entry.node)).as_deref() == Some("queue"),
            routing_key: key
                .and_then(|entry| text_in(&entry.node))
                .unwrap_or_default(),
        })
    }

    fn broker_policy(
        &mut self,
        fields: &Fields<'_, '_>,
        name: Option<&Node<'_>>,
        is_operators: bool,
    ) -> Option<BrokerPolicy> {
        let applies_to = fields.get("apply-to");
        let definition = fields.get("definition");
        Some(BrokerPolicy {
            name: self.text_of(name?, Place::Field("name"))?,
            vhost: vhost_of(fields),
            pattern: self.named(fields, "pattern")?.value,
            applies_to: applies_to
                .and_then(|entry| text_in(&entry.node))
                .unwrap_or_else(|| "all".to_owned()),
            priority: match fields.get("priority").map(|entry| &entry.node.value) {
                Some(Value::Integer(priority)) => **priority,
                _ => 0,
            },
            definition: definition.map_or_else(Vec::new, |entry| self.arguments(&entry.node)),
            is_operators,
        })
    }

    /// Operators' policies are parameters of a component of that name.
    fn operator_policy(&mut self, fields: &Fields<'_, '_>) -> Option<BrokerPolicy> {
        let component = text_in(&fields.get("component")?.node)?;
        if component != "operator_policy" {
            return None;
        }
        let value = fields.get("value")?;
        let inner = self.open_table(&value.node, &value.key_range, Place::Field("value"))?;
        let policy = self.broker_policy(&inner, fields.node("name"), true)?;
        Some(BrokerPolicy {
            vhost: vhost_of(fields),
            ..policy
        })
    }

    fn permission(&mut self, fields: &Fields<'_, '_>) -> Option<Permission> {
        Some(Permission {
            user: self.named(fields, "user")?,
            vhost: vhost_of(fields),
            configure: self.named(fields, "configure")?,
            write: self.named(fields, "write")?,
            read: self.named(fields, "read")?,
        })
    }

    /// An object, or the list of pairs that one of the tools makes of it.
    fn arguments(&mut self, node: &Node<'_>) -> Vec<Argument> {
        let argument = |name: &str, node: &Node<'_>| Argument {
            name: name.to_owned(),
            value: match &node.value {
                Value::Text(text) => ArgumentValue::Text(text.to_string()),
                Value::Integer(number) => ArgumentValue::Integer(**number),
                _ => ArgumentValue::Other,
            },
            span: self.span(&node.range),
        };
        match &node.value {
            Value::Table(entries) => {
                let entries = entries.iter();
                entries
                    .map(|Entry { key, node, .. }| argument(key, node))
                    .collect()
            }
            Value::List(pairs) => {
                let pair = |node: &Node<'_>| match &node.value {
                    Value::List(pair) => match &**pair {
                        [name, value] => Some(argument(&text_in(name)?, value)),
                        _ => None,
                    },
                    _ => None,
                };
                pairs.iter().filter_map(pair).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A text that must be there.
    pub(super) fn named(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &'static str,
    ) -> Option<Spanned<String>> {
        self.required(fields, name)?;
        self.text(fields, name)
    }

    /// A boolean, if it is there.
    pub(super) fn truth(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &'static str,
    ) -> Option<Spanned<bool>> {
        let node = &fields.get(name)?.node;
        if let Value::Bool(value) = node.value {
            return Some(Spanned::new(value, self.span(&node.range)));
        }
        self.wrong_type(node, Place::Field(name), "a boolean");
        None
    }
}

impl<'n, 't> Fields<'n, 't> {
    fn node(&self, name: &str) -> Option<&'n Node<'t>> {
        Some(&self.get(name)?.node)
    }
}

fn vhost_of(fields: &Fields<'_, '_>) -> Option<String> {
    text_in(fields.node("vhost")?)
}

fn text_in(node: &Node<'_>) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
