//! Legends: what they say, how much room they take, and where they cover no data.

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::font::Fonts;
use super::looks::{Dash, Looks};
use super::names;
use super::palette::INK;
use super::points::PREDICTION;
use super::text::Rich;

const SIZE: f64 = 7.2;
const LINE: f64 = 10.0;
const SAMPLE: f64 = 16.0;
const GAP: f64 = 3.5;
const BETWEEN: f64 = 9.0;
const PAD: f64 = 4.0;
const GROUP_GAP: f64 = 3.0;

enum Sample {
    Line { colour: String, dash: &'static str },
    Cross,
    // The title of a group of entries.
    Title,
}

struct Entry {
    sample: Sample,
    label: Rich,
}

impl Entry {
    fn width(&self, fonts: &Fonts) -> f64 {
        let sample = match self.sample {
            Sample::Line { .. } => SAMPLE + GAP,
            Sample::Cross => 6.0 + GAP,
            Sample::Title => 0.0,
        };
        sample + self.label.width(fonts, SIZE)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, x: f64, middle: f64) {
        let baseline = middle + SIZE * 0.36;
        let text_x = match &self.sample {
            Sample::Title => x,
            Sample::Cross => {
                canvas.cross((x + 3.0, middle), INK);
                x + 6.0 + GAP
            }
            Sample::Line { colour, dash } => {
                canvas.line(
                    &[(x, middle), (x + SAMPLE, middle)],
                    Stroke {
                        colour,
                        width: 1.5,
                        dash,
                    },
                );
                x + SAMPLE + GAP
            }
        };
        canvas.text((text_x, baseline), Anchor::Start, SIZE, &self.label);
    }
}

/// A legend: groups of entries, each perhaps under a title.
pub(super) struct Legend {
    groups: Vec<Vec<Entry>>,
}

impl Legend {
    /// Entries for looks of the same colours; `lost` adds the mark of divergence.
    pub(super) fn new<'a>(looks: impl Iterator<Item = &'a Looks> + Clone, lost: bool) -> Self {
        let first = looks.clone().next();
        let mut legend = first.map_or(Self { groups: Vec::new() }, Self::of_colours);
        legend.groups.extend(Self::of_dashes(looks, lost).groups);
        legend
    }

    /// Entries for the colours of looks alone.
    pub(super) fn of_colours(looks: &Looks) -> Self {
        let Some(by) = looks.by.as_ref().filter(|_| looks.colours.len() > 1) else {
            return Self { groups: Vec::new() };
        };
        let title = Entry {
            sample: Sample::Title,
            label: Rich::parse(&names::column(by)),
        };
        let colours = looks.colours.iter().map(|(value, colour)| Entry {
            sample: Sample::Line {
                colour: colour.clone(),
                dash: "",
            },
            label: Rich::parse(&names::value(value)),
        });
        Self {
            groups: vec![[title].into_iter().chain(colours).collect()],
        }
    }

