//! Where `async` functions run: apart from whoever speaks with the broker, which waits for heartbeats and
//! answers however long a function keeps its thread.

use std::{io, num::NonZero, thread};

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime for functions alone. Dropped, it ends without waiting for them.
#[derive(Debug)]
pub(super) struct FunctionRuntime(Option<Runtime>);

impl FunctionRuntime {
    /// With no more threads than functions can run at once.
    pub(super) fn start(service: &str, replicas: u32) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let replicas = usize::try_from(replicas).unwrap_or(usize::MAX);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores.min(replicas).max(1))
            .thread_name(service)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for FunctionRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
