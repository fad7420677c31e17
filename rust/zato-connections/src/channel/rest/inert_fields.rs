//! What earlier versions wrote about channels and nothing acts on here.

use zato_schema::InertField;

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// All of them.
pub(super) const ALL: &[InertField] =
    &joined::<53>(&[&DATABASE_NOISE, &TABLE_NOISE, &FEATURES, &RATE_LIMITS]);

/// Fields of other kinds that shared a table with channels; never of effect on them.
const TABLE_NOISE: [InertField; 14] = [
    InertField::dropped("service_id"),
    InertField::dropped("security_id"),
    InertField::dropped("sec_type"),
    InertField::dropped("security_type"),
    InertField::dropped("transport"),
    InertField::dropped("connection"),
    InertField::dropped("host"),
    InertField::dropped("ping_method"),
    InertField::dropped("pool_size"),
    InertField::dropped("soap_action"),
    InertField::dropped("soap_version"),
    InertField::dropped("serialization_type"),
    InertField::dropped("sec_tls_ca_cert_id"),
    InertField::dropped("cache_name"),
];

pub(super) const NO_RBAC: &str = "remove it and name a security definition in `security`";
const NO_GROUPS: &str = "remove it and name one definition in `security`";

const FEATURES: [InertField; 30] = [
    InertField::refused("has_rbac").advice(NO_RBAC),
    InertField::refused("sec_use_rbac").advice(NO_RBAC),
    InertField::refused("security_groups").advice(NO_GROUPS),
    InertField::refused("groups").advice(NO_GROUPS),
    InertField::kept("content_encoding"),
    InertField::kept("response_cache"),
    InertField::kept("cache_id"),
    InertField::detail("cache_type"),
    InertField::detail("cache_expiry"),
    InertField::kept("is_audit_log_active"),
    InertField::kept("is_audit_log_sent_active"),
    InertField::kept("is_audit_log_received_active"),
    InertField::detail("max_len_messages_sent"),
    InertField::detail("max_len_messages_received"),
    InertField::detail("max_bytes_per_message_sent"),
    InertField::detail("max_bytes_per_message_received"),
    InertField::kept("is_json_schema_enabled"),
    InertField::detail("needs_json_schema_err_details"),
    InertField::detail("json_path"),
    InertField::detail("hl7_version"),
    InertField::detail("data_encoding"),
    InertField::detail("should_parse_on_input"),
    InertField::detail("should_validate"),
    InertField::detail("should_return_errors"),
    InertField::kept("is_deprecated"),
    InertField::detail("deprecation_since"),
    InertField::detail("deprecation_sunset"),
    InertField::detail("deprecation_successor"),
    InertField::kept("service_whitelist"),
    InertField::kept("quota_tier"),
];
