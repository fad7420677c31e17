//! Secrets at rest. The store never sees a secret in clear: whoever writes a spec encrypts its secret fields
//! first, whoever needs the secret decrypts it at the last moment.

mod cipher;
mod key;
#[cfg(test)]
mod tests;

pub use cipher::Cipher;
pub use key::SecretKey;
