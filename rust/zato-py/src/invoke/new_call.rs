//! What a called service is given.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use zato_core::Cid;

use super::arguments::{Argument, Arguments};
use super::caller::Caller;
use super::channel_type::channel_info;
use super::target;
use crate::call::{Call, Given};
use crate::entry::Entry;
use crate::run;
use crate::service::Service;

/// A call from `caller` of the service of `entry`.
pub(super) fn new_call(
    caller: &Caller<'_>,
    entry: Arc<Entry>,
    arguments: &Arguments<'_>,
    default_channel: &str,
    cid: Cid,
) -> PyResult<Arc<Call>> {
    let channel = match arguments.get(Argument::Channel) {
        Some(channel) => channel_info(&channel.str()?.to_cow()?)?,
        None => channel_info(default_channel)?,
    };
    let object = |argument: Argument| arguments.get(argument).map(|value| value.clone().unbind());
    let given = Given {
        payload: arguments.payload()?.unbind(),
        data_format: arguments.text(Argument::DataFormat, "dict")?,
        transport: arguments.text(Argument::Transport, "")?,
        environ: object(Argument::Environ),
        wsgi_environ: wsgi_environ(arguments)?,
        channel_params: match arguments.get(Argument::ChannelParams) {
            Some(params) => Some(params.clone().cast_into::<PyDict>()?.unbind()),
            None => None,
        },
        channel: object(Argument::ChannelInfo),
        job_type: match arguments.get(Argument::JobType) {
            Some(job_type) => Some(job_type.extract()?),
            None => None,
        },
        in_reply_to: None,
    };
    let foreign = match arguments.get(Argument::Cid) {
        Some(given) => Some(given.str()?.to_string()),
        None => caller.foreign_cid.filter(|_| cid == caller.cid).map(str::to_owned),
    };
    let own = foreign.as_deref().and_then(Cid::parse);
    Ok(Arc::new(Call {
        cid: own.unwrap_or(cid),
        entry,
        channel,
        security: caller.security.cloned(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Instant::now().into(),
        foreign_cid: foreign.filter(|_| own.is_none()),
    }))
}

/// The `wsgi_environ` argument, and what `zato_ctx` holds under the keys of reference connections 1.6.
fn wsgi_environ(arguments: &Arguments<'_>) -> PyResult<Option<Py<PyAny>>> {
    let given = arguments.get(Argument::WsgiEnviron);
    let context = match arguments.get(Argument::ZatoContext) {
        Some(context) => context.cast::<PyDict>()?,
        None => return Ok(given.map(|given| given.clone().unbind())),
    };
    let environ = PyDict::new(context.py());
    if let Some(given) = given {
        environ.update(given.cast::<PyDict>()?.as_mapping())?;
    }
    for (name, value) in context {
        let name = name.str()?.to_string();
        if name.starts_with(REQUEST_CONTEXT) {
            environ.set_item(name, value)?;
        } else {
            environ.set_item(format!("{REQUEST_CONTEXT}{name}"), value)?;
        }
    }
    Ok(Some(environ.into_any().unbind()))
}

/// What keys of `wsgi_environ` begin with that say what a call belongs to.
pub(super) const REQUEST_CONTEXT: &str = "zato.request_ctx.";

/// `self.new_instance(name)`.
///
/// # Errors
/// Raises `KeyError` for an unknown service, and what the constructor raises.
pub(crate) fn new_instance(slf: &Bound<'_, Service>, target: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let caller = slf.get().call()?;
    let entry = target::find(target)?;
    let payload = match &caller.given {
        Some(given) => given.payload.clone_ref(py),
        None => PyBytes::new(py, &caller.body).into_any().unbind(),
    };
    let environ = caller.given.as_ref().and_then(|given| given.environ.as_ref());
    let given = Given {
        payload,
        data_format: caller.data_format().to_owned(),
        transport: String::new(),
        environ: environ.map(|environ| environ.clone_ref(py)),
        wsgi_environ: Some(slf.getattr("wsgi_environ")?.unbind()),
        channel_params: None,
        channel: None,
        job_type: None,
        in_reply_to: None,
    };
    let call = Arc::new(Call {
        cid: caller.cid,
        entry,
        channel: channel_info("new-instance")?,
        security: caller.security.clone(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Instant::now().into(),
        foreign_cid: caller.foreign_cid.clone(),
    });
    Ok(run::make(py, &call)?.into_any().unbind())
}
