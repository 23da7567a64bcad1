//! A message's objects, in the blocks that Python's file objects ask for.

use std::{
    io::{Read as _, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pyo3::{exceptions::PyValueError, prelude::*, pybacked::PyBackedBytes, types::PyBytes};
use slingshot_runtime::{ObjectReader, ObjectWriter, embedding::MessageFiles};

use crate::error;

/// The most bytes that one call hands over: with it, memory is bounded, whatever is asked for.
const BLOCK: usize = 1024 * 1024;

/// Opens the objects of one message, as long as its function runs.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Files {
    message: Mutex<Option<Arc<MessageFiles>>>,
    /// Files of Python's own that are to be closed before the message's are uploaded.
    closing: Mutex<Vec<Py<PyAny>>>,
}

#[pymethods]
impl Files {
    /// Opens an object for reading.
    fn read(&self, py: Python<'_>, key: &str, id: u64) -> PyResult<Reader> {
        let message = self.message()?;
        let opened = py.detach(|| message.open_reader(key, id));
        let reader = opened.map_err(|error| error::into_python(py, error))?;
        Ok(Reader(Mutex::new(reader)))
    }

    /// Opens an object for writing.
    fn write(&self, py: Python<'_>, key: &str, id: u64) -> PyResult<Writer> {
        let message = self.message()?;
        let opened = py.detach(|| message.open_writer(key, id));
        let writer = opened.map_err(|error| error::into_python(py, error))?;
        Ok(Writer(Mutex::new(writer)))
    }

    /// Has a file closed when the function has returned.
    fn close_later(&self, file: Py<PyAny>) {
        locked(&self.closing).push(file);
    }
}

impl Files {
    pub(crate) fn new(message: Arc<MessageFiles>) -> Self {
        Self {
            message: Mutex::new(Some(message)),
            closing: Mutex::default(),
        }
    }

    fn message(&self) -> PyResult<Arc<MessageFiles>> {
        let message = locked(&self.message).clone();
        message.ok_or_else(|| {
            PyValueError::new_err(
                "the message is settled: its files are opened while its function runs",
            )
        })
    }

    /// Opens nothing any more.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()> {
        let closing = std::mem::take(&mut *locked(&self.closing));
        for file in closing {
            file.call_method0(py, "close")?;
        }
        locked(&self.message).take();
        Ok(())
    }
}

/// An object that is being read.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Reader(Mutex<ObjectReader>);

#[pymethods]
impl Reader {
    /// At most so many bytes; none at the end.
    fn read<'py>(&self, py: Python<'py>, size: usize) -> PyResult<Bound<'py, PyBytes>> {
        let block = py.detach(|| {
            let mut block = vec![0; size.min(BLOCK)];
            let count = locked(&self.0).read(&mut block)?;
            block.truncate(count);
            Ok::<_, std::io::Error>(block)
        });
        match block {
            Ok(block) => Ok(PyBytes::new(py, &block)),
            Err(failed) => Err(error::into_python(py, failed.into())),
        }
    }
}

/// An object that is being written.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Writer(Mutex<ObjectWriter>);

#[pymethods]
impl Writer {
    /// Writes all of it.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 passes arguments so")]
    fn write(&self, py: Python<'_>, bytes: PyBackedBytes) -> PyResult<()> {
        let written = py.detach(|| locked(&self.0).write_all(&bytes));
        written.map_err(|failed| error::into_python(py, failed.into()))
    }
}

/// What panicked while it held the lock has failed its message already.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
