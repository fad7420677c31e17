//! Fields of earlier versions that several kinds share.

use zato_schema::InertField;

/// Identifiers of another database and columns without meaning outside of it.
pub(crate) const DATABASE_NOISE: [InertField; 4] = [
    InertField::dropped("id"),
    InertField::dropped("cluster_id"),
    InertField::dropped("opaque"),
    InertField::dropped("opaque1"),
];

const NO_RATE_LIMITS: &str = "remove it and limit requests in front of the server";

/// Rate limits (reference connections 2.9, operations 17.4), in the form of 3.1-3.2 and of 4.1. Whoever has them counts
/// on them, so that they are not left out silently.
pub(crate) const RATE_LIMITS: [InertField; 5] = [
    InertField::refused("is_rate_limit_active").advice(NO_RATE_LIMITS),
    InertField::detail("rate_limit_type"),
    InertField::detail("rate_limit_def"),
    InertField::detail("rate_limit_check_parent_def"),
    InertField::refused("rate_limiting").advice(NO_RATE_LIMITS),
];

/// Puts lists of inert fields together at compile time; `N` is the sum of their lengths.
pub(crate) const fn joined<const N: usize>(lists: &[&[InertField]]) -> [InertField; N] {
    let mut all = [InertField::dropped(""); N];
    let mut filled = 0;
    let mut list = 0;
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            all[filled] = lists[list][index];
            filled += 1;
            index += 1;
        }
        list += 1;
    }
    assert!(filled == N, "N is not the number of fields");
    all
}
