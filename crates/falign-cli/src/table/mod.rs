//! Tables in the terminal: as wide as it is, and no number is broken.

mod fit;
pub(crate) mod wrap;

use anyhow::Result;

use crate::output::{self, Look};
use wrap::{length, wrapped};

/// Space between two columns.
const GAP: &str = "  ";

/// Content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Begins at the left; may take several lines.
    Words,
    /// Ends at the right; stays whole.
    Number,
}

/// A column's head, and how its cells stand.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    head: String,
    kind: Kind,
}

impl Column {
    /// A column of words.
    pub(crate) fn words(head: impl Into<String>) -> Self {
        let (head, kind) = (head.into(), Kind::Words);
        Self { head, kind }
    }

    /// A column of numbers, or of other things that are never broken.
    pub(crate) fn number(head: impl Into<String>) -> Self {
        let (head, kind) = (head.into(), Kind::Number);
        Self { head, kind }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    look: Look,
}

impl Cell {
    /// A cell in some colour.
    pub(crate) fn new(text: impl Into<String>, look: Look) -> Self {
        let text = text.into();
        Self { text, look }
    }

    /// The text, without its colour.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Look::Plain)
    }
}

/// A table: columns with heads, and rows of as many cells.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<Column>,
    /// Columns at the left that name a row.
    keys: usize,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows. Where it has to be cut, its first `keys` columns are in each part.
    pub(crate) fn new(columns: Vec<Column>, keys: usize) -> Self {
        let rows = Vec::new();
        Self {
            columns,
            keys,
            rows,
        }
    }

    /// Adds a row of a cell for each column.
    ///
    /// # Panics
    /// If it has more or fewer.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(cells.len(), self.columns.len(), "whole rows");
        self.rows.push(cells);
    }

    /// Writes the table to stdout: in one piece where the terminal has room for it; else its words are
    /// wrapped, and what still has none follows in further parts, each with the columns that name the
    /// rows.
    pub(crate) fn print(&self) -> Result<()> {
        let page = output::columns().unwrap_or(usize::MAX);
        let text = self.lines(page).join("\n");
        output::line(text)
    }

    fn lines(&self, page: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let spared = fit::spared(self, page);
        if !spared.is_empty() {
            let names: Vec<&str> = spared.iter().map(|&key| &*self.columns[key].head).collect();
            let (first, verb) = (
                &self.columns[0].head,
                if names.len() == 1 {
                    "follows"
                } else {
                    "follow"
                },
            );
            let note = format!("({} {verb} from {first})", names.join(", "));
            lines.extend(wrapped(&note, page));
        }
        let mut is_first = true;
        for part in fit::parts(self, page, &spared) {
            if !is_first {
                lines.push(String::new());
            }
            is_first = false;
            let heads = self.columns.iter();
            let heads: Vec<Cell> = heads
                .map(|column| Cell::new(column.head.as_str(), Look::Head))
                .collect();
            self.add_row(&heads, &part, &mut lines);
            for row in &self.rows {
                self.add_row(row, &part, &mut lines);
            }
        }
        lines
    }

    /// Adds the lines of a row: as many as its tallest cell has.
    fn add_row(&self, row: &[Cell], part: &[fit::Placed], lines: &mut Vec<String>) {
        let cells: Vec<Vec<String>> = part
            .iter()
            .map(|placed| match self.columns[placed.column].kind {
                Kind::Words => wrapped(&row[placed.column].text, placed.width),
                Kind::Number => vec![row[placed.column].text.clone()],
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = String::new();
            for (index, (placed, lines)) in part.iter().zip(&cells).enumerate() {
                let text = lines.get(at).map_or("", String::as_str);
                let space = placed.width.saturating_sub(length(text));
                let [left, right] = match self.columns[placed.column].kind {
                    Kind::Words => [0, space],
                    Kind::Number => [space, 0],
                };
                if index > 0 {
                    line.push_str(GAP);
                }
                line.push_str(&" ".repeat(left));
                if !text.is_empty() {
                    line.push_str(&row[placed.column].look.on(text));
                }
                line.push_str(&" ".repeat(right));
            }
            lines.push(line.trim_end().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![
            Column::words("rule"),
            Column::number("width"),
            Column::number("alignment"),
            Column::number("loss"),
        ];
        let mut table = Table::new(columns, 2);
        for (rule, width, alignment, loss) in [
            ("backpropagation", "100", "0.83 ± 0.02", "0.0411 ± 0.0032"),
            ("direct_feedback_alignment", "12800", "diverged", "4e-9"),
        ] {
            table.row([rule, width, alignment, loss].map(Cell::from).to_vec());
        }
        table
    }

    #[test]
    fn words_stand_at_the_left_and_numbers_at_the_right() {
        let lines = table().lines(usize::MAX);
        assert_eq!(
            lines,
            [
                "rule                       width    alignment             loss",
                "backpropagation              100  0.83 ± 0.02  0.0411 ± 0.0032",
                "direct_feedback_alignment  12800     diverged             4e-9",
            ]
        );
        assert_eq!(table().lines(length(&lines[1])), lines);
    }

    #[test]
    fn names_take_two_lines_before_a_table_is_cut() {
        assert_eq!(
            table().lines(55),
            [
                "rule                width    alignment             loss",
                "backpropagation       100  0.83 ± 0.02  0.0411 ± 0.0032",
                "direct_feedback_    12800     diverged             4e-9",
                "alignment",
            ]
        );
    }

    #[test]
    fn a_table_that_is_cut_names_its_rows_in_each_part() {
        let lines = table().lines(46);
        assert_eq!(
            lines,
            [
                "rule                       width    alignment",
                "backpropagation              100  0.83 ± 0.02",
                "direct_feedback_alignment  12800     diverged",
                "",
                "rule                    width             loss",
                "backpropagation           100  0.0411 ± 0.0032",
                "direct_feedback_        12800             4e-9",
                "alignment",
            ]
        );
    }

    #[test]
    fn keys_that_follow_from_the_first_go_before_a_line_is_too_long() {
        let columns = vec![
            Column::words("case"),
            Column::words("activation"),
            Column::number("width"),
            Column::number("loss"),
        ];
        let mut table = Table::new(columns, 3);
        for (case, activation, width) in [
            ("linear_ridge", "linear", "200"),
            ("linear_ridge", "linear", "800"),
            ("tanh_ridge", "tanh", "200"),
        ] {
            let loss = "0.0411 ± 0.0032";
            table.row([case, activation, width, loss].map(Cell::from).to_vec());
        }
        assert_eq!(
            table.lines(40),
            [
                "(activation follows from case)",
                "case          width             loss",
                "linear_ridge    200  0.0411 ± 0.0032",
                "linear_ridge    800  0.0411 ± 0.0032",
                "tanh_ridge      200  0.0411 ± 0.0032",
            ]
        );
        assert_eq!(
            table.lines(60)[0],
            "case          activation  width             loss"
        );
    }

    #[test]
    fn no_page_is_too_narrow_for_a_number_to_stay_whole() {
        for page in 1..80 {
            let lines = table().lines(page);
            for number in ["0.0411 ± 0.0032", "0.83 ± 0.02", "12800"] {
                assert!(lines.iter().any(|line| line.contains(number)), "{lines:?}");
            }
            // Names and one number need that much.
            let widest = lines.iter().map(|line| length(line)).max().unwrap();
            assert!(widest <= page.max(40), "{page}: {lines:?}");
        }
    }
}
