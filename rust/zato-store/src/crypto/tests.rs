//! The vectors are those of the public Fernet specification (https://github.com/fernet/spec, generate.json,
//! verify.json and invalid.json).

use proptest::prelude::*;
use zato_core::{ErrorKind, Secret};

use super::{Cipher, SecretKey};

const VECTOR_KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const VECTOR_TOKEN: &str =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

fn vector_cipher() -> Cipher {
    Cipher::new(&VECTOR_KEY.parse().unwrap()).unwrap()
}

fn new_cipher() -> Cipher {
    Cipher::new(&SecretKey::generate().unwrap()).unwrap()
}

#[test]
fn decrypts_the_vector_of_the_fernet_specification() {
    let cipher = vector_cipher();
    assert_eq!(cipher.fernet_decrypt(VECTOR_TOKEN).unwrap().expose(), "hello");
    assert_eq!(cipher.decrypt(VECTOR_TOKEN).unwrap().expose(), "hello");
    assert_eq!(cipher.decrypt(&format!("zato.secf.{VECTOR_TOKEN}")).unwrap().expose(), "hello");
}

#[test]
fn refuses_the_invalid_vectors_of_the_fernet_specification() {
    // Those about age and clocks are left out: secrets at rest have no age.
    let tokens = [
        (
            "incorrect mac",
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
        ),
        ("too short", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="),
        (
            "invalid base64",
            "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
        ),
        (
            "not a multiple of the block size",
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
        ),
        (
            "padding error",
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
        ),
        (
            "incorrect initialization vector",
            "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
        ),
    ];
    for (what, token) in tokens {
        let error = vector_cipher().fernet_decrypt(token).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crypto, "{what}");
    }
}

#[test]
fn reads_a_token_from_the_future_because_clocks_go_back() {
    let library = fernet::Fernet::new(VECTOR_KEY).unwrap();
    let year_2100 = 4_102_444_800;
    let token = library.encrypt_at_time(b"hello", year_2100);
    assert_eq!(vector_cipher().fernet_decrypt(&token).unwrap().expose(), "hello");
}

#[test]
fn reads_keys_with_and_without_padding_or_white_space() {
    let key: SecretKey = VECTOR_KEY.parse().unwrap();
    assert_eq!(key.to_text().expose(), VECTOR_KEY);
    assert_eq!(format!(" {}\n", VECTOR_KEY.trim_end_matches('=')).parse::<SecretKey>().unwrap(), key);
    assert_ne!(SecretKey::generate().unwrap(), key);
}

#[test]
fn a_bad_key_is_refused_without_being_repeated() {
    for text in ["", "  ", "s3cr3t!", "c3VwZXJzM2NyM3Q=", &VECTOR_KEY[4..], &format!("AAAA{VECTOR_KEY}")] {
        let error = text.parse::<SecretKey>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crypto, "{text}");
        assert!(error.get_hint().is_some(), "{text}");
        assert!(text.trim().is_empty() || !error.report().contains(text.trim()), "{}", error.report());
    }
}

#[test]
fn shows_neither_key_nor_secret() {
    let key: SecretKey = VECTOR_KEY.parse().unwrap();
    let shown = format!("{key:?} {:?}", Cipher::new(&key).unwrap());
    assert!(!shown.contains("cw_0"), "{shown}");
}

#[test]
fn the_same_secret_is_encrypted_differently_each_time() {
    let cipher = new_cipher();
    let secret = Secret::new("hunter2");
    let (first, second) = (cipher.encrypt(&secret).unwrap(), cipher.encrypt(&secret).unwrap());
    assert_ne!(first, second);
    assert!(first.starts_with("zato.secret.v1:"));
    assert!(!first.contains("hunter2"));
}

#[test]
fn another_key_does_not_decrypt() {
    let secret = Secret::new("hunter2");
    let (ours, theirs) = (new_cipher(), new_cipher());
    assert_eq!(theirs.decrypt(&ours.encrypt(&secret).unwrap()).unwrap_err().kind(), ErrorKind::Crypto);
    assert_eq!(theirs.decrypt(&ours.fernet_encrypt(&secret)).unwrap_err().kind(), ErrorKind::Crypto);
}

#[test]
fn values_that_are_not_encrypted_are_told_apart_and_not_repeated() {
    let cipher = new_cipher();
    for value in ["", "hunter2", "zato.secret.v2:AAAA", "gAAA"] {
        assert!(!Cipher::is_encrypted(value), "{value}");
        let error = cipher.decrypt(value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crypto);
        assert!(value.is_empty() || !error.report().contains(value), "{}", error.report());
    }
    assert!(Cipher::is_encrypted(VECTOR_TOKEN));
    assert!(Cipher::is_encrypted(&format!("zato.secf.{VECTOR_TOKEN}")));
    assert!(Cipher::is_encrypted(&cipher.encrypt(&Secret::default()).unwrap()));
}

#[test]
fn truncated_values_are_refused() {
    let cipher = new_cipher();
    let value = cipher.encrypt(&Secret::new("hunter2")).unwrap();
    for length in "zato.secret.v1:".len()..value.len() {
        assert_eq!(cipher.decrypt(&value[..length]).unwrap_err().kind(), ErrorKind::Crypto, "{length}");
    }
}

proptest! {
    #[test]
    fn what_was_encrypted_can_be_decrypted(text in any::<String>()) {
        let cipher = vector_cipher();
        let secret = Secret::new(text);
        prop_assert_eq!(&cipher.decrypt(&cipher.encrypt(&secret).unwrap()).unwrap(), &secret);
        let token = cipher.fernet_encrypt(&secret);
        prop_assert_eq!(&cipher.decrypt(&token).unwrap(), &secret);
        prop_assert_eq!(&cipher.decrypt(&format!("zato.secf.{token}")).unwrap(), &secret);
    }

    #[test]
    fn a_changed_value_is_refused(text in any::<String>(), place in any::<prop::sample::Index>(), by in 1..64_u8) {
        let cipher = vector_cipher();
        let secret = Secret::new(text);
        for value in [cipher.encrypt(&secret).unwrap(), cipher.fernet_encrypt(&secret)] {
            let tampered = tamper(&value, place, by);
            // The last character may carry bits that stand for nothing; a strict decoder refuses those as well.
            prop_assert_eq!(cipher.decrypt(&tampered).map_err(|error| error.kind()), Err(ErrorKind::Crypto));
        }
    }

    #[test]
    fn no_text_makes_decryption_panic(text in "(zato\\.secret\\.v1:|zato\\.secf\\.)?(gAAAA)?.{0,200}") {
        prop_assert!(vector_cipher().decrypt(&text).is_err());
    }
}

/// Replaces one Base64 character by another one.
fn tamper(value: &str, place: prop::sample::Index, by: u8) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let start = value.find(':').map_or(0, |colon| colon + 1);
    let end = value.trim_end_matches('=').len();
    let mut bytes = value.as_bytes().to_vec();
    let at = start + place.index(end - start);
    let digit = ALPHABET.iter().position(|letter| *letter == bytes[at]).unwrap();
    bytes[at] = ALPHABET[(digit + usize::from(by)) % 64];
    String::from_utf8(bytes).unwrap()
}
