//! Errors on their way from the one language to the other, and back again without a loss.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use pyo3::{prelude::*, sync::PyOnceLock};
use slingshot_runtime::{AnyError, Error, ObjectError};

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
        .and_then(|tell| tell.call1((raised.value(py),)))
        .and_then(|told| told.extract::<Told>());
    let Ok(told) = told else {
        // An exception that cannot be shown.
        return raised.to_string().into();
    };
    if told.outcome != "skip" {
        tracing::warn!(target: PACKAGE, service, "{}", told.traceback);
    }
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