    /// Entries for the line styles of looks, each once; `lost` adds the mark of divergence.
    pub(super) fn of_dashes<'a>(looks: impl Iterator<Item = &'a Looks>, lost: bool) -> Self {
        let mut known: Vec<(&String, &Vec<Dash>)> = Vec::new();
        let mut groups = Vec::new();
        for looks in looks {
            let Some(by) = looks.dash_by.as_ref().filter(|_| looks.dashes.len() > 1) else {
                continue;
            };
            if known.contains(&(by, &looks.dashes)) {
                continue;
            }
            known.push((by, &looks.dashes));
            groups.push(dash_group(by, looks));
        }
        if lost {
            groups.push(vec![Entry {
                sample: Sample::Cross,
                label: Rich::parse("runs diverged"),
            }]);
        }
        Self { groups }
    }

    /// Whether there is nothing to explain.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Width and height as a box.
    pub(super) fn box_size(&self, fonts: &Fonts) -> (f64, f64) {
        let entries = self.groups.iter().flatten();
        let width = entries
            .clone()
            .map(|entry| entry.width(fonts))
            .fold(0.0, f64::max);
        (
            width + 2.0 * PAD,
            entries.count() as f64 * LINE
                + self.groups.len().saturating_sub(1) as f64 * GROUP_GAP
                + 2.0 * PAD
                - 2.0,
        )
    }

    /// Draws the legend as a box.
    pub(super) fn draw_box(&self, canvas: &mut Canvas<'_>, rect: Rect) {
        let frame = Stroke {
            colour: "#c8c8c8",
            width: 0.5,
            dash: "",
        };
        canvas.rect(rect, "#ffffff", Some(frame));
        let mut middle = rect.y + PAD + LINE / 2.0 - 1.0;
        for group in &self.groups {
            for entry in group {
                entry.draw(canvas, rect.x + PAD, middle);
                middle += LINE;
            }
            middle += GROUP_GAP;
        }
    }

    // The entries of each line of a strip, closer together if that saves a line.
    fn strip(&self, fonts: &Fonts, width: f64) -> Vec<Vec<(f64, &Entry)>> {
        let wide = self.strip_spaced(fonts, width, BETWEEN);
        let tight = self.strip_spaced(fonts, width, 0.6 * BETWEEN);
        let (between, mut lines) = if tight.len() < wide.len() {
            (0.6 * BETWEEN, tight)
        } else {
            (BETWEEN, wide)
        };
        // Lines of like length look better than a full one and a lone entry.
        for part in 1..10 {
            let narrower = width * (1.0 - 0.05 * f64::from(part));
            let balanced = self.strip_spaced(fonts, narrower, between);
            if balanced.len() > lines.len() {
                break;
            }
            lines = balanced;
        }
        lines
    }

    fn strip_spaced(&self, fonts: &Fonts, width: f64, between: f64) -> Vec<Vec<(f64, &Entry)>> {
        let mut lines: Vec<Vec<(f64, &Entry)>> = Vec::new();
        let mut pen = 0.0;
        for group in &self.groups {
            for (index, entry) in group.iter().enumerate() {
                let wide = entry.width(fonts);
                let gap = match index {
                    0 => 2.2 * between,
                    _ => between,
                };
                match lines.last_mut() {
                    Some(line) if pen + gap + wide <= width => {
                        line.push((pen + gap, entry));
                        pen += gap + wide;
                    }
                    _ => {
                        lines.push(vec![(0.0, entry)]);
                        pen = wide;
                    }
                }
            }
        }
        lines
    }

    /// Height as a strip of the given width.
    pub(super) fn strip_height(&self, fonts: &Fonts, width: f64) -> f64 {
        self.strip(fonts, width).len() as f64 * (LINE + 1.0)
    }

    /// Draws the legend as a centred strip with its upper edge at `top`.
    pub(super) fn draw_strip(&self, canvas: &mut Canvas<'_>, x: f64, top: f64, width: f64) {
        let mut middle = top + LINE / 2.0;
        for line in self.strip(canvas.fonts, width) {
            let wide = line
                .last()
                .map_or(0.0, |(at, entry)| at + entry.width(canvas.fonts));
            let left = x + (width - wide) / 2.0;
            for (at, entry) in line {
                entry.draw(canvas, left + at, middle);
            }
            middle += LINE + 1.0;
        }
    }
}

/// Entries for the line styles of one `dash` column.
fn dash_group(by: &str, looks: &Looks) -> Vec<Entry> {
    let coloured = looks.colours.len() > 1;
    // Rules and cases name themselves; a number needs to be told what it is.
    let is_named = matches!(by, "rule" | "case" | "activation" | PREDICTION);
    let title = (!is_named).then(|| Entry {
        sample: Sample::Title,
        label: Rich::parse(&names::column(by)),
    });
    let lines = looks.dashes.iter().map(|(value, dash, grey)| Entry {
        sample: Sample::Line {
            colour: match (*grey, coloured) {
                (true, _) => super::palette::GREY.to_owned(),
                (false, true) => INK.to_owned(),
                (false, false) => looks
                    .colours
                    .first()
                    .map_or(INK.to_owned(), |(_, colour)| colour.clone()),
            },
            dash,
        },
        label: Rich::parse(&names::value(value)),
    });
    title.into_iter().chain(lines).collect()
}

/// A straight piece of a curve or bar, in page coordinates.
pub(super) type Segment = ((f64, f64), (f64, f64));

/// A place in `frame` where a box of this size covers none of the data: the emptiest of the corners and
/// the middles of the sides. `None` if each of them covers some.
pub(super) fn place(frame: Rect, size: (f64, f64), data: &[Segment]) -> Option<Rect> {
    const INSET: f64 = 4.0;
    // Data this near would look covered.
    const CLEAR: f64 = 2.5;
    let (w, h) = size;
    if w + 2.0 * INSET > frame.w || h + 2.0 * INSET > frame.h {
        return None;
    }
    let (left, right) = (frame.x + INSET, frame.right() - INSET - w);
    let (top, bottom) = (frame.y + INSET, frame.bottom() - INSET - h);
    let centre = frame.x + (frame.w - w) / 2.0;
    let middle = frame.y + (frame.h - h) / 2.0;
    let mut best: Option<(f64, Rect)> = None;
    for (x, y) in [
        (right, top),
        (left, top),
        (right, bottom),
        (left, bottom),
        (right, middle),
        (left, middle),
        (centre, top),
        (centre, bottom),
    ] {
        let rect = Rect { x, y, w, h };
        let room = data
            .iter()
            .map(|segment| distance(rect, *segment))
            .fold(f64::INFINITY, f64::min);
        // Among places with much room the earlier one is the more usual.
        let room = room.min(12.0);
        if room > CLEAR && best.is_none_or(|(most, _)| room > most + 1e-9) {
            best = Some((room, rect));
        }
    }
    best.map(|(_, rect)| rect)
}

