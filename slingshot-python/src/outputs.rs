//! What a Python function returned or yielded, as the ids and cases of results.

use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyInt, PyMapping, PyString, PyTuple},
};
use slingshot_runtime::embedding::{CaseValue, Outputs};

/// Nothing, one pair, or pairs of any iterable.
pub(crate) fn collected(result: &Bound<'_, PyAny>, service: &str) -> PyResult<Outputs> {
    if result.is_none() {
        return Ok(Vec::new());
    }
    // A pair begins with an id, and a tuple of pairs with a tuple.
    if let Ok(tuple) = result.cast::<PyTuple>()
        && !tuple.is_empty()
        && !tuple.get_item(0)?.is_instance_of::<PyTuple>()
    {
        return Ok(vec![pair(result, service)?]);
    }
    let pairs = match result.cast::<PyMapping>() {
        Ok(mapping) => mapping.items()?.try_iter()?,
        Err(_) if result.is_instance_of::<PyString>() => {
            return Err(wrong(result, service, RESULT));
        }
        Err(_) => result
            .try_iter()
            .map_err(|_| wrong(result, service, RESULT))?,
    };
    pairs.map(|one| pair(&one?, service)).collect()
}

const RESULT: &str = "a function returns or yields pairs of an id and a case";
const PAIR: &str = "a result is a pair of an id and a case";
const ID: &str = "an id is an int from 0 to 2**64 - 1";
const CASE: &str = "a case is a bool, an int of 64 bits, a str, or an Enum of them";

fn pair(one: &Bound<'_, PyAny>, service: &str) -> PyResult<(u64, CaseValue)> {
    let tuple = one.cast::<PyTuple>();
    let tuple = tuple.map_err(|_| wrong(one, service, PAIR))?;
    if tuple.len() != 2 {
        return Err(wrong(one, service, PAIR));
    }
    let id = tuple.get_item(0)?;
    if id.is_instance_of::<PyBool>() {
        return Err(wrong(one, service, ID));
    }
    let id = id.extract().map_err(|_| wrong(one, service, ID))?;
    let case = case(&tuple.get_item(1)?)?;
    Ok((id, case.ok_or_else(|| wrong(one, service, CASE))?))
}

/// The value as a case, if it is one.
pub(crate) fn case(value: &Bound<'_, PyAny>) -> PyResult<Option<CaseValue>> {
    static ENUM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(Some(CaseValue::Bool(value.is_true())));
    }
    if value.is_instance(ENUM.import(value.py(), "enum", "Enum")?)? {
        return case(&value.getattr("value")?);
    }
    if let Ok(text) = value.cast::<PyString>() {
        // Half of a surrogate pair is no text.
        let text = text.to_cow().ok();
        return Ok(text.map(|text| CaseValue::Text(text.into())));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(whole(value));
    }
    // What a comparison of numpy's gives.
    if let Ok(value) = value.extract::<bool>() {
        return Ok(Some(CaseValue::Bool(value)));
    }
    Ok(if value.hasattr("__index__")? {
        whole(value)
    } else {
        None
    })
}

/// A number of 64 bits, with a sign or without.
fn whole(value: &Bound<'_, PyAny>) -> Option<CaseValue> {
    let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
    let number = value.extract::<i128>().ok();
    let number = number.filter(|number| range.contains(number));
    number.map(CaseValue::Integer)
}

fn wrong(value: &Bound<'_, PyAny>, service: &str, expected: &str) -> PyErr {
    static WRONG: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    let made = WRONG
        .import(value.py(), "slingshot_microservice.errors", "_wrong_result")
        .and_then(|make| make.call1((value, service, expected)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// A case, for Python.
pub(crate) struct Routed(pub(crate) CaseValue);

impl<'py> IntoPyObject<'py> for Routed {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(match self.0 {
            CaseValue::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
            CaseValue::Integer(value) => value.into_pyobject(py)?.into_any(),
            CaseValue::Text(value) => PyString::new(py, &value).into_any(),
        })
    }
}
