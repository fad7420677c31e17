//! Secrets at rest. The store never sees a secret in clear: whoever writes a spec encrypts its secret fields
//! first, whoever needs the secret decrypts it at the last moment.

mod cipher;
mod key;
mod password_hash;
#[cfg(test)]
mod tests;

pub use cipher::Cipher;
pub use key::SecretKey;
pub use password_hash::{hash_secret, verify_hash};
