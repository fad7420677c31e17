//! The native part of caches: keys and values on their way (reference connections 24.2).

use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString, PyType};
use zato_server::shared_state::{Answer, Call, Criterion, Filter, Found, Key, KeyKind, Lookup};

use super::lock::time;
use super::{client, codec, references, to_exception};

static ENTRY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static KEY_EXPIRED: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Base of `zato.server.service._cache.Cache`; the empty name means the default cache.
#[pyclass(module = "zato._core", subclass, frozen)]
pub(crate) struct Cache {
    #[pyo3(get)]
    name: String,
}

struct Encoded {
    content: bytes::Bytes,
    characters: Option<u64>,
}

#[pymethods]
impl Cache {
    #[new]
    #[pyo3(signature = (name = ""))]
    fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// Reads an entry; gives its value, its details, or the default.
    #[pyo3(signature = (key, default = None, details = false))]
    fn get<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
        details: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = key.py();
        let answer = self.call(py, Call::Get { key: to_key(key)?, needs_entry: details })?;
        Ok(self.found(py, answer, key)?.or(default))
    }

    /// Writes an entry; gives what it was before.
    #[pyo3(signature = (key, value, expiry = 0.0, details = false))]
    fn set<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        expiry: Option<f64>,
        details: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (py, expiry) = (key.py(), time(expiry.unwrap_or(0.0))?);
        let stored = to_key(key)?;
        let Encoded { content, characters } = self.encode(&stored, value, true)?;
        let mark = codec::mark_in(&content);
        let call = Call::Set { key: stored, value: content, characters, expiry, needs_entry: details };
        let answer = self.call(py, call);
        if let (Some(mark), true) =
            (mark, !matches!(answer, Ok(Answer::Lookup(Lookup::Missing | Lookup::Found(_)))))
        {
            drop(references::take(mark));
        }
        let answer = answer?;
        let replaced = match &answer {
            Answer::Lookup(Lookup::Found(found)) => codec::mark_in(&found.value),
            _ => None,
        };
        let before = self.found(py, answer, key)?;
        if let Some(replaced) = replaced {
            drop(references::take(replaced));
        }
        Ok(before)
    }

    /// Writes an entry unless there is one; gives whether it was written.
    #[pyo3(signature = (key, value, expiry = 0.0))]
    fn set_if_absent(
        &self,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        expiry: Option<f64>,
    ) -> PyResult<bool> {
        let expiry = time(expiry.unwrap_or(0.0))?;
        let stored = to_key(key)?;
        let Encoded { content, characters } = self.encode(&stored, value, true)?;
        let mark = codec::mark_in(&content);
        let answer =
            self.call(key.py(), Call::SetIfAbsent { key: stored, value: content, characters, expiry });
        let was_set = answer.and_then(|answer| flag(&answer));
        if let (Some(mark), false) = (mark, matches!(was_set, Ok(true))) {
            drop(references::take(mark));
        }
        was_set
    }

    /// Drops an entry; gives its value, none if there was no such entry.
    #[pyo3(signature = (key, raise_key_error = true))]
    fn delete<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        raise_key_error: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        // 3.2 gives nothing back, whatever it is told (observed).
        let _ = raise_key_error;
        let py = key.py();
        match self.call(py, Call::Delete { key: to_key(key)? })? {
            Answer::Value(None) => Ok(None),
            Answer::Value(Some(value)) => match codec::mark_in(&value) {
                Some(mark) => Ok(references::take(mark).map(|value| value.into_bound(py))),
                None => codec::decode(py, &value),
            },
            other => Err(unexpected(&other)),
        }
    }

    /// Gives an entry another time to live, from now on; 0 for none. Gives whether there is such an entry.
    #[pyo3(signature = (key, expiry = 0.0))]
    fn expire(&self, key: &Bound<'_, PyAny>, expiry: Option<f64>) -> PyResult<bool> {
        let expiry = time(expiry.unwrap_or(0.0))?;
        flag(&self.call(key.py(), Call::Expire { key: to_key(key)?, expiry })?)
    }

    /// Whether there is such an entry.
    fn has_key(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(&self.call(key.py(), Call::Contains { key: to_key(key)? })?)
    }

    /// All keys, those of entries used most recently first.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        match self.call(py, Call::Keys)? {
            Answer::Keys(keys) => {
                let keys: PyResult<Vec<_>> = keys.iter().map(|key| from_key(py, key)).collect();
                PyList::new(py, keys?)
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Drops all entries.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Call::Clear).map(drop)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        count(&self.call(py, Call::Length)?)
    }

    /// Raises `KeyError` if there is no such cache.
    fn _find(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Call::Find).map(drop)
    }

    /// Reads entries without a trace; keys and values of those that are still there.
    fn _peek<'py>(&self, keys: &Bound<'py, PyList>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let py = keys.py();
        let asked: PyResult<Vec<Key>> = keys.iter().map(|key| to_key(&key)).collect();
        let Answer::Values(values) = self.call(py, Call::Peek { keys: asked? })? else {
            return Err(PyRuntimeError::new_err("the supervisor answered another question"));
        };
        let mut found = Vec::with_capacity(values.len());
        for (key, value) in keys.iter().zip(values) {
            if let Some(value) = value.map(|value| codec::decode(py, &value)).transpose()?.flatten() {
                found.push((key, value));
            }
        }
        Ok(found)
    }

    /// Details of entries by their places.
    fn _slice<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let Answer::Rows(rows) = self.call(py, Call::Slice { start, stop })? else {
            return Err(PyRuntimeError::new_err("the supervisor answered another question"));
        };
        let entry = |(key, found): (Key, Found)| {
            let key = from_key(py, &key)?;
            to_value(py, &key, &found)
        };
        rows.into_iter().filter_map(|row| entry(row).transpose()).collect()
    }

    /// Reads entries whose keys have something in common.
    fn _get_matching<'py>(
        &self,
        criterion: &str,
        patterns: &Bound<'py, PyAny>,
        details: bool,
        limit: u64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = patterns.py();
        let filter = to_filter(criterion, patterns, limit)?;
        let Answer::Rows(rows) = self.call(py, Call::GetMatching { filter, needs_entries: details })? else {
            return Err(PyRuntimeError::new_err("the supervisor answered another question"));
        };
        let result = PyDict::new(py);
        for (key, found) in rows {
            let key = from_key(py, &key)?;
            if let Some(value) = to_value(py, &key, &found)? {
                result.set_item(key, value)?;
            }
        }
        Ok(result)
    }

    /// Writes a value to entries whose keys have something in common.
    fn _set_matching<'py>(
        &self,
        criterion: &str,
        patterns: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        expiry: Option<f64>,
        return_found: bool,
        limit: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let filter = to_filter(criterion, patterns, limit)?;
        let Encoded { content, characters } = self.encode(&Key::text(""), value, false)?;
        let expiry = time(expiry.unwrap_or(0.0))?;
        let call =
            Call::SetMatching { filter, value: content, characters, expiry, returns_found: return_found };
        self.pairs(patterns.py(), call, return_found)
    }

    /// Drops entries whose keys have something in common.
    fn _delete_matching<'py>(
        &self,
        criterion: &str,
        patterns: &Bound<'py, PyAny>,
        return_found: bool,
        limit: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let filter = to_filter(criterion, patterns, limit)?;
        self.pairs(patterns.py(), Call::DeleteMatching { filter, returns_found: return_found }, return_found)
    }

    /// Gives entries whose keys have something in common another time to live; gives whether there are any.
    fn _expire_matching(
        &self,
        criterion: &str,
        patterns: &Bound<'_, PyAny>,
        expiry: Option<f64>,
        limit: u64,
    ) -> PyResult<bool> {
        let filter = to_filter(criterion, patterns, limit)?;
        let expiry = time(expiry.unwrap_or(0.0))?;
        Ok(count(&self.call(patterns.py(), Call::ExpireMatching { filter, expiry })?)? > 0)
    }
}

