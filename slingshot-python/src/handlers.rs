//! Handlers: what the Python half says of them, and one call of a function.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use slingshot_runtime::{
    IntoReply as _, Reply,
    embedding::{
        CallFailure, CallParts, EmbeddedHandler, HandlerFunction, HandlerOutcome, HandlerSettings,
        Offered, ReplyFuture,
    },
};
use tokio::sync::oneshot;

use crate::{
    bus::Bus, door, error, interpreter::soon, payload::Payload, spec::duration, state::State,
};

/// The attributes of `_handler.Handler.spec`.
#[derive(FromPyObject)]
pub(crate) struct HandlerSpec {
    name: String,
    file: String,
    line: u32,
    replicas: Option<u32>,
    queue: Option<u32>,
    /// In seconds.
    timeout: Option<f64>,
    /// Whether it takes the head of the request.
    head: bool,
    /// Whether `call` starts it, and has somebody told when it has ended.
    is_async: bool,
    /// Calls it with an [`Offer`].
    call: Py<PyAny>,
}

impl HandlerSpec {
    pub(crate) fn into_handler(self) -> PyResult<EmbeddedHandler> {
        let function = Arc::new(Function {
            name: self.name.clone(),
            call: self.call,
            head: self.head,
        });
        let function = if self.is_async {
            HandlerFunction::Async(Arc::new(move |parts| begin(Arc::clone(&function), parts)))
        } else {
            HandlerFunction::Sync(Arc::new(move |parts| function.call(parts)))
        };
        Ok(EmbeddedHandler {
            name: self.name,
            settings: HandlerSettings {
                replicas: self.replicas,
                queue: self.queue,
                timeout: self.timeout.map(duration).transpose()?,
            },
            file: self.file,
            line: self.line,
            function,
        })
    }
}

/// What one call offers.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Offer(Offered);

/// Headers, the query, the client's address and the names in its certificate.
type Head<'h> = (
    Vec<(&'h str, &'h str)>,
    Option<&'h str>,
    Option<String>,
    Vec<&'h str>,
);

#[pymethods]
impl Offer {
    fn payload(&self) -> Payload {
        Payload(self.0.payload.clone())
    }

    fn source(&self) -> &str {
        self.0.source.as_str()
    }

    /// The head of the request, where it was asked for.
    fn head(&self) -> Head<'_> {
        let head = &self.0.head;
        let peer = head.peer().map(|peer| peer.to_string());
        let names = head.client_names().iter().map(String::as_str);
        (
            head.headers().collect(),
            head.query(),
            peer,
            names.collect(),
        )
    }

    fn bus(&self) -> Bus {
        Bus::of(&self.0.bus)
    }

    fn state(&self) -> State {
        State::of(&self.0.bus)
    }
}

/// A function of Python's.
struct Function {
    name: String,
    call: Py<PyAny>,
    head: bool,
}

impl Function {
    /// On a thread that may block.
    fn call(&self, parts: CallParts<'_>) -> HandlerOutcome {
        let offer = Offer(Offered::by(parts, self.head));
        door::attach(|py| {
            let called = self.call.bind(py).call1((offer,));
            door::end_if_forked(py, called.as_ref().err());
            self.outcome(py, called)
        })
    }

    /// What came of a call: the attributes of a reply, or what it raised.
    fn outcome(&self, py: Python<'_>, called: PyResult<Bound<'_, PyAny>>) -> HandlerOutcome {
        type Replied<'py> = (Bound<'py, Payload>, Option<u16>, Vec<(String, String)>);

        let replied = called.and_then(|replied| replied.extract::<Replied<'_>>());
        match replied {
            Ok((payload, status, headers)) => reply(payload.get(), status, &headers),
            Err(raised) => Err(error::of_handler(py, &raised, &self.name)),
        }
    }
}

fn reply(payload: &Payload, status: Option<u16>, headers: &[(String, String)]) -> HandlerOutcome {
    let payload = payload.0.clone();
    let made = match status {
        Some(status) => Reply::new(status, payload),
        None => payload.into_reply(),
    };
    let mut reply = made.map_err(CallFailure::Failed)?;
    for (name, value) in headers {
        reply = reply.header(name, value).map_err(CallFailure::Failed)?;
    }
    Ok(reply)
}

/// Calls an `async` function, on the event loop. Where nobody waits for it any more, it is cancelled.
///
/// The threads that read requests never wait for the interpreter's lock.
fn begin(function: Arc<Function>, parts: CallParts<'_>) -> ReplyFuture<'_> {
    let offered = Offered::by(parts, function.head);
    Box::pin(async move {
        let (ended, outcome) = oneshot::channel();
        let mut running = Running::default();
        let task = Arc::clone(&running.task);
        soon(move |py| *locked(&task) = start(py, &function, offered, ended));
        let outcome = outcome.await;
        running.has_ended = true;
        outcome.unwrap_or_else(|_| Err(CallFailure::Failed("the function was cancelled".into())))
    })
}

/// The future that stands for it, unless it could not be started.
fn start(
    py: Python<'_>,
    function: &Arc<Function>,
    offered: Offered,
    ended: oneshot::Sender<HandlerOutcome>,
) -> Option<Py<PyAny>> {
    let done = Done {
        function: Arc::clone(function),
        ended: Mutex::new(Some(ended)),
    };
    // Where there is no memory for it, who waits hears that its sender is gone.
    let done = Py::new(py, done).ok()?;
    match function.call.bind(py).call1((Offer(offered), &done)) {
        Ok(future) => Some(future.unbind()),
        Err(raised) => {
            done.get().tell(py, Err(raised));
            None
        }
    }
}

/// A call of an `async` function. It is cancelled when this is dropped before it has ended.
#[derive(Default)]
struct Running {
    task: Arc<Mutex<Option<Py<PyAny>>>>,
    has_ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let task = Arc::clone(&self.task);
        // After its start, which was asked for before.
        soon(move |py| {
            let future = locked(&task).take();
            let cancelled = future.map(|future| future.call_method0(py, "cancel"));
            if let Some(Err(error)) = cancelled {
                tracing::debug!(target: crate::PACKAGE, %error, "not cancelled");
            }
        });
    }
}

/// Hears of an `async` function's end.
#[pyclass(frozen, module = "slingshot_microservice._native")]
pub(crate) struct Done {
    function: Arc<Function>,
    ended: Mutex<Option<oneshot::Sender<HandlerOutcome>>>,
}

#[pymethods]
impl Done {
    /// Called with the future.
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0("cancelled")?.is_truthy()? {
            locked(&self.ended).take();
        } else {
            self.tell(future.py(), future.call_method0("result"));
        }
        Ok(())
    }
}

impl Done {
    fn tell(&self, py: Python<'_>, called: PyResult<Bound<'_, PyAny>>) {
        let outcome = self.function.outcome(py, called);
        if let Some(ended) = locked(&self.ended).take() {
            // Who waited may be gone.
            drop(ended.send(outcome));
        }
    }
}

/// Who panicked while it held the lock has failed already.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
