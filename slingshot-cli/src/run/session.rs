//! A running system, from the first process to the summary. One loop owns all of its state.

use std::{collections::BTreeMap, ffi::OsString, sync::Arc, time::Duration};

use tokio::{
    task::{JoinError, JoinHandle},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    dead_letters,
    feed::Feed,
    idle::Idle,
    plan::{Plan, PlannedService},
    reports::Reports,
    staging,
    statistics::{ServiceStatistics, Statistics},
    summary,
};
use crate::{
    Context,
    embedded::Embedded,
    exit::{Exit, Failure},
    guardian::Guardian,
    interrupts::Interrupts,
    printer::Printer,
    project::Project,
    supervise::{Ended, Launch, Supervisor},
};

/// How long services may take until they are ready.
const READY: Duration = Duration::from_mins(1);
/// How often the queues are looked at and the progress line is drawn.
const TICK: Duration = Duration::from_millis(100);
/// How long the last reports of processes that have ended may take.
const LAST_REPORTS: Duration = Duration::from_secs(2);

/// Services that run.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    context: &'a Context,
    project: &'a Project,
    embedded: &'a Embedded,
    plan: Plan,
    supervisor: Supervisor,
    reports: Reports,
    statistics: Statistics,
    idle: Idle,
    started: Instant,
    gave_up: bool,
}

/// Where the feeding of a session is.
enum Feeding {
    /// Until everything is ready.
    Waiting(Feed),
    Sending(JoinHandle<Result<(), Failure>>),
    Done,
}

impl<'a> Session<'a> {
    /// Starts every process of the plan.
    ///
    /// # Errors
    ///
    /// If loopback or the broker cannot be used.
    pub(crate) async fn start(
        context: &'a Context,
        project: &'a Project,
        embedded: &'a Embedded,
        plan: Plan,
        guardian: &Arc<Guardian>,
    ) -> Result<Self, Failure> {
        let reports = Reports::listen().await?;
        let idle = Idle::new(embedded).await?;
        let launches = launches(context, project, embedded, &plan, &reports);
        Ok(Self {
            statistics: Statistics::new(&plan),
            supervisor: Supervisor::start(launches, guardian, &context.printer),
            context,
            project,
            embedded,
            plan,
            reports,
            idle,
            started: Instant::now(),
            gave_up: false,
        })
    }

    /// Feeds the system, waits for its end or for an interrupt, and leaves no process behind.
    ///
    /// # Errors
    ///
    /// If the feeding or a look at the queues fails; the processes are stopped all the same.
    pub(crate) async fn run(
        mut self,
        feed: Feed,
        until_idle: bool,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        let worked = self.work(feed, until_idle, interrupts).await;
        self.context.printer.progress(None);
        let dead_letters = match (&worked, until_idle) {
            (Ok(Exit::Clean), true) => dead_letters::list(self.embedded, &self.plan).await,
            _ => Ok(Vec::new()),
        };
        self.stop(interrupts).await;
        let exit = worked?;
        let dead_letters = dead_letters?;
        self.summarise(&dead_letters);
        let failed = self.gave_up || !dead_letters.is_empty();
        Ok(if failed && exit == Exit::Clean {
            Exit::Findings
        } else {
            exit
        })
    }

