//! What an enmasse file says, before it is known what it means.

use std::sync::Arc;

use zato_core::Problem;

use super::finding::{Code, Finding};
use crate::config::tree::{self, Limits, Node};

/// Beginning of list elements that stand for an object in a file of its own (Zato 2.0).
const PART_SCHEME: &str = "file://";

/// The sections of a file, and of those it includes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Sections in the order of the file; the same key occurs again if it is in several files.
    pub sections: Vec<Section>,
    /// Files to include, which loading replaces by their sections.
    pub includes: Vec<Include>,
    /// What is wrong with the form; a plan takes it over, so that nothing of a document that is wrong is imported.
    pub findings: Vec<Finding>,
}

impl Document {
    /// Whether it names no object at all: an empty file, comments only, or keys without anything below them.
    #[must_use]
    pub fn is_without_objects(&self) -> bool {
        self.includes.is_empty()
            && self.sections.iter().all(|section| section.items.is_empty() && section.parts.is_empty())
    }
}

/// A top-level key and its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The key as it is written, for instance `channel_rest`.
    pub key: String,
    /// File it is in, as messages call it; empty for text that is in no file.
    pub file: Arc<str>,
    /// One-based line of the key.
    pub line: u64,
    /// Its objects.
    pub items: Vec<Item>,
    /// Files that hold one object each.
    pub parts: Vec<Include>,
}

/// One object as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// File it is in.
    pub file: Arc<str>,
    /// Its fields, a map.
    pub node: Node,
}

/// A file that another one asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The path as it is written.
    pub path: String,
    /// File that asks for it.
    pub file: Arc<str>,
    /// One-based line.
    pub line: u64,
}

/// Parses YAML or JSON. Gives what could be understood together with everything that is wrong with the form. Includes
/// are not read.
///
/// Never panics; memory and time are bounded by the size of the input, which is limited as well.
#[must_use]
pub fn parse(bytes: &[u8]) -> Document {
    parse_named(bytes, &Arc::from(""))
}

/// As [`parse`], for text of a file.
pub(super) fn parse_named(bytes: &[u8], file: &Arc<str>) -> Document {
    let (node, findings) = parse_tree(bytes, file);
    let mut reader = Reader { file, document: Document { findings, ..Document::default() } };
    if let Some(node) = node {
        reader.read(&node);
    }
    reader.document
}

/// Parses a file that holds one object.
pub(super) fn parse_part(bytes: &[u8], file: &Arc<str>) -> (Option<Item>, Vec<Finding>) {
    let (node, mut findings) = parse_tree(bytes, file);
    let item = node.and_then(|node| {
        let is_map = node.pairs().is_some();
        if !is_map {
            let problem = Problem::new(format!("the file must hold one object, it is {}", node.describe()));
            findings.push(located(
                Code::E05,
                problem.line(node.line).hint("write its fields below each other"),
                file,
            ));
        }
        is_map.then(|| Item { file: Arc::clone(file), node })
    });
    (item, findings)
}

fn parse_tree(bytes: &[u8], file: &Arc<str>) -> (Option<Node>, Vec<Finding>) {
    let (node, problems) = tree::parse(bytes, Limits::default());
    (node, problems.into_iter().map(|problem| located(Code::E03, problem, file)).collect())
}

fn located(code: Code, problem: Problem, file: &Arc<str>) -> Finding {
    Finding::new(code, if file.is_empty() { problem } else { problem.file(&**file) })
}

struct Reader<'a> {
    file: &'a Arc<str>,
    document: Document,
}

