//! What becomes of the secrets of an object when it is written.

use serde_json::Value;
use zato_core::{Problem, Result, Secret};
use zato_schema::{DynKind, REDACTED};
use zato_store::Cipher;

/// A spec whose secrets are encrypted.
pub(super) struct Sealed {
    pub(super) spec: Value,
    /// Secrets that were made, by field.
    pub(super) generated: Vec<(String, Secret)>,
    /// What is wrong with them.
    pub(super) problems: Vec<Problem>,
}

/// Encrypts the secrets of a spec in normal form. A secret that is empty, or redacted, stays what it was before;
/// one that says the same as before keeps its ciphertext, so that the object counts as unchanged. A new security
/// definition without a secret gets a random one.
pub(super) fn seal(
    kind: &DynKind,
    mut spec: Value,
    before: Option<&Value>,
    cipher: &Cipher,
) -> Result<Sealed> {
    let mut generated = Vec::new();
    let mut problems = Vec::new();
    for field in kind.secret_fields() {
        let text =
            |spec: &Value| spec.get(&field.name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let given = Secret::new(text(&spec));
        let stored = before.map(text).filter(|stored| !stored.is_empty());
        let sealed = match stored {
            Some(stored) if given.is_empty() || given.expose() == REDACTED => stored,
            Some(stored) if cipher.decrypt(&stored).is_ok_and(|known| known == given) => stored,
            None if given.expose() == REDACTED => {
                problems.push(
                    Problem::new("these asterisks stand for a secret that is not there")
                        .field(&field.name)
                        .hint("give the secret itself, or leave the field out"),
                );
                continue;
            }
            None if given.is_empty() && before.is_none() && kind.id().starts_with("security.") => {
                let secret = super::generate_password()?;
                let sealed = cipher.encrypt(&secret)?;
                generated.push((field.name.clone(), secret));
                sealed
            }
            None if given.is_empty() => continue,
            _ => cipher.encrypt(&given)?,
        };
        spec[&field.name] = Value::from(sealed);
    }
    Ok(Sealed { spec, generated, problems })
}
