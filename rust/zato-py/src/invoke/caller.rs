//! Who calls a service: another service, or the server itself.

use std::sync::Arc;

use zato_core::invocation::SecurityInfo;
use zato_core::{Cid, Profile};

use crate::call::{Call, CurrentCid};
use crate::entry::Entry;
use crate::guest;

/// What a call takes over from whoever makes it.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    /// Correlation ID.
    pub(super) cid: Cid,
    /// The correlation ID, if it is not one of ours.
    pub(super) foreign_cid: Option<&'a str>,
    /// Who called the caller.
    pub(super) security: Option<&'a Arc<SecurityInfo>>,
    /// The calling service, if it is one.
    pub(super) entry: Option<&'a Arc<Entry>>,
}

impl<'a> From<&'a Call> for Caller<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            cid: call.cid,
            foreign_cid: call.foreign_cid.as_deref(),
            security: call.security.as_ref(),
            entry: Some(&call.entry),
        }
    }
}

impl Caller<'_> {
    /// The server, for `self.server.invoke`. The correlation ID is that of the thread's invocation, if it runs one.
    pub(super) fn server() -> Self {
        let cid = CurrentCid::get().unwrap_or_default();
        Self { cid, foreign_cid: None, security: None, entry: None }
    }

    /// Whether this is the very service that `entry` is about.
    pub(super) fn is_same(&self, entry: &Entry) -> bool {
        self.entry.is_some_and(|own| own.info.impl_name == entry.info.impl_name)
    }

    /// Returns the correlation ID as services see it.
    pub(super) fn cid_text(&self) -> String {
        self.foreign_cid.map_or_else(|| self.cid.to_string(), str::to_owned)
    }

    /// Returns the compat profile that the caller expects answers in.
    pub(super) fn profile(&self) -> Profile {
        match self.entry {
            Some(entry) => entry.profile,
            None => guest::host().map_or(Profile::V3_2, |host| host.options.profile),
        }
    }
}
