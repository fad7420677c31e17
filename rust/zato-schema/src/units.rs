//! Numbers that know in what they are counted.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest time a field may say: one year. Longer ones are typing errors, and sums of them overflow timers.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A time given in seconds, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seconds(Duration);

impl Seconds {
    /// Takes whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// Returns the time.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_millis() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_millis() as f64 / 1000.0)
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let time =
            Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= LONGEST).ok_or_else(|| {
                D::Error::custom(format!("{seconds} is not a time from 0 to one year in seconds"))
            })?;
        Ok(Self(Duration::from_millis((time.as_secs_f64() * 1000.0).round() as u64)))
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "x-zato-unit": "seconds"})
    }
}

/// A time given in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Milliseconds(pub u64);

impl Milliseconds {
    /// Returns the time.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl JsonSchema for Milliseconds {
    fn schema_name() -> Cow<'static, str> {
        "Milliseconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "x-zato-unit": "milliseconds"})
    }
}

/// A size given in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "x-zato-unit": "bytes"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_seconds_stay_whole_numbers() {
        assert_eq!(serde_json::to_value(Seconds::from_secs(10)).unwrap(), json!(10));
    }

    #[test]
    fn refuses_times_that_are_not_times() {
        for value in [json!(-1), json!(1e300), json!("x"), json!(31_622_401)] {
            assert!(serde_json::from_value::<Seconds>(value.clone()).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn seconds_survive_a_round_trip(seconds in 0.0_f64..1_000_000.0) {
            let once: Seconds = serde_json::from_value(json!(seconds)).unwrap();
            let text = serde_json::to_string(&once).unwrap();
            let twice: Seconds = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}
