//! The native half of the Python package `slingshot_microservice`: it translates, and decides nothing.
//!
//! The Python half, in `python/slingshot_microservice`, reads what the user wrote and keeps the processes; what
//! becomes of a message is `slingshot-runtime`'s.

mod bus;
mod call;
mod database;
mod delivery;
mod door;
mod error;
mod files;
mod handlers;
mod interpreter;
mod outputs;
mod payload;
mod rehearsal;
mod spec;
mod state;

use pyo3::prelude::*;

/// Whose lines in the log are Python's.
const PACKAGE: &str = "slingshot_microservice";

/// The module `slingshot_microservice._native`.
#[pymodule]
mod _native {
    use pyo3::{exceptions::PyValueError, prelude::*};
    use slingshot_runtime::embedding::{self, Lifeline, duration};

    #[pymodule_export]
    use super::{
        bus::{Bus, Pending, Subscription},
        delivery::Delivery,
        error::Cause,
        files::{Files, Reader, Writer},
        handlers::{Done, Offer},
        payload::Payload,
        state::State,
    };
    use crate::{PACKAGE, door, handlers::HandlerSpec, outputs, rehearsal, spec::Spec};

    /// Runs services and handlers until the process is told to end, and says with which code.
    #[pyfunction]
    fn run(
        py: Python<'_>,
        specs: Vec<Spec>,
        handlers: Vec<HandlerSpec>,
        lifeline: Option<(String, String)>,
    ) -> PyResult<u8> {
        let lifeline = lifeline
            .map(|(address, greeting)| {
                let address = address.parse();
                address.map(|address| Lifeline::new(address, greeting))
            })
            .transpose()
            .map_err(|_| PyValueError::new_err("the lifeline's address is not one"))?;
        let services = specs
            .into_iter()
            .map(Spec::into_service)
            .collect::<PyResult<_>>()?;
        let handlers = handlers.into_iter().map(HandlerSpec::into_handler);
        let handlers = handlers.collect::<PyResult<_>>()?;
        // A worker is told so, and leaves without the interpreter's end.
        let stays = lifeline.is_none();
        Ok(py.detach(|| {
            let code = embedding::run(services, handlers, lifeline);
            if stays {
                door::settle();
            }
            door::end_unless_free(code);
            code
        }))
    }

    /// Says that this process has been forked by a function.
    #[pyfunction]
    fn forked() {
        door::forked();
    }

    /// Lets no thread of the runtime's into the interpreter any more; false if one is inside and does not leave.
    #[pyfunction]
    fn close(py: Python<'_>) -> bool {
        py.detach(door::close)
    }

    /// The manifest of services and handlers, as JSON.
    #[pyfunction]
    fn describe(specs: Vec<Spec>, handlers: Vec<HandlerSpec>) -> PyResult<String> {
        let services = specs.into_iter().map(Spec::into_service);
        let handlers = handlers.into_iter().map(HandlerSpec::into_handler);
        Ok(embedding::describe(
            services.collect::<PyResult<_>>()?,
            handlers.collect::<PyResult<_>>()?,
        ))
    }

    /// A bus that knows these handlers, for tests, and the state that they share.
    #[pyfunction]
    fn rehearse(py: Python<'_>, handlers: Vec<HandlerSpec>, state: &State) -> PyResult<Bus> {
        let handlers = handlers.into_iter().map(HandlerSpec::into_handler);
        rehearsal::bus(py, handlers.collect::<PyResult<_>>()?, &state.0)
    }

    /// Reads a duration such as `1h30m`, in seconds.
    #[pyfunction]
    fn seconds(text: &str) -> PyResult<f64> {
        let read =
            duration::parse(text).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(read.as_secs_f64())
    }

    /// The results of a function, as a service would route them.
    #[pyfunction]
    fn collect(result: &Bound<'_, PyAny>, service: &str) -> PyResult<Vec<(u64, outputs::Routed)>> {
        let outputs = outputs::collected(result, service)?;
        Ok(outputs
            .into_iter()
            .map(|(id, case)| (id, outputs::Routed(case)))
            .collect())
    }

    /// How long one call may take, unless the service says otherwise, in seconds.
    #[pyfunction]
    fn default_timeout() -> f64 {
        embedding::DEFAULT_TIMEOUT.as_secs_f64()
    }

    /// Starts the log of a process that runs no service itself.
    #[pyfunction]
    fn start_log() {
        embedding::start_log();
    }

    /// Writes a line to the log.
    #[pyfunction]
    fn log(level: &str, service: &str, message: &str) {
        match level {
            "error" => tracing::error!(target: PACKAGE, service, "{message}"),
            "warning" => tracing::warn!(target: PACKAGE, service, "{message}"),
            "info" => tracing::info!(target: PACKAGE, service, "{message}"),
            _ => tracing::debug!(target: PACKAGE, service, "{message}"),
        }
    }
}
