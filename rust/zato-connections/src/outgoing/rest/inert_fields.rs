//! What earlier versions wrote about outgoing connections and nothing acts on here.

use zato_schema::InertField;

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// All of them.
pub(super) const ALL: &[InertField] =
    &joined::<41>(&[&DATABASE_NOISE, &TABLE_NOISE, &FEATURES, &RATE_LIMITS]);

/// Fields of other kinds that shared a table with outgoing connections; never of effect on them.
const TABLE_NOISE: [InertField; 21] = [
    InertField::dropped("service"),
    InertField::dropped("service_id"),
    InertField::dropped("service_name"),
    InertField::dropped("security_id"),
    InertField::dropped("sec_type"),
    InertField::dropped("security_type"),
    InertField::dropped("transport"),
    InertField::dropped("connection"),
    InertField::dropped("is_internal"),
    InertField::dropped("method"),
    InertField::dropped("soap_action"),
    InertField::dropped("soap_version"),
    InertField::dropped("serialization_type"),
    InertField::dropped("merge_url_params_req"),
    InertField::dropped("url_params_pri"),
    InertField::dropped("params_pri"),
    InertField::dropped("has_rbac"),
    InertField::dropped("match_slash"),
    InertField::dropped("http_accept"),
    InertField::dropped("cache_type"),
    InertField::dropped("cache_expiry"),
];

const FEATURES: [InertField; 11] = [
    InertField::dropped("cache_id"),
    InertField::dropped("cache_name"),
    InertField::kept("content_encoding"),
    InertField::kept("is_audit_log_active"),
    InertField::kept("is_audit_log_sent_active"),
    InertField::kept("is_audit_log_received_active"),
    InertField::detail("max_len_messages_sent"),
    InertField::detail("max_len_messages_received"),
    InertField::detail("max_bytes_per_message_sent"),
    InertField::detail("max_bytes_per_message_received"),
    InertField::detail("hl7_version"),
];