impl Reader<'_> {
    fn read(&mut self, root: &Node) {
        if root.is_null() {
            return;
        }
        let Some(pairs) = root.pairs() else {
            let problem = Problem::new(format!("the document must be a map, it is {}", root.describe()));
            let hint = "start with a key such as `channel_rest:` and list objects below it";
            return self.report(Code::E03, problem.line(root.line).hint(hint));
        };
        for pair in pairs {
            match pair.key.as_str() {
                "include" => self.include(&pair.value),
                key => self.section(key, pair.line, &pair.value),
            }
        }
    }

    fn section(&mut self, key: &str, line: u64, value: &Node) {
        let mut section = Section {
            key: key.to_owned(),
            file: Arc::clone(self.file),
            line,
            items: Vec::new(),
            parts: Vec::new(),
        };
        if !value.is_null() {
            let Some(items) = value.items() else {
                let problem =
                    Problem::new(format!("it must be a list of objects, it is {}", value.describe()));
                let problem = problem.line(value.line).field(key);
                return self.report(Code::E05, problem.hint("start each object with `- name: ...`"));
            };
            for item in items {
                let part = item.scalar().and_then(|scalar| scalar.raw().strip_prefix(PART_SCHEME));
                if let Some(path) = part {
                    section.parts.push(self.reference(path, item.line));
                } else if item.pairs().is_some() {
                    section.items.push(Item { file: Arc::clone(self.file), node: item.clone() });
                } else {
                    let problem =
                        Problem::new(format!("an object must be a map, this is {}", item.describe()));
                    let problem = problem.line(item.line).object(format!("`{key}`"));
                    self.report(Code::E05, problem.hint("write `- name: ...` and its other fields below"));
                }
            }
        }
        self.document.sections.push(section);
    }

    fn include(&mut self, value: &Node) {
        let single = std::slice::from_ref(value);
        let items = value.items().unwrap_or(if value.is_null() { &[] } else { single });
        for item in items {
            match item.text() {
                Some(path) => {
                    let include = self.reference(path.strip_prefix(PART_SCHEME).unwrap_or(path), item.line);
                    self.document.includes.push(include);
                }
                None => {
                    let problem =
                        Problem::new(format!("it must be a list of paths, this is {}", item.describe()));
                    let problem = problem.line(item.line).field("include");
                    self.report(
                        Code::E05,
                        problem.hint("write `include:` and `- path/of/file.yaml` below it"),
                    );
                }
            }
        }
    }

    fn reference(&self, path: &str, line: u64) -> Include {
        Include { path: path.to_owned(), file: Arc::clone(self.file), line }
    }

    fn report(&mut self, code: Code, problem: Problem) {
        self.document.findings.push(located(code, problem, self.file));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_includes_and_parts_are_found() {
        let document = parse(
            b"include:\n  - a.yaml\n  - file://./b.json\nsecurity:\n  - name: x\n    type: basic_auth\n  - file://./part.json\nchannel_rest:\n",
        );
        assert_eq!(document.findings, vec![]);
        let includes: Vec<_> =
            document.includes.iter().map(|include| (include.path.as_str(), include.line)).collect();
        assert_eq!(includes, [("a.yaml", 2), ("./b.json", 3)]);
        assert_eq!(document.sections.len(), 2);
        assert_eq!((document.sections[0].line, document.sections[0].items[0].node.line), (4, 5));
        assert_eq!(document.sections[0].parts[0].line, 7);
        assert_eq!(parse(b"include: x.yaml").includes.len(), 1);
    }

    #[test]
    fn wrong_shapes_are_told_with_their_lines() {
        let cases: [(&str, u64, Code); 6] = [
            ("- a\n", 1, Code::E03),
            ("just text", 1, Code::E03),
            ("security:\n  name: x\n", 2, Code::E05),
            ("security:\n  - x\n", 2, Code::E05),
            ("include:\n  - {a: b}\n", 2, Code::E05),
            ("a: 1\n b: 2\n", 2, Code::E03),
        ];
        for (text, line, code) in cases {
            let findings = parse(text.as_bytes()).findings;
            assert_eq!(
                (findings[0].problem.line, findings[0].code),
                (Some(line), code),
                "{text}: {}",
                findings[0]
            );
            assert!(findings[0].problem.hint.is_some(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            drop(parse(&bytes));
        }
    }
}
