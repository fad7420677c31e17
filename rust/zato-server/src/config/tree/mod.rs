//! YAML and JSON as a tree that knows where everything was written, with limits that hostile input cannot pass.

mod json;
mod scalar;
mod yaml;

use zato_core::Problem;

pub use scalar::Scalar;

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest document, in bytes.
    pub bytes: usize,
    /// Deepest nesting of lists and maps.
    pub depth: usize,
    /// Most nodes, those that aliases stand for included.
    pub nodes: usize,
    /// Most bytes of text, that which aliases stand for included.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, depth: 64, nodes: 1_000_000, text: 64 * 1024 * 1024 }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// One-based line.
    pub line: u64,
    /// One-based column, in characters.
    pub column: u64,
    /// The value.
    pub data: Data,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Text, number, boolean or nothing.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name, in order; names are unique.
    Map(Vec<Pair>),
}

/// A name in a map and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The name.
    pub key: String,
    /// One-based line of the name.
    pub line: u64,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Returns the value of a name, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.pairs()?.iter().find(|pair| pair.key == key).map(|pair| &pair.value)
    }

    /// Returns names and values, if this is a map.
    #[must_use]
    pub fn pairs(&self) -> Option<&[Pair]> {
        match &self.data {
            Data::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Returns the items, if this is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the scalar, if this is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.data {
            Data::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns the text of a scalar as it was written, numbers and booleans included; none for nothing,
    /// lists and maps.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.scalar().filter(|scalar| !scalar.is_null()).map(Scalar::raw)
    }

    /// Whether nothing is written here.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// What this is called in messages: `text`, `a number`, `a list` and so on.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.data {
            Data::Scalar(scalar) => scalar.describe(),
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// Returns the value without its positions.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.data {
            Data::Scalar(scalar) => scalar.to_json(),
            Data::List(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(pairs) => pairs
                .iter()
                .map(|pair| (pair.key.clone(), pair.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// Parses YAML or JSON: a text that starts with a brace and a name in double quotes is JSON, everything else is YAML.
///
/// Gives the tree, if there is one, and everything that is wrong; a tree is only to be trusted if nothing is.
/// Never panics; memory and time are bounded by the limits.
#[must_use]
pub fn parse(bytes: &[u8], limits: Limits) -> (Option<Node>, Vec<Problem>) {
    if bytes.len() > limits.bytes {
        let message =
            format!("the document is {} bytes long, at most {} are accepted", bytes.len(), limits.bytes);
        return (None, vec![Problem::new(message).line(1).hint("split it and use `include`")]);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            let problem = Problem::new("the document is not UTF-8 text").line(line).hint("save it as UTF-8");
            return (None, vec![problem]);
        }
    };
    let starts_with_name = |inside: &str| inside.trim_start().starts_with('"');
    if text.trim_start().strip_prefix('{').is_some_and(starts_with_name) {
        return json::parse(text, limits);
    }
    yaml::parse(text, limits)
}

/// What reading a part gives; a problem ends it.
type Outcome<T> = Result<T, Box<Problem>>;

/// Most problems that are told of one document.
const PROBLEM_LIMIT: usize = 1_000;

const LIMIT_HINT: &str = "split the document and use `include`";

/// Counts what was built against the limits.
struct Budget {
    limits: Limits,
    nodes: usize,
    text: usize,
}

impl Budget {
    const fn new(limits: Limits) -> Self {
        Self { limits, nodes: 0, text: 0 }
    }

    fn spend(&mut self, nodes: usize, text: usize, line: u64) -> Outcome<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.text = self.text.saturating_add(text);
        if self.nodes > self.limits.nodes || self.text > self.limits.text {
            let message =
                format!("the document holds more than {} values, aliases expanded", self.limits.nodes);
            return Err(Problem::new(message).line(line).hint(LIMIT_HINT).into());
        }
        Ok(())
    }

    fn descend(&self, depth: usize, line: u64) -> Outcome<()> {
        if depth > self.limits.depth {
            let message = format!("values are nested more than {} levels deep", self.limits.depth);
            return Err(Problem::new(message).line(line).hint(LIMIT_HINT).into());
        }
        Ok(())
    }
}

/// A map under construction: keeps names unique and says where the first one was.
#[derive(Default)]
struct MapBuilder {
    pairs: Vec<Pair>,
    lines: std::collections::HashMap<String, u64>,
}

impl MapBuilder {
    fn insert(&mut self, pair: Pair, problems: &mut Vec<Problem>) {
        if let Some(first) = self.lines.get(&pair.key) {
            if problems.len() >= PROBLEM_LIMIT {
                return;
            }
            let message = format!("`{}` was already given on line {first}", pair.key);
            problems.push(Problem::new(message).line(pair.line).field(&*pair.key).hint("keep one of them"));
            return;
        }
        self.lines.insert(pair.key.clone(), pair.line);
        self.pairs.push(pair);
    }
}

#[cfg(test)]
mod tests;
