//! Security definitions: who a caller is and how that is proven.

pub mod api_key;
pub mod basic_auth;
pub mod bearer_token;

use zato_schema::Target;

/// What earlier versions write for "none".
const NONE: &[&str] = &["zato-no-security", "ZATO_NONE"];

/// Security definitions that callers of channels can prove themselves by. Names of definitions are unique over all
/// kinds (reference operations 17.1), so a name is enough to refer to one.
#[derive(Debug)]
pub enum ChannelSecurity {}

impl Target for ChannelSecurity {
    const KINDS: &'static [&'static str] = &["security.basic_auth", "security.api_key"];
    const NONE_VALUES: &'static [&'static str] = NONE;
}

/// Security definitions that outgoing HTTP connections can prove themselves by.
#[derive(Debug)]
pub enum OutgoingSecurity {}

impl Target for OutgoingSecurity {
    const KINDS: &'static [&'static str] =
        &["security.basic_auth", "security.api_key", "security.bearer_token"];
    const NONE_VALUES: &'static [&'static str] = NONE;
}
