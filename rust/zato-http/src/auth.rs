//! Verifies the credentials of a request.
//!
//! Secrets are decrypted once, when the tables are compiled, and kept only as a keyed hash under a random key
//! of this process. A request costs one HMAC and a comparison in constant time: nothing is decrypted, and
//! timing shows neither the secret nor its length.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac as _};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use rand::Rng as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zato_core::invocation::{Failure, FailureKind, SecurityInfo};
use zato_core::{Cid, Profile, Secret};

/// Clients differ in whether they pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Longest Basic Auth token, in bytes. More is refused without looking.
const LONGEST_TOKEN: usize = 4096;

/// Tokens up to this length, nearly all of them, are decoded on the stack.
const USUAL_TOKEN: usize = 256;

/// A security definition, ready to verify requests against.
pub struct Credential {
    info: Arc<SecurityInfo>,
    scheme: Scheme,
    /// Makes keyed hashes; a template that is cloned for each request.
    hasher: Hmac<Sha256>,
    /// Keyed hash of what a request has to present; none if nothing opens this door.
    expected: Option<[u8; 32]>,
}

#[derive(Debug)]
enum Scheme {
    Basic { challenge: String },
    ApiKey { header: HeaderName },
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// It presents no credentials.
    Missing,
    /// It presents something that is not of the right form.
    Malformed,
    /// It presents wrong credentials, or the definition admits nobody.
    Wrong,
}

impl Credential {
    /// Makes a Basic Auth credential (RFC 7617). An inactive definition or an empty password admits nobody.
    #[must_use]
    pub fn basic(info: Arc<SecurityInfo>, password: &Secret, realm: &str, is_active: bool) -> Self {
        let secret = zeroizing_join(&info.username, password.expose());
        let challenge = format!("Basic realm=\"{}\"", quoted(realm));
        let is_usable = is_active && !password.is_empty();
        Self::new(info, Scheme::Basic { challenge }, secret.expose().as_bytes(), is_usable)
    }

    /// Makes an API key credential: the header has to hold the key and nothing else. An inactive definition
    /// or an empty key admits nobody (upstream 3.2 admits everybody then, which no service can want).
    #[must_use]
    pub fn api_key(info: Arc<SecurityInfo>, key: &Secret, header: HeaderName, is_active: bool) -> Self {
        let is_usable = is_active && !key.is_empty();
        Self::new(info, Scheme::ApiKey { header }, key.expose().as_bytes(), is_usable)
    }

    fn new(info: Arc<SecurityInfo>, scheme: Scheme, secret: &[u8], is_usable: bool) -> Self {
        let key: [u8; 32] = rand::rng().random();
        let hasher = new_hasher(key);
        let expected = is_usable.then(|| hash(&hasher, secret));
        Self { info, scheme, hasher, expected }
    }

    /// Returns who is calling, if the headers hold the right credentials.
    ///
    /// # Errors
    /// The reason, for the answer in old profiles; it is the same for a wrong user and a wrong password.
    pub fn verify(&self, headers: &HeaderMap) -> Result<&Arc<SecurityInfo>, Denial> {
        let presented = match &self.scheme {
            Scheme::Basic { .. } => {
                let header = headers.get(AUTHORIZATION).ok_or(Denial::Missing)?.as_bytes();
                let (scheme, token) = header.split_at_checked(6).ok_or(Denial::Malformed)?;
                if !scheme.eq_ignore_ascii_case(b"basic ") {
                    return Err(Denial::Malformed);
                }
                self.hash_token(token.trim_ascii())?
            }
            Scheme::ApiKey { header } => {
                let mut values = headers.get_all(header).iter();
                let value = values.next().ok_or(Denial::Missing)?;
                // Which of two keys counts is nothing to guess about.
                if values.next().is_some() {
                    return Err(Denial::Malformed);
                }
                hash(&self.hasher, value.as_bytes())
            }
        };
        let expected = self.expected.as_ref().ok_or(Denial::Wrong)?;
        if bool::from(presented.ct_eq(expected)) { Ok(&self.info) } else { Err(Denial::Wrong) }
    }

