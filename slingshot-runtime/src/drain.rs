//! The signals that end a process, and how far it has got.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

/// How long running messages may take to finish. Kubernetes kills after 30 s.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// How far the process is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Consuming.
    Running,
    /// Finishing what runs.
    Draining,
    /// A second signal: not even that.
    Leaving,
}

/// The one who says how far the process is.
#[derive(Debug)]
pub(crate) struct DrainControl(watch::Sender<Phase>);

/// Those who listen.
#[derive(Clone, Debug)]
pub(crate) struct Drain(watch::Receiver<Phase>);

/// A running process.
pub(crate) fn drain() -> (DrainControl, Drain) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (DrainControl(sender), Drain(receiver))
}

impl DrainControl {
    /// Begins to drain; the second time, to leave.
    pub(crate) fn advance(&self) {
        self.0.send_modify(|phase| {
            *phase = match phase {
                Phase::Running => Phase::Draining,
                Phase::Draining | Phase::Leaving => Phase::Leaving,
            }
        });
    }

    /// Begins to leave, however far the process is.
    pub(crate) fn leave(&self) {
        self.0.send_replace(Phase::Leaving);
    }

    /// Begins to drain, if that has not begun.
    pub(crate) fn begin(&self) {
        self.0.send_if_modified(|phase| {
            let running = *phase == Phase::Running;
            if running {
                *phase = Phase::Draining;
            }
            running
        });
    }
}

impl Drain {
    /// Waits until the process is at least that far.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        // The sender lives as long as the process's services do; were it gone, there would be nothing to
        // wait for.
        if self.0.wait_for(|now| *now >= phase).await.is_err() {
            tracing::debug!("nobody is left to end the process");
        }
    }

    /// Waits until whatever still runs has had its time.
    pub(crate) async fn over(mut self) {
        self.reached(Phase::Draining).await;
        if timeout(DRAIN_TIMEOUT, self.reached(Phase::Leaving))
            .await
            .is_err()
        {
            tracing::debug!("what still runs is left behind");
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.0.borrow()
    }
}

/// Calls this for each SIGTERM and SIGINT, for ever.
#[cfg(unix)]
pub(crate) async fn listen(heard: impl Fn()) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        heard();
    }
}

/// Calls this for each Ctrl-C, for ever.
#[cfg(not(unix))]
pub(crate) async fn listen(heard: impl Fn()) -> std::io::Result<()> {
    loop {
        tokio::signal::ctrl_c().await?;
        heard();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_signal_leaves() {
        let (control, mut drain) = drain();
        assert_eq!(drain.phase(), Phase::Running);
        control.advance();
        drain.reached(Phase::Draining).await;
        control.begin();
        assert_eq!(drain.phase(), Phase::Draining);
        control.advance();
        drain.reached(Phase::Leaving).await;
    }
}