impl Cache {
    fn call(&self, py: Python<'_>, call: Call) -> PyResult<Answer> {
        let client = client();
        py.detach(|| client.call(&self.name, call)).map_err(|error| to_exception(&error))
    }

    fn found<'py>(
        &self,
        py: Python<'py>,
        answer: Answer,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match answer {
            Answer::Lookup(Lookup::Missing) => Ok(None),
            Answer::Lookup(Lookup::Found(found)) => to_value(py, key, &found),
            Answer::Lookup(Lookup::Expired) => {
                let class = KEY_EXPIRED.import(py, "zato.server.service._cache_entry", "KeyExpiredError")?;
                Err(PyErr::from_value(class.call1((key,))?))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Encodes a value, or keeps it here if it cannot be shared and may be kept.
    fn encode(&self, key: &Key, value: &Bound<'_, PyAny>, may_be_kept: bool) -> PyResult<Encoded> {
        let py = value.py();
        let mut content = Vec::new();
        if codec::encode(value, &mut content)? {
            let is_measured =
                value.is_exact_instance_of::<PyString>() || value.is_exact_instance_of::<PyBytes>();
            let characters = if is_measured { Some(value.len()? as u64) } else { None };
            return Ok(Encoded { content: content.into(), characters });
        }
        let class = value.get_type();
        if !may_be_kept {
            let message = format!("objects of `{class}` cannot be shared by workers, store them one by one");
            return Err(PyTypeError::new_err(message));
        }
        py.import("zato.server.service._cache")?.call_method1("warn_of_unshared", (class,))?;
        references::tidy(py, &client());
        let mark = references::keep(&self.name, key, value.clone().unbind());
        Ok(Encoded { content: codec::encode_mark(mark).into(), characters: None })
    }

    fn pairs<'py>(
        &self,
        py: Python<'py>,
        call: Call,
        return_found: bool,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Answer::Pairs(pairs) = self.call(py, call)? else {
            return Err(PyRuntimeError::new_err("the supervisor answered another question"));
        };
        if !return_found {
            return Ok(None);
        }
        let result = PyDict::new(py);
        for (key, value) in pairs {
            if let Some(value) = codec::decode(py, &value)? {
                result.set_item(from_key(py, &key)?, value)?;
            }
        }
        Ok(Some(result))
    }
}

/// Gives the value of an entry, or the whole entry if it was asked for; nothing if this process cannot have it.
fn to_value<'py>(
    py: Python<'py>,
    key: &Bound<'py, PyAny>,
    found: &Found,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(value) = codec::decode(py, &found.value)? else { return Ok(None) };
    let Some(entry) = &found.entry else { return Ok(Some(value)) };
    let class = ENTRY.import(py, "zato.server.service._cache_entry", "Entry")?;
    let facts = (
        key,
        value,
        entry.last_read,
        entry.prev_read,
        entry.last_write,
        entry.prev_write,
        entry.expiry,
        entry.expires_at,
        entry.hits,
        entry.position,
        entry.hash,
    );
    class.call1(facts).map(Some)
}

