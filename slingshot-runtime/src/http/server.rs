//! What the requests of a server share, and how it ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{body::Room, router::Router, settings::Checked, tls::Tls};
use crate::per_core::PerCore;

/// What all requests of a server share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) router: Router,
    pub(super) settings: Checked,
    /// How many requests may run.
    pub(super) whole: Arc<Semaphore>,
    pub(super) room: Room,
    /// Requests that are being answered.
    pub(super) open: PerCore<TaskTracker>,
    draining: AtomicBool,
    /// What arrives is not waited for any longer.
    pub(super) cut: CancellationToken,
}

impl Server {
    pub(super) fn new(settings: Checked, router: Router) -> Self {
        let whole = usize::try_from(settings.max_requests).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            router,
            whole: Arc::new(Semaphore::new(whole)),
            settings,
            room: Room::default(),
            open: PerCore::default(),
            draining: AtomicBool::new(false),
            cut: CancellationToken::new(),
        }
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.settings.tls.as_ref()
    }

    /// Follows the keys and the certificates where they are kept, for ever.
    pub(super) async fn follow(&self) {
        let certificates = async {
            if let Some(tls) = self.tls() {
                tls.follow().await;
            }
        };
        tokio::join!(self.settings.keys.follow(), certificates);
    }

    pub(super) fn keep_alive(&self) -> Duration {
        self.settings.keep_alive
    }

    /// From now on, new requests are refused.
    pub(super) fn refuse(&self) {
        self.draining.store(true, Ordering::Relaxed);
        for open in self.open.iter() {
            open.close();
        }
    }

    /// Whether new requests are refused.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Waits until no request is being answered.
    pub(super) async fn finished(&self) {
        for open in self.open.iter() {
            open.wait().await;
        }
    }

    /// Ends what still arrives: who reads it is told, and may clean up.
    pub(super) fn cut_off(&self) {
        self.cut.cancel();
    }

    /// How many requests are being answered.
    pub(super) fn active(&self) -> usize {
        self.open.iter().map(TaskTracker::len).sum()
    }
}
