//! Services that jobs invoke (reference connections 11, service-api 2.5 and 7).

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use zato_core::invocation::ChannelInfo;

use crate::call::{Call, Given};
use crate::json;
use crate::run;
use crate::service::Service;

/// Channel type of jobs.
const CHANNEL_TYPE: &str = "scheduler";

/// Channel type of services that are invoked at the start.
const STARTUP_CHANNEL_TYPE: &str = "startup-service";

/// What marks data of `self.schedule`; a job made in another way has text.
const MARK: &str = "zato_embedded";

/// Hooks around `handle` for any job and for each type; the first of a pair comes before it.
pub(crate) const HOOKS: [(&str, [&str; 2]); 4] = [
    ("", ["before_job", "after_job"]),
    ("one_time", ["before_one_time_job", "after_one_time_job"]),
    ("interval_based", ["before_interval_based_job", "after_interval_based_job"]),
    ("cron_style", ["before_cron_style_job", "after_cron_style_job"]),
];

/// Which job hooks a service overrides, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct JobHooks(u8);

impl JobHooks {
    /// Takes note of a hook, if it is one of these.
    pub(crate) fn add(&mut self, name: &str) {
        if let Some(place) = names().position(|known| known == name) {
            self.0 |= 1 << place;
        }
    }

    fn has(self, name: &str) -> bool {
        names().position(|known| known == name).is_some_and(|place| self.0 & (1 << place) != 0)
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    HOOKS.iter().flat_map(|(_, pair)| *pair)
}

/// Where a hook is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Before = 0,
    After = 1,
}

/// Calls the hook of all jobs and that of the type of this one. Upstream 3.0-3.2 calls those of all types, against its
/// documents.
pub(crate) fn hooks(py: Python<'_>, instance: &Bound<'_, Service>, call: &Call, side: Side) {
    if call.entry.job_hooks == JobHooks::default() || call.channel.channel_type != CHANNEL_TYPE {
        return;
    }
    for (job_type, pair) in HOOKS {
        let name = pair[side as usize];
        if (job_type.is_empty() || job_type == call.job_type()) && call.entry.job_hooks.has(name) {
            run::swallow(py, instance, call, name);
        }
    }
}

/// What the service of a job is given: text, or the data that `self.schedule` was given; text as well for services that are
/// invoked at the start. None if neither invokes it.
///
/// # Errors
/// Whatever keeps Python from making objects.
pub(crate) fn given(py: Python<'_>, channel: &Arc<ChannelInfo>, body: &[u8]) -> PyResult<Option<Given>> {
    let is_job = !channel.job_type.is_empty();
    if !is_job && channel.channel_type != STARTUP_CHANNEL_TYPE {
        return Ok(None);
    }
    let payload = match Some(body).filter(|_| is_job).and_then(|body| embedded(py, body)) {
        Some(data) => data.unbind(),
        None => PyString::new(py, &String::from_utf8_lossy(body)).into_any().unbind(),
    };
    Ok(Some(Given {
        payload,
        data_format: channel.data_format.as_str().to_owned(),
        transport: String::new(),
        environ: None,
        wsgi_environ: None,
        channel_params: None,
        in_reply_to: None,
        channel: None,
        job_type: None,
    }))
}

/// The data of `self.schedule`; none if it is text that somebody wrote, JSON or not.
fn embedded<'py>(py: Python<'py>, body: &[u8]) -> Option<Bound<'py, PyAny>> {
    if !body.starts_with(b"{") {
        return None;
    }
    let wrapper = json::loads(py, body).ok()?.cast_into::<PyDict>().ok()?;
    let is_marked = wrapper.get_item(MARK).ok()??.is_truthy().ok()?;
    if is_marked { wrapper.get_item("data").ok()? } else { None }
}
