//! Settings of services that are not in their code (reference operations 24.1, `service.edit`).

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_core::guest::ServiceSetting;
use zato_schema::{InertField, Kind, Milliseconds, Seconds};

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// How a service runs; the object has the name of the service. A service without one has the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceConfig {
    /// Timeout
    ///
    /// How long one call may take. If empty or 0, the limit is that of the server.
    #[serde(default)]
    pub timeout: Option<Seconds>,

    /// Slow from
    ///
    /// A call that takes longer is logged as slow; 0 never logs.
    #[serde(default = "default_slow_threshold")]
    pub slow_threshold: Milliseconds,
}

/// The default of all versions (reference service-api, attribute `slow_threshold`).
const fn default_slow_threshold() -> Milliseconds {
    Milliseconds(99_999)
}

impl ServiceConfig {
    /// Returns what the guest is told.
    #[must_use]
    pub fn setting(&self, is_active: bool) -> ServiceSetting {
        let unless_zero = |time: Duration| Some(time).filter(|time| !time.is_zero());
        ServiceSetting {
            is_active,
            timeout: self.timeout.map(Seconds::duration).and_then(unless_zero),
            slow_threshold: unless_zero(self.slow_threshold.duration()),
        }
    }
}

/// Returns what is wrong with the name of a service, if anything is.
pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    if name.chars().any(char::is_control) {
        Some("it contains control characters")
    } else if name.trim() != name {
        Some("it begins or ends with a space")
    } else {
        None
    }
}

/// What `zato.service.get-list` shows of a service and an edit sends back.
const LISTED: [InertField; 5] = [
    InertField::dropped("impl_name"),
    InertField::dropped("is_internal"),
    InertField::dropped("may_be_deleted"),
    InertField::dropped("usage"),
    InertField::kept("is_json_schema_enabled"),
];

impl Kind for ServiceConfig {
    type Config = Self;

    const ID: &'static str = "service";
    const LABEL: &'static str = "Service";
    const SUMMARY: &'static str = "Settings of a deployed service; the object has the name of the service.";
    const ENMASSE_KEYS: &'static [&'static str] = &["service"];
    const INERT_FIELDS: &'static [InertField] = &joined::<14>(&[&DATABASE_NOISE, &LISTED, &RATE_LIMITS]);

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "crm.get-client", "timeout": 30, "slow_threshold": 500}),
            json!({"name": "crm.old", "is_active": false}),
        ]
    }

    fn check(_: &Self) -> Vec<Problem> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, decode, validate};

    use super::*;

    fn setting(spec: Value) -> ServiceSetting {
        let spec = validate(&DynKind::of::<ServiceConfig>(), "s", &spec).unwrap().spec;
        decode::<ServiceConfig>(&spec).unwrap().setting(true)
    }

    #[test]
    fn has_the_historical_threshold_and_no_timeout() {
        let setting = setting(json!({}));
        assert_eq!(setting.slow_threshold, Some(Duration::from_millis(99_999)));
        assert_eq!(setting.timeout, None);
    }

    #[test]
    fn zero_switches_off() {
        let setting = setting(json!({"timeout": 0, "slow_threshold": 0}));
        assert_eq!((setting.timeout, setting.slow_threshold), (None, None));
    }

    #[test]
    fn times_are_in_seconds_and_milliseconds() {
        let setting = setting(json!({"timeout": "0.25", "slow_threshold": 500}));
        assert_eq!(setting.timeout, Some(Duration::from_millis(250)));
        assert_eq!(setting.slow_threshold, Some(Duration::from_millis(500)));
    }
}