/// Distance from a rectangle to a segment; 0 where they meet.
fn distance(rect: Rect, (a, b): Segment) -> f64 {
    if meets(rect, a, b) {
        return 0.0;
    }
    let corners = [
        (rect.x, rect.y),
        (rect.right(), rect.y),
        (rect.x, rect.bottom()),
        (rect.right(), rect.bottom()),
    ];
    let from_ends = [a, b].map(|(x, y)| {
        let dx = (rect.x - x).max(x - rect.right()).max(0.0);
        let dy = (rect.y - y).max(y - rect.bottom()).max(0.0);
        length(dx, dy)
    });
    let from_corners = corners.map(|(x, y)| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let square = dx * dx + dy * dy;
        let along = if square > 0.0 {
            (((x - a.0) * dx + (y - a.1) * dy) / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        length(x - a.0 - along * dx, y - a.1 - along * dy)
    });
    from_ends
        .into_iter()
        .chain(from_corners)
        .fold(f64::INFINITY, f64::min)
}

// Unlike `hypot`, a square root has the same last digit on every machine.
fn length(dx: f64, dy: f64) -> f64 {
    (dx * dx + dy * dy).sqrt()
}

// Liang and Barsky: cuts the segment by the four sides and asks whether something is left.
fn meets(rect: Rect, a: (f64, f64), b: (f64, f64)) -> bool {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (toward, room) in [
        (-dx, a.0 - rect.x),
        (dx, rect.right() - a.0),
        (-dy, a.1 - rect.y),
        (dy, rect.bottom() - a.1),
    ] {
        if toward.abs() < 1e-12 {
            if room < 0.0 {
                return false;
            }
        } else if toward < 0.0 {
            enter = enter.max(room / toward);
        } else {
            leave = leave.min(room / toward);
        }
    }
    enter <= leave
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Rect = Rect {
        x: 10.0,
        y: 20.0,
        w: 130.0,
        h: 100.0,
    };

    fn curve(f: impl Fn(f64) -> f64) -> Vec<Segment> {
        let at = |i: i32| {
            let t = f64::from(i) / 40.0;
            (FRAME.x + t * FRAME.w, FRAME.y + (1.0 - f(t)) * FRAME.h)
        };
        (0..40).map(|i| (at(i), at(i + 1))).collect()
    }

    #[test]
    fn the_legend_never_covers_data() {
        for slope in -4..=4 {
            for bend in 0..5 {
                let data = curve(|t| {
                    0.5 + f64::from(slope) / 8.0 * (t - 0.5)
                        + f64::from(bend) / 4.0 * (t - 0.5) * (t - 0.5)
                });
                if let Some(rect) = place(FRAME, (40.0, 30.0), &data) {
                    assert!(rect.x >= FRAME.x && rect.right() <= FRAME.right());
                    assert!(rect.y >= FRAME.y && rect.bottom() <= FRAME.bottom());
                    assert!(data.iter().all(|segment| distance(rect, *segment) > 2.0));
                }
            }
        }
    }

    #[test]
    fn a_falling_curve_leaves_the_upper_right_corner() {
        let rect = place(FRAME, (40.0, 30.0), &curve(|t| 1.0 - t)).unwrap();
        assert!(rect.x > FRAME.x + FRAME.w / 2.0 && rect.y < FRAME.y + FRAME.h / 2.0);
        let rect = place(FRAME, (40.0, 30.0), &curve(|t| t)).unwrap();
        assert!(rect.x < FRAME.x + FRAME.w / 2.0 && rect.y < FRAME.y + FRAME.h / 2.0);
    }

    #[test]
    fn a_full_panel_has_no_place() {
        let data: Vec<Segment> = (0..14)
            .flat_map(|i| curve(move |_| f64::from(i) / 13.0))
            .collect();
        assert_eq!(place(FRAME, (40.0, 30.0), &data), None);
        assert_eq!(place(FRAME, (400.0, 30.0), &[]), None);
    }

    #[test]
    fn a_long_segment_through_the_box_is_noticed() {
        let rect = Rect {
            x: 0.0,
            y: 0.0,
            w: 2.0,
            h: 2.0,
        };
        assert!(meets(rect, (-9.0, 1.0), (9.0, 1.0)));
        assert!(!meets(rect, (-9.0, 3.0), (9.0, 3.0)));
        assert!((distance(rect, ((3.0, -9.0), (3.0, 9.0))) - 1.0).abs() < 1e-12);
    }
}
