//! What a run is fed with once everything is ready: `--input` and `--send`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{StreamExt as _, stream};
use slingshot_runtime::client::{Objects, Queues};
use slingshot_topology::System;

use super::{
    input::{Input, InputFile},
    plan::Plan,
};
use crate::{
    arguments::ids::{Ids, ServiceIds},
    exit::Failure,
    failures::{
        no_broker, no_object_store, unknown_service, unreachable_broker, unreachable_store,
    },
    printer::Printer,
    project::Project,
};

/// How many files are put and sent at once: enough to hide the round trips, and few enough that a
/// run which is killed leaves few objects without a request.
const FILES_IN_FLIGHT: usize = 16;
/// How many ids are sent between two looks at whether to stop.
const IDS_AT_ONCE: usize = 10_000;

/// Files and ids for services.
#[derive(Debug)]
pub(crate) struct Feed {
    files: Vec<InputFile>,
    /// The queue, and the ids that it gets.
    ids: Vec<(String, Ids)>,
}

/// What a system was given.
#[derive(Debug, Default)]
pub(crate) struct Fed {
    /// The ids of the files, by bucket.
    pub(crate) objects: BTreeMap<String, BTreeSet<u64>>,
    /// How many ids went to each queue.
    sent: BTreeMap<String, u64>,
}

impl Feed {
    /// # Errors
    ///
    /// If something is for a service that does not run.
    pub(crate) fn new(
        send: &[ServiceIds],
        input: Input,
        system: &System,
        plan: &Plan,
    ) -> Result<Self, Failure> {
        let queue = |name: &str| match (plan.service(name), system.service(name)) {
            (Some(service), _) => Ok(service.queue.clone()),
            (None, Some(_)) => Err(Failure::usage(format!(
                "`{name}` is not among the services to run"
            ))),
            (None, None) => Err(unknown_service(name, system)),
        };
        let ids = send
            .iter()
            .map(|send| Ok((queue(&send.service)?, send.ids.clone())))
            .collect::<Result<_, Failure>>()?;
        for file in &input.files {
            queue(&file.service)?;
        }
        let files = input.files;
        Ok(Self { files, ids })
    }

    /// Puts each file and sends its id, says which id each has, and sends all other ids. Everything
    /// is confirmed; what `stop` cuts short is said.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or the broker or the object store refuses.
    pub(crate) async fn send(
        self,
        system: Arc<System>,
        project: Project,
        printer: Arc<Printer>,
        stop: Arc<AtomicBool>,
    ) -> Result<Fed, Failure> {
        let mut fed = Fed::default();
        if self.files.is_empty() && self.ids.is_empty() {
            return Ok(fed);
        }
        let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
        let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
        if !self.files.is_empty() {
            let storage = system.object_storage.as_ref().ok_or_else(no_object_store)?;
            let way = Arc::new(Way {
                objects: Objects::connect(storage).await.map_err(unreachable_store)?,
                queues: Queues::connect(broker).await.map_err(unreachable_broker)?,
            });
            let first = fresh_ids(&project, self.files.len())?;
            fed = send_files(way, first, self.files, &printer, &stop).await?;
        }
        for (queue, ids) in &self.ids {
            let count = send_ids(&queues, queue, ids, &stop).await?;
            *fed.sent.entry(queue.clone()).or_default() += count;
        }
        for (queue, count) in &fed.sent {
            let plural = if *count == 1 { "" } else { "s" };
            printer.status("Sent", &format!("{count} id{plural} to the queue {queue}"));
        }
        Ok(fed)
    }
}

/// Sends ids until `stop`; says how many were sent.
async fn send_ids(
    queues: &Queues,
    queue: &str,
    ids: &Ids,
    stop: &AtomicBool,
) -> Result<u64, Failure> {
    let mut count = 0;
    let mut ids = ids.iter().peekable();
    while ids.peek().is_some() && !stop.load(Ordering::Relaxed) {
        let some: Vec<u64> = ids.by_ref().take(IDS_AT_ONCE).collect();
        count += some.len() as u64;
        let sent = queues.send(queue, some).await;
        sent.map_err(|error| cannot_send(queue).because(error))?;
    }
    Ok(count)
}

