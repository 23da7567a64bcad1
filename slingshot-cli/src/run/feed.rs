//! What a run is fed with once everything is ready: `--input` and `--send`.

use std::{collections::BTreeMap, fs, sync::Arc};

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

/// Files and ids for services.
#[derive(Debug)]
pub(crate) struct Feed {
    files: Vec<InputFile>,
    /// The queue, and the ids that it gets.
    ids: Vec<(String, Ids)>,
    /// The queue of each service that gets files.
    queues: BTreeMap<String, String>,
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
        let queues = input
            .files
            .iter()
            .map(|file| Ok((file.service.clone(), queue(&file.service)?)))
            .collect::<Result<_, Failure>>()?;
        Ok(Self {
            files: input.files,
            ids,
            queues,
        })
    }

    /// Puts the files, says which id each has, and sends all ids, confirmed.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or the broker or the object store refuses.
    pub(crate) async fn send(
        self,
        system: Arc<System>,
        project: Project,
        printer: Arc<Printer>,
    ) -> Result<(), Failure> {
        if self.files.is_empty() && self.ids.is_empty() {
            return Ok(());
        }
        let mut requests: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        if !self.files.is_empty() {
            let storage = system.object_storage.as_ref().ok_or_else(no_object_store)?;
            let objects = Objects::connect(storage).await.map_err(unreachable_store)?;
            let first = fresh_ids(&project, self.files.len())?;
            let width = (first + self.files.len() as u64).to_string().len();
            for (id, file) in (first..).zip(&self.files) {
                objects
                    .put_file(&file.bucket, id, &file.path)
                    .await
                    .map_err(|error| {
                        Failure::unreadable(format!("cannot put {}", file.shown)).because(error)
                    })?;
                printer.result(&format!("{id:>width$}  {}", file.shown));
                let queue = self.queues.get(&file.service).cloned().unwrap_or_default();
                requests.entry(queue).or_default().push(id);
            }
        }
        let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
        let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
        let requests = requests.into_iter().chain(
            self.ids
                .into_iter()
                .map(|(queue, ids)| (queue, ids.iter().collect())),
        );
        for (queue, ids) in requests {
            let count = ids.len();
            queues.send(&queue, ids).await.map_err(|error| {
                Failure::unreadable(format!("cannot send to the queue {queue}")).because(error)
            })?;
            printer.status(
                "Sent",
                &format!(
                    "{count} id{} to the queue {queue}",
                    if count == 1 { "" } else { "s" }
                ),
            );
        }
        Ok(())
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
