//! Outgoing connections: what services call.

pub mod rest;
