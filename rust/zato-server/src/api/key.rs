//! Whether a secret key is the one of a config store.

use zato_core::{Error, ErrorKind, Result};
use zato_schema::{Registry, map_secrets};
use zato_store::{Cipher, ObjectKey, SecretKey, Store};

/// Makes sure that a key is the one that the secrets of a store are encrypted with. Gives the objects whose secrets it
/// does not decrypt though it decrypts others. A store without secrets goes with every key.
///
/// # Errors
/// [`ErrorKind::Crypto`] if it decrypts none of them; errors of the store.
pub async fn check_key(store: &Store, key: &SecretKey, registry: &Registry) -> Result<Vec<ObjectKey>> {
    let cipher = Cipher::new(key)?;
    let (mut decrypted, mut closed) = (0_usize, Vec::new());
    for mut object in store.snapshot().await?.objects {
        let Some(kind) = registry.get(&object.kind) else { continue };
        let outcome = map_secrets(kind, &mut object.spec, |text| {
            if Cipher::is_encrypted(text) {
                cipher.decrypt(text)?;
                decrypted += 1;
            }
            Ok(String::new())
        });
        if outcome.is_err() {
            closed.push(ObjectKey::new(&object.kind, &object.name));
        }
    }
    if decrypted > 0 || closed.is_empty() {
        return Ok(closed);
    }
    let message = "the secret key is not the one that the secrets in the config store are encrypted with";
    Err(Error::new(ErrorKind::Crypto, message).hint(
        "put the key the environment was created with into secrets.conf, as `key1` below `[secret_keys]`",
    ))
}
