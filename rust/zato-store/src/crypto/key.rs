//! The key that all secrets of an environment are encrypted with.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq as _;
use zato_core::{Error, ErrorKind, Result, Secret};
use zeroize::Zeroizing;

/// How many bytes a key has.
const LENGTH: usize = 32;

/// Keys are written with padding, as Fernet requires, and read with or without.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret key: 32 bytes, written as 44 characters of URL-safe Base64, which is the form of a Fernet key and of
/// what `zato create secret-key` prints (reference operations 2.1). It is wiped when dropped, and two keys are
/// compared in constant time.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; LENGTH]>);

impl SecretKey {
    /// Makes a new key from the random source of the operating system.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        OsRng.try_fill_bytes(bytes.as_mut_slice()).map_err(|error| {
            Error::new(ErrorKind::Crypto, "the operating system gave no random bytes for a secret key")
                .source(error)
        })?;
        Ok(Self(bytes))
    }

    /// Reads the text form; white space around it does not matter.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if the text is not a key; the message does not repeat it.
    pub fn parse(text: &Secret) -> Result<Self> {
        let problem = |what: String| {
            Error::new(ErrorKind::Crypto, what).hint(
                "a secret key is 44 characters of URL-safe Base64; `zato crypto create-secret-key` makes one",
            )
        };
        let text = text.expose().trim();
        if text.is_empty() {
            return Err(problem("the secret key is empty".to_owned()));
        }
        let mut decoded = Zeroizing::new(Vec::with_capacity(2 * LENGTH));
        // The source error names bytes of the key, hence is not kept.
        URL_SAFE
            .decode_vec(text, &mut decoded)
            .map_err(|_error| problem("the secret key is not URL-safe Base64".to_owned()))?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        if decoded.len() != LENGTH {
            return Err(problem(format!("the secret key holds {} bytes instead of {LENGTH}", decoded.len())));
        }
        bytes.copy_from_slice(&decoded);
        Ok(Self(bytes))
    }

    /// Returns the text form, for secrets.conf or the terminal.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        Secret::new(URL_SAFE.encode(self.0.as_slice()))
    }

    /// Gives the bytes to the ciphers.
    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl FromStr for SecretKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(&Secret::new(text))
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(******)")
    }
}
