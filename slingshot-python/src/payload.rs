//! What goes to a handler and what comes back, for Python.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    pybacked::PyBackedBytes,
    sync::PyOnceLock,
    types::{PyBytes, PyString},
};
use slingshot_runtime::{Bytes, Payload as Data, PayloadError, embedding::PayloadForm};

/// Data on its way to a handler or back: a text, JSON or bytes.
#[pyclass(frozen, eq, module = "slingshot_microservice")]
#[derive(PartialEq)]
pub(crate) struct Payload(pub(crate) Data);

#[pymethods]
impl Payload {
    /// A `str` is a text, `bytes` are bytes, `None` is nothing; of everything else the JSON.
    #[new]
    #[pyo3(signature = (data=None))]
    fn new(data: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        data.map_or_else(|| Ok(Data::default()), of).map(Self)
    }

    /// The text; of JSON that is a string, what it says, and of other JSON how it is written.
    fn text(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.0.clone().into_text();
        text.map_err(|error| no_text(py, &error))
    }

    /// The bytes: of a text its UTF-8, of JSON how it is written.
    fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.clone().into_bytes())
    }

    /// The value that the JSON says.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        static JSON: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

        let json = JSON.import(slf.py(), MODULE, "value")?;
        json.call1((slf,))
    }

    /// The value of this type.
    fn to<'py>(slf: &Bound<'py, Self>, kind: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        static TO: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

        let to = TO.import(slf.py(), MODULE, "of_payload")?;
        to.call1((slf, kind))
    }

    /// What form it has.
    #[getter]
    fn form(&self) -> &'static str {
        match PayloadForm::from(self.0.clone()) {
            PayloadForm::Empty => "empty",
            PayloadForm::Text(_) => "text",
            PayloadForm::Json(_) => "json",
            PayloadForm::Bytes(_) => "bytes",
        }
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        const SHOWN: usize = 80;

        let text = String::from(self.0.clone());
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        format!("Payload({shown:?}{more})")
    }
}

const MODULE: &str = "slingshot_microservice._json";

/// Whatever a function sends or returns.
pub(crate) fn of(data: &Bound<'_, PyAny>) -> PyResult<Data> {
    static WRITTEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    if data.is_none() {
        return Ok(Data::default());
    }
    if let Ok(payload) = data.cast::<Payload>() {
        return Ok(payload.get().0.clone());
    }
    // An `Enum` of texts is JSON: what is sent is its value.
    if data.is_exact_instance_of::<PyString>() {
        let text = data.cast::<PyString>()?;
        return Ok(Data::text(text.to_cow()?));
    }
    if let Ok(bytes) = data.extract::<PyBackedBytes>() {
        return Ok(Data::bytes(bytes.to_vec()));
    }
    let written = WRITTEN.import(data.py(), MODULE, "written")?;
    let json: String = written.call1((data,))?.extract()?;
    Ok(PayloadForm::Json(Bytes::from(json)).into())
}

fn no_text(py: Python<'_>, error: &PayloadError) -> PyErr {
    static ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let made = ERROR
        .import(py, "slingshot_microservice.errors", "DataError")
        .and_then(|class| class.call1((error.to_string(),)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(_) => PyTypeError::new_err(error.to_string()),
    }
}
