//! Python values as bytes: a tag, then what belongs to it. Only values that are copies of themselves when they are read
//! back have this form; nothing in it is ever run.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType,
};

use super::references::{self, Mark};
use crate::python::Parts;

/// How deep values may be nested.
const DEPTH_LIMIT: usize = 100;

mod tag {
    pub(super) const NONE: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const LARGE_INTEGER: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const BYTES: u8 = 7;
    pub(super) const LIST: u8 = 8;
    pub(super) const TUPLE: u8 = 9;
    pub(super) const DICT: u8 = 10;
    pub(super) const SET: u8 = 11;
    pub(super) const FROZEN_SET: u8 = 12;
    pub(super) const BUNCH: u8 = 13;
    pub(super) const DATACLASS: u8 = 14;
    pub(super) const DATETIME: u8 = 15;
    pub(super) const DATE: u8 = 16;
    pub(super) const TIME: u8 = 17;
    pub(super) const TIMEDELTA: u8 = 18;
    pub(super) const DECIMAL: u8 = 19;
    pub(super) const UUID: u8 = 20;
    pub(super) const SURROGATES: u8 = 21;
    pub(super) const REFERENCE: u8 = 22;
}

/// Encodes a value; false if it has no such form, and then `out` is of no use.
///
/// # Errors
/// Whatever the value raises when it is looked at.
pub(super) fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<bool> {
    encode_at(value, out, 0)
}

/// Encodes the mark of a value that stays where it is.
pub(super) fn encode_mark(mark: Mark) -> Vec<u8> {
    let mut out = vec![tag::REFERENCE];
    out.extend(mark.process.to_le_bytes());
    out.extend(mark.number.to_le_bytes());
    out
}

/// Gives the mark that bytes are, if they are one.
pub(super) fn mark_in(bytes: &[u8]) -> Option<Mark> {
    let (tag::REFERENCE, rest) = bytes.split_first().map(|(tag, rest)| (*tag, rest))? else { return None };
    let (process, number) = rest.split_at_checked(8)?;
    Some(Mark {
        process: u64::from_le_bytes(process.try_into().ok()?),
        number: u64::from_le_bytes(number.try_into().ok()?),
    })
}

fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) -> bool {
    let Ok(length) = u32::try_from(content.len()) else { return false };
    out.push(tag);
    out.extend(length.to_le_bytes());
    out.extend(content);
    true
}

fn put_text(out: &mut Vec<u8>, tag: u8, text: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(put(out, tag, text.cast::<PyString>()?.to_str()?.as_bytes()))
}

