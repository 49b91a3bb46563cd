//! What the columns of a table are, for people and programs. Not here: the rest of the report (`report.rs`), how it is found
//! (`table/infer.rs`).

use crate::report::grouped;
use crate::table::Schema;
use serde::{Deserialize, Serialize};

/// Columns that the text names.
const NAMED: usize = 60;
/// Letters of a line.
const LINE: usize = 80;
/// Letters of a name at most.
const NAME: usize = 22;
/// What stands before each line.
const INDENT: &str = "            ";

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// What it is taken for: `number`, `category` …
    pub kind: String,
    /// Why, and what it holds.
    pub reason: String,
    /// Missing cells.
    pub missing: u64,
    /// How a missing cell is written, the most frequent spelling.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub spelled: String,
}

/// All columns of a table.
pub(crate) fn of(schema: &Schema) -> Vec<ColumnReport> {
    let columns = schema.columns().iter().map(|column| ColumnReport {
        name: column.name.clone(),
        kind: column.kind.name().into(),
        reason: column.reason.clone(),
        missing: column.missing.count(),
        spelled: column.missing.spellings.first().map_or(String::new(), |spelling| spelling.text.clone()),
    });
    columns.collect()
}

/// At most so many letters of a text.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A line for each column, the first behind a heading.
pub(crate) fn lines(columns: &[ColumnReport]) -> String {
    let longest = columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0).min(NAME);
    let mut text = String::new();
    for (at, column) in columns.iter().take(NAMED).enumerate() {
        let missing = match column.missing {
            0 => String::new(),
            n => format!("; {} missing, `{}`", grouped(n), column.spelled),
        };
        let name = cut(&column.name, longest);
        let head = format!("{name}{}  {:<9}", " ".repeat(longest - name.chars().count()), column.kind);
        let room = LINE.saturating_sub(INDENT.len() + head.chars().count() + 1 + missing.chars().count());
        text += if at == 0 { "columns     " } else { INDENT };
        text += format!("{head} {}{missing}", cut(&column.reason, room)).trim_end();
        text.push('\n');
    }
    if columns.len() > NAMED {
        text += &format!("{INDENT}and {} more; --json names them all\n", grouped((columns.len() - NAMED) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_within_a_line() {
        let column = |name: &str, kind: &str, reason: &str, missing| ColumnReport {
            name: name.into(),
            kind: kind.into(),
            reason: reason.into(),
            missing,
            spelled: "?".into(),
        };
        let mut columns = vec![
            column("age", "ordered", "whole numbers from 17 to 90, 73 different", 0),
            column("a name that is too long to be shown", "category", &"x".repeat(90), 1450),
        ];
        let text = lines(&columns);
        let found: Vec<&str> = text.lines().collect();
        assert_eq!(found[0], "columns     age                     ordered   whole numbers from 17 to 90, 73 d…");
        assert!(found[1].starts_with("            a name that is too lo…  category  xxx"), "{text}");
        assert!(found[1].ends_with("x…; 1,450 missing, `?`") && found.iter().all(|line| line.chars().count() <= 80));
        columns.resize(75, columns[0].clone());
        assert!(lines(&columns).ends_with("and 15 more; --json names them all\n"));
    }
}
