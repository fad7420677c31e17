//! What a called service is given.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use zato_core::Cid;

use super::arguments::Arguments;
use super::channel_type::channel_info;
use super::target;
use crate::call::{Call, Given};
use crate::entry::Entry;
use crate::run;
use crate::service::Service;

/// A call from `caller` of the service of `entry`.
pub(super) fn new_call(
    caller: &Arc<Call>,
    entry: Arc<Entry>,
    arguments: &Arguments<'_>,
    positions: &[&str],
    default_channel: &str,
    cid: Cid,
) -> PyResult<Arc<Call>> {
    let channel = arguments.text("channel", default_channel)?;
    let given = Given {
        payload: arguments.payload(positions)?.unbind(),
        data_format: arguments.text("data_format", "dict")?,
        transport: arguments.text("transport", "")?,
        environ: arguments.get("environ")?.map(Bound::unbind),
        wsgi_environ: arguments.get("wsgi_environ")?.map(Bound::unbind),
        channel_params: match arguments.get("channel_params")? {
            Some(params) => Some(params.cast_into::<PyDict>()?.unbind()),
            None => None,
        },
        in_reply_to: None,
    };
    let foreign = match arguments.get("cid")? {
        Some(given) => Some(given.str()?.to_string()),
        None => caller.foreign_cid.clone().filter(|_| cid == caller.cid),
    };
    let own = foreign.as_deref().and_then(Cid::parse);
    Ok(Arc::new(Call {
        cid: own.unwrap_or(cid),
        entry,
        channel: channel_info(&channel),
        security: caller.security.clone(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Instant::now().into(),
        foreign_cid: foreign.filter(|_| own.is_none()),
    }))
}

/// `self.new_instance(name)`.
pub(crate) fn new_instance(slf: &Bound<'_, Service>, name: &str) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let caller = slf.get().call()?;
    let entry = target::find(PyString::new(py, name).as_any())?;
    let payload = match &caller.given {
        Some(given) => given.payload.clone_ref(py),
        None => PyBytes::new(py, &caller.body).into_any().unbind(),
    };
    let given = Given {
        payload,
        data_format: caller.data_format().to_owned(),
        transport: String::new(),
        environ: caller
            .given
            .as_ref()
            .and_then(|given| given.environ.as_ref().map(|environ| environ.clone_ref(py))),
        wsgi_environ: Some(slf.getattr("wsgi_environ")?.unbind()),
        channel_params: None,
        in_reply_to: None,
    };
    let call = Arc::new(Call {
        cid: caller.cid,
        entry,
        channel: channel_info("new-instance"),
        security: caller.security.clone(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Instant::now().into(),
        foreign_cid: None,
    });
    Ok(run::make(py, &call)?.into_any().unbind())
}