    /// Hashes what a Basic Auth token decodes to.
    fn hash_token(&self, token: &[u8]) -> Result<[u8; 32], Denial> {
        if token.len() > LONGEST_TOKEN {
            return Err(Denial::Malformed);
        }
        if token.len() > USUAL_TOKEN {
            let credentials = BASE64.decode(token).map_err(|_| Denial::Malformed)?;
            return Ok(hash(&self.hasher, &credentials));
        }
        let mut space = [0; USUAL_TOKEN];
        let length = BASE64.decode_slice(token, &mut space).map_err(|_| Denial::Malformed)?;
        Ok(hash(&self.hasher, &space[..length]))
    }

    /// Makes the 401 of a denial, as the profile words it (reference operations 17.2, 17.3).
    #[must_use]
    pub fn failure(&self, denial: Denial, profile: Profile, cid: Cid, path: &str) -> Failure {
        let is_old = profile.has_zato_env_errors();
        let (message, challenge) = match &self.scheme {
            Scheme::Basic { challenge } => {
                let message = if is_old {
                    let (code, description) = denial.old_code();
                    format!(
                        "UNAUTHORIZED path_info:[{path}], cid:[{cid}], sec-wall code:[{code}], \
                         description:[{description}]"
                    )
                } else {
                    format!("Unauthorized; cid={cid}")
                };
                (message, Some(challenge.clone()))
            }
            Scheme::ApiKey { .. } if is_old => {
                (format!("UNAUTHORIZED path_info:[{path}], cid:[{cid}]"), Some("zato-apikey".to_owned()))
            }
            Scheme::ApiKey { .. } => ("401 Unauthorized".to_owned(), None),
        };
        Failure { challenge, ..Failure::new(FailureKind::Unauthorized, message) }
    }
}