fn to_key(key: &Bound<'_, PyAny>) -> PyResult<Key> {
    if let Ok(text) = key.cast::<PyString>() {
        Ok(Key::text(text.to_str()?))
    } else if let Ok(bytes) = key.cast::<PyBytes>() {
        Ok(Key::bytes(bytes.as_bytes()))
    } else if key.is_instance_of::<PyInt>() {
        match key.extract::<i64>() {
            Ok(number) => Ok(Key::integer(&number.to_string())),
            Err(_) => Ok(Key::integer(&key.call_method1("__format__", ("#x",))?.extract::<String>()?)),
        }
    } else {
        let class = key.get_type();
        Err(PyValueError::new_err(format!("keys of caches are text, bytes or whole numbers, not `{class}`")))
    }
}

fn from_key<'py>(py: Python<'py>, key: &Key) -> PyResult<Bound<'py, PyAny>> {
    let broken = |_| PyValueError::new_err("a key of a cache cannot be read");
    Ok(match key.kind {
        KeyKind::Bytes => PyBytes::new(py, &key.content).into_any(),
        KeyKind::Text => PyString::new(py, std::str::from_utf8(&key.content).map_err(broken)?).into_any(),
        KeyKind::Integer => {
            let digits = std::str::from_utf8(&key.content).map_err(broken)?;
            match digits.parse::<i64>() {
                Ok(number) => number.into_pyobject(py)?.into_any(),
                Err(_) => py.get_type::<PyInt>().call1((digits, 0))?,
            }
        }
    })
}

fn to_filter(criterion: &str, patterns: &Bound<'_, PyAny>, limit: u64) -> PyResult<Filter> {
    let criterion = match criterion {
        "prefix" => Criterion::Prefix,
        "suffix" => Criterion::Suffix,
        "regex" => Criterion::Regex,
        "contains" => Criterion::Contains,
        "not_contains" => Criterion::NotContains,
        "contains_all" => Criterion::ContainsAll,
        "contains_any" => Criterion::ContainsAny,
        other => return Err(PyValueError::new_err(format!("there is no criterion `{other}`"))),
    };
    let is_one = patterns.is_instance_of::<PyString>() || patterns.is_instance_of::<PyBytes>();
    let patterns = if is_one {
        vec![to_key(patterns)?]
    } else {
        patterns.try_iter()?.map(|pattern| to_key(&pattern?)).collect::<PyResult<_>>()?
    };
    Ok(Filter { criterion, patterns, limit: (limit > 0).then_some(limit) })
}

fn flag(answer: &Answer) -> PyResult<bool> {
    match answer {
        Answer::Flag(flag) => Ok(*flag),
        other => Err(unexpected(other)),
    }
}

fn count(answer: &Answer) -> PyResult<usize> {
    match answer {
        Answer::Count(count) => Ok(usize::try_from(*count).unwrap_or(usize::MAX)),
        other => Err(unexpected(other)),
    }
}

fn unexpected(answer: &Answer) -> PyErr {
    tracing::debug!(?answer, "an answer to another question");
    PyRuntimeError::new_err("the supervisor answered another question")
}
