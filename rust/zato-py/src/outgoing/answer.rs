//! What came back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zato_http_client::{Answer, Body, Next, Pieces};

use super::call::raise;

type Headers = Vec<(String, String)>;

/// How long a thread waits for a piece before Python code runs, which is when its service can be interrupted.
const LOOK: Duration = Duration::from_millis(500);

/// The answer to a call, whatever its status.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct HttpAnswer {
    answer: Answer,
    pieces: Option<Pieces>,
}

impl HttpAnswer {
    pub(super) fn new(mut answer: Answer) -> Self {
        let pieces = match std::mem::replace(&mut answer.body, Body::Whole(Bytes::new())) {
            Body::Streamed(pieces) => Some(pieces),
            whole @ Body::Whole(_) => {
                answer.body = whole;
                None
            }
        };
        Self { answer, pieces }
    }
}

#[pymethods]
impl HttpAnswer {
    #[getter]
    fn status(&self) -> u16 {
        self.answer.status.as_u16()
    }

    /// What the standard calls the status.
    #[getter]
    fn reason(&self) -> &'static str {
        self.answer.status.canonical_reason().unwrap_or("")
    }

    /// 10, 11 or 20, as in the standard library.
    #[getter]
    fn version(&self) -> u8 {
        match self.answer.version {
            Version::HTTP_10 => 10,
            Version::HTTP_2 => 20,
            _ => 11,
        }
    }

    #[getter]
    fn headers(&self) -> Headers {
        pairs(&self.answer.headers)
    }

    #[getter]
    fn url(&self) -> &str {
        &self.answer.url
    }

    /// Seconds until the head of the answer was there.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.answer.elapsed.as_secs_f64()
    }

    /// Status, URL and headers of each redirect that was followed.
    #[getter]
    fn hops(&self) -> Vec<(u16, String, Headers)> {
        let hops = self.answer.hops.iter();
        hops.map(|hop| (hop.status.as_u16(), hop.url.clone(), pairs(&hop.headers))).collect()
    }

    /// The whole body; empty if it is streamed.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        match &self.answer.body {
            Body::Whole(bytes) => PyBytes::new(py, bytes),
            Body::Streamed(_) => PyBytes::new(py, b""),
        }
    }

    /// Waits for the next piece of a streamed body; `None` at its end, nothing in it if none has come for a moment.
    fn next_piece<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(pieces) = &self.pieces else { return Ok(None) };
        match py.detach(|| pieces.next(LOOK)) {
            Next::End => Ok(None),
            Next::NotYet => Ok(Some(PyBytes::new(py, b""))),
            Next::Piece(Ok(bytes)) => Ok(Some(PyBytes::new(py, &bytes))),
            Next::Piece(Err(failure)) => Err(raise(py, &failure)?),
        }
    }

    /// Stops reading.
    fn close(&self) {
        if let Some(pieces) = &self.pieces {
            pieces.close();
        }
    }
}

/// Headers as text; bytes beyond ASCII are read as Latin-1, as everywhere in Python.
fn pairs(headers: &HeaderMap) -> Headers {
    let text = |value: &[u8]| value.iter().copied().map(char::from).collect();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
