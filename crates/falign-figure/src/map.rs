//! A panel as a map: a cell for each pair of values, coloured by the quantity, its number inside.

use super::axis::{Axis, Tick};
use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::font::Fonts;
use super::names;
use super::palette::{INK, ink_on, shade};
use super::plot::{LABEL_SIZE, Plot, TICK_SIZE};
use super::points::{Point, Shown};
use super::text::Rich;

const NUMBER_SIZE: f64 = 7.0;
const THEORY_SIZE: f64 = 5.8;
const BAR: (f64, f64) = (110.0, 7.0);
/// Height of the strip with a colour scale.
pub(super) const SCALE_HEIGHT: f64 = 14.0;

/// The rows of a map from below: the different values of its `series` column.
pub(super) fn rows(shown: &Shown) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    for series in shown.series.iter().filter(|series| !series.is_theory()) {
        if !rows.contains(&series.by.as_str()) {
            rows.push(&series.by);
        }
    }
    rows
}

/// A tick in the middle of each of the cells.
pub(super) fn ticks<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> Vec<Tick> {
    let count = values.len() as f64;
    values
        .enumerate()
        .map(|(index, value)| Tick {
            at: (index as f64 + 0.5) / count,
            label: Some(names::value(value)),
            minor: false,
        })
        .collect()
}

/// Draws the cells.
pub(super) fn draw(plot: &Plot<'_>, canvas: &mut Canvas<'_>, frame: Rect) {
    let rows = rows(plot.shown);
    let (w, h) = (
        frame.w / plot.shown.columns.len().max(1) as f64,
        frame.h / rows.len().max(1) as f64,
    );
    for (row, by) in rows.iter().enumerate() {
        let of = |theory: bool| {
            plot.shown
                .series
                .iter()
                .find(move |series| series.by == *by && series.is_theory() == theory)
        };
        for point in of(false).into_iter().flat_map(|series| &series.points) {
            let cell = Rect {
                x: frame.x + point.x * w,
                y: frame.bottom() - (row + 1) as f64 * h,
                w,
                h,
            };
            // Both count the same columns.
            let at_this = |other: &&Point| (other.x - point.x).abs() < 0.5;
            let theory = of(true)
                .and_then(|series| series.points.iter().find(at_this))
                .and_then(|point| point.center);
            draw_cell(plot.y, canvas, cell, point, theory);
        }
    }
}

fn draw_cell(scale: Axis, canvas: &mut Canvas<'_>, cell: Rect, point: &Point, theory: Option<f64>) {
    let middle = cell.x + cell.w / 2.0;
    let place = point.center.and_then(|value| scale.position(value));
    let ink = place.map_or(INK, ink_on);
    if let Some(place) = place {
        canvas.rect(cell, &shade(place), None);
    }
    if point.is_lost() {
        let (y, words) = (
            cell.y + cell.h / 2.0,
            format!("{} of {}", point.diverged, point.runs),
        );
        canvas.cross((middle, y - 4.0), INK);
        let at = (middle, y + 7.0);
        canvas.text(at, Anchor::Middle, THEORY_SIZE, &Rich::parse(&words));
    }
    let lines: Vec<(f64, Option<f64>)> = match theory {
        Some(_) => vec![(NUMBER_SIZE, point.center), (THEORY_SIZE, theory)],
        None => vec![(NUMBER_SIZE, point.center)],
    };
    let height: f64 = lines.iter().map(|(size, _)| size + 1.5).sum();
    let mut baseline = cell.y + (cell.h - height) / 2.0;
    for (size, value) in lines {
        baseline += size;
        if let Some(value) = value {
            let text = Rich::parse(&number(value));
            canvas.inked_text((middle, baseline), Anchor::Middle, size, &text, ink);
        }
        baseline += 1.5;
    }
}

/// The colour scale: the quantity's name, the ends and the colours between, centred in a strip.
pub(super) fn draw_scale(
    canvas: &mut Canvas<'_>,
    (label, scale): (&str, Axis),
    (x, y): (f64, f64),
    width: f64,
) {
    let fonts: &Fonts = canvas.fonts;
    let (low, high) = scale.ends();
    let label = Rich::parse(label);
    let ends = [low, high].map(|end| Rich::parse(&number(end)));
    let gap = 4.0;
    let parts = [
        label.width(fonts, LABEL_SIZE) + 2.0 * gap,
        ends[0].width(fonts, TICK_SIZE) + gap,
        BAR.0 + gap,
        ends[1].width(fonts, TICK_SIZE),
    ];
    let mut pen = x + (width - parts.iter().sum::<f64>()) / 2.0;
    let middle = y + SCALE_HEIGHT / 2.0;
    let write = |canvas: &mut Canvas<'_>, pen: f64, size: f64, text: &Rich| {
        canvas.text((pen, middle + size * 0.36), Anchor::Start, size, text);
    };
    write(canvas, pen, LABEL_SIZE, &label);
    pen += parts[0];
    write(canvas, pen, TICK_SIZE, &ends[0]);
    pen += parts[1];
    let steps = 55;
    for step in 0..steps {
        let slice = Rect {
            x: pen + BAR.0 * f64::from(step) / f64::from(steps),
            y: middle - BAR.1 / 2.0,
            // Over the next one's edge, or a line of white shows between them.
            w: BAR.0 / f64::from(steps) + if step + 1 < steps { 0.5 } else { 0.0 },
            h: BAR.1,
        };
        canvas.rect(slice, &shade(f64::from(step) / f64::from(steps - 1)), None);
    }
    let frame = Rect {
        x: pen,
        y: middle - BAR.1 / 2.0,
        w: BAR.0,
        h: BAR.1,
    };
    let thin = Stroke {
        colour: INK,
        width: 0.5,
        dash: "",
    };
    canvas.rect(frame, "none", Some(thin));
    pen += parts[2];
    write(canvas, pen, TICK_SIZE, &ends[1]);
}

// Two decimals where they say something, else two digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1e5 || (size < 1e-3 && size > 0.0) {
        let short: f64 = format!("{value:.1e}").parse().unwrap_or(value);
        return names::number(short);
    }
    let decimals = if size < 100.0 { 2 } else { 0 };
    names::minus(&format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cells_are_short() {
        let written = [0.886_4, 0.0, -0.5, 12.345, 1234.4, 1.26e-7].map(number);
        assert_eq!(
            written,
            ["0.89", "0.00", "−0.50", "12.35", "1234", "1.3×10^{-7}"]
        );
    }

    #[test]
    fn ticks_are_in_the_middle_of_the_cells() {
        let ticks = ticks(["gamma=1", "gamma=30"].into_iter());
        assert!((ticks[0].at - 0.25).abs() < 1e-15 && (ticks[1].at - 0.75).abs() < 1e-15);
        assert_eq!(ticks[1].label.as_deref(), Some("30 *γ*"));
    }
}
