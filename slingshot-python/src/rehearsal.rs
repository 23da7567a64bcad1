//! Handlers in a test's process.

use pyo3::{exceptions::PyOSError, prelude::*, sync::PyOnceLock};
use slingshot_runtime::{
    SharedState,
    embedding::{self, EmbeddedHandler},
};
use tokio::runtime::{Builder, Runtime};

use crate::bus::Bus;

/// A bus that knows these handlers. All of a process run in one runtime, which ends with it.
pub(crate) fn bus(
    py: Python<'_>,
    handlers: Vec<EmbeddedHandler>,
    state: &SharedState,
) -> PyResult<Bus> {
    static RUNTIME: PyOnceLock<Runtime> = PyOnceLock::new();

    let runtime = RUNTIME.get_or_try_init(py, || {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build();
        runtime.map_err(|error| PyOSError::new_err(error.to_string()))
    })?;
    let bus = embedding::rehearse(handlers, state, runtime.handle());
    Ok(Bus::of(&bus))
}
