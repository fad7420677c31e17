//! Tokens of authorization servers, kept until half of their time is over (reference operations 17.3).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use zato_connections::BearerToken;
use zato_connections::security::bearer_token::TokenRequestFormat;

use crate::client;
use crate::failure::{Failure, FailureKind};

/// How long a token is kept whose server does not say how long it is good for.
const DEFAULT_LIFE: Duration = Duration::from_secs(60);
/// How long an authorization server may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of a refusal is told.
const TOLD: usize = 300;
/// Longest answer of an authorization server, in bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// What is told instead of a secret.
const HIDDEN: &str = "***";

/// Gets and keeps tokens of one definition.
#[derive(Debug)]
pub(crate) struct Bearer {
    name: String,
    config: BearerToken,
    /// By scopes. Who finds no token gets one while others wait for it.
    tokens: Mutex<HashMap<Option<String>, Outcome>>,
}

/// What came of asking for a token last.
#[derive(Debug, Clone)]
enum Outcome {
    Given(Token),
    Refused { at: Instant, failure: Failure },
}

#[derive(Debug, Clone)]
struct Token {
    header: HeaderValue,
    good_until: Instant,
}

impl Bearer {
    /// Takes a definition whose secret is decrypted.
    pub(crate) fn new(name: String, config: BearerToken) -> Self {
        Self { name, config, tokens: Mutex::default() }
    }

    pub(crate) fn username(&self) -> &str {
        &self.config.username
    }

    /// Gives the value of the `Authorization` header.
    pub(crate) async fn header(&self, scopes: Option<&str>) -> Result<HeaderValue, Failure> {
        let begun = Instant::now();
        let mut tokens = self.tokens.lock().await;
        let key = scopes.map(str::to_owned);
        match tokens.get(&key) {
            Some(Outcome::Given(token)) if Instant::now() < token.good_until => {
                return Ok(token.header.clone());
            }
            // Whoever waited for this would find out the same, one after the other.
            Some(Outcome::Refused { at, failure }) if begun < *at => return Err(failure.clone()),
            _ => {}
        }
        match self.fetch(scopes).await {
            Ok(token) => {
                let header = token.header.clone();
                tokens.insert(key, Outcome::Given(token));
                Ok(header)
            }
            Err(failure) => {
                tokens.insert(key, Outcome::Refused { at: Instant::now(), failure: failure.clone() });
                Err(failure)
            }
        }
    }

    /// Forgets tokens, as one of them was refused.
    pub(crate) async fn forget(&self) {
        self.tokens.lock().await.clear();
    }

    async fn fetch(&self, scopes: Option<&str>) -> Result<Token, Failure> {
        let asked = Instant::now();
        let answer = tokio::time::timeout(LIMIT, self.ask(scopes))
            .await
            .map_err(|_| self.refuse(&format!("`{}` did not answer in time", self.config.auth_endpoint)))??;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let Some(token) = text("access_token") else {
            return Err(
                self.refuse(&format!("the answer of `{}` has no `access_token`", self.config.auth_endpoint))
            );
        };
        // Servers write `bearer` in any case, and some APIs take `Bearer` only.
        let scheme =
            text("token_type").filter(|scheme| !scheme.eq_ignore_ascii_case("bearer")).unwrap_or("Bearer");
        let mut header = HeaderValue::from_str(&format!("{scheme} {token}"))
            .map_err(|_| self.refuse("the token contains characters that headers cannot carry"))?;
        header.set_sensitive(true);
        let life = match answer.get("expires_in") {
            Some(Value::Number(seconds)) => seconds.as_f64(),
            Some(Value::String(seconds)) => seconds.parse().ok(),
            _ => None,
        };
        let life = life.and_then(|seconds| Duration::try_from_secs_f64(seconds / 2.0).ok());
        Ok(Token {
            header,
            good_until: asked + life.unwrap_or(DEFAULT_LIFE).min(Duration::from_secs(86_400)),
        })
    }

    async fn ask(&self, scopes: Option<&str>) -> Result<Map<String, Value>, Failure> {
        let fields = self.config.fields(scopes);
        let (content_type, body) = match self.config.data_format {
            TokenRequestFormat::Form => (
                "application/x-www-form-urlencoded",
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(),
            ),
            TokenRequestFormat::Json => {
                let object: Map<String, Value> =
                    fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                ("application/json", Value::Object(object).to_string())
            }
        };
        let mut response = client::plain()?
            .post(&self.config.auth_endpoint)
            .header(CONTENT_TYPE, content_type)
            .header(ACCEPT, "application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| self.refuse(&Failure::of_request(&error).message))?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(piece) =
            response.chunk().await.map_err(|error| self.refuse(&Failure::of_body(&error).message))?
        {
            if bytes.len() + piece.len() > LONGEST_ANSWER {
                return Err(self.refuse(&format!(
                    "the answer of `{}` is longer than {LONGEST_ANSWER} bytes",
                    self.config.auth_endpoint
                )));
            }
            bytes.extend_from_slice(&piece);
        }
        if !status.is_success() {
            let text = self.without_secret(&String::from_utf8_lossy(&bytes));
            let text: String = text.chars().take(TOLD).collect();
            return Err(self.refuse(&format!("`{}` answered {status}: {text}", self.config.auth_endpoint)));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(object),
            _ => {
                Err(self
                    .refuse(&format!("`{}` did not answer with a JSON object", self.config.auth_endpoint)))
            }
        }
    }

    /// Servers may say in a refusal what they were sent.
    fn without_secret(&self, text: &str) -> String {
        let secret = self.config.password.expose();
        let in_form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let in_json = Value::String(secret.to_owned()).to_string();
        let forms = [secret, &in_form, in_json.get(1..in_json.len() - 1).unwrap_or(secret)];
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form, HIDDEN))
    }

    fn refuse(&self, why: &str) -> Failure {
        Failure::new(FailureKind::Token, format!("no token for security definition `{}`: {why}", self.name))
    }
}
