//! Hashes of passwords in the form of earlier versions: `$pbkdf2-sha512$100000$SALT$CHECKSUM` (reference service-api
//! 3.6; 3.0-3.2 make them with passlib).

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pbkdf2::pbkdf2_hmac_array;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::Sha512;
use subtle::ConstantTimeEq as _;
use zato_core::{Error, ErrorKind, Result, Secret};

/// What hashes begin with.
const SCHEME: &str = "pbkdf2-sha512";

/// How often new hashes are hashed; documented for 3.0-3.2.
const ROUNDS: u32 = 100_000;

/// Most rounds that are done to verify a hash, some seconds' work.
const MOST_ROUNDS: u32 = 10_000_000;

/// Length of new salts, in bytes; documented for 3.0-3.2.
const SALT_LENGTH: usize = 64;

/// Longest salt of a hash that is verified.
const LONGEST_SALT: usize = 1_024;

/// Length of checksums, in bytes.
const CHECKSUM_LENGTH: usize = 64;

/// Base64 with a dot in place of plus, unpadded.
fn encoding() -> Result<GeneralPurpose> {
    let alphabet = Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./")
        .map_err(|error| Error::new(ErrorKind::Internal, "the alphabet of hashes is wrong").source(error))?;
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    Ok(GeneralPurpose::new(&alphabet, config))
}

/// Hashes a secret with a random salt. Takes about a tenth of a second.
///
/// # Errors
/// [`ErrorKind::Crypto`] if the operating system gives no random bytes.
pub fn hash_secret(secret: &Secret) -> Result<String> {
    hash_with(secret, ROUNDS)
}

fn hash_with(secret: &Secret, rounds: u32) -> Result<String> {
    let mut salt = [0; SALT_LENGTH];
    OsRng.try_fill_bytes(&mut salt).map_err(|error| {
        Error::new(ErrorKind::Crypto, "the operating system gave no random bytes for a salt").source(error)
    })?;
    let encoding = encoding()?;
    let checksum = checksum(secret, &salt, rounds);
    Ok(format!("${SCHEME}${rounds}${}${}", encoding.encode(salt), encoding.encode(checksum)))
}

/// Whether a secret is the one that a hash was made of; hashes with any number of rounds are understood. Text that is
/// no such hash was made of nothing.
///
/// # Errors
/// [`ErrorKind::Internal`] only.
pub fn verify_hash(secret: &Secret, hash: &str) -> Result<bool> {
    let mut parts = hash.split('$');
    let (Some(""), Some(SCHEME), Some(rounds), Some(salt), Some(expected), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(false);
    };
    let encoding = encoding()?;
    let rounds = rounds.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds));
    let salt = encoding.decode(salt).ok().filter(|salt| salt.len() <= LONGEST_SALT);
    let (Some(rounds), Some(salt), Ok(expected)) = (rounds, salt, encoding.decode(expected)) else {
        return Ok(false);
    };
    Ok(checksum(secret, &salt, rounds).as_slice().ct_eq(&expected).into())
}

fn checksum(secret: &Secret, salt: &[u8], rounds: u32) -> [u8; CHECKSUM_LENGTH] {
    pbkdf2_hmac_array::<Sha512, CHECKSUM_LENGTH>(secret.expose().as_bytes(), salt, rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hashed_is_verified_and_nothing_else() {
        let hash = hash_with(&Secret::new("hunter2"), 100).unwrap();
        assert!(hash.starts_with("$pbkdf2-sha512$100$"), "{hash}");
        assert!(verify_hash(&Secret::new("hunter2"), &hash).unwrap());
        assert!(!verify_hash(&Secret::new("hunter3"), &hash).unwrap());
        assert_ne!(hash, hash_with(&Secret::new("hunter2"), 100).unwrap());
    }

    #[test]
    fn hashes_that_passlib_made_are_verified() {
        // pbkdf2_sha512.using(rounds=1000, salt=b"0123456789abcdef").hash("zażółć")
        let hash = "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$1Au8NKAm5dqgNtNTKyw.0LdEV1QVKwQZ.Ro.yr8WlYlrRohMCF0ScNF6hvQcHXZ8a8cs1Mxjqe2qRMTpMJPp9w";
        assert!(verify_hash(&Secret::new("zażółć"), hash).unwrap());
        assert!(!verify_hash(&Secret::new("zazolc"), hash).unwrap());
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        for text in [
            "",
            "x",
            "$pbkdf2-sha512$",
            "$pbkdf2-sha512$0$AA$AA",
            "$pbkdf2-sha512$99999999999$AA$AA",
            "$pbkdf2-sha256$1000$AAAA$AAAA",
            "$pbkdf2-sha512$1$**$AA",
            "$pbkdf2-sha512$1$AA$",
            "$pbkdf2-sha512$1$AA$AA$",
        ] {
            assert!(!verify_hash(&Secret::new(""), text).unwrap(), "{text}");
        }
    }
}
