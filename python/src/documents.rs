//! Documents between Python objects and JSON values: dict, list, str, int, bool, None; dates become their ISO text.
//!
//! It must never guess: an object that has no exact JSON form is a `TypeError`.

use kaifang::canon::{self, MAX_DEPTH};
use kaifang::crypto::sha256;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::document::Document;
use crate::errors::{OrRaise, raise};
use crate::moments;
use crate::reader::read_plain;

/// A document of the core, from a dict or from one of our own documents. `name` names the type in errors.
pub(crate) fn read<T: DeserializeOwned>(name: &'static str, object: &Bound<'_, PyAny>) -> PyResult<T> {
    if let Some(document) = read_plain(object) {
        return Ok(document);
    }
    let bytes = canon::to_bytes(&value_of(object)?).or_raise()?;
    canon::read(name, &bytes).or_raise()
}

/// Works on the JSON text of a document; a str, and bytes in UTF-8, are JSON text already.
pub(crate) fn with_json<R>(object: &Bound<'_, PyAny>, work: impl FnOnce(&str) -> PyResult<R>) -> PyResult<R> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return match str::from_utf8(bytes.as_bytes()) {
            Ok(json) => work(json),
            // Says where, and not what.
            Err(_) => Err(canon::parse(bytes.as_bytes()).map_or_else(|error| raise(&error), |_| not_utf8())),
        };
    }
    if let Ok(text) = object.cast::<PyString>() {
        return match text.to_cow() {
            Ok(json) => work(&json),
            // Python's own error would show the text.
            Err(_) => Err(not_utf8()),
        };
    }
    work(&value_of(object)?.to_string())
}

fn not_utf8() -> PyErr {
    PyValueError::new_err("the JSON text is not UTF-8 / JSON 文本不是 UTF-8")
}

/// The JSON value of a Python object.
pub(crate) fn value_of(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    from_python(object, MAX_DEPTH)
}

fn from_python(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(PyValueError::new_err("the document is nested deeper than 64 levels"));
    };
    if object.is_none() {
        return Ok(Value::Null);
    }
    if object.is_instance_of::<PyBool>() {
        return Ok(Value::Bool(object.extract()?));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(text.extract()?));
    }
    if object.is_instance_of::<PyInt>() {
        return Ok(Value::from(object.extract::<i64>()?));
    }
    if object.is_instance_of::<PyFloat>() {
        // The core refuses fractions with its own code; only what JSON can't even write is refused here.
        let number = Number::from_f64(object.extract()?);
        return number
            .map(Value::Number)
            .ok_or_else(|| PyTypeError::new_err("a document holds no infinity and no NaN"));
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        let items = object.try_iter()?.map(|item| from_python(&item?, depth));
        return items.collect::<PyResult<Vec<Value>>>().map(Value::Array);
    }
    if let Ok(document) = object.cast::<Document>() {
        return from_python(document.get().data(object.py())?, depth);
    }
    if object.cast::<PyMapping>().is_ok() {
        let mut map = Map::new();
        for pair in object.cast::<PyMapping>()?.items()?.iter() {
            let (key, item): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            let key: String = key.extract().map_err(|_| PyTypeError::new_err("the keys of a document are str"))?;
            map.insert(key, from_python(&item, depth)?);
        }
        return Ok(Value::Object(map));
    }
    if let Some(text) = moments::iso_text(object)? {
        return Ok(Value::String(text));
    }
    if object.hasattr("to_dict")? {
        return from_python(&object.call_method0("to_dict")?, depth);
    }
    Err(PyTypeError::new_err(format!(
        "expected dict, list, str, int, bool, None, a date or a document, got {}",
        object.get_type().name()?
    )))
}

/// The Python object of a JSON value.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_pyobject(py)?.into_any(),
            (None, Some(integer)) => integer.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().into_pyobject(py)?.into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (key, item) in map {
                dict.set_item(key, to_python(py, item)?)?;
            }
            dict.into_any()
        }
    })
}

/// A document as the plain Python object: dict, list, …
pub(crate) fn plain<'py>(py: Python<'py>, document: &(impl Serialize + ?Sized)) -> PyResult<Bound<'py, PyAny>> {
    Ok(pythonize::pythonize(py, document)?)
}

/// The canonical JSON text of a document: what is hashed and signed.
#[pyfunction]
pub(crate) fn canonical_json(document: &Bound<'_, PyAny>) -> PyResult<String> {
    canon::to_string(&value_of(document)?).or_raise()
}

/// The digest of a document's canonical JSON, `sha256:…`: what other documents and records name it by.
#[pyfunction]
pub(crate) fn document_digest(document: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(sha256(&canon::to_bytes(&value_of(document)?).or_raise()?).to_string())
}
