//! What a broker holds, by an export of its definitions: `rabbitmqctl export_definitions`, `rabbitmqadmin
//! definitions export`, or `GET /api/definitions`, of one virtual host or all. Reading it is in
//! `system/read/definitions.rs`.

#[cfg(test)]
mod tests;

use crate::source::{Span, Spanned};

/// A broker's virtual hosts, queues and whatever else decides what becomes of messages. A part that the
/// export does not have is none, which is not to say that the broker has nothing of the kind.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// The export's first byte.
    pub start: Span,
    /// The virtual hosts; an export of a single one does not name it.
    pub vhosts: Option<Vec<Vhost>>,
    /// The durable queues, and the others that were there.
    pub queues: Option<Vec<BrokerQueue>>,
    /// The exchanges, without those that every broker has.
    pub exchanges: Option<Vec<BrokerExchange>>,
    /// What exchanges pass on to where.
    pub bindings: Vec<Binding>,
    /// What the broker applies to queues beside their arguments.
    pub policies: Vec<BrokerPolicy>,
    /// What users may do.
    pub permissions: Option<Vec<Permission>>,
    /// Whether everything in the export was understood.
    pub complete: bool,
}

/// A virtual host.
#[derive(Clone, Debug)]
pub struct Vhost {
    /// Its name.
    pub name: Spanned<String>,
    /// The kind of a queue that is declared without one.
    pub default_queue_type: Option<String>,
}

/// A queue as it is.
#[derive(Clone, Debug)]
pub struct BrokerQueue {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it is; none in an export of one virtual host.
    pub vhost: Option<String>,
    /// Whether it outlives the broker's restart.
    pub durable: Option<Spanned<bool>>,
    /// Whether it goes with its last consumer.
    pub auto_delete: Option<Spanned<bool>>,
    /// Its kind, where the export says it beside the arguments.
    pub kind: Option<Spanned<String>>,
    /// What it was declared with.
    pub arguments: Vec<Argument>,
}

/// An argument of a queue, or a key of a policy.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ArgumentValue,
    /// The value's place.
    pub span: Span,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i128),
    /// Anything else.
    Other,
}

/// An exchange.
#[derive(Clone, Debug)]
pub struct BrokerExchange {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it is; none in an export of one virtual host.
    pub vhost: Option<String>,
}

/// What an exchange passes on to a queue, or to another exchange.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The exchange.
    pub source: Spanned<String>,
    /// Where it is; none in an export of one virtual host.
    pub vhost: Option<String>,
    /// The queue or exchange that gets the messages.
    pub destination: Spanned<String>,
    /// Whether that is a queue.
    pub is_to_queue: bool,
    /// By which key.
    pub routing_key: String,
}

/// What the broker applies to the queues whose names match.
#[derive(Clone, Debug)]
pub struct BrokerPolicy {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it is; none in an export of one virtual host.
    pub vhost: Option<String>,
    /// A regular expression that finds the names.
    pub pattern: String,
    /// `queues`, `classic_queues`, `quorum_queues`, `exchanges` or `all`.
    pub applies_to: String,
    /// Of several, the one with the highest counts.
    pub priority: i128,
    /// What it sets.
    pub definition: Vec<Argument>,
    /// Whether an operator has set it, beside the policies of users.
    pub is_operators: bool,
}

/// What a user may do in a virtual host: each a regular expression that finds the names of queues and
/// exchanges.
#[derive(Clone, Debug)]
pub struct Permission {
    /// The user.
    pub user: Spanned<String>,
    /// The virtual host; none in an export of one.
    pub vhost: Option<String>,
    /// What may be declared.
    pub configure: Spanned<String>,
    /// What may be published to.
    pub write: Spanned<String>,
    /// What may be consumed.
    pub read: Spanned<String>,
}

impl BrokerQueue {
    /// An argument, if the queue has it.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}

impl std::fmt::Display for ArgumentValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => number.fmt(f),
            Self::Other => f.write_str("something else"),
        }
    }
}
