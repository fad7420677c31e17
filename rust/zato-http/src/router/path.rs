//! Makes the path that is matched out of the path in a request target.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zato_core::Profile;

/// Why a path cannot be understood; answered with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// It does not decode to UTF-8.
    NotText,
    /// It decodes to a control character, for instance NUL.
    ControlCharacter,
}

impl PathError {
    /// Returns what the client is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotText => "The path does not decode to UTF-8",
            Self::ControlCharacter => "The path holds an encoded control character",
        }
    }
}

/// Decodes a path once. Under 4.1 it is normalized before: empty, `.` and `..` segments are resolved and an
/// encoded slash stays encoded (reference connections 2.2). A `%` that starts no escape is left alone.
pub(crate) fn decode(raw: &str, profile: Profile) -> Result<Cow<'_, str>, PathError> {
    if profile < Profile::V4_1 {
        return if raw.contains('%') { decode_escapes(raw).map(Cow::Owned) } else { Ok(Cow::Borrowed(raw)) };
    }
    let normal = normalize(raw);
    if !normal.contains('%') {
        return Ok(normal);
    }
    let kept = normal.replace("%2f", "%252f").replace("%2F", "%252F");
    decode_escapes(&kept).map(Cow::Owned)
}

fn decode_escapes(raw: &str) -> Result<String, PathError> {
    let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| PathError::NotText)?;
    if decoded.chars().any(char::is_control) {
        return Err(PathError::ControlCharacter);
    }
    Ok(decoded.into_owned())
}

/// Resolves empty, `.` and `..` segments; a slash at the end stays. Never climbs above the root.
fn normalize(raw: &str) -> Cow<'_, str> {
    let needs_work = raw.contains("//") || raw.contains("/.");
    if !needs_work {
        return Cow::Borrowed(raw);
    }
    let mut segments = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let is_directory = matches!(raw.rsplit('/').next(), Some("" | "." | ".."));
    let mut path = String::with_capacity(raw.len());
    for segment in &segments {
        path.push('/');
        path.push_str(segment);
    }
    if is_directory || path.is_empty() {
        path.push('/');
    }
    Cow::Owned(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_escapes_once() {
        let decode = |raw| decode(raw, Profile::V3_2).map(Cow::into_owned);
        assert_eq!(decode("/a%20b"), Ok("/a b".to_owned()));
        assert_eq!(decode("/%2541"), Ok("/%41".to_owned()));
        assert_eq!(decode("/%C5%BC%2F"), Ok("/ż/".to_owned()));
        assert_eq!(decode("/100%"), Ok("/100%".to_owned()));
        assert_eq!(decode("/a//b/../c"), Ok("/a//b/../c".to_owned()));
    }

    #[test]
    fn refuses_what_is_not_text() {
        for profile in Profile::ALL {
            assert_eq!(decode("/%FF", profile), Err(PathError::NotText));
            assert_eq!(decode("/a%00", profile), Err(PathError::ControlCharacter));
            assert_eq!(decode("/a%0d%0aX", profile), Err(PathError::ControlCharacter));
            assert_eq!(decode("/a%7f", profile), Err(PathError::ControlCharacter));
        }
    }

    #[test]
    fn normalizes_before_decoding_under_4_1() {
        let decode = |raw| decode(raw, Profile::V4_1).map(Cow::into_owned);
        assert_eq!(decode("/a//b/./c/../d"), Ok("/a/b/d".to_owned()));
        assert_eq!(decode("/a/b/"), Ok("/a/b/".to_owned()));
        assert_eq!(decode("/a/.."), Ok("/".to_owned()));
        assert_eq!(decode("/../../x"), Ok("/x".to_owned()));
        assert_eq!(decode("/%2e%2e/x"), Ok("/../x".to_owned()));
        assert_eq!(decode("/a%2Fb%20c"), Ok("/a%2Fb c".to_owned()));
    }
}
