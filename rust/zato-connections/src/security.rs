//! Security definitions: who a caller is and how that is proven.

pub mod api_key;
pub mod basic_auth;

use zato_schema::Target;

/// Any security definition, whatever its kind. Names of definitions are unique over all kinds (reference
/// operations 17.1), so a name is enough to refer to one.
#[derive(Debug)]
pub enum AnySecurity {}

impl Target for AnySecurity {
    const KINDS: &'static [&'static str] = &["security.*"];
    const NONE_VALUES: &'static [&'static str] = &["zato-no-security", "ZATO_NONE"];
}
