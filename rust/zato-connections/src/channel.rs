//! Ways in.

pub mod rest;
pub mod url_path;
