//! JSON Schema of what a service is given (3.1 and 3.2; reference service-api 2.1, 2.5, 6.3).

use std::error::Error;
use std::path::{Path, PathBuf};

use jsonschema::{Retrieve, Uri, Validator};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde_json::Value;
use zato_core::invocation::DataFormat;

use crate::call::Call;
use crate::service::Service;
use crate::{errors, json};

/// How many violations are told at once.
const MOST_TOLD: usize = 5;
/// Longest text of one violation, which may name keys of the input.
const LONGEST_TEXT: usize = 300;
/// What a path may have that a URI may not.
const OUTSIDE_OF_URIS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A schema, compiled when its service is deployed.
pub(crate) struct InputSchema {
    validator: Validator,
}

impl InputSchema {
    /// Compiles a schema. It may refer to files of its own directory and of those below it, and to nothing else:
    /// nothing is ever fetched.
    ///
    /// # Errors
    /// Raises `ValueError` naming the file if it is no schema, or refers to what cannot be read.
    pub(crate) fn compile(file: &Path, text: &str) -> PyResult<Self> {
        let shown = file.display();
        let schema: Value = serde_json::from_str(text).map_err(|error| {
            PyValueError::new_err(format!("schema file `{shown}` is not valid JSON: {error}"))
        })?;
        let directory = file.parent().unwrap_or(Path::new("/")).to_path_buf();
        let path = file.to_string_lossy();
        let validator = jsonschema::options()
            .with_base_uri(format!("file://{}", utf8_percent_encode(&path, OUTSIDE_OF_URIS)))
            .with_retriever(Neighbors { directory })
            .build(&schema)
            .map_err(|error| {
                PyValueError::new_err(format!("schema file `{shown}` is not a schema: {error}"))
            })?;
        Ok(Self { validator })
    }

    /// Checks what a service was given. CSV and XML have no JSON form and are not checked.
    ///
    /// # Errors
    /// Raises `ValidationException` saying what is wrong and where, `BadRequest` if a body is not JSON.
    pub(crate) fn check(&self, py: Python<'_>, call: &Call, instance: &Bound<'_, Service>) -> PyResult<()> {
        if call.has_format(DataFormat::Csv) || call.has_format(DataFormat::Xml) {
            return Ok(());
        }
        let is_body = call.given.is_none() && !call.has_format(DataFormat::Form);
        let value = if is_body { read(py, call, &call.body)? } else { given(py, call, instance)? };
        if self.validator.is_valid(&value) {
            return Ok(());
        }
        let told: Vec<String> =
            self.validator.iter_errors(&value).take(MOST_TOLD).map(|error| told(&error)).collect();
        Err(errors::schema_violation(py, &call.cid_text(), told.join("; ")))
    }
}

/// Reads a body. What is sent is not repeated in messages, as it may be secret.
fn read(py: Python<'_>, call: &Call, body: &[u8]) -> PyResult<Value> {
    if body.is_empty() {
        return Ok(Value::String(String::new()));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body is not valid JSON: {error}");
        errors::raise(py, "BadRequest", (call.cid_text(), message, true))
    })
}

/// Reads what another service passed, or a form.
fn given(py: Python<'_>, call: &Call, instance: &Bound<'_, Service>) -> PyResult<Value> {
    let request = instance.get().request_view(py)?.get();
    let payload = request.raw_request(py)?.into_bound(py);
    if call.given.is_some() && call.has_format(DataFormat::Json) {
        if let Ok(text) = payload.cast::<PyString>() {
            return read(py, call, text.to_str()?.as_bytes());
        }
        if let Ok(bytes) = payload.cast::<PyBytes>() {
            return read(py, call, bytes.as_bytes());
        }
    }
    let payload = request.parse(py).map_err(|error| errors::malformed_body(py, &call.cid_text(), &error))?;
    let refused = |text: String| errors::schema_violation(py, &call.cid_text(), text);
    let text = json::dumps(&payload, false)
        .map_err(|error| refused(format!("the payload has no JSON form: {}", error.value(py))))?;
    serde_json::from_slice(&text).map_err(|error| refused(format!("the payload has no JSON form: {error}")))
}

/// Says what is wrong and where.
fn told(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().as_str();
    let text = error.masked().to_string();
    let mut text: String = text.chars().take(LONGEST_TEXT).collect();
    if !place.is_empty() {
        let place: String = place.chars().take(LONGEST_TEXT).collect();
        text = format!("{place}: {text}");
    }
    text
}

/// Reads schemas that a schema refers to, from the directory that it is in.
struct Neighbors {
    directory: PathBuf,
}

impl Retrieve for Neighbors {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        if uri.scheme().as_str() != "file" {
            return Err(
                format!("`{uri}` is not fetched; keep a copy next to the schema and refer to that").into()
            );
        }
        let path = percent_decode_str(uri.path().as_str()).decode_utf8()?;
        let path = Path::new(path.as_ref())
            .canonicalize()
            .map_err(|error| format!("could not read `{uri}`: {error}"))?;
        if !path.starts_with(self.directory.canonicalize()?) {
            return Err(format!("`{uri}` is outside of the directory of the schema").into());
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("could not read `{uri}`: {error}"))?;
        Ok(serde_json::from_str(&text).map_err(|error| format!("`{uri}` is not valid JSON: {error}"))?)
    }
}
