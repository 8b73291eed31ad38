//! A certificate as a page of text.

use std::fmt::Write as _;

use super::SettingCertificate;
use crate::math::digits::digits;
use crate::theory::certificate::{Condition, Group, Line, Met, Statement, Verdict};

/// Page with the summary of beta(0), the setting in a few words, groups of numbers, theorems.
pub(super) fn text(one: &SettingCertificate, columns: usize) -> String {
    let mut page = wrapped(&one.certificate.summary, "", "", columns);
    let _ = writeln!(page, "\n{}", heading(one, columns));
    if one.alike > 1 {
        let among = format!(
            "one of {} such settings, that of the largest ridge and width; choose with --set, --width or --all",
            one.alike
        );
        page.push_str(&wrapped(&among, "", "", columns));
    }
    for remark in &one.certificate.remarks {
        page.push('\n');
        page.push_str(&wrapped(remark, "! ", "  ", columns));
    }
    for group in Group::ALL {
        let lines = one
            .certificate
            .lines
            .iter()
            .filter(|line| line.group == group);
        let lines: Vec<&Line> = lines.collect();
        if !lines.is_empty() {
            let _ = writeln!(page, "\n{}", title(group));
            page.extend(lines.into_iter().map(|line| row(line, columns)));
        }
    }
    page.push_str("\ntheorems\n");
    for statement in &one.certificate.statements {
        page.push_str(&theorem(statement, columns));
    }
    page.push('\n');
    page
}

fn heading(one: &SettingCertificate, columns: usize) -> String {
    let [n, d, k] = one.sizes;
    let case = if one.case.is_empty() {
        String::new()
    } else {
        format!(" ({})", one.case)
    };
    let setting = &one.setting;
    let first = format!(
        "{}{case}: {d}-{}-{k} {} network, {n} samples,",
        setting.rule.name(),
        setting.width,
        setting.activation.name(),
    );
    let r = &one.resolved;
    let second = format!(
        "step size {}, ridge {}, {} steps; data and start of run 0",
        number(r.step_size),
        number(r.ridge),
        r.steps
    );
    if first.len() + second.len() < columns {
        format!("{first} {second}")
    } else {
        format!("{first}\n{second}")
    }
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Alignment => "alignment",
        Group::Data => "data",
        Group::Start => "start",
        Group::StepSize => "step size",
        Group::Ridge => "ridge",
        Group::Time => "time and movement",
        Group::Run => "run",
    }
}

/// Columns of the label, the number and its basis.
const LABEL: usize = 50;
const NUMBER: usize = 10;
const BASIS: usize = 11;

fn row(line: &Line, columns: usize) -> String {
    let value = line.value.map_or_else(|| "-".to_owned(), number);
    let head = format!(
        "  {:<LABEL$} {value:>NUMBER$} {:<BASIS$}",
        line.label,
        line.basis.name()
    );
    let note = line.note.as_str();
    if head.chars().count() + note.chars().count() <= columns {
        return format!("{}\n", format!("{head}{note}").trim_end());
    }
    format!(
        "{}\n{}",
        head.trim_end(),
        wrapped(note, "      ", "      ", columns)
    )
}

fn theorem(statement: &Statement, columns: usize) -> String {
    let name = statement.name;
    let verdict = match statement.verdict() {
        // It is about something else: only why.
        Verdict::NotMet => return format!("\n{}", not_met(statement, columns)),
        Verdict::Met => format!("conditions met, with {}", statement.constants),
        Verdict::Open => {
            let open = statement.conditions.iter().filter(|c| c.met == Met::Open);
            let too_small = statement.sufficient.met == Met::No;
            let also = if too_small {
                ", and too small a size"
            } else {
                ""
            };
            format!(
                "open, for want of {}{also}",
                count(open.count(), "condition")
            )
        }
        Verdict::Vacuous => {
            "sufficient condition not met: it is silent, and no sign of failure".to_owned()
        }
    };
    let mut text = format!(
        "\n{}",
        wrapped(&format!("{name}: {verdict}"), "  ", "      ", columns)
    );
    text.push_str(&wrapped(statement.says, "      ", "      ", columns));
    for condition in statement.conditions.iter().chain([&statement.sufficient]) {
        text.push_str(&wrapped(
            &condition.text(),
            mark(condition),
            "          ",
            columns,
        ));
    }
    // The width stands among the conditions already.
    let lines = statement.lines.iter();
    for line in lines.filter(|line| !line.key.ends_with("sufficient_width")) {
        text.push_str(&row(line, columns));
    }
    text
}

/// One line: what fails, as much as fits.
fn not_met(statement: &Statement, columns: usize) -> String {
    let failing = statement.conditions.iter().filter(|c| c.met == Met::No);
    let reasons: Vec<String> = failing
        .map(|c| format!("{} ({})", c.asks, c.there))
        .collect();
    let line = |shown: usize| {
        let more = match reasons.len() - shown {
            0 => String::new(),
            left => format!(", and {left} more"),
        };
        let shown = reasons[..shown].join("; ");
        format!("  {}: not met: it needs {shown}{more}", statement.name)
    };
    let fitting = (1..=reasons.len()).rev().map(line);
    let short = fitting.clone().find(|line| line.chars().count() <= columns);
    wrapped(&short.unwrap_or_else(|| line(1)), "  ", "      ", columns)
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn mark(condition: &Condition) -> &'static str {
    match condition.met {
        Met::Yes => "    yes   ",
        Met::No => "    no    ",
        Met::Open => "    open  ",
    }
}

/// Words in lines of a page, the first after `first`, the others after `next`.
fn wrapped(text: &str, first: &str, next: &str, columns: usize) -> String {
    let mut page = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > columns {
            page.push_str(line.trim_end());
            page.push('\n');
            next.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    page.push_str(line.trim_end());
    page.push('\n');
    page
}

/// Digits of a number.
const DIGITS: usize = 4;

fn number(x: f64) -> String {
    digits(x, DIGITS)
}
