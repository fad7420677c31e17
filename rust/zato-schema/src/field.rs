//! Fields as everybody but the kind itself sees them.

use serde::Serialize;
use serde_json::Value;

/// One field of a kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldView {
    /// Name in specs and files.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// What it does; may be empty. Paragraphs are parted by an empty line.
    pub help: String,
    /// What values it takes.
    pub field_type: FieldType,
    /// Whether it must be given.
    pub is_required: bool,
    /// Whether it may have no value at all (null).
    pub is_nullable: bool,
    /// Value if it is not given; null if it then has none. Absent for required fields.
    pub default: Option<Value>,
    /// Historical names that mean the same.
    pub aliases: Vec<String>,
    /// Whether its value must never be shown.
    pub is_secret: bool,
    /// Whether only few users need it.
    pub is_advanced: bool,
    /// Whether its text may be written as a list of lines.
    pub takes_lines: bool,
    /// In what its numbers are.
    pub unit: Option<Unit>,
    /// What it names, if it names something.
    pub reference: Option<ReferenceTarget>,
    /// Texts that mean "names nothing", for instance `zato-no-security`.
    pub none_values: Vec<String>,
}

/// What values a field takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text.
    Text,
    /// A whole number.
    Integer {
        /// Smallest value.
        minimum: Option<i64>,
        /// Largest value.
        maximum: Option<i64>,
    },
    /// A number.
    Number {
        /// Smallest value.
        minimum: Option<f64>,
    },
    /// True or false.
    Boolean,
    /// One of a few texts.
    Choice(Vec<Choice>),
    /// Several values of one type.
    List(Box<FieldType>),
}

/// One value of a [`FieldType::Choice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The text as it is written.
    pub value: String,
    /// What it means; may be empty.
    pub help: String,
}

/// In what the numbers of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// Returns the word used in documentation and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Bytes => "bytes",
        }
    }
}

/// What a field names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceTarget {
    /// A service of the guest; it need not be deployed yet.
    Service,
    /// An object of one of these kinds; `security.*` stands for all kinds of that role.
    Objects(Vec<String>),
}

impl ReferenceTarget {
    /// Whether objects of a kind may be named.
    #[must_use]
    pub fn accepts(&self, kind: &str) -> bool {
        match self {
            Self::Service => false,
            Self::Objects(patterns) => patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => kind.starts_with(prefix),
                None => kind == pattern,
            }),
        }
    }
}

impl FieldView {
    /// Whether the field goes by this name, today's or an old one.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

impl FieldType {
    /// Returns the type in words, for instance `whole number` or ``one of `GET`, `POST` ``.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Integer { minimum: Some(minimum), maximum: Some(maximum) } => {
                format!("whole number from {minimum} to {maximum}")
            }
            Self::Integer { minimum: Some(0), maximum: None } => "whole number, 0 or more".to_owned(),
            Self::Integer { minimum: Some(minimum), maximum: None } => {
                format!("whole number, {minimum} or more")
            }
            Self::Integer { minimum: None, .. } => "whole number".to_owned(),
            Self::Number { minimum: Some(minimum) } => format!("number, {minimum} or more"),
            Self::Number { minimum: None } => "number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Choice(choices) => format!("one of {}", quoted(choices)),
            Self::List(item) => format!("list ({})", item.describe()),
        }
    }
}

/// Returns choices as users write them; the empty one as `''`.
pub(crate) fn quoted(choices: &[Choice]) -> String {
    let texts: Vec<_> = choices
        .iter()
        .map(|choice| if choice.value.is_empty() { "''".to_owned() } else { format!("`{}`", choice.value) })
        .collect();
    texts.join(", ")
}
