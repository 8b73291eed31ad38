//! The paper's inequalities as a table, and as JSON.

use std::fmt::Write as _;

use falign::internal::math::digits;
use falign::internal::study::lemmas::{LemmaRow, LemmaTable, LemmaVerdict, RUNS, WIDTHS};
use falign::internal::theory::lemmas::Side;
use serde_json::{Value, json};

/// Table of both sides at the largest width, the implied constant at all, and its trend.
pub(super) fn text(table: &LemmaTable) -> String {
    let case = if table.case.is_empty() {
        String::new()
    } else {
        format!(" ({})", table.case)
    };
    let mut page = format!(
        "inequalities of the lemmas{case}: {} networks, {} steps, the worst of {RUNS} runs\n\n",
        table.activation.name(),
        range(&table.steps)
    );
    let widths = WIDTHS.map(|p| format!("{p:>9}")).concat();
    let _ = writeln!(
        page,
        "            left     right   implied constant at width               slope\n\
         {:32}{widths}",
        "            at the largest"
    );
    for row in &table.rows {
        let last = row.measured[row.measured.len() - 1];
        let constants = row.measured.iter();
        let constants: Vec<String> = constants
            .map(|one| format!("{:>9}", number(one.constant())))
            .collect();
        let constants = constants.concat();
        let trend = if row.trend.is_finite() {
            format!("{:+.2}", row.trend)
        } else {
            "-".to_owned()
        };
        let _ = writeln!(
            page,
            "{:<9} {:>10}{:>10}  {constants}{trend:>8}\n          {}\n          {}",
            last.key,
            number(last.left),
            number(last.right),
            last.says,
            verdict(row)
        );
    }
    page.push_str(&summary(&table.rows));
    page.push_str(
        "\nimplied constant: left over right, the right side with constants 1 and\n\
         delta = 0.05, in the run where it is nearest to failing. slope: of its\n\
         logarithm against that of the width; at 0 or below one constant serves a lemma\n\
         with <= at all these widths. Few runs and logarithms of the width move it by\n\
         about 0.1.\n\n",
    );
    page
}

fn verdict(row: &LemmaRow) -> String {
    match row.verdict() {
        LemmaVerdict::Holds => "holds with constant 1".to_owned(),
        LemmaVerdict::HoldsWith(constant) => format!("holds with constant {}", number(constant)),
        LemmaVerdict::NoConstant => {
            "does not hold with one constant: it moves with the width".to_owned()
        }
        LemmaVerdict::Undecided => "undecided: a side vanishes or is not finite".to_owned(),
    }
}

/// How many inequalities have each verdict, and which are not as the paper says.
fn summary(rows: &[LemmaRow]) -> String {
    let keys = |name: &str| -> Vec<&str> {
        let found = rows.iter().filter(|row| row.verdict().name() == name);
        found.map(|row| row.measured[0].key).collect()
    };
    let mut text = format!(
        "\n{} of {} inequalities hold with constant 1, {} with another",
        keys("holds").len(),
        rows.len(),
        keys("holds_with_constant").len()
    );
    for (name, words) in [
        ("no_constant", "do not hold with one constant"),
        ("undecided", "are undecided"),
    ] {
        let keys = keys(name);
        if !keys.is_empty() {
            let _ = write!(text, "; {} {words}: {}", keys.len(), keys.join(", "));
        }
    }
    text.push_str(".\n");
    text
}

fn range(steps: &[u64]) -> String {
    match (steps.iter().min(), steps.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (_, most) => most.map_or_else(String::new, u64::to_string),
    }
}

fn number(x: f64) -> String {
    digits(x, 4)
}

/// JSON of the table, with stable keys.
pub(super) fn json(table: &LemmaTable) -> Value {
    let finite = |x: f64| x.is_finite().then_some(x);
    let rows = table.rows.iter().map(|row| {
        let at = |of: &dyn Fn(usize) -> f64| -> Vec<Option<f64>> {
            (0..row.measured.len()).map(|i| finite(of(i))).collect()
        };
        let first = row.measured[0];
        json!({
            "key": first.key, "says": first.says,
            "side": match first.side { Side::AtMost => "at_most", Side::AtLeast => "at_least" },
            "left": at(&|i| row.measured[i].left),
            "right": at(&|i| row.measured[i].right),
            "constant": at(&|i| row.measured[i].constant()),
            "trend": finite(row.trend),
            "verdict": row.verdict().name(),
        })
    });
    json!({
        "case": table.case, "activation": table.activation.name(),
        "widths": WIDTHS, "runs": RUNS, "steps": table.steps, "rows": rows.collect::<Vec<_>>(),
    })
}
