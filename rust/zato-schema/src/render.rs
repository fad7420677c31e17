//! Texts made from kinds.

mod docs;
mod json_schema;
mod yaml;

pub use docs::docs;
pub use json_schema::json_schema;