fn put_all<'py>(
    out: &mut Vec<u8>,
    tag: u8,
    length: usize,
    items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    depth: usize,
) -> PyResult<bool> {
    let Ok(length) = u32::try_from(length) else { return Ok(false) };
    out.push(tag);
    out.extend(length.to_le_bytes());
    for item in items {
        if !encode_at(&item?, out, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn put_dict(out: &mut Vec<u8>, tag: u8, dict: &Bound<'_, PyDict>, depth: usize) -> PyResult<bool> {
    let items = dict.iter().flat_map(|(key, value)| [Ok(key), Ok(value)]);
    put_all(out, tag, dict.len() * 2, items, depth)
}

fn encode_at(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> PyResult<bool> {
    if depth > DEPTH_LIMIT {
        return Ok(false);
    }
    if let Ok(text) = value.cast_exact::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(put(out, tag::TEXT, text.as_bytes())),
            Err(_) => {
                let bytes = text.call_method1(intern!(value.py(), "encode"), ("utf-8", "surrogatepass"))?;
                Ok(put(out, tag::SURROGATES, bytes.cast::<PyBytes>()?.as_bytes()))
            }
        };
    }
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return Ok(put(out, tag::BYTES, bytes.as_bytes()));
    }
    if value.is_none() {
        out.push(tag::NONE);
    } else if let Ok(flag) = value.cast_exact::<PyBool>() {
        out.push(if flag.is_true() { tag::TRUE } else { tag::FALSE });
    } else if value.is_exact_instance_of::<PyInt>() {
        if let Ok(number) = value.extract::<i64>() {
            out.push(tag::INTEGER);
            out.extend(number.to_le_bytes());
        } else {
            return put_text(
                out,
                tag::LARGE_INTEGER,
                &value.call_method1(intern!(value.py(), "__format__"), ("x",))?,
            );
        }
    } else if value.is_exact_instance_of::<PyFloat>() {
        out.push(tag::FLOAT);
        out.extend(value.extract::<f64>()?.to_le_bytes());
    } else if let Ok(list) = value.cast_exact::<PyList>() {
        return put_all(out, tag::LIST, list.len(), list.iter().map(Ok), depth);
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        return put_all(out, tag::TUPLE, tuple.len(), tuple.iter().map(Ok), depth);
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        return put_dict(out, tag::DICT, dict, depth);
    } else if value.is_exact_instance_of::<PySet>() {
        return put_all(out, tag::SET, value.len()?, value.try_iter()?, depth);
    } else if value.is_exact_instance_of::<PyFrozenSet>() {
        return put_all(out, tag::FROZEN_SET, value.len()?, value.try_iter()?, depth);
    } else {
        return encode_object(value, out, depth);
    }
    Ok(true)
}

/// Encodes instances of classes of the standard library, bunches and dataclasses.
fn encode_object(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> PyResult<bool> {
    let py = value.py();
    let class = value.get_type();
    if class.is(Parts::get(py)?.bunch.bind(py)) {
        return put_dict(out, tag::BUNCH, value.cast::<PyDict>()?, depth);
    }
    let module = class.getattr(intern!(py, "__module__"))?;
    let Ok(module) = module.extract::<String>() else { return Ok(false) };
    let name = class.qualname()?;
    match (module.as_str(), name.to_str()?) {
        ("datetime", "datetime") => encode_time(value, out, tag::DATETIME),
        ("datetime", "time") => encode_time(value, out, tag::TIME),
        ("datetime", "date") => put_text(out, tag::DATE, &value.call_method0(intern!(py, "isoformat"))?),
        ("datetime", "timedelta") => {
            out.push(tag::TIMEDELTA);
            for part in ["days", "seconds", "microseconds"] {
                out.extend(value.getattr(part)?.extract::<i64>()?.to_le_bytes());
            }
            Ok(true)
        }
        ("decimal", "Decimal") => put_text(out, tag::DECIMAL, value.str()?.as_any()),
        ("uuid", "UUID") => put_text(out, tag::UUID, &value.getattr(intern!(py, "hex"))?),
        (module, name) => encode_dataclass(value, &class, module, name, out, depth),
    }
}

fn encode_dataclass(
    value: &Bound<'_, PyAny>,
    class: &Bound<'_, PyType>,
    module: &str,
    name: &str,
    out: &mut Vec<u8>,
    depth: usize,
) -> PyResult<bool> {
    let py = value.py();
    // What its attributes do not tell, for instance the items of a list it derives from, would be lost.
    let is_plain = !value.is_instance_of::<PyDict>()
        && !value.is_instance_of::<PyList>()
        && !value.is_instance_of::<PyTuple>()
        && !value.is_instance_of::<PyString>()
        && !value.is_instance_of::<PyInt>()
        && !value.is_instance_of::<pyo3::exceptions::PyBaseException>();
    let Some(found) = dataclass(py, module, name)?.filter(|found| is_plain && found.is(class)) else {
        return Ok(false);
    };
    drop(found);
    let Some(attributes) = value.getattr_opt(intern!(py, "__dict__"))? else { return Ok(false) };
    let Ok(attributes) = attributes.cast_into::<PyDict>() else { return Ok(false) };
    let has_slots = class.mro().iter().any(|base| {
        base.getattr_opt(intern!(py, "__slots__"))
            .is_ok_and(|slots| slots.is_some_and(|slots| slots.is_truthy().unwrap_or(true)))
    });
    if has_slots {
        return Ok(false);
    }
    Ok(put(out, tag::DATACLASS, module.as_bytes())
        && put(out, tag::TEXT, name.as_bytes())
        && put_dict(out, tag::DICT, &attributes, depth)?)
}

/// Finds a dataclass by the name of its module, which is not imported for that.
fn dataclass<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
    let Ok(mut found) = modules.get_item(module) else { return Ok(None) };
    for part in name.split('.') {
        match found.getattr_opt(part)? {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    let is_dataclass =
        found.is_instance_of::<PyType>() && found.hasattr(intern!(py, "__dataclass_fields__"))?;
    Ok(is_dataclass.then_some(found))
}

fn encode_time(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, tag: u8) -> PyResult<bool> {
    let py = value.py();
    let zone = value.getattr(intern!(py, "tzinfo"))?;
    let mut zone_key = String::new();
    let mut written = value.clone();
    if !zone.is_none() {
        let class = zone.get_type();
        match (class.module()?.to_str()?, class.qualname()?.to_str()?) {
            ("datetime", "timezone") if zone.str()?.to_str()?.starts_with("UTC") => {}
            ("zoneinfo" | "zoneinfo._zoneinfo", "ZoneInfo") => {
                let key = zone.getattr(intern!(py, "key"))?;
                if key.is_none() {
                    return Ok(false);
                }
                zone_key = key.extract()?;
                let options = PyDict::new(py);
                options.set_item("tzinfo", py.None())?;
                written = value.call_method("replace", (), Some(&options))?;
            }
            _ => return Ok(false),
        }
    }
    let fold = value.getattr(intern!(py, "fold"))?.extract::<u8>()?;
    let done = put_text(out, tag, &written.call_method0(intern!(py, "isoformat"))?)?;
    out.push(fold);
    Ok(done && put(out, tag::TEXT, zone_key.as_bytes()))
}

/// Decodes a value; nothing if it is one of another process, or of a class that is not there any more.
///
/// # Errors
/// `ValueError` if the bytes are not an encoded value.
pub(super) fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(mark) = mark_in(bytes) {
        return Ok(references::find(py, mark).map(|value| value.into_bound(py)));
    }
    let mut reader = Reader { py, rest: bytes };
    reader.value()
}

struct Reader<'py, 'a> {
    py: Python<'py>,
    rest: &'a [u8],
}

fn broken() -> PyErr {
    PyValueError::new_err("a cached value cannot be read, it is not what was stored")
}

impl<'py, 'a> Reader<'py, 'a> {
    fn take(&mut self, length: usize) -> PyResult<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(broken)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> PyResult<u8> {
        self.take(1)?.first().copied().ok_or_else(broken)
    }

    fn eight(&mut self) -> PyResult<[u8; 8]> {
        self.take(8)?.try_into().map_err(|_| broken())
    }

    fn length(&mut self) -> PyResult<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| broken())?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn content(&mut self) -> PyResult<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> PyResult<&'a str> {
        std::str::from_utf8(self.content()?).map_err(|_| broken())
    }

    fn tagged_text(&mut self) -> PyResult<&'a str> {
        if self.byte()? == tag::TEXT { self.text() } else { Err(broken()) }
    }

    fn items(&mut self) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
        let length = self.length()?;
        // Every item takes a byte at least, so that a wrong length does not take memory.
        let mut items = Vec::with_capacity(length.min(self.rest.len()));
        for _ in 0..length {
            match self.value()? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        Ok(Some(items))
    }

    fn dict(&mut self) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(items) = self.items()? else { return Ok(None) };
        let dict = PyDict::new(self.py);
        for pair in items.chunks(2) {
            let [key, value] = pair else { return Err(broken()) };
            dict.set_item(key, value)?;
        }
        Ok(Some(dict))
    }

    fn call(&self, module: &str, name: &str, argument: &str) -> PyResult<Bound<'py, PyAny>> {
        let mut found = self.py.import(module)?.into_any();
        for part in name.split('.') {
            found = found.getattr(part)?;
        }
        found.call1((argument,))
    }

    fn time(&mut self, class: &str) -> PyResult<Bound<'py, PyAny>> {
        let mut value = self.call("datetime", &format!("{class}.fromisoformat"), self.peeked_text()?)?;
        self.content()?;
        let options = PyDict::new(self.py);
        if self.byte()? != 0 {
            options.set_item("fold", 1)?;
        }
        let zone = self.tagged_text()?;
        if !zone.is_empty() {
            options.set_item("tzinfo", self.call("zoneinfo", "ZoneInfo", zone)?)?;
        }
        if !options.is_empty() {
            value = value.call_method("replace", (), Some(&options))?;
        }
        Ok(value)
    }

    fn peeked_text(&self) -> PyResult<&'a str> {
        Reader { py: self.py, rest: self.rest }.text()
    }

    fn dataclass(&mut self) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (module, name) = (self.text()?, self.tagged_text()?);
        let class = dataclass(self.py, module, name)?;
        if self.byte()? != tag::DICT {
            return Err(broken());
        }
        let (Some(class), Some(attributes)) = (class, self.dict()?) else {
            tracing::warn!(target: "zato", "A cached `{module}.{name}` is not found any more, there is no such class now");
            return Ok(None);
        };
        let made = self.py.get_type::<PyAny>().call_method1(intern!(self.py, "__new__"), (class,))?;
        made.getattr(intern!(self.py, "__dict__"))?
            .call_method1(intern!(self.py, "update"), (attributes,))?;
        Ok(Some(made))
    }

    fn value(&mut self) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        let value = match self.byte()? {
            tag::NONE => py.None().into_bound(py),
            tag::TRUE => PyBool::new(py, true).to_owned().into_any(),
            tag::FALSE => PyBool::new(py, false).to_owned().into_any(),
            tag::INTEGER => i64::from_le_bytes(self.eight()?).into_pyobject(py)?.into_any(),
            tag::LARGE_INTEGER => py.get_type::<PyInt>().call1((self.text()?, 16))?,
            tag::FLOAT => PyFloat::new(py, f64::from_le_bytes(self.eight()?)).into_any(),
            tag::TEXT => PyString::new(py, self.text()?).into_any(),
            tag::SURROGATES => {
                PyBytes::new(py, self.content()?).call_method1("decode", ("utf-8", "surrogatepass"))?
            }
            tag::BYTES => PyBytes::new(py, self.content()?).into_any(),
            sort @ (tag::LIST | tag::TUPLE | tag::SET | tag::FROZEN_SET) => {
                let Some(items) = self.items()? else { return Ok(None) };
                match sort {
                    tag::LIST => PyList::new(py, items)?.into_any(),
                    tag::TUPLE => PyTuple::new(py, items)?.into_any(),
                    tag::SET => PySet::new(py, items)?.into_any(),
                    _ => PyFrozenSet::new(py, items)?.into_any(),
                }
            }
            tag::DICT => match self.dict()? {
                Some(dict) => dict.into_any(),
                None => return Ok(None),
            },
            tag::BUNCH => match self.dict()? {
                Some(dict) => Parts::get(py)?.bunch.bind(py).call1((dict,))?,
                None => return Ok(None),
            },
            tag::DATACLASS => return self.dataclass(),
            tag::DATETIME => self.time("datetime")?,
            tag::TIME => self.time("time")?,
            tag::DATE => {
                self.call("datetime", "date.fromisoformat", self.peeked_text()?).and_then(|date| {
                    self.content()?;
                    Ok(date)
                })?
            }
            tag::TIMEDELTA => {
                let parts = [self.eight()?, self.eight()?, self.eight()?].map(i64::from_le_bytes);
                py.import("datetime")?.getattr("timedelta")?.call1((parts[0], parts[1], parts[2]))?
            }
            tag::DECIMAL => {
                let text = self.text()?;
                self.call("decimal", "Decimal", text)?
            }
            tag::UUID => {
                let text = self.text()?;
                self.call("uuid", "UUID", text)?
            }
            _ => return Err(broken()),
        };
        Ok(Some(value))
    }
}
