//! What an export says of the virtual host that a system uses.

use regex_lite::Regex;

use crate::{
    definitions::{Binding, BrokerPolicy, BrokerQueue, Definitions, Permission},
    hashing::{HashMap, HashSet},
    queues::{NeededQueue, Role},
    source::Spanned,
    spelling::Spelling,
    sys_map::DEFAULT_VHOST,
    system::System,
};

/// The exchanges that every virtual host has, which no export names.
const OWN_EXCHANGES: &str = "amq.";

/// A broker as one system sees it.
pub(crate) struct Broker<'s> {
    pub(crate) definitions: &'s Definitions,
    pub(crate) vhost: &'s str,
    /// The queues that the system needs.
    pub(crate) needed: Vec<NeededQueue<'s>>,
    /// The names of the queues that it has, for suggestions.
    pub(crate) spelling: Spelling<'s>,
    queues: HashMap<&'s str, &'s BrokerQueue>,
    exchanges: HashSet<&'s str>,
    /// Those of the virtual host whose patterns can be read.
    policies: Vec<(&'s BrokerPolicy, Regex)>,
}

impl<'s> Broker<'s> {
    pub(super) fn of(system: &'s System, definitions: &'s Definitions) -> Self {
        let rabbitmq = system.rabbitmq.as_ref();
        let vhost = rabbitmq.map_or(DEFAULT_VHOST, |rabbitmq| &rabbitmq.vhost);
        let is_here = |of: &Option<String>| of.as_ref().is_none_or(|of| of == vhost);
        let queues = definitions.queues.iter().flatten();
        let queues = queues.filter(|queue| is_here(&queue.vhost));
        let exchanges = definitions.exchanges.iter().flatten();
        let exchanges = exchanges.filter(|exchange| is_here(&exchange.vhost));
        let policies = definitions.policies.iter();
        let policies = policies.filter(|policy| is_here(&policy.vhost));
        Self {
            definitions,
            vhost,
            needed: system.needed_queues(),
            spelling: Spelling::of(queues.clone().map(|queue| &*queue.name.value).collect()),
            queues: queues.map(|queue| (&*queue.name.value, queue)).collect(),
            exchanges: exchanges.map(|exchange| &*exchange.name.value).collect(),
            policies: policies
                .filter_map(|policy| Some((policy, pattern(&policy.pattern)?)))
                .collect(),
        }
    }

    /// Whether the virtual host is there, as far as the export says.
    pub(crate) fn has_vhost(&self) -> bool {
        let vhosts = self.definitions.vhosts.as_ref();
        vhosts.is_none_or(|vhosts| vhosts.iter().any(|vhost| vhost.name.value == self.vhost))
    }

    /// Whether a queue that is not among the export's is not at the broker.
    pub(crate) fn lists_queues(&self) -> bool {
        self.definitions.queues.is_some() && self.definitions.complete && self.has_vhost()
    }

    pub(crate) fn queue(&self, name: &str) -> Option<&'s BrokerQueue> {
        self.queues.get(name).copied()
    }

    /// The queues of the virtual host, in the order of the export.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &'s BrokerQueue> {
        let queues = self.definitions.queues.iter().flatten();
        queues.filter(|queue| {
            let here = self.queues.get(&*queue.name.value);
            here.is_some_and(|here| std::ptr::eq(*here, *queue))
        })
    }

    /// What exchanges of the virtual host pass on to queues.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = &'s Binding> {
        let bindings = self.definitions.bindings.iter();
        let is_here = |of: &Option<String>| of.as_ref().is_none_or(|of| of == self.vhost);
        bindings.filter(move |binding| {
            is_here(&binding.vhost) && binding.is_to_queue && !binding.source.value.is_empty()
        })
    }

    /// Pairs of a queue that the system needs and the one of its name.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&NeededQueue<'s>, &'s BrokerQueue)> {
        let needed = self.needed.iter();
        needed.filter_map(|needed| Some((needed, self.queue(&needed.name)?)))
    }

    /// Whether an exchange is there, as far as the export says.
    pub(crate) fn has_exchange(&self, name: &str) -> bool {
        let is_everywhere = name.is_empty() || name.starts_with(OWN_EXCHANGES);
        let is_unknown = self.definitions.exchanges.is_none() || !self.definitions.complete;
        is_everywhere || is_unknown || self.exchanges.contains(name)
    }

    /// Whether the export says what users may do.
    pub(crate) fn lists_permissions(&self) -> bool {
        self.definitions.permissions.is_some() && self.has_vhost()
    }

    /// What a user may do.
    pub(crate) fn permission(&self, user: &str) -> Option<&'s Permission> {
        let is_here = |of: &Option<String>| of.as_ref().is_none_or(|of| of == self.vhost);
        let mut permissions = self.definitions.permissions.iter().flatten();
        permissions.find(|one| one.user.value == user && is_here(&one.vhost))
    }

    /// The policy that counts for a queue, of the users' and of the operators'.
    pub(crate) fn policies(&self, queue: &BrokerQueue) -> impl Iterator<Item = &'s BrokerPolicy> {
        let kind = queue.kind();
        let counts = |is_operators: bool| {
            let matching = self.policies.iter().filter(|(policy, pattern)| {
                policy.is_operators == is_operators
                    && applies(&policy.applies_to, kind)
                    && pattern.is_match(&queue.name.value)
            });
            // Of several, the first: a broker promises nothing either.
            matching
                .map(|(policy, _)| *policy)
                .rev()
                .max_by_key(|policy| policy.priority)
        };
        counts(false).into_iter().chain(counts(true))
    }
}

impl BrokerQueue {
    /// `classic`, `quorum` or `stream`; none where the export leaves it open.
    pub(crate) fn kind(&self) -> Option<&str> {
        let said = self
            .argument("x-queue-type")
            .map(|argument| &argument.value);
        let said = match said {
            Some(crate::ArgumentValue::Text(kind)) => Some(kind),
            _ => self.kind.as_ref().map(|Spanned { value, .. }| value),
        };
        // As RabbitMQ's own module is called.
        said.map(|kind| {
            let kind = kind.strip_prefix("rabbit_").unwrap_or(kind);
            kind.strip_suffix("_queue").unwrap_or(kind)
        })
    }
}

impl NeededQueue<'_> {
    /// Whether the map names it, and not a name that it is made from.
    pub(crate) fn is_in_the_map(&self) -> bool {
        matches!(self.role, Role::Inbound | Role::Outbound)
    }

    /// Whether only Slingshot's services have to do with it.
    pub(crate) fn is_ours(&self) -> bool {
        self.role != Role::Outbound
    }
}

fn applies(to: &str, kind: Option<&str>) -> bool {
    match to {
        "all" | "queues" => true,
        "exchanges" => false,
        of_a_kind => {
            let wanted = of_a_kind.strip_suffix("_queues").unwrap_or(of_a_kind);
            kind.is_some_and(|kind| kind == wanted)
        }
    }
}

/// What Erlang's regular expressions have and these do not (lookaround, back references) proves nothing.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// Whether a permission covers a name; none if it cannot be told. An empty one covers nothing.
pub(crate) fn permits(permission: &str, name: &str) -> Option<bool> {
    if permission.is_empty() {
        return Some(name.is_empty());
    }
    Some(pattern(permission)?.is_match(name))
}
