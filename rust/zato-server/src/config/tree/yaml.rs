//! YAML with positions, out of the events of `saphyr-parser`.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use zato_core::Problem;

use super::{Budget, Data, Limits, MapBuilder, Node, Outcome, PROBLEM_LIMIT, Pair, Scalar};

/// Parses a document.
pub(super) fn parse(text: &str, limits: Limits) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder {
        budget: Budget::new(limits),
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        documents: 0,
        problems: Vec::new(),
    };
    match builder.run(text) {
        Ok(()) => {
            let nothing = Node { line: 1, column: 1, data: Data::Scalar(Scalar::plain("")) };
            (Some(builder.root.unwrap_or(nothing)), builder.problems)
        }
        Err(problem) => {
            builder.problems.push(*problem);
            (None, builder.problems)
        }
    }
}

/// What aliases of a node cost.
struct Anchored {
    node: Node,
    nodes: usize,
    text: usize,
}

/// A list or map whose end has not come yet.
struct Open {
    line: u64,
    column: u64,
    anchor: usize,
    nodes_before: usize,
    text_before: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { map: MapBuilder, key: Option<(String, u64)>, merged: Vec<Node> },
}

struct Builder {
    budget: Budget,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    problems: Vec<Problem>,
}

impl Builder {
    fn run(&mut self, text: &str) -> Outcome<()> {
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| {
                Problem::new(format!("invalid YAML: {} (column {})", error.info(), error.marker().col() + 1))
                    .line(error.marker().line() as u64)
                    .hint("check indentation and quotes around here")
            })?;
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Outcome<()> {
        let (line, column) = (span.start.line() as u64, span.start.col() as u64 + 1);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let problem =
                        Problem::new("a file holds one YAML document, a second one starts here").line(line);
                    return Err(problem
                        .hint("remove the `---` or move the rest to a file of its own")
                        .into());
                }
            }
            Event::Alias(anchor) => {
                let anchored = self.anchors.get(&anchor).ok_or_else(|| {
                    Problem::new("the alias stands for something that contains it")
                        .line(line)
                        .hint("write the value out")
                })?;
                self.budget.spend(anchored.nodes, anchored.text, line)?;
                let node = Node { line, column, ..anchored.node.clone() };
                self.add(node, 0)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), line);
                self.budget.spend(1, text.len(), line)?;
                let scalar = if style == ScalarStyle::Plain {
                    Scalar::plain(text.into_owned())
                } else {
                    Scalar::quoted(text.into_owned())
                };
                self.add(Node { line, column, data: Data::Scalar(scalar) }, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), line);
                self.start(line, column, anchor, Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), line);
                let content = Content::Map { map: MapBuilder::default(), key: None, merged: Vec::new() };
                self.start(line, column, anchor, content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, line: u64) {
        if let Some(tag) = tag
            && self.problems.len() < PROBLEM_LIMIT
        {
            let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
            let problem = Problem::new(format!("the tag `{name}` is not accepted")).line(line);
            self.problems.push(problem.hint("remove it; put text in quotes where it must stay text"));
        }
    }

    fn start(&mut self, line: u64, column: u64, anchor: usize, content: Content) -> Outcome<()> {
        self.budget.descend(self.open.len() + 1, line)?;
        let (nodes_before, text_before) = (self.budget.nodes, self.budget.text);
        self.budget.spend(1, 0, line)?;
        self.open.push(Open { line, column, anchor, nodes_before, text_before, content });
        Ok(())
    }

    fn end(&mut self) -> Outcome<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let data = match open.content {
            Content::List(items) => Data::List(items),
            Content::Map { map, merged, .. } => Data::Map(self.merge(map, merged)),
        };
        let cost = (self.budget.nodes - open.nodes_before, self.budget.text - open.text_before);
        let node = Node { line: open.line, column: open.column, data };
        self.remember(open.anchor, &node, cost)?;
        self.add(node, 0)
    }

    /// Adds what `<<` refers to; names written out win.
    fn merge(&mut self, mut map: MapBuilder, merged: Vec<Node>) -> Vec<Pair> {
        for node in merged {
            let sources = match node.data {
                Data::List(items) => items,
                data => vec![Node { data, ..node }],
            };
            for source in sources {
                let Data::Map(pairs) = source.data else {
                    let problem = Problem::new("`<<` must refer to a map").line(source.line).field("<<");
                    self.problems.push(problem.hint("refer to an anchor of a map, as in `<<: *defaults`"));
                    continue;
                };
                for pair in pairs {
                    if !map.lines.contains_key(&pair.key) {
                        map.insert(pair, &mut self.problems);
                    }
                }
            }
        }
        map.pairs
    }

    fn remember(&mut self, anchor: usize, node: &Node, (nodes, text): (usize, usize)) -> Outcome<()> {
        if anchor != 0 {
            // The copy kept for aliases costs memory as well.
            self.budget.spend(nodes, text, node.line)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, text });
        }
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Outcome<()> {
        let text = node.scalar().map_or(0, |scalar| scalar.raw().len());
        self.remember(anchor, &node, (1, text))?;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { map, key, merged } => match key.take() {
                None => *key = Some(name(&node)?),
                Some((name, _)) if name == "<<" => merged.push(node),
                Some((name, line)) => map.insert(Pair { key: name, line, value: node }, &mut self.problems),
            },
        }
        Ok(())
    }
}

fn name(node: &Node) -> Outcome<(String, u64)> {
    match node.scalar() {
        Some(scalar) if !scalar.is_null() => Ok((scalar.raw().to_owned(), node.line)),
        _ => {
            let problem =
                Problem::new(format!("names must be text, not {}", node.describe())).line(node.line);
            Err(problem.hint("write `name: value`; put values with braces in quotes").into())
        }
    }
}
