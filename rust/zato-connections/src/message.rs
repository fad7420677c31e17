//! What services look into messages with: named expressions, so that a changed message changes no code (2.0-3.1;
//! reference service-api 3.6, operations 15.5).

pub mod json_pointer;
pub mod namespace;
pub mod xpath;
