//! What every document is to Python: what the core answered, kept as it is, and made into Python's objects as somebody
//! looks at them: a field, or the whole.
//!
//! It must never show two contents: a list or a dict that was handed out is the document's from then on.

use std::sync::Arc;

use kaifang::canon::{self, CanonError};
use kaifang::crypto::sha256;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyType};
use serde::Serialize;

use crate::documents::{plain, value_of};
use crate::errors::OrRaise;
use crate::pick::{Picked, pick};

/// What the core answered.
trait Content: Send + Sync {
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
    fn field<'py>(&self, py: Python<'py>, name: &str) -> Picked<'py>;
    fn canonical(&self) -> Result<Vec<u8>, CanonError>;
}

impl<T: Serialize + Send + Sync> Content for T {
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, self)
    }

    fn field<'py>(&self, py: Python<'py>, name: &str) -> Picked<'py> {
        pick(py, self, name)
    }

    fn canonical(&self) -> Result<Vec<u8>, CanonError> {
        canon::to_bytes(self)
    }
}

/// What a class of documents is called with by [`answered`], where others give a dict.
#[pyclass(frozen)]
struct Answer(Arc<dyn Content>);

/// A read-only object over a dict, which is made when it is needed: the base of `kaifang.Document`.
#[pyclass(frozen, subclass, name = "_Document", module = "kaifang._kaifang")]
pub(crate) struct Document {
    content: Option<Arc<dyn Content>>,
    /// The lists and dicts that were handed out before the whole was made, by field.
    parts: PyOnceLock<Py<PyDict>>,
    data: PyOnceLock<Py<PyDict>>,
}

impl Document {
    /// The dict; the document's own.
    pub(crate) fn data<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyDict>> {
        let data = self.data.get_or_try_init(py, || {
            let content = self.content.as_ref().ok_or_else(|| PyTypeError::new_err("the document has no content"))?;
            let whole = content.whole(py)?.cast_into::<PyDict>()?;
            if let Some(parts) = self.parts.get(py) {
                whole.update(parts.bind(py).as_mapping())?;
            }
            Ok::<_, PyErr>(whole.unbind())
        })?;
        Ok(data.bind(py))
    }

    /// What nothing was made of that somebody could have written to.
    fn untouched(&self, py: Python<'_>) -> Option<&dyn Content> {
        self.content.as_deref().filter(|_| self.data.get(py).is_none() && self.parts.get(py).is_none())
    }

    fn canonical(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        match self.untouched(py) {
            Some(content) => content.canonical().or_raise(),
            None => canon::to_bytes(&value_of(self.data(py)?)?).or_raise(),
        }
    }

    fn field<'py>(&self, py: Python<'py>, field: &Field) -> PyResult<Option<Bound<'py, PyAny>>> {
        let content = match &self.content {
            Some(content) if self.data.get(py).is_none() => content,
            _ => return self.data(py)?.get_item(&field.key),
        };
        if let Some(parts) = self.parts.get(py)
            && let Some(part) = parts.bind(py).get_item(&field.key)?
        {
            return Ok(Some(part));
        }
        match content.field(py, &field.name) {
            Picked::Value(part) if part.is_instance_of::<PyList>() || part.is_instance_of::<PyDict>() => {
                let parts = self.parts.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
                // Another thread may have been quicker.
                parts.call_method1(intern!(py, "setdefault"), (&field.key, part)).map(Some)
            }
            Picked::Value(word) => Ok(Some(word)),
            Picked::Absent => Ok(None),
            Picked::Unknown => self.data(py)?.get_item(&field.key),
        }
    }
}

#[pymethods]
impl Document {
    #[new]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(answer) = data.cast_exact::<Answer>() {
            return Ok(Document {
                content: Some(Arc::clone(&answer.get().0)),
                parts: PyOnceLock::new(),
                data: PyOnceLock::new(),
            });
        }
        let (py, made) = (data.py(), PyOnceLock::new());
        let dict = py.get_type::<PyDict>().call1((data,))?.cast_into::<PyDict>()?;
        let _ = made.set(py, dict.unbind());
        Ok(Document { content: None, parts: PyOnceLock::new(), data: made })
    }

    /// Gives each field that a class declares its descriptor.
    #[classmethod]
    fn __init_subclass__(class: &Bound<'_, PyType>) -> PyResult<()> {
        let own = class.getattr("__dict__")?;
        // Python 3.9 finds a base's where the class has none, 3.14 has them in the dict no longer.
        let declared = match own.call_method1("get", ("__annotations__",))? {
            declared if declared.is_none() => class.getattr_opt("__annotations__")?,
            declared => Some(declared),
        };
        let Some(Ok(declared)) = declared.map(Bound::cast_into::<PyDict>) else { return Ok(()) };
        for (name, kind) in declared {
            let text: String = name.extract()?;
            if text.starts_with('_') || own.contains(&name)? {
                continue;
            }
            let key = PyString::intern(class.py(), &text).unbind();
            let list = kind.str()?.to_cow()?.starts_with("List[");
            class.setattr(key.bind(class.py()), Field { name: text, key: key.clone_ref(class.py()), list })?;
        }
        Ok(())
    }

    #[getter]
    fn _data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.data(py).cloned()
    }

    /// The document as plain dicts and lists, a copy.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static DEEPCOPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        match self.untouched(py) {
            Some(content) => content.whole(py),
            None => DEEPCOPY.import(py, "copy", "deepcopy")?.call1((self.data(py)?,)),
        }
    }

    /// The canonical JSON text.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        PyString::from_bytes(py, &self.canonical(py)?)
    }

    /// The canonical JSON: the bytes that are hashed and signed.
    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.canonical(py)?))
    }

    /// ``sha256:…`` of the canonical JSON: what other documents and records name this one by.
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        Ok(sha256(&self.canonical(py)?).to_string())
    }
}

/// A field that a class of documents declares. The dict leaves out what is none, and lists of nothing.
#[pyclass(frozen)]
struct Field {
    name: String,
    key: Py<PyString>,
    list: bool,
}

#[pymethods]
impl Field {
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        document: &Bound<'py, PyAny>,
        _class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, field) = (slf.py(), slf.get());
        let Ok(document) = document.cast::<Document>() else { return Ok(slf.clone().into_any()) };
        Ok(match document.get().field(py, field)? {
            Some(value) => value,
            None if field.list => PyList::empty(py).into_any(),
            None => py.None().into_bound(py),
        })
    }
}

/// A document of the core as the class of `kaifang._documents` with this name: see [`wrap!`](crate::document::wrap!).
pub(crate) fn answered<'py>(
    py: Python<'py>,
    class: &PyOnceLock<Py<PyType>>,
    name: &str,
    document: impl Serialize + Send + Sync + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    class.import(py, "kaifang._documents", name)?.call1((Answer(Arc::new(document)),))
}

/// `wrap!(py, "Decision", decision)`: a document of the core as the class of `kaifang._documents` with this name.
macro_rules! wrap {
    ($py:expr, $class:literal, $document:expr) => {{
        static CLASS: pyo3::sync::PyOnceLock<pyo3::Py<pyo3::types::PyType>> = pyo3::sync::PyOnceLock::new();
        $crate::document::answered($py, &CLASS, $class, $document)
    }};
}
pub(crate) use wrap;
