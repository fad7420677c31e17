//! Encryption and decryption with a [`SecretKey`].

use std::fmt;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fernet::Fernet;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use zato_core::{Error, ErrorKind, Result, Secret};
use zeroize::Zeroizing;

use super::key::SecretKey;

/// Marks a value of ours. It is authenticated along with the text, so it cannot be put before something else.
const PREFIX: &str = "zato.secret.v1:";

/// Marks a Fernet value in old configuration (reference connections 1.4).
const FERNET_PREFIX: &str = "zato.secf.";

/// What every Fernet token starts with: version 0x80 and the zeros of a date in this age.
const FERNET_START: &str = "gAAAA";

/// Separates the key of this cipher from the Fernet keys, which are the two halves of the secret key itself.
const KEY_LABEL: &[u8] = b"zato.secret.v1 aes-256-gcm";

const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;

/// Encrypts secrets for the store, and reads what older versions of Zato encrypted. Cheap to keep, not to make.
#[derive(Clone)]
pub struct Cipher {
    aes: Aes256Gcm,
    fernet: Fernet,
}

impl Cipher {
    /// Makes a cipher of a key.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if the libraries refuse the key, which no [`SecretKey`] leads to.
    pub fn new(key: &SecretKey) -> Result<Self> {
        let refused = || Error::new(ErrorKind::Crypto, "the secret key was refused");
        let mut digest = Sha256::new();
        digest.update(KEY_LABEL);
        digest.update(key.bytes());
        let mut derived = Zeroizing::new([0; 32]);
        digest.finalize_into(derived.as_mut_slice().into());
        Ok(Self {
            aes: Aes256Gcm::new_from_slice(derived.as_slice())
                .map_err(|error| refused().source(error.to_string()))?,
            fernet: Fernet::new(key.to_text().expose()).ok_or_else(refused)?,
        })
    }

    /// Whether a value has the form of one encrypted by [`Cipher::encrypt`] or by an older version of Zato.
    #[must_use]
    pub fn is_encrypted(value: &str) -> bool {
        value.starts_with(PREFIX) || fernet_token(value).is_some()
    }

    /// Encrypts a secret for the store with AES-256-GCM under a random nonce: the same secret gives another
    /// value each time. The result is ASCII and starts with `zato.secret.v1:`.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if the operating system gives no random bytes, or for secrets of more than 64 GiB.
    pub fn encrypt(&self, secret: &Secret) -> Result<String> {
        let mut nonce = [0; NONCE_LENGTH];
        OsRng.try_fill_bytes(&mut nonce).map_err(|error| {
            Error::new(
                ErrorKind::Crypto,
                "the operating system gave no random bytes to encrypt a secret with",
            )
            .source(error)
        })?;
        let payload = Payload { msg: secret.expose().as_bytes(), aad: PREFIX.as_bytes() };
        let sealed = self
            .aes
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_error| Error::new(ErrorKind::Crypto, "the secret is too long to be encrypted"))?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Decrypts what [`Cipher::encrypt`] made, or a Fernet token with or without `zato.secf.` before it.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if the value is not encrypted, was encrypted with another key, or was changed;
    /// the message repeats nothing of it.
    pub fn decrypt(&self, value: &str) -> Result<Secret> {
        if let Some(encoded) = value.strip_prefix(PREFIX) {
            return self.decrypt_aes(encoded);
        }
        if fernet_token(value).is_some() {
            return self.fernet_decrypt(value);
        }
        Err(Error::new(ErrorKind::Crypto, "the value is not an encrypted one")
            .hint("set the secret again: `zato encrypt` shows what an encrypted value looks like"))
    }

    /// Decrypts a secret field of an object; an empty one is not encrypted, and stays empty.
    ///
    /// # Errors
    /// See [`Cipher::decrypt`].
    pub fn decrypt_field(&self, secret: &Secret) -> Result<Secret> {
        if secret.is_empty() { Ok(secret.clone()) } else { self.decrypt(secret.expose()) }
    }

    /// Encrypts text as a Fernet token, the form of `zato encrypt` and of `self.crypto.encrypt`
    /// (reference service-api 4.2).
    #[must_use]
    pub fn fernet_encrypt(&self, secret: &Secret) -> String {
        self.fernet.encrypt(secret.expose().as_bytes())
    }

    /// Decrypts a Fernet token of any age, with or without `zato.secf.` before it, as `zato decrypt` and
    /// `self.crypto.decrypt` do.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`] if it is no token, was made with another key, was changed, or does not hold UTF-8.
    pub fn fernet_decrypt(&self, token: &str) -> Result<Secret> {
        let token = token.trim();
        let token = token.strip_prefix(FERNET_PREFIX).unwrap_or(token);
        // A token from the future is as good as any: clocks go back, secrets at rest have no age.
        let end_of_time = u64::MAX / 2;
        let bytes =
            self.fernet.decrypt_at_time(token, None, end_of_time).map_err(|_error| wrong_key_or_changed())?;
        text_of(bytes)
    }

    fn decrypt_aes(&self, encoded: &str) -> Result<Secret> {
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_error| wrong_key_or_changed())?;
        if bytes.len() < NONCE_LENGTH + TAG_LENGTH {
            return Err(wrong_key_or_changed());
        }
        let (nonce, sealed) = bytes.split_at(NONCE_LENGTH);
        let payload = Payload { msg: sealed, aad: PREFIX.as_bytes() };
        let opened =
            self.aes.decrypt(Nonce::from_slice(nonce), payload).map_err(|_error| wrong_key_or_changed())?;
        text_of(opened)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cipher(******)")
    }
}

/// Returns the Fernet token in a value of old configuration, if it is one.
fn fernet_token(value: &str) -> Option<&str> {
    let token = value.strip_prefix(FERNET_PREFIX).unwrap_or(value);
    token.starts_with(FERNET_START).then_some(token)
}

/// One error for every cause, so that nothing is learned from which check failed.
fn wrong_key_or_changed() -> Error {
    Error::new(
        ErrorKind::Crypto,
        "the value cannot be decrypted: it was encrypted with another key, or changed",
    )
    .hint("check that the secret key is the one the environment was created with")
}

fn text_of(bytes: Vec<u8>) -> Result<Secret> {
    String::from_utf8(bytes).map(Secret::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        Error::new(ErrorKind::Crypto, "the decrypted value is not text")
    })
}