    async fn work(
        &mut self,
        feed: Feed,
        until_idle: bool,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        let mut feeding = Feeding::Waiting(feed);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(heard) = self.reports.next() => self.statistics.add(heard),
                () = interrupts.next() => {
                    return Ok(if until_idle { Exit::Interrupted } else { Exit::Clean });
                }
                ended = self.supervisor.next_ended() => match ended {
                    Some(Ended::GaveUp { service, reason }) => {
                        self.gave_up = true;
                        if until_idle {
                            return Err(Failure::new(Exit::Findings, format!("{service} does not run: {reason}")));
                        }
                    }
                    Some(Ended::Stopped) => {}
                    None => return Ok(Exit::Clean),
                },
                sent = sent(&mut feeding) => {
                    sent.map_err(|error| Failure::new(Exit::Bug, "sending ended").because(error))??;
                    feeding = Feeding::Done;
                }
                _ = tick.tick() => {
                    feeding = self.feed_when_ready(feeding)?;
                    if !matches!(feeding, Feeding::Waiting(_)) && self.look(until_idle, &feeding).await? {
                        return Ok(Exit::Clean);
                    }
                }
            }
        }
    }

    fn feed_when_ready(&self, feeding: Feeding) -> Result<Feeding, Failure> {
        let Feeding::Waiting(feed) = feeding else {
            return Ok(feeding);
        };
        let not_ready = self.statistics.not_ready();
        if not_ready.is_empty() {
            let seconds = self.started.elapsed().as_secs_f32();
            self.context
                .printer
                .status("Ready", &format!("all services, after {seconds:.1} s"));
            let (system, project) = (self.embedded.system(), self.project.clone());
            let printer: Arc<Printer> = Arc::clone(&self.context.printer);
            return Ok(Feeding::Sending(tokio::spawn(
                feed.send(system, project, printer),
            )));
        }
        if self.started.elapsed() > READY {
            return Err(Failure::new(
                Exit::Findings,
                format!(
                    "not ready after {} s: {}",
                    READY.as_secs(),
                    not_ready.join(", ")
                ),
            )
            .help("the lines of these services above say what they wait for"));
        }
        Ok(Feeding::Waiting(feed))
    }

    /// Draws the progress line; true when everything is done.
    async fn look(&mut self, until_idle: bool, feeding: &Feeding) -> Result<bool, Failure> {
        if !until_idle && !self.context.printer.draws_progress() {
            return Ok(false);
        }
        let left = self
            .idle
            .left(self.embedded, &self.plan, &self.statistics)
            .await?;
        self.context.printer.progress(Some(self.progress(left)));
        Ok(until_idle && left == 0 && matches!(feeding, Feeding::Done))
    }

    fn progress(&self, left: u64) -> String {
        let seconds = self.started.elapsed().as_secs_f32();
        let service = |service: &ServiceStatistics| match (service.requests(), service.failed) {
            (requests, 0) => format!("  {} {requests}", service.name),
            (requests, failed) => format!("  {} {requests} ({failed} failed)", service.name),
        };
        let services: String = self.statistics.services.iter().map(service).collect();
        format!("{seconds:>10.1} s  {left} left{services}")
    }

    /// Drains every process; an interrupt meanwhile ends them at once.
    async fn stop(&mut self, interrupts: &mut Interrupts) {
        self.supervisor.drain();
        loop {
            tokio::select! {
                ended = self.supervisor.next_ended() => match ended {
                    Some(Ended::GaveUp { .. } | Ended::Stopped) => {}
                    None => break,
                },
                Some(heard) = self.reports.next() => self.statistics.add(heard),
                () = interrupts.next() => self.supervisor.kill(),
            }
        }
        self.reports.close();
        let last = async {
            while let Some(heard) = self.reports.next().await {
                self.statistics.add(heard);
            }
        };
        timeout(LAST_REPORTS, last).await.ok();
    }

    fn summarise(&self, dead_letters: &[String]) {
        let printer = &self.context.printer;
        if !self.statistics.is_empty() {
            printer.result(&format!("\n{}", summary::table(&self.statistics)));
            let get = |service: &PlannedService| -> Vec<String> {
                let name = &service.name;
                let keys = service.writes.iter();
                keys.map(|key| format!("  slingshot get {name} {key} ID\n"))
                    .collect()
            };
            let written: String = self.plan.services.iter().flat_map(get).collect();
            if !written.is_empty() {
                printer.result(&format!("\nWhat was written, by request:\n{written}"));
            }
        }
        if !dead_letters.is_empty() {
            printer.result("\nDead letters:");
            for letter in dead_letters {
                printer.result(&format!("  {letter}"));
            }
        }
    }
}

async fn sent(feeding: &mut Feeding) -> Result<Result<(), Failure>, JoinError> {
    match feeding {
        Feeding::Sending(task) => task.await,
        Feeding::Waiting(_) | Feeding::Done => std::future::pending().await,
    }
}

fn launches(
    context: &Context,
    project: &Project,
    embedded: &Embedded,
    plan: &Plan,
    reports: &Reports,
) -> Vec<Launch> {
    let colors = context.printer.colors_messages();
    let environment = |service: &str| -> BTreeMap<&'static str, OsString> {
        BTreeMap::from([
            ("SLINGSHOT_SYS_MAP", embedded.sys_map_url().into()),
            ("SLINGSHOT_SERVICES", service.into()),
            ("SLINGSHOT_REPORT", reports.address().to_string().into()),
            ("SLINGSHOT_STAGING", staging(project).into_os_string()),
            ("SLINGSHOT_LOG", "human".into()),
            // Empty is unset. Colours pass through our printer, which knows whether they are wanted.
            ("NO_COLOR", if colors { "" } else { "1" }.into()),
        ])
    };
    let mut launches = Vec::new();
    for (index, service) in plan.services.iter().enumerate() {
        for process in 1..=service.processes {
            launches.push(Launch {
                label: match service.processes {
                    1 => service.name.clone(),
                    _ => format!("{}.{process}", service.name),
                },
                service: service.name.clone(),
                index,
                program: service.binary.clone(),
                environment: environment(&service.name),
                directory: project.directory.clone(),
            });
        }
    }
    launches
}
