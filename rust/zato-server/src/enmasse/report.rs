//! Plans as people and programs read them.

use serde_json::{Value, json};
use zato_schema::Change;

use super::finding::Finding;
use super::plan::{Plan, Planned};

impl Plan {
    /// Returns the plan as lines of text: `+` for what is created, `~` for what is changed with the fields that change,
    /// `-` for what is deleted, and the number of objects that stay as they are.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        for (sign, objects) in [('+', &self.create), ('~', &self.update), ('-', &self.delete)] {
            for planned in objects {
                lines.push(format!("{sign} {}{}", planned.object, place(planned)));
                lines.extend(planned.changes.iter().map(|change| format!("    {}", describe(change))));
            }
        }
        lines.push(format!(
            "{} to create, {} to change, {} to delete, {} unchanged",
            self.create.len(),
            self.update.len(),
            self.delete.len(),
            self.unchanged.len()
        ));
        lines.join("\n")
    }

    /// Returns warnings and problems as a table: code and its meaning, place, what is wrong and what to do. Empty if there
    /// are none.
    #[must_use]
    pub fn findings_to_table(&self) -> String {
        table(self.problems.iter().chain(&self.warnings))
    }

    /// Returns everything as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let objects = |planned: &[Planned]| planned.iter().map(|one| json!(one)).collect::<Vec<_>>();
        json!({
            "is_ok": self.is_possible(),
            "revision": self.revision,
            "create": objects(&self.create),
            "update": objects(&self.update),
            "delete": objects(&self.delete),
            "unchanged": objects(&self.unchanged),
            "warnings": self.warnings,
            "problems": self.problems,
        })
    }
}

/// Returns findings as a table.
pub(super) fn table<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    let rows: Vec<[String; 3]> = findings
        .into_iter()
        .map(|finding| {
            let problem = &finding.problem;
            let line = problem.line.map(|line| line.to_string());
            let place = [problem.file.clone(), line].into_iter().flatten().collect::<Vec<_>>().join(":");
            let field = problem.field.as_ref().map(|field| format!("field `{field}`"));
            let parts = [problem.object.clone(), field, Some(problem.message.clone())];
            let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
            if let Some(hint) = &problem.hint {
                text.push_str(&format!("\n{hint}"));
            }
            [format!("{} {}", finding.code, finding.code.meaning()), place, text]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let width = |column: usize, least: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().max(least)
    };
    let (code_width, place_width) = (width(0, 4), width(1, 5));
    let mut lines = vec![
        format!("{:code_width$}  {:place_width$}  Problem", "Code", "Where"),
        format!("{}  {}  {}", "-".repeat(code_width), "-".repeat(place_width), "-".repeat(7)),
    ];
    for [code, place, text] in &rows {
        for (index, part) in text.lines().enumerate() {
            let (code, place) = if index == 0 { (code.as_str(), place.as_str()) } else { ("", "") };
            lines.push(format!("{code:code_width$}  {place:place_width$}  {part}"));
        }
    }
    lines.join("\n")
}

fn place(planned: &Planned) -> String {
    match (&planned.file, planned.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        (None, Some(line)) => format!(" (line {line})"),
        _ => String::new(),
    }
}

fn describe(change: &Change) -> String {
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: {} -> {}", change.field, shown(&change.before), shown(&change.after))
}
