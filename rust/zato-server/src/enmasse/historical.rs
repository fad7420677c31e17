//! Words of earlier versions, and of 4.1, that are understood but whose kinds do not exist here yet (reference operations
//! 19.3, 19.5 and 19.7).

/// Top-level keys.
pub(super) const KEYS: &[&str] = &[
    "alert_notifications",
    "alert_rules",
    "azure_service_bus",
    "channel_amqp",
    "channel_as4",
    "channel_azure_service_bus",
    "channel_ibm_mq",
    "channel_jms_wmq",
    "channel_kafka",
    "channel_mllp",
    "channel_openapi",
    "channel_soap",
    "channel_zmq",
    "cloud_aws_s3",
    "cloud_openstack_swift",
    "confluence",
    "def_amqp",
    "def_cassandra",
    "def_jms_wmq",
    "elastic_search",
    "email_imap",
    "email_smtp",
    "file_transfer",
    "groups",
    "http_soap",
    "jira",
    "json_rpc",
    "ldap",
    "llm",
    "mcp_gateway",
    "microsoft_cloud",
    "microsoft_fabric",
    "microsoft_power_automate",
    "microsoft_teams",
    "mongodb",
    "notif_cloud_openstack_swift",
    "notif_sql",
    "odata",
    "odoo",
    "outconn_amqp",
    "outconn_ftp",
    "outconn_jms_wmq",
    "outconn_odoo",
    "outconn_redis",
    "outconn_sap",
    "outconn_sftp",
    "outconn_soap",
    "outconn_sql",
    "outconn_zmq",
    "outgoing_amqp",
    "outgoing_as2",
    "outgoing_as4",
    "outgoing_fhir",
    "outgoing_graphql",
    "outgoing_grpc",
    "outgoing_ibm_mq",
    "outgoing_kafka",
    "outgoing_ldap",
    "outgoing_mllp",
    "outgoing_soap",
    "outgoing_wsx",
    "pubsub_endpoint",
    "pubsub_permission",
    "pubsub_subscription",
    "pubsub_topic",
    "query_cassandra",
    "quota_tier",
    "rbac_client_role",
    "rbac_permission",
    "rbac_role",
    "rbac_role_permission",
    "sap",
    "search_es",
    "search_solr",
    "security_groups",
    "sftp",
    "slack",
    "smb",
    "sms_twilio",
    "sql",
    "tls_ca_cert",
    "tls_channel_sec",
    "tls_key_cert",
    "web_socket",
    "zato_cache_memcached",
    "zato_cloud_openstack_swift",
    "zato_generic_connection",
    "zato_sms_twilio",
];

/// Values of `type` below `security`.
pub(super) const SECURITY_TYPES: &[&str] = &[
    "aws",
    "jwt",
    "mtls",
    "ntlm",
    "oauth",
    "openstack",
    "spnego",
    "tech_acc",
    "tls_channel_sec",
    "tls_key_cert",
    "vault_conn_sec",
    "wss",
    "xpath_sec",
];

/// Values of `--include-type` whose kinds do not exist yet.
pub(super) const EXPORT_TYPES: &[&str] =
    &["cache", "cloud-microsoft-365", "ldap", "pubsub", "sql", "websockets"];

/// Whether a top-level key is known although nothing can be made of it.
pub(super) fn is_known_key(key: &str) -> bool {
    let is_custom = |prefix: &str| key.starts_with(prefix);
    KEYS.contains(&key) || is_custom("custom_")
}

/// Returns today's spelling of a value of `type`.
pub(super) fn security_type(written: &str) -> String {
    let name = written.trim().to_lowercase().replace('-', "_");
    match name.as_str() {
        "api_key" => "apikey".to_owned(),
        "basic" | "http_basic_auth" => "basic_auth".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_exists_is_listed_as_missing() {
        let registry = crate::kinds::registry().unwrap();
        assert!(registry.enmasse_keys().all(|key| !is_known_key(key)));
        assert!(
            registry
                .iter()
                .filter_map(|kind| kind.enmasse_type())
                .all(|name| !SECURITY_TYPES.contains(&name))
        );
    }

    #[test]
    fn old_spellings_of_types_are_understood() {
        assert_eq!(security_type("api-key"), "apikey");
        assert_eq!(security_type(" Basic_Auth "), "basic_auth");
    }
}
