//! One call of a Python function: its arguments, made of what a message offers, and what came of it.

use std::sync::Arc;

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyString, PyTuple},
};
use slingshot_runtime::embedding::{Needs, Outcome, Parts};

use crate::{
    bus::Bus, database::Handle, delivery::Delivery, door, error, files::Files, outputs,
    state::State,
};

/// The attributes of `_plan.Plan`.
#[derive(FromPyObject)]
pub(crate) struct FunctionSpec {
    function: Py<PyAny>,
    /// What its positional parameters take, in their order.
    positional: Vec<Argument>,
    /// What its other parameters take, by name.
    keywords: Vec<(Py<PyString>, Argument)>,
}

const STATE: &str = "SharedState";

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    Request,
    ReadFile,
    WriteFile,
    Connection,
    Delivery,
    /// A class of `_bus` or `_state`, made of what the native half has for it.
    Shared(&'static str),
}

impl<'py> FromPyObject<'_, 'py> for Argument {
    type Error = PyErr;

    fn extract(word: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match word.extract::<String>()?.as_str() {
            "request" => Ok(Self::Request),
            "read_file" => Ok(Self::ReadFile),
            "write_file" => Ok(Self::WriteFile),
            "connection" => Ok(Self::Connection),
            "delivery" => Ok(Self::Delivery),
            "bus" => Ok(Self::Shared("Bus")),
            "async_bus" => Ok(Self::Shared("AsyncBus")),
            "queues" => Ok(Self::Shared("Queues")),
            "async_queues" => Ok(Self::Shared("AsyncQueues")),
            "state" => Ok(Self::Shared(STATE)),
            unknown => Err(PyValueError::new_err(format!("no argument `{unknown}`"))),
        }
    }
}

impl FunctionSpec {
    pub(crate) fn needs(&self) -> Needs {
        let keywords = self.keywords.iter().map(|(_, argument)| argument);
        let arguments: Vec<_> = self.positional.iter().chain(keywords).collect();
        let takes = |wanted: Argument| arguments.iter().any(|argument| **argument == wanted);
        Needs {
            objects: takes(Argument::ReadFile) || takes(Argument::WriteFile),
            database: takes(Argument::Connection),
            message: takes(Argument::Request) || takes(Argument::Delivery),
            headers: takes(Argument::Delivery),
        }
    }
}

/// A Python function, ready to be called from any worker.
pub(crate) struct Function {
    spec: FunctionSpec,
    service: Arc<str>,
}

const THERE: &str = "what a function needs is set up for it";

impl Function {
    pub(crate) fn new(spec: FunctionSpec, service: Arc<str>) -> Self {
        Self { spec, service }
    }

    /// Calls it, and has it yield all that it yields.
    pub(crate) fn call(&self, mut parts: Parts<'_>) -> Outcome {
        door::attach(|py| {
            let mut offer = Offer {
                parts: &mut parts,
                files: None,
            };
            let outcome = self.call_within(py, &mut offer);
            door::end_if_forked(py, outcome.as_ref().err());
            // What the function has kept of the message's files opens no more of them.
            let closed = match &offer.files {
                Some(files) => files.get().close(py),
                None => Ok(()),
            };
            outcome
                .and_then(|outputs| closed.map(|()| outputs))
                .map_err(|error| error::into_rust(py, &error, &self.service))
        })
    }

    fn call_within(
        &self,
        py: Python<'_>,
        offer: &mut Offer<'_, '_>,
    ) -> PyResult<slingshot_runtime::embedding::Outputs> {
        let positional = self.spec.positional.iter();
        let positional = positional.map(|argument| offer.argument(py, *argument));
        let arguments = PyTuple::new(py, positional.collect::<PyResult<Vec<_>>>()?)?;
        let function = self.spec.function.bind(py);
        let result = if self.spec.keywords.is_empty() {
            function.call1(arguments)?
        } else {
            let keywords = PyDict::new(py);
            for (name, argument) in &self.spec.keywords {
                keywords.set_item(name, offer.argument(py, *argument)?)?;
            }
            function.call(arguments, Some(&keywords))?
        };
        outputs::collected(&result, &self.service)
    }
}

/// What one message offers.
struct Offer<'o, 'a> {
    parts: &'o mut Parts<'a>,
    files: Option<Py<Files>>,
}

impl Offer<'_, '_> {
    fn argument<'py>(
        &mut self,
        py: Python<'py>,
        argument: Argument,
    ) -> PyResult<Bound<'py, PyAny>> {
        static READ_FILE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static WRITE_FILE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

        const FILES: &str = "slingshot_microservice._files";

        match argument {
            Argument::Request => Ok(self.parts.request.into_pyobject(py)?.into_any()),
            Argument::ReadFile => {
                let class = READ_FILE.import(py, FILES, "ReadFile")?;
                class.call1((self.files(py)?,))
            }
            Argument::WriteFile => {
                let class = WRITE_FILE.import(py, FILES, "WriteFile")?;
                class.call1((self.files(py)?,))
            }
            Argument::Connection => {
                let connection = self.parts.connection.as_deref_mut();
                let foreign = connection.and_then(|it| it.foreign()).expect(THERE);
                let handle = foreign.as_any().downcast_ref::<Handle>().expect(THERE);
                handle.connection(py)
            }
            Argument::Shared(class) => {
                let bus = self.parts.bus.expect(THERE);
                let module = py.import("slingshot_microservice")?;
                let native = if class == STATE {
                    Bound::new(py, State::of(bus))?.into_any()
                } else {
                    Bound::new(py, Bus::of(bus))?.into_any()
                };
                module.getattr(class)?.call1((native,))
            }
            Argument::Delivery => {
                let delivery = Delivery::of(py, self.parts.delivery)?;
                Ok(Bound::new(py, delivery)?.into_any())
            }
        }
    }

    fn files(&mut self, py: Python<'_>) -> PyResult<Py<Files>> {
        if let Some(files) = &self.files {
            return Ok(files.clone_ref(py));
        }
        let files = Arc::clone(self.parts.files.expect(THERE));
        let files = Py::new(py, Files::new(files))?;
        self.files = Some(files.clone_ref(py));
        Ok(files)
    }
}
