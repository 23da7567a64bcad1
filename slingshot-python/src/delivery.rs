//! What the broker says of a message, for Python.

use pyo3::{prelude::*, types::PyDict};
use slingshot_runtime::Header;

/// What the broker says of a message beside the id that it carries.
#[pyclass(frozen, get_all, module = "slingshot_microservice")]
pub(crate) struct Delivery {
    /// The id that its producer gave the message; none from plain producers.
    message_id: Option<String>,
    /// Which attempt at the message this is: 1 for the first.
    attempt: u32,
    /// Whether the broker handed the message out before, and did not learn what came of it.
    redelivered: bool,
    /// The message's headers.
    headers: Py<PyDict>,
}

#[pymethods]
impl Delivery {
    #[new]
    #[pyo3(signature = (message_id=None, attempt=1, redelivered=false, headers=None))]
    fn new(
        py: Python<'_>,
        message_id: Option<String>,
        attempt: u32,
        redelivered: bool,
        headers: Option<Py<PyDict>>,
    ) -> Self {
        Self {
            message_id,
            attempt,
            redelivered,
            headers: headers.unwrap_or_else(|| PyDict::new(py).unbind()),
        }
    }
}

impl Delivery {
    pub(crate) fn of(py: Python<'_>, delivery: &slingshot_runtime::Delivery) -> PyResult<Self> {
        let headers = PyDict::new(py);
        for (name, header) in delivery.headers() {
            match header {
                Header::Bool(value) => headers.set_item(name, value)?,
                Header::Integer(value) => headers.set_item(name, value)?,
                Header::Float(value) => headers.set_item(name, value)?,
                Header::Text(value) => headers.set_item(name, value)?,
            }
        }
        Ok(Self {
            message_id: delivery.message_id().map(str::to_owned),
            attempt: delivery.attempt(),
            redelivered: delivery.redelivered(),
            headers: headers.unbind(),
        })
    }
}
