//! Correlation identifiers.

use std::cell::RefCell;
use std::fmt;

use rand::{Rng, SeedableRng, rngs::SmallRng};

thread_local! {
    static GENERATOR: RefCell<SmallRng> = RefCell::new(SmallRng::from_os_rng());
}

/// Correlation ID of one invocation: 96 random bits, shown as 24 hexadecimal digits (the form of Zato 3.0-3.2,
/// reference service-api 3.1). It identifies, it does not authenticate, so a fast generator is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cid(u128);

impl Cid {
    /// Returns a new random identifier.
    #[must_use]
    pub fn new() -> Self {
        GENERATOR.with_borrow_mut(|generator| Self(generator.random::<u128>() >> 32))
    }

    /// Reads 24 lower-case hexadecimal digits; nothing else is one of our identifiers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 24 || !text.bytes().all(is_digit) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }

    /// Writes the 24 hexadecimal digits into a buffer on the stack.
    #[must_use]
    pub fn digits(self) -> [u8; 24] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [b'0'; 24];
        let mut rest = self.0;
        for slot in digits.iter_mut().rev() {
            *slot = HEX[(rest & 0xf) as usize];
            rest >>= 4;
        }
        digits
    }
}

impl Default for Cid {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.digits()))
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_24_hexadecimal_digits_and_differs_each_time() {
        let (first, second) = (Cid::new().to_string(), Cid::new().to_string());
        assert_eq!(first.len(), 24);
        assert!(first.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(first, second);
        assert_eq!(Cid::parse(&first).map(|cid| cid.to_string()), Some(first));
        assert_eq!(Cid::parse("K0123"), None);
    }
}