/// Where a file goes: the object first, then the id, so that no service looks for an object that is
/// not there yet.
struct Way {
    objects: Objects,
    queues: Queues,
}

impl Way {
    async fn send(&self, id: u64, file: &InputFile) -> Result<(), Failure> {
        let put = self.objects.put_file(&file.bucket, id, &file.path).await;
        put.map_err(|error| {
            Failure::unreadable(format!("cannot put {}", file.shown)).because(error)
        })?;
        let sent = self.queues.send(&file.queue, [id]).await;
        sent.map_err(|error| cannot_send(&file.queue).because(error))
    }
}

fn cannot_send(queue: &str) -> Failure {
    Failure::unreadable(format!("cannot send to the queue {queue}"))
}

/// Several files at once. A line is printed once its id is confirmed: every line of the table is a
/// request that the system has.
async fn send_files(
    way: Arc<Way>,
    first: u64,
    files: Vec<InputFile>,
    printer: &Printer,
    stop: &AtomicBool,
) -> Result<Fed, Failure> {
    let total = files.len();
    let width = (first + total as u64 - 1).to_string().len();
    let goes_on = |_: &(u64, InputFile)| std::future::ready(!stop.load(Ordering::Relaxed));
    let send = |(id, file): (u64, InputFile)| {
        let way = Arc::clone(&way);
        async move {
            let sent = way.send(id, &file).await;
            (id, file, sent)
        }
    };
    let files = stream::iter((first..).zip(files)).take_while(goes_on);
    let mut results = std::pin::pin!(files.map(send).buffered(FILES_IN_FLIGHT));
    let mut fed = Fed::default();
    let mut failure = None;
    while let Some((id, file, sent)) = results.next().await {
        match sent {
            Ok(()) => {
                printer.result(&format!("{id:>width$}  {}", file.shown));
                *fed.sent.entry(file.queue).or_default() += 1;
                fed.objects.entry(file.bucket).or_default().insert(id);
            }
            Err(error) => {
                stop.store(true, Ordering::Relaxed);
                failure.get_or_insert(error);
            }
        }
    }
    let sent: usize = fed.objects.values().map(BTreeSet::len).sum();
    match failure {
        Some(failure) => Err(failure.help(format!(
            "{sent} of {total} files were sent, those in the table: give the others again"
        ))),
        None => {
            if sent < total {
                printer.warning(&format!(
                    "{sent} of {total} files were sent, those in the table; give the others again"
                ));
            }
            Ok(fed)
        }
    }
}

/// As many ids as there are files, none of which an earlier run of this project gave away. They are
/// taken before they are used, so that a run that is killed does not leave them to the next one.
fn fresh_ids(project: &Project, count: usize) -> Result<u64, Failure> {
    let path = project.last_id_file();
    let last: u64 = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|error| {
            Failure::unreadable(format!("{} is not a number", path.display())).because(error)
        })?,
        Err(_) => 0,
    };
    let next = last + count as u64;
    fs::write(&path, format!("{next}\n")).map_err(|error| {
        Failure::unreadable(format!("cannot write {}", path.display())).because(error)
    })?;
    Ok(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_given_once() {
        let directory = tempfile::tempdir().unwrap();
        let project = Project {
            directory: directory.path().to_owned(),
        };
        fs::create_dir_all(project.state()).unwrap();
        assert_eq!(fresh_ids(&project, 3).unwrap(), 1);
        assert_eq!(fresh_ids(&project, 1).unwrap(), 4);
        assert_eq!(fresh_ids(&project, 1).unwrap(), 5);
    }
}
