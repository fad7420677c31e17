//! What happens at a time.

pub mod job;
