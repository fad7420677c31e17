//! Outgoing HTTP connections, as `zato.connections.http` uses them. What services see is made there, in Python; here
//! is what is sent and what comes back.

mod answer;
mod call;
mod connection;

pub(crate) use answer::HttpAnswer;
pub(crate) use call::HttpCall;
pub(crate) use connection::{RestConnection, rest_connection, rest_connection_names};
