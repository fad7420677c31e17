//! Random passwords.

use rand::TryRngCore;
use rand::rngs::OsRng;
use zato_core::{Error, ErrorKind, Result, Secret};

/// Makes a password of 122 random bits, written as a version 4 UUID: what upstream gives to its own definitions
/// (reference operations 5.3), and what shells, URLs and INI files take without quotes.
///
/// # Errors
/// [`ErrorKind::Crypto`] if the operating system gives no random bytes.
pub fn generate() -> Result<Secret> {
    let mut bytes = [0; 16];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Crypto, "the operating system gave no random bytes for a password")
            .source(error)
    })?;
    Ok(Secret::new(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_differ() {
        let (first, second) = (generate().unwrap(), generate().unwrap());
        assert_eq!(first.expose().len(), 36);
        assert_ne!(first, second);
    }
}