impl Denial {
    /// Code and description in the bodies of 2.x-3.1.
    const fn old_code(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("0003.0001", "no credentials in the request"),
            Self::Malformed => ("0003.0002", "the credentials are not of the expected form"),
            Self::Wrong => ("0003.0003", "invalid username or password"),
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("info", &self.info)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

fn new_hasher(key: [u8; 32]) -> Hmac<Sha256> {
    // A key of one block length needs no error case, unlike one of any length.
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}

fn hash(hasher: &Hmac<Sha256>, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = hasher.clone();
    hasher.update(bytes);
    hasher.finalize().into_bytes().into()
}

fn zeroizing_join(username: &str, password: &str) -> Secret {
    // The capacity is exact, so that no copy of the password is left behind by growing.
    let mut text = String::with_capacity(username.len() + 1 + password.len());
    text.push_str(username);
    text.push(':');
    text.push_str(password);
    Secret::new(text)
}

/// Makes text fit for a quoted string (RFC 9110 5.6.4).
fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => result.extend(['\\', character]),
            ' '..='~' => result.push(character),
            _ => result.push('?'),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn info() -> Arc<SecurityInfo> {
        Arc::new(SecurityInfo {
            id: 7,
            name: "crm".into(),
            security_type: "basic_auth",
            username: "joe".into(),
        })
    }

    fn basic(password: &str, is_active: bool) -> Credential {
        Credential::basic(info(), &Secret::new(password), "CRM \"1\"", is_active)
    }

    fn authorization(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    fn token(credentials: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(credentials)
    }

    #[test]
    fn basic_auth_admits_the_right_credentials_only() {
        let credential = basic("pass:wörd", true);
        let good = token("joe:pass:wörd");
        for value in [
            format!("Basic {good}"),
            format!("basic  {good}"),
            format!("BASIC {}", good.trim_end_matches('=')),
        ] {
            assert_eq!(credential.verify(&authorization(&value)).unwrap().name, "crm", "{value}");
        }
        let wrong = ["joe:pass", "joe:", "joe", "", "jo:pass:wörd", "joe:pass:wörd ", "JOE:pass:wörd"];
        for credentials in wrong {
            let headers = authorization(&format!("Basic {}", token(credentials)));
            assert_eq!(credential.verify(&headers).unwrap_err(), Denial::Wrong, "{credentials}");
        }
        let long = format!("joe:{}", "p".repeat(2000));
        let headers = authorization(&format!("Basic {}", token(&long)));
        assert!(basic(&long[4..], true).verify(&headers).is_ok());
        for value in ["", "Basic", "Basic !!!", "Bearer abc", "Basicabc", &format!("Basic {good} x")] {
            assert_eq!(credential.verify(&authorization(value)).unwrap_err(), Denial::Malformed, "{value}");
        }
        let huge = format!("Basic {}", token(&"x".repeat(10_000)));
        assert_eq!(credential.verify(&authorization(&huge)).unwrap_err(), Denial::Malformed);
        assert_eq!(credential.verify(&HeaderMap::new()).unwrap_err(), Denial::Missing);
    }

    #[test]
    fn api_keys_are_compared_as_a_whole() {
        let header = HeaderName::from_static("x-api-key");
        let credential = Credential::api_key(info(), &Secret::new("k1"), header.clone(), true);
        let headers = |values: &[&'static str]| {
            values
                .iter()
                .map(|value| (header.clone(), HeaderValue::from_static(value)))
                .collect::<HeaderMap>()
        };
        assert!(credential.verify(&headers(&["k1"])).is_ok());
        for values in [&["k2"][..], &["k"], &["k11"], &[""]] {
            assert_eq!(credential.verify(&headers(values)).unwrap_err(), Denial::Wrong);
        }
        assert_eq!(credential.verify(&headers(&["k1", "k1"])).unwrap_err(), Denial::Malformed);
        assert_eq!(credential.verify(&headers(&[])).unwrap_err(), Denial::Missing);
    }

    #[test]
    fn inactive_definitions_and_empty_secrets_admit_nobody() {
        let headers = authorization(&format!("Basic {}", token("joe:p")));
        assert!(basic("p", true).verify(&headers).is_ok());
        assert!(basic("p", false).verify(&headers).is_err());
        let headers = authorization(&format!("Basic {}", token("joe:")));
        assert!(basic("", true).verify(&headers).is_err());
        let header = HeaderName::from_static("x-api-key");
        let credential = Credential::api_key(info(), &Secret::default(), header.clone(), true);
        assert!(credential.verify(&HeaderMap::from_iter([(header, HeaderValue::from_static(""))])).is_err());
    }

    #[test]
    fn denials_are_worded_by_profile() {
        let cid = Cid::new();
        let failure = basic("p", true).failure(Denial::Wrong, Profile::V3_2, cid, "/x");
        assert_eq!(failure.message, format!("Unauthorized; cid={cid}"));
        assert_eq!(failure.challenge.as_deref(), Some("Basic realm=\"CRM \\\"1\\\"\""));
        let failure = basic("p", true).failure(Denial::Missing, Profile::V2_0, cid, "/x");
        assert!(
            failure
                .message
                .starts_with(&format!("UNAUTHORIZED path_info:[/x], cid:[{cid}], sec-wall code:["))
        );
        let key = Credential::api_key(info(), &Secret::new("k"), HeaderName::from_static("x-k"), true);
        let failure = key.failure(Denial::Wrong, Profile::V4_1, cid, "/x");
        assert_eq!((failure.message.as_str(), failure.challenge), ("401 Unauthorized", None));
        let failure = key.failure(Denial::Wrong, Profile::V3_0, cid, "/x");
        assert_eq!(failure.challenge.as_deref(), Some("zato-apikey"));
    }

    #[test]
    fn debug_output_holds_no_secret() {
        assert!(!format!("{:?}", basic("hunter2", true)).contains("hunter2"));
    }
}
