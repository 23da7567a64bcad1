//! Exchanges and bindings: declared, checked against what is there, deleted.

use amq_protocol::{protocol::exchange, types::ShortString};

use super::{
    declare::RESERVED,
    error::{Refusal, Served},
    exchange::{Binding, Destination, Exchange, Kind, PREDECLARED},
    queue::Queue,
    state::State,
};

impl State {
    pub(super) fn declare_exchange(&mut self, declare: exchange::Declare) -> Served<()> {
        let name = declare.exchange.as_str();
        let current = self.exchanges.get(name);
        if declare.passive {
            return current
                .map(|_| ())
                .ok_or_else(|| Refusal::no_exchange(name));
        }
        let kind = Kind::named(declare.kind.as_str()).ok_or_else(|| {
            Refusal::command_invalid(format!("unknown exchange type '{}'", declare.kind))
        })?;
        let declared = Exchange {
            kind,
            durable: declare.durable,
            auto_delete: declare.auto_delete,
            internal: declare.internal,
            arguments: declare.arguments,
            bindings: Vec::new(),
        };
        if let Some(current) = current {
            return current.must_equal(name, &declared);
        }
        not_reserved(name)?;
        self.exchanges.insert(declare.exchange.clone(), declared);
        self.keep_exchange(&declare.exchange);
        Ok(())
    }

    pub(super) fn delete_exchange(&mut self, delete: &exchange::Delete) -> Served<()> {
        let name = delete.exchange.as_str();
        if PREDECLARED
            .iter()
            .any(|(predeclared, _)| *predeclared == name)
        {
            let text = format!("deletion of system exchange '{name}' in vhost '/' not allowed");
            return Err(Refusal::access_refused(text));
        }
        not_reserved(name)?;
        let Some(exchange) = self.exchanges.get(delete.exchange.as_str()) else {
            return Ok(());
        };
        if delete.if_unused && !exchange.bindings.is_empty() {
            let text = format!("exchange '{}' in vhost '/' in use", delete.exchange);
            return Err(Refusal::precondition_failed(text));
        }
        self.remove_exchange(&delete.exchange);
        Ok(())
    }

    fn remove_exchange(&mut self, name: &ShortString) {
        if self
            .exchanges
            .remove(name.as_str())
            .is_some_and(|exchange| exchange.durable)
        {
            let name = name.clone();
            self.journal.record(|batch| batch.remove_exchange(name));
        }
        let gone = Destination::Exchange(name.clone());
        self.remove_bindings(|binding| binding.destination == gone);
    }

    /// The exchange that a binding between exchanges names as its end.
    pub(super) fn exchange_destination(&mut self, name: &ShortString) -> Served<Destination> {
        self.bindable(name)
            .map(|_| Destination::Exchange(name.clone()))
    }

    /// Adds a binding from `source`, once.
    pub(super) fn bind(&mut self, source: &ShortString, binding: Binding) -> Served<()> {
        let exchange = self.bindable(source)?;
        if !exchange.bindings.contains(&binding) {
            exchange.bindings.push(binding);
            self.keep_exchange(source);
        }
        Ok(())
    }

    pub(super) fn unbind(&mut self, source: &ShortString, binding: &Binding) -> Served<()> {
        self.bindable(source)?;
        let gone = binding.clone();
        self.remove_bindings_of(source, &|binding| *binding == gone);
        Ok(())
    }

    fn bindable(&mut self, name: &ShortString) -> Served<&mut Exchange> {
        if name.as_str().is_empty() {
            return Err(Refusal::access_refused(
                "operation not permitted on the default exchange",
            ));
        }
        self.exchanges
            .get_mut(name.as_str())
            .ok_or_else(|| Refusal::no_exchange(name.as_str()))
    }

    pub(super) fn remove_bindings(&mut self, gone: impl Fn(&Binding) -> bool) {
        let names: Vec<_> = self.exchanges.keys().cloned().collect();
        for name in names {
            self.remove_bindings_of(&name, &gone);
        }
    }

    fn remove_bindings_of(&mut self, name: &ShortString, gone: &dyn Fn(&Binding) -> bool) {
        let Some(exchange) = self.exchanges.get_mut(name.as_str()) else {
            return;
        };
        let before = exchange.bindings.len();
        exchange.bindings.retain(|binding| !gone(binding));
        if exchange.bindings.len() == before {
            return;
        }
        if exchange.auto_delete && exchange.bindings.is_empty() {
            self.remove_exchange(name);
        } else {
            self.keep_exchange(name);
        }
    }

    /// Records a durable exchange with those of its bindings whose other end is durable too.
    fn keep_exchange(&mut self, name: &ShortString) {
        let Some(exchange) = self.exchanges.get(name.as_str()).filter(|e| e.durable) else {
            return;
        };
        let mut kept = exchange.clone();
        kept.bindings.retain(|binding| match &binding.destination {
            Destination::Queue(id) => self.queues.get(id).is_some_and(Queue::is_kept),
            Destination::Exchange(to) => self.exchanges.get(to.as_str()).is_some_and(|e| e.durable),
        });
        let name = name.clone();
        self.journal.record(|batch| batch.put_exchange(name, kept));
    }
}

fn not_reserved(name: &str) -> Served<()> {
    if name.is_empty() {
        return Err(Refusal::access_refused(
            "operation not permitted on the default exchange",
        ));
    }
    if name.starts_with(RESERVED) {
        let text = format!("exchange name '{name}' contains reserved prefix 'amq.*'");
        return Err(Refusal::access_refused(text));
    }
    Ok(())
}
