//! What a client may ask for on an open channel, method by method.

use amq_protocol::protocol::{
    AMQPClass,
    basic::{self, AMQPMethod as Basic},
    confirm::{self, AMQPMethod as Confirm},
    exchange::{self, AMQPMethod as ExchangeMethod},
    queue::{self, AMQPMethod as QueueMethod},
};

use super::{
    channel::{ChannelId, Confirms},
    declare::REPLY_TO,
    deliver::Settlement,
    error::{Refusal, Served},
    exchange::{Binding, Destination},
    output::Output,
    state::State,
};

/// Serves one method and answers it.
pub(super) fn serve(
    state: &mut State,
    id: ChannelId,
    output: &Output,
    class: AMQPClass,
) -> Served<()> {
    match class {
        AMQPClass::Basic(method) => serve_basic(state, id, output, method),
        AMQPClass::Queue(method) => serve_queue(state, id, output, method),
        AMQPClass::Exchange(method) => serve_exchange(state, id, output, method),
        AMQPClass::Confirm(Confirm::Select(select)) => {
            if let Some(channel) = state.channels.get_mut(&id) {
                channel.confirms.get_or_insert_with(Confirms::default);
            }
            if !select.nowait {
                let ok = Confirm::SelectOk(confirm::SelectOk {});
                output.method(id.number, AMQPClass::Confirm(ok));
            }
            Ok(())
        }
        _ => Err(Refusal::not_implemented(
            "the embedded broker has no transactions",
        )),
    }
}

fn serve_basic(state: &mut State, id: ChannelId, output: &Output, method: Basic) -> Served<()> {
    let answer = |method| output.basic(id.number, method);
    match method {
        Basic::Qos(qos) => {
            if let Some(channel) = state.channels.get_mut(&id) {
                if qos.global {
                    channel.global_prefetch = qos.prefetch_count;
                } else {
                    channel.prefetch = qos.prefetch_count;
                }
            }
            answer(Basic::QosOk(basic::QosOk {}));
            // A wider limit may let deliveries through that waited for it.
            state.resume_connection(id.connection);
            Ok(())
        }
        Basic::Consume(consume) => serve_consume(state, id, output, consume),
        Basic::Cancel(cancel) => {
            state.cancel(id, &cancel.consumer_tag);
            if !cancel.nowait {
                let consumer_tag = cancel.consumer_tag;
                answer(Basic::CancelOk(basic::CancelOk { consumer_tag }));
            }
            Ok(())
        }
        Basic::Get(get) => state.get(id, &get),
        Basic::Ack(ack) => {
            state.settle(id, ack.delivery_tag, ack.multiple, Settlement::Acknowledge)
        }
        Basic::Nack(nack) => {
            state.settle(id, nack.delivery_tag, nack.multiple, negative(nack.requeue))
        }
        Basic::Reject(reject) => {
            state.settle(id, reject.delivery_tag, false, negative(reject.requeue))
        }
        Basic::Recover(basic::Recover { requeue })
        | Basic::RecoverAsync(basic::RecoverAsync { requeue })
            if !requeue =>
        {
            Err(Refusal::not_implemented("requeue=false"))
        }
        Basic::Recover(_) => {
            state.settle(id, 0, true, Settlement::Requeue)?;
            answer(Basic::RecoverOk(basic::RecoverOk {}));
            Ok(())
        }
        Basic::RecoverAsync(_) => state.settle(id, 0, true, Settlement::Requeue),
        _ => Err(Refusal::command_invalid(
            "a method that only a server sends",
        )),
    }
}

fn negative(requeue: bool) -> Settlement {
    if requeue {
        Settlement::Requeue
    } else {
        Settlement::Reject
    }
}

fn serve_consume(
    state: &mut State,
    id: ChannelId,
    output: &Output,
    mut consume: basic::Consume,
) -> Served<()> {
    if consume.queue.as_str() == REPLY_TO {
        if !consume.no_ack {
            return Err(Refusal::precondition_failed(
                "reply consumer cannot acknowledge",
            ));
        }
        if state.reply_address(id).is_ok() {
            return Err(Refusal::precondition_failed("reply consumer already set"));
        }
        consume.queue = state.reply_queue(id)?;
    }
    let nowait = consume.nowait;
    let (consumer_tag, queue) = state.subscribe(id, consume)?;
    if !nowait {
        output.basic(
            id.number,
            Basic::ConsumeOk(basic::ConsumeOk { consumer_tag }),
        );
    }
    state.resume(queue);
    state.bury_the_dying();
    Ok(())
}

