//! The bus and the queues, for Python: whatever takes its time is waited for, or heard of when it is done.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pyo3::{
    exceptions::{PyRuntimeError, PyTimeoutError},
    prelude::*,
};
use slingshot_runtime::{
    Broadcast, CallError, Missed, Queues, SendError, Subscription as Listener,
    embedding::{self, runtime_of, sooner},
};
use tokio::{runtime::Handle, sync, task::AbortHandle, time::timeout};

use crate::{
    error,
    interpreter::soon,
    payload::{self, Payload},
    spec::duration,
};

/// What a function calls other handlers and starts services by.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Bus {
    bus: slingshot_runtime::Bus,
    queues: Queues,
}

impl Bus {
    pub(crate) fn of(bus: &slingshot_runtime::Bus) -> Self {
        Self {
            bus: bus.clone(),
            queues: embedding::queues_of(bus),
        }
    }

    fn within(&self, limit: Option<f64>) -> PyResult<slingshot_runtime::Bus> {
        let bus = self.bus.clone();
        Ok(match limit {
            Some(limit) => sooner(bus, duration(limit)?),
            None => bus,
        })
    }

    fn pending(&self, future: impl Future<Output = Ended> + Send + 'static) -> Pending {
        Pending::new(runtime_of(&self.bus).clone(), future)
    }
}

#[pymethods]
impl Bus {
    #[pyo3(signature = (handler, data, timeout))]
    fn publish(
        &self,
        handler: String,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Pending> {
        let (bus, data) = (self.within(timeout)?, payload::of(data)?);
        Ok(self.pending(async move { Ok(Got::Payload(bus.publish(&handler, data).await?)) }))
    }

    #[pyo3(signature = (handler, data, timeout))]
    fn dispatch(
        &self,
        handler: String,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Pending> {
        let (bus, data) = (self.within(timeout)?, payload::of(data)?);
        Ok(self.pending(async move {
            bus.dispatch(&handler, data).await?;
            Ok(Got::Nothing)
        }))
    }

    fn broadcast(&self, topic: String, data: &Bound<'_, PyAny>) -> PyResult<Pending> {
        let (bus, data) = (self.bus.clone(), payload::of(data)?);
        Ok(self.pending(async move {
            bus.broadcast(&topic, data).await?;
            Ok(Got::Nothing)
        }))
    }

    fn subscribe(&self, topic: String) -> Pending {
        let bus = self.bus.clone();
        self.pending(async move {
            let listener = Arc::new(sync::Mutex::new(bus.subscribe(&topic).await?));
            let runtime = runtime_of(&bus).clone();
            Ok(Got::Subscription(Subscription { listener, runtime }))
        })
    }

    /// Sends ids to a service.
    fn send(&self, service: String, ids: Vec<u64>) -> Pending {
        let queues = self.queues.clone();
        self.pending(async move {
            queues.send_all(&service, ids).await?;
            Ok(Got::Nothing)
        })
    }
}

/// A listener to a topic.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Subscription {
    listener: Arc<sync::Mutex<Listener>>,
    runtime: Handle,
}

#[pymethods]
impl Subscription {
    /// The next broadcast, as its source and its payload; how many were missed; or `None` at the end.
    #[pyo3(signature = (limit))]
    fn next(&self, limit: Option<f64>) -> PyResult<Pending> {
        let limit = limit.map(duration).transpose()?;
        let listener = Arc::clone(&self.listener);
        let hear = async move { Got::Heard(listener.lock().await.next().await) };
        Ok(Pending::new(self.runtime.clone(), async move {
            match limit {
                Some(limit) => timeout(limit, hear)
                    .await
                    .map_err(|_| Trouble::Silence(limit)),
                None => Ok(hear.await),
            }
        }))
    }
}

/// What there is in the end.
enum Got {
    Nothing,
    Payload(slingshot_runtime::Payload),
    Subscription(Subscription),
    Heard(Option<Result<Broadcast, Missed>>),
}

impl Got {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Nothing | Self::Heard(None) => Ok(py.None()),
            Self::Payload(payload) => Ok(Py::new(py, Payload(payload))?.into_any()),
            Self::Subscription(subscription) => Ok(Py::new(py, subscription)?.into_any()),
            Self::Heard(Some(Ok(told))) => {
                let told = (told.source.as_str(), Payload(told.payload));
                Ok(told.into_pyobject(py)?.into_any().unbind())
            }
            Self::Heard(Some(Err(missed))) => {
                Ok(missed.count.into_pyobject(py)?.into_any().unbind())
            }
        }
    }
}

/// Why there is nothing.
enum Trouble {
    Call(CallError),
    Send(SendError),
    /// Nothing was heard for so long.
    Silence(Duration),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<SendError> for Trouble {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl Trouble {
    fn into_python(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Call(failed) => error::of_call(py, failed),
            Self::Send(failed) => error::of_send(py, failed),
            Self::Silence(limit) => {
                PyTimeoutError::new_err(format!("nothing was told within {limit:?}"))
            }
        }
    }
}

type Ended = Result<Got, Trouble>;

/// Something that has not ended. It begins when somebody waits for it, and is waited for once.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Pending {
    future: Mutex<Option<Pin<Box<dyn Future<Output = Ended> + Send>>>>,
    running: Mutex<Option<AbortHandle>>,
    runtime: Handle,
}

impl Pending {
    fn new(runtime: Handle, future: impl Future<Output = Ended> + Send + 'static) -> Self {
        Self {
            future: Mutex::new(Some(Box::pin(future))),
            running: Mutex::default(),
            runtime,
        }
    }

    fn begun(&self) -> PyResult<Pin<Box<dyn Future<Output = Ended> + Send>>> {
        let future = locked(&self.future).take();
        future.ok_or_else(|| PyRuntimeError::new_err("it is waited for already"))
    }
}

#[pymethods]
impl Pending {
    /// Keeps the thread until it has ended.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let future = self.begun()?;
        match py.detach(|| self.runtime.block_on(future)) {
            Ok(got) => got.into_python(py),
            Err(trouble) => Err(trouble.into_python(py)),
        }
    }

    /// Has `done` called when it has ended, with what there is and why there is nothing.
    fn then(&self, done: Py<PyAny>) -> PyResult<()> {
        let future = self.begun()?;
        let running = self.runtime.spawn(async move {
            let ended = future.await;
            soon(move |py| tell(py, &done, ended));
        });
        *locked(&self.running) = Some(running.abort_handle());
        Ok(())
    }

    /// Nobody waits any more.
    fn abort(&self) {
        if let Some(running) = locked(&self.running).take() {
            running.abort();
        }
    }
}

fn tell(py: Python<'_>, done: &Py<PyAny>, ended: Ended) {
    let told = match ended.map(|got| got.into_python(py)) {
        Ok(Ok(got)) => done.call1(py, (got, py.None())),
        Ok(Err(failed)) => done.call1(py, (py.None(), failed.into_value(py))),
        Err(trouble) => done.call1(py, (py.None(), trouble.into_python(py).into_value(py))),
    };
    if let Err(failed) = told {
        // The event loop that waited is closed.
        tracing::debug!(target: crate::PACKAGE, error = %failed, "nobody waits any more");
    }
}

/// Who panicked while it held the lock has failed already.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
