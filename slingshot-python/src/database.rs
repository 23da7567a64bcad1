//! SQLAlchemy, as the runtime's client for PostgreSQL: `_database.py` has its half.

use std::any::Any;

use pyo3::{prelude::*, types::PyTuple};
use slingshot_runtime::{
    AnyError,
    embedding::{ForeignClient, ForeignConnection, ForeignError, Login},
};

use crate::door::{self, OpenConnection};

/// Opens connections by `_database.Opener`.
#[derive(Debug)]
pub(crate) struct SqlAlchemy {
    opener: Py<PyAny>,
}

impl SqlAlchemy {
    pub(crate) fn new(opener: Py<PyAny>) -> Self {
        Self { opener }
    }
}

impl ForeignClient for SqlAlchemy {
    fn connect(&self, login: &Login<'_>) -> Result<Box<dyn ForeignConnection>, AnyError> {
        door::attach(|py| {
            let opened = self.opener.call1(
                py,
                (
                    login.host,
                    login.port,
                    login.username,
                    login.password,
                    login.database,
                    login.tls,
                    login.application,
                ),
            );
            match opened {
                Ok(handle) => Ok(Box::new(Handle {
                    handle,
                    _open: OpenConnection::new(),
                }) as Box<dyn ForeignConnection>),
                Err(error) => Err(error.value(py).to_string().into()),
            }
        })
    }
}

/// A `_database.Handle`.
pub(crate) struct Handle {
    handle: Py<PyAny>,
    /// Gone after what is done at the end.
    _open: OpenConnection,
}

impl Handle {
    /// What the function is given.
    pub(crate) fn connection<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.handle.bind(py).getattr("connection")
    }

    fn ask<T>(
        &self,
        method: &str,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Py<PyTuple>>,
    ) -> Result<T, ForeignError>
    where
        T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
    {
        door::attach(|py| {
            let answer = arguments(py)
                .and_then(|arguments| self.handle.bind(py).call_method1(method, arguments))
                .and_then(|answer| answer.extract());
            answer.map_err(|error| failed(py, &error))
        })
    }
}

/// A connection that is given up is closed at once, and with it what it has locked: an object of Python's that is
/// dropped on a thread without the interpreter would wait for the next message.
impl Drop for Handle {
    fn drop(&mut self) {
        let closed = door::try_attach(|py| self.handle.call_method0(py, "abandon").map(drop));
        if let Some(Err(error)) = closed {
            tracing::debug!(%error, "a connection was not closed in order");
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "other arguments can fail")]
fn none(py: Python<'_>) -> PyResult<Py<PyTuple>> {
    Ok(PyTuple::empty(py).unbind())
}

/// A `_database.Failed` says more than its words.
fn failed(py: Python<'_>, error: &PyErr) -> ForeignError {
    let value = error.value(py);
    let attribute = |name| value.getattr(name);
    ForeignError {
        message: value.to_string(),
        state: attribute("state")
            .and_then(|it| it.extract())
            .unwrap_or_default(),
        lost: attribute("lost")
            .and_then(|it| it.extract())
            .unwrap_or_default(),
    }
}

impl ForeignConnection for Handle {
    fn run(&mut self, sql: &str) -> Result<(), ForeignError> {
        self.ask::<Option<bool>>("run", |py| Ok((sql,).into_pyobject(py)?.unbind()))?;
        Ok(())
    }

    fn execute(&mut self, sql: &str, parameters: &[&str]) -> Result<usize, ForeignError> {
        self.ask("execute", |py| {
            Ok((sql, parameters).into_pyobject(py)?.unbind())
        })
    }

    fn text(&mut self, sql: &str, parameters: &[&str]) -> Result<Option<String>, ForeignError> {
        self.ask("text", |py| {
            Ok((sql, parameters).into_pyobject(py)?.unbind())
        })
    }

    fn begin(&mut self) -> Result<(), ForeignError> {
        self.ask::<Option<bool>>("begin", none)?;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), ForeignError> {
        self.ask::<Option<bool>>("commit", none)?;
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), ForeignError> {
        self.ask::<Option<bool>>("roll_back", none)?;
        Ok(())
    }

    fn depth(&mut self) -> Option<u32> {
        self.ask("depth", none).ok().flatten()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
