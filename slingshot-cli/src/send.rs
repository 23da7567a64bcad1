//! `slingshot send`: ids for a service.

use clap::Args;
use slingshot_runtime::client::Queues;
use slingshot_topology::System;

use crate::{
    Context,
    arguments::ids::Ids,
    attached::Attached,
    exit::{Exit, Failure},
    failures::{no_broker, unknown_service, unreachable_broker},
};

/// The options of `slingshot send`.
#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// The service whose queue gets the ids
    service: String,

    /// Ids, such as 7 or 1..100 or 1,2,7; ranges include both ends
    #[arg(required = true, value_name = "ID")]
    ids: Vec<Ids>,
}

/// # Errors
///
/// If the service is not known or the broker does not confirm.
#[tokio::main]
pub(crate) async fn run(context: &Context, arguments: &SendArguments) -> Result<Exit, Failure> {
    let attached = Attached::new(context, false).await?;
    let sent = send(context, &attached.system, arguments).await;
    attached.detach().await;
    sent.map(|()| Exit::Clean)
}

async fn send(
    context: &Context,
    system: &System,
    arguments: &SendArguments,
) -> Result<(), Failure> {
    let service = system
        .service(&arguments.service)
        .ok_or_else(|| unknown_service(&arguments.service, system))?;
    let queue = &service.inbound.value;
    let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
    let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
    let ids: Vec<u64> = arguments.ids.iter().flat_map(Ids::iter).collect();
    let count = ids.len();
    queues.send(queue, ids).await.map_err(|error| {
        Failure::unreadable(format!("cannot send to the queue {queue}")).because(error)
    })?;
    context.printer.status(
        "Sent",
        &format!(
            "{count} id{} to the queue {queue}",
            if count == 1 { "" } else { "s" }
        ),
    );
    Ok(())
}
