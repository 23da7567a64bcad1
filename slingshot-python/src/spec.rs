//! A service as the Python half describes it.

use std::{sync::Arc, time::Duration};

use pyo3::{exceptions::PyValueError, prelude::*};
use slingshot_runtime::{
    Retry,
    embedding::{CaseValue, Embedded, ForeignClient, Service, Settings, Share, Unrouted},
};

use crate::{
    call::{Function, FunctionSpec},
    database::SqlAlchemy,
    outputs,
};

/// The attributes of `_spec.Spec`.
#[derive(FromPyObject)]
pub(crate) struct Spec {
    name: String,
    sys_map: Option<String>,
    file: String,
    line: u32,
    process: FunctionSpec,
    startup: Option<FunctionSpec>,
    cases: Option<Vec<Case>>,
    reads: Vec<String>,
    writes: Vec<String>,
    replicas: Option<u32>,
    prefetch: Option<u16>,
    /// In seconds, as all durations.
    timeout: Option<f64>,
    retry: Option<(u32, f64, u32, f64)>,
    deduplicate: Option<f64>,
    transaction: bool,
    drops_unrouted: bool,
    /// Opens connections; none where no function takes one.
    opener: Option<Py<PyAny>>,
    share: Option<(u32, u32)>,
    one_replica: bool,
}

/// A case of the closed set.
struct Case(CaseValue);

impl<'py> FromPyObject<'_, 'py> for Case {
    type Error = PyErr;

    fn extract(case: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let found = outputs::case(&case)?;
        let error = || PyValueError::new_err("a case is a bool, an int, a str or an Enum of them");
        found.map(Self).ok_or_else(error)
    }
}

impl Spec {
    pub(crate) fn into_service(self) -> PyResult<Service> {
        let service: Arc<str> = self.name.as_str().into();
        let embedded = |function: FunctionSpec| {
            let needs = function.needs();
            let function = Function::new(function, Arc::clone(&service));
            Embedded {
                needs,
                call: Arc::new(move |parts| function.call(parts)),
            }
        };
        let retry = self
            .retry
            .map(|(max, initial, factor, max_delay)| {
                let retry = Retry {
                    max,
                    initial: duration(initial)?,
                    factor,
                    max_delay: duration(max_delay)?,
                };
                Ok::<_, PyErr>(retry.bounded())
            })
            .transpose()?;
        let settings = Settings {
            replicas: self.replicas,
            prefetch: self.prefetch,
            timeout: self.timeout.map(duration).transpose()?,
            transaction: self.transaction,
            unrouted: if self.drops_unrouted {
                Unrouted::Drop
            } else {
                Unrouted::DeadLetter
            },
            retry,
            deduplicate: self.deduplicate.map(duration).transpose()?,
        };
        let client = self
            .opener
            .map(|opener| Arc::new(SqlAlchemy::new(opener)) as Arc<dyn ForeignClient>);
        Ok(Service {
            name: self.name,
            sys_map: self.sys_map,
            settings,
            file: self.file,
            line: self.line,
            reads: self.reads,
            writes: self.writes,
            cases: self
                .cases
                .map(|cases| cases.into_iter().map(|Case(case)| case).collect()),
            process: embedded(self.process),
            startup: self.startup.map(embedded),
            client,
            share: match self.share {
                _ if self.one_replica => Share::One,
                Some((index, of)) => Share::Part { index, of },
                None => Share::Whole,
            },
        })
    }
}

pub(crate) fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("{seconds} s: {error}")))
}
