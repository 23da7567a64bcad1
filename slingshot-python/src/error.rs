//! Errors on their way from the one language to the other, and back again without a loss.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use pyo3::{prelude::*, sync::PyOnceLock};
use slingshot_runtime::{
    AnyError, CallError, Error, ObjectError, Refusal, SendError, embedding::CallFailure,
};

use crate::PACKAGE;

const ERRORS: &str = "slingshot_microservice.errors";

/// A Python exception, as its message's failure.
#[derive(Debug)]
struct Exception {
    /// Its type and its words.
    message: String,
    traceback: Traceback,
}

/// Where it was raised, and what it stems from: the link of the chain under the exception.
#[derive(Debug)]
struct Traceback {
    text: String,
    /// The runtime's own error, if it stems from one.
    cause: Option<Arc<AnyError>>,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Exception {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.traceback)
    }
}

impl fmt::Display for Traceback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Traceback {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.cause.as_ref()?;
        Some(&***cause)
    }
}

/// An error of the runtime's, kept in the exception that was made of it.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Cause(Arc<AnyError>);

/// The attributes of `errors._Told`.
#[derive(FromPyObject)]
struct Told {
    /// What should become of the message.
    outcome: String,
    /// After how many seconds, if it is to be tried again after some time.
    seconds: f64,
    message: String,
    traceback: String,
    cause: Option<Py<Cause>>,
}

/// What a function raised.
pub(crate) fn into_rust(py: Python<'_>, raised: &PyErr, service: &str) -> AnyError {
    static TELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let told = TELL
        .import(py, ERRORS, "_tell")
        .and_then(|tell| tell.call1((raised.clone_ref(py).into_value(py),)))
        .and_then(|told| told.extract::<Told>());
    let Ok(told) = told else {
        // An exception that cannot be shown.
        return raised.to_string().into();
    };
    if told.outcome != "skip" {
        tracing::warn!(target: PACKAGE, service, "{}", told.traceback);
    }
    told.into_error()
}

impl Told {
    /// With what should become of the message.
    fn into_error(self) -> AnyError {
        let told = self;
        let exception = Exception {
            message: told.message,
            traceback: Traceback {
                text: told.traceback,
                cause: told.cause.map(|cause| Arc::clone(&cause.get().0)),
            },
        };
        match told.outcome.as_str() {
            "permanent" => Error::permanent(exception).into(),
            "skip" => Error::skip(exception).into(),
            "retry-after" => {
                let delay = Duration::try_from_secs_f64(told.seconds).unwrap_or(Duration::MAX);
                Error::retry_after(delay, exception).into()
            }
            _ => exception.into(),
        }
    }
}

/// The attributes of `errors._HandlerTold`.
#[derive(FromPyObject)]
struct HandlerTold {
    /// What came of the call.
    outcome: String,
    /// The status of a refusal.
    status: u16,
    /// What the client is told.
    message: String,
    told: Told,
}

/// What a handler's function raised. The client is told no more of it than that it failed, unless it was raised to
/// be told.
pub(crate) fn of_handler(py: Python<'_>, raised: &PyErr, handler: &str) -> CallFailure {
    static TELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let told = TELL
        .import(py, ERRORS, "_tell_of_handler")
        .and_then(|tell| tell.call1((raised.clone_ref(py).into_value(py), handler)))
        .and_then(|told| told.extract::<HandlerTold>());
    let Ok(told) = told else {
        // An exception that cannot be shown.
        return CallFailure::Failed(format!("`{handler}` failed").into());
    };
    match told.outcome.as_str() {
        "malformed" => return CallFailure::Malformed(told.message),
        "refused" => {
            return CallFailure::Failed(Refusal::new(told.status, told.message).into());
        }
        _ => {}
    }
    tracing::error!(target: PACKAGE, handler, "{}", told.told.traceback);
    // Who calls the caller sees what became of the inner call.
    let cause = told.told.cause.as_ref();
    let inner = cause.and_then(|cause| cause.get().0.downcast_ref::<CallError>());
    match inner {
        Some(inner) => CallFailure::Failed(inner.clone().into()),
        None => CallFailure::Failed(told.told.into_error()),
    }
}

/// A call that got no reply, as the exception that says so.
pub(crate) fn of_call(py: Python<'_>, error: CallError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let (kind, status, message) = (error.kind(), error.status(), error.to_string());
    let made = Py::new(py, Cause(Arc::new(error.into()))).and_then(|cause| {
        let make = MAKE.import(py, ERRORS, "_make_call_error")?;
        make.call1((kind, status, message, cause))
    });
    made.map_or_else(|error| error, PyErr::from_value)
}

/// An id that was not sent.
pub(crate) fn of_send(py: Python<'_>, error: SendError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let message = error.to_string();
    let made = Py::new(py, Cause(Arc::new(error.into()))).and_then(|cause| {
        let make = MAKE.import(py, ERRORS, "_make_send_error")?;
        make.call1((message, cause))
    });
    made.map_or_else(|error| error, PyErr::from_value)
}

/// An error of an object's, as the exception of its kind.
pub(crate) fn into_python(py: Python<'_>, error: AnyError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let missing = matches!(ObjectError::of(&*error), Some(ObjectError::Missing { .. }));
    let message = error.to_string();
    let made = Py::new(py, Cause(Arc::new(error))).and_then(|cause| {
        let make = MAKE.import(py, ERRORS, "_make")?;
        make.call1((missing, message, cause))
    });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
