//! A running system, from the first process to the summary. One loop owns all of its state.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{
    dead_letters::DeadLetters,
    feed::{Fed, Feed},
    feeding::Feeding,
    idle::Idle,
    launches::launches,
    plan::Plan,
    reports::Reports,
    results::Results,
    servers::Servers,
    statistics::{ServiceStatistics, Statistics},
    summary,
    watch::{Watch, built, changed},
};
use crate::{
    Context,
    embedded::Embedded,
    exit::{Exit, Failure},
    guardian::Guardian,
    interrupts::Interrupts,
    program::Program,
    project::Project,
    supervise::{Ended, Supervisor},
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
    servers: Servers,
    watch: Option<Watch>,
    supervisor: Supervisor,
    reports: Reports,
    statistics: Statistics,
    idle: Idle,
    started: Instant,
    gave_up: bool,
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
        (plan, servers, watch): (Plan, Servers, Option<Watch>),
        guardian: &Arc<Guardian>,
    ) -> Result<Self, Failure> {
        let reports = Reports::listen().await?;
        let idle = Idle::new(embedded).await?;
        let launches = launches(context, project, embedded, &plan, &servers, &reports);
        Ok(Self {
            statistics: Statistics::new(&plan),
            supervisor: Supervisor::start(
                launches,
                |program| watch.as_ref().is_some_and(|it| it.is_of(program)),
                guardian,
                &context.printer,
            ),
            context,
            project,
            embedded,
            plan,
            servers,
            watch,
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
        let mut feeding = Feeding::Waiting(feed);
        let worked = self.work(&mut feeding, until_idle, interrupts).await;
        self.context.printer.progress(None);
        let fed = feeding.finish(interrupts).await;
        let dead_letters = match (&worked, until_idle) {
            (Ok(Exit::Clean), true) => DeadLetters::list(self.embedded, &self.plan).await,
            _ => Ok(DeadLetters::default()),
        };
        self.stop(interrupts).await;
        let exit = worked?;
        let (fed, dead_letters) = (fed?, dead_letters?);
        self.summarise(&fed, &dead_letters);
        let failed = self.gave_up || !dead_letters.is_empty();
        Ok(if failed && exit == Exit::Clean {
            Exit::Findings
        } else {
            exit
        })
    }

    async fn work(
        &mut self,
        feeding: &mut Feeding,
        until_idle: bool,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        let watch = self.watch.take();
        let (context, project) = (self.context, self.project);
        let next_change = || changed(watch.as_ref(), context, project);
        let next_build = || built(watch.as_ref(), context, project);
        // They look more seldom than we tick: they have to outlive the round.
        let mut change = Box::pin(next_change());
        let mut build = Box::pin(next_build());
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
                sent = feeding.sent() => sent?,
                changed = &mut change => {
                    context.printer.status("Changed", &changed);
                    self.supervisor.restart(Program::is_script);
                    change.set(next_change());
                }
                built = &mut build => {
                    self.after_build(built);
                    build.set(next_build());
                }
                _ = tick.tick() => {
                    self.servers.look(&self.context.printer).await;
                    self.feed_when_ready(feeding)?;
                    if !feeding.is_waiting() && self.look(until_idle, feeding).await? {
                        return Ok(Exit::Clean);
                    }
                }
            }
        }
    }

    /// Starts again what has become another; what cannot be built goes on as it is.
    fn after_build(&self, built: Result<Vec<Program>, Failure>) {
        let printer = &self.context.printer;
        match built {
            Ok(programs) if programs.is_empty() => {}
            Ok(programs) => {
                let names: Vec<_> = programs.iter().map(|it| it.name.as_str()).collect();
                printer.status("Restarting", &names.join(", "));
                self.supervisor.restart(|it| programs.contains(it));
            }
            Err(failure) => {
                printer.failure(&failure);
                printer.warning("what was built before goes on running");
            }
        }
    }

    fn feed_when_ready(&self, feeding: &mut Feeding) -> Result<(), Failure> {
        if !feeding.is_waiting() {
            return Ok(());
        }
        let mut not_ready = self.statistics.not_ready();
        not_ready.extend(self.servers.not_up());
        if not_ready.is_empty() {
            let seconds = self.started.elapsed().as_secs_f32();
            let printer = &self.context.printer;
            let what = match (self.plan.services.is_empty(), self.plan.hosts.is_empty()) {
                (true, _) => "all handlers",
                (false, true) => "all services",
                (false, false) => "all services and handlers",
            };
            printer.status("Ready", &format!("{what}, after {seconds:.1} s"));
            feeding.start(self.embedded.system(), self.project, printer);
            return Ok(());
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
        Ok(())
    }

    /// Draws the progress line; true when everything is done.
    async fn look(&mut self, until_idle: bool, feeding: &Feeding) -> Result<bool, Failure> {
        // Handlers wait for requests: they are never idle, and nothing is left to count.
        let is_counted = until_idle || self.context.printer.draws_progress();
        if !is_counted || self.plan.services.is_empty() {
            return Ok(false);
        }
        let left = self
            .idle
            .left(self.embedded, &self.plan, &mut self.statistics)
            .await?;
        self.context.printer.progress(Some(self.progress(left)));
        Ok(until_idle && left == 0 && feeding.is_done())
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

    fn summarise(&self, fed: &Fed, dead_letters: &DeadLetters) {
        let printer = &self.context.printer;
        if !self.statistics.is_empty() {
            printer.result(&format!("\n{}", summary::table(&self.statistics)));
            let results = Results::of(self.project, self.embedded, &self.plan, fed);
            if let Some(text) = results.shown(self.context) {
                printer.result(&format!("\n{text}"));
            }
        }
        if !dead_letters.is_empty() {
            printer.result(&format!("\n{dead_letters}"));
        }
    }
}
