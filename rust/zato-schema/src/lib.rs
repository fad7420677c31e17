//! What every configurable kind of object says about itself, and everything that follows from it: validation,
//! defaults, references, redaction, differences, documentation and JSON Schema.
//!
//! A kind is one struct. Its serde and schemars derives are folded into [`FieldView`]s, and consumers (store,
//! enmasse, CLI, web admin) read those; none reads raw JSON Schema.
//!
//! Invariant: a kind knows neither the store, nor a user interface, nor YAML.

#![expect(
    clippy::result_large_err,
    reason = "problems are the rare case, and boxes would be in everybody's way"
)]

mod advice;
mod coerce;
pub mod conformance;
mod decode;
mod diff;
mod dynamic;
mod envelope;
mod field;
mod fold;
mod kind;
mod reference;
mod registry;
pub mod render;
mod secrets;
pub mod suggest;
mod units;
mod validate;

pub use decode::decode;
pub use diff::{Change, diff, without_defaults};
pub use dynamic::DynKind;
pub use envelope::{Envelope, NAME_LIMIT, check_name, split, take_apart};
pub use field::{Choice, FieldType, FieldView, ReferenceTarget, Unit};
pub use kind::{InertField, InertUse, Kind, SingleFlag};
pub use reference::{Ref, Reference, ServiceName, Target, references};
pub use registry::Registry;
pub use secrets::{REDACTED, SecretText, map_secrets, redact};
pub use units::{ByteSize, Milliseconds, Seconds};
pub use validate::{Validated, validate};