fn serve_queue(
    state: &mut State,
    id: ChannelId,
    output: &Output,
    method: QueueMethod,
) -> Served<()> {
    let (nowait, ok) = match method {
        QueueMethod::Declare(declare) => {
            let nowait = declare.nowait;
            let declared = state.declare_queue(id, declare)?;
            let ok = queue::DeclareOk {
                queue: declared.name,
                message_count: declared.ready,
                consumer_count: declared.consumers,
            };
            (nowait, QueueMethod::DeclareOk(ok))
        }
        QueueMethod::Bind(bind) => {
            let destination = Destination::Queue(state.accessible(id, &bind.queue)?);
            let binding = Binding {
                destination,
                routing_key: bind.routing_key,
                arguments: bind.arguments,
            };
            state.bind(&bind.exchange, binding)?;
            (bind.nowait, QueueMethod::BindOk(queue::BindOk {}))
        }
        QueueMethod::Unbind(unbind) => {
            let destination = Destination::Queue(state.accessible(id, &unbind.queue)?);
            let (routing_key, arguments) = (unbind.routing_key, unbind.arguments);
            state.unbind(
                &unbind.exchange,
                &Binding {
                    destination,
                    routing_key,
                    arguments,
                },
            )?;
            (false, QueueMethod::UnbindOk(queue::UnbindOk {}))
        }
        QueueMethod::Purge(purge) => {
            let message_count = state.purge(id, &purge.queue)?;
            (
                purge.nowait,
                QueueMethod::PurgeOk(queue::PurgeOk { message_count }),
            )
        }
        QueueMethod::Delete(delete) => {
            let message_count = state.delete_queue_if(id, &delete)?;
            (
                delete.nowait,
                QueueMethod::DeleteOk(queue::DeleteOk { message_count }),
            )
        }
        _ => {
            return Err(Refusal::command_invalid(
                "a method that only a server sends",
            ));
        }
    };
    if !nowait {
        output.method(id.number, AMQPClass::Queue(ok));
    }
    Ok(())
}

fn serve_exchange(
    state: &mut State,
    id: ChannelId,
    output: &Output,
    method: ExchangeMethod,
) -> Served<()> {
    let (nowait, ok) = match method {
        ExchangeMethod::Declare(declare) => {
            let nowait = declare.nowait;
            state.declare_exchange(declare)?;
            (nowait, ExchangeMethod::DeclareOk(exchange::DeclareOk {}))
        }
        ExchangeMethod::Delete(delete) => {
            state.delete_exchange(&delete)?;
            (
                delete.nowait,
                ExchangeMethod::DeleteOk(exchange::DeleteOk {}),
            )
        }
        ExchangeMethod::Bind(bind) => {
            let destination = state.exchange_destination(&bind.destination)?;
            let binding = Binding {
                destination,
                routing_key: bind.routing_key,
                arguments: bind.arguments,
            };
            state.bind(&bind.source, binding)?;
            (bind.nowait, ExchangeMethod::BindOk(exchange::BindOk {}))
        }
        ExchangeMethod::Unbind(unbind) => {
            let destination = state.exchange_destination(&unbind.destination)?;
            let (routing_key, arguments) = (unbind.routing_key, unbind.arguments);
            state.unbind(
                &unbind.source,
                &Binding {
                    destination,
                    routing_key,
                    arguments,
                },
            )?;
            (
                unbind.nowait,
                ExchangeMethod::UnbindOk(exchange::UnbindOk {}),
            )
        }
        _ => {
            return Err(Refusal::command_invalid(
                "a method that only a server sends",
            ));
        }
    };
    if !nowait {
        output.method(id.number, AMQPClass::Exchange(ok));
    }
    Ok(())
}
