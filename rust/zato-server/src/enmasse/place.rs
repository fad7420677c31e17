//! Where in a file an object and its fields are.

use std::sync::Arc;

use zato_core::Problem;
use zato_schema::DynKind;

use super::document::Item;

/// Position of an object.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) line: u64,
    /// Names of its fields as written, and their lines.
    fields: Vec<(String, u64)>,
}

impl Place {
    pub(super) fn of(item: &Item) -> Self {
        let pairs = item.node.pairs().unwrap_or_default();
        Self {
            file: Arc::clone(&item.file),
            line: item.node.line,
            fields: pairs.iter().map(|pair| (pair.key.clone(), pair.line)).collect(),
        }
    }

    /// Says in a problem where it is: at its field, if that is written, otherwise at the object.
    pub(super) fn locate(&self, kind: Option<&DynKind>, problem: Problem) -> Problem {
        let line =
            problem.line.or_else(|| self.line_of(kind, problem.field.as_deref()?)).unwrap_or(self.line);
        let problem = problem.line(line);
        if self.file.is_empty() { problem } else { problem.file(&*self.file) }
    }

    /// A field may be written by an old name.
    fn line_of(&self, kind: Option<&DynKind>, field: &str) -> Option<u64> {
        let is_it = |written: &str| {
            written == field
                || kind.and_then(|kind| kind.field(written)).is_some_and(|known| known.name == field)
        };
        self.fields.iter().find(|(written, _)| is_it(written)).map(|(_, line)| *line)
    }
}
