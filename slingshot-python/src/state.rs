//! The shared state, for Python: the runtime's own, with Python's values in it.

use std::sync::Arc;

use pyo3::{exceptions::PyTypeError, prelude::*};
use slingshot_runtime::{Bus, SharedState, StateError, embedding};

/// A value of Python's.
#[derive(Clone)]
struct Value(Arc<Py<PyAny>>);

/// What all handlers of a process share. Nobody waits for anybody.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct State(pub(crate) SharedState);

impl State {
    /// What all share who have a bus of this process.
    pub(crate) fn of(bus: &Bus) -> Self {
        Self(embedding::state_of(bus))
    }
}

#[pymethods]
impl State {
    #[new]
    fn new() -> Self {
        Self(SharedState::new())
    }

    /// The value of this name, alone in a tuple, if there is one.
    fn get(&self, py: Python<'_>, name: &str) -> PyResult<Option<(Py<PyAny>,)>> {
        let found = self.0.get::<Value>(name).into_inner();
        let found = found.map_err(|error| wrong(&error))?;
        Ok(found.map(|value| (value.0.clone_ref(py),)))
    }

    fn insert(&self, name: &str, value: Py<PyAny>) {
        self.0.insert(name, Value(Arc::new(value)));
    }

    /// Puts one value in the place of another, each alone in a tuple; `None` is none. Says whether the other was
    /// there, or is none as it shall be.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 passes arguments so")]
    fn exchange(
        &self,
        name: &str,
        old: Option<(Py<PyAny>,)>,
        new: Option<(Py<PyAny>,)>,
    ) -> PyResult<bool> {
        let expected = old.as_ref().map(|(old,)| old.as_ptr().addr());
        let is_expected =
            |there: Option<&Value>| there.map(|value| value.0.as_ptr().addr()) == expected;
        let new = new.map(|(new,)| Value(Arc::new(new)));
        let exchanged = embedding::exchange(&self.0, name, is_expected, new.as_ref());
        exchanged.map_err(|error| wrong(&error))
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }
}

/// Nobody but Python puts values into the state of a Python process.
fn wrong(error: &StateError) -> PyErr {
    PyTypeError::new_err(error.to_string())
}
