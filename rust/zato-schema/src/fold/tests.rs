use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::json;
use zato_core::Secret;

use super::*;
use crate::{Milliseconds, Ref, ReferenceTarget, Seconds, SecretText, ServiceName, Target, Unit};

enum AnySecurity {}

impl Target for AnySecurity {
    const KINDS: &'static [&'static str] = &["security.*"];
    const NONE_VALUES: &'static [&'static str] = &["zato-no-security"];
}

#[derive(JsonSchema, Deserialize, serde::Serialize, Default)]
enum Color {
    /// As blood.
    #[default]
    Red,
    /// As grass.
    Green,
    #[schemars(skip)]
    Infrared,
}

fn yes() -> bool {
    true
}

#[expect(dead_code, reason = "only its schema is looked at")]
#[derive(JsonSchema, Deserialize)]
struct Sample {
    /// Service.
    service: ServiceName,
    /// Security
    ///
    /// Who may come in,
    /// and who may not.
    ///
    /// Second paragraph.
    #[schemars(extend("x-zato" = {"aliases": ["sec_def"]}))]
    security: Option<Ref<AnySecurity>>,
    /// Color
    #[serde(default)]
    color: Color,
    /// Other color
    other: Option<Color>,
    /// Flag
    #[serde(default = "yes")]
    is_on: bool,
    /// Wait
    wait: Option<Seconds>,
    /// Slow
    #[schemars(extend("x-zato" = {"advanced": true}))]
    slow: Milliseconds,
    /// Password
    #[schemars(with = "SecretText")]
    #[serde(default)]
    password: Secret,
    /// Port
    #[schemars(range(max = 65_535))]
    port: u16,
    /// Names
    #[serde(default)]
    names: Vec<String>,
}

fn fields() -> Vec<FieldView> {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = generator.into_generator().into_root_schema_for::<Sample>();
    let (fields, problems) = fold(schema.as_value());
    assert_eq!(problems, []);
    fields
}

fn field(name: &str) -> FieldView {
    fields().into_iter().find(|field| field.name == name).unwrap()
}

#[test]
fn keeps_the_order_of_the_struct() {
    let names: Vec<_> = fields().into_iter().map(|field| field.name).collect();
    assert_eq!(
        names,
        ["service", "security", "color", "other", "is_on", "wait", "slow", "password", "port", "names"]
    );
}

#[test]
fn reads_label_and_help_from_the_doc_comment() {
    let security = field("security");
    assert_eq!(security.label, "Security");
    assert_eq!(security.help, "Who may come in, and who may not.\n\nSecond paragraph.");
    assert_eq!(field("service").label, "Service");
}

#[test]
fn reads_references() {
    let security = field("security");
    assert_eq!(security.reference, Some(ReferenceTarget::Objects(vec!["security.*".to_owned()])));
    assert_eq!(security.none_values, ["zato-no-security"]);
    assert_eq!(security.aliases, ["sec_def"]);
    assert!(security.is_nullable && !security.is_required);
    assert_eq!(security.default, Some(Value::Null));
    assert_eq!(field("service").reference, Some(ReferenceTarget::Service));
    assert!(field("service").is_required);
}

#[test]
fn reads_choices_with_their_meaning() {
    for name in ["color", "other"] {
        let FieldType::Choice(choices) = field(name).field_type else { panic!("{name} is no choice") };
        let shown: Vec<_> = choices.iter().map(|choice| (&*choice.value, &*choice.help)).collect();
        assert_eq!(shown, [("Red", "As blood."), ("Green", "As grass.")]);
    }
    assert_eq!(field("color").default, Some(json!("Red")));
    assert!(field("other").is_nullable);
}

#[test]
fn reads_defaults_units_limits_and_secrets() {
    assert_eq!(field("is_on").default, Some(json!(true)));
    assert_eq!(field("wait").unit, Some(Unit::Seconds));
    assert_eq!(field("wait").field_type, FieldType::Number { minimum: Some(0.0) });
    assert_eq!(field("slow").unit, Some(Unit::Milliseconds));
    assert!(field("slow").is_advanced);
    assert!(field("password").is_secret);
    assert_eq!(field("port").field_type, FieldType::Integer { minimum: Some(0), maximum: Some(65_535) });
    assert_eq!(field("names").field_type, FieldType::List(Box::new(FieldType::Text)));
}

#[test]
fn reports_attributes_it_does_not_understand() {
    let schema =
        json!({"properties": {"a": {"type": "string", "x-zato": {"alias": ["b"]}}, "c": {"type": "object"}}});
    let (fields, problems) = fold(&schema);
    assert!(fields.is_empty());
    assert_eq!(problems.len(), 2);
    assert!(problems[0].message.contains("unknown field `alias`"), "{}", problems[0]);
    assert_eq!(problems[1].field.as_deref(), Some("c"));
}
