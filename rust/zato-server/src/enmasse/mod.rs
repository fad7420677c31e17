//! Enmasse: many objects in one file (reference operations 19). A file is parsed, planned against a snapshot, and applied
//! as a whole or not at all; what an export writes imports to no change.
//!
//! Everything that is wrong is told at once, with file, line, object, field, way out, and the code that earlier
//! versions used where one fits.

pub mod document;
mod export;
mod finding;
mod historical;
mod import;
mod load;
mod place;
mod placeholder;
mod plan;
mod planner;
mod report;
mod writer;

pub use document::{Document, Item, Section};
pub use export::{ExportOptions, Format, export};
pub use finding::{Code, Finding};
pub use import::{Outcome, import};
pub use load::{LoadOptions, load, read_env_file};
pub use plan::{Plan, PlanOptions, Planned, plan};
