//! From a spec to the struct of its kind.

use serde_json::Value;
use zato_core::{Error, ErrorKind, Problem, Result};

use crate::kind::Kind;

/// Decodes a stored spec, that is, one that [`crate::validate`] gave. Inert fields are passed over.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the spec is not one of this kind; says which field.
pub fn decode<K: Kind>(spec: &Value) -> Result<K::Config> {
    serde_path_to_error::deserialize(spec).map_err(|error| {
        let field = error.path().to_string();
        // The cause is left out: serde quotes values, and the value may be a secret.
        Error::new(ErrorKind::Invalid, format!("stored {} has no usable `{field}`", K::LABEL))
            .hint("write the object again with the command line or an enmasse import")
    })
}

/// What came of decoding a spec.
pub(crate) enum Decoded {
    /// It is one; given in normal form, with what the kind's own check found, and what it has doubts about.
    Spec { normal: Value, problems: Vec<Problem>, doubts: Vec<Problem> },
    /// A field has a value of the wrong form.
    Failed {
        /// Top-level field, if one is at fault.
        field: Option<String>,
        /// What serde says.
        message: String,
    },
}

/// Decodes, checks and serializes again.
pub(crate) fn decode_and_check<K: Kind>(spec: Value) -> Decoded {
    let config = match serde_path_to_error::deserialize::<_, K::Config>(&spec) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    let (problems, doubts) = (K::check(&config), K::doubts(&config));
    match serde_json::to_value(&config) {
        Ok(normal) => Decoded::Spec { normal, problems, doubts },
        Err(error) => Decoded::Failed { field: None, message: error.to_string() },
    }
}

fn failed(error: &serde_path_to_error::Error<serde_json::Error>) -> Decoded {
    let field = error.path().iter().find_map(|segment| match segment {
        serde_path_to_error::Segment::Map { key } => Some(key.clone()),
        _ => None,
    });
    Decoded::Failed { field, message: error.inner().to_string() }
}
