//! One pair of axes with its data.

use falign::internal::config::figure::{LAYER, Scale, Style};

use super::axis::Tick;
use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::font::Fonts;
use super::legend::Segment;
use super::map;
use super::palette::{GREY, INK};
use super::plot::{LABEL_SIZE, Plot, TICK_SIZE};
use super::points::{Point, Series};
use super::text::Rich;

/// Straight pieces of a power law.
const PIECES: u32 = 60;
/// Dash pattern of lines that are no data.
const DOTS: &str = "0.8 1.8";
/// Rounding of a point at the end of an axis.
const EDGE: f64 = 1e-6;

/// A place on the page.
type Place = (f64, f64);
/// Horizontal place of a point, and the upper and lower end of its spread.
type Spread = (f64, f64, f64);

impl Plot<'_> {
    /// Ticks of the horizontal axis for a length: at the data's own values where few, as widths are, each
    /// second or third labelled if more have no room; else at round ones.
    pub(super) fn x_ticks(&self, fonts: &Fonts, length: f64) -> Vec<Tick> {
        if self.is_map() {
            return map::ticks(self.shown.columns.iter().map(String::as_str));
        }
        let is_of_layers = self.panel.x == LAYER;
        if is_of_layers || (self.panel.style == Style::Points && self.x.scale == Scale::Log) {
            let mut values: Vec<f64> = self.shown.points().map(|point| point.x).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let mut own = self.x.ticks_at(&values, 6);
            // Between two layers there is none.
            own.retain(|tick| !(is_of_layers && tick.minor));
            let fits = |ticks: &Vec<Tick>| are_apart(fonts, ticks, length);
            let mut fewer = (1..=3).map(|every| labelled(&own, every));
            if values.len() <= 10
                && let Some(ticks) = fewer.find(fits)
            {
                return ticks;
            }
        }
        (2..=6)
            .rev()
            .map(|labels| self.x.ticks(labels))
            .find(|ticks| are_apart(fonts, ticks, length))
            .unwrap_or_else(|| self.x.ticks(2))
    }

    /// Ticks of the vertical axis for a length.
    pub(super) fn y_ticks(&self, length: f64) -> Vec<Tick> {
        if self.is_map() {
            return map::ticks(map::rows(self.shown).into_iter());
        }
        let most = ((length / 17.0) as usize).clamp(2, 8);
        (2..=most)
            .rev()
            .map(|labels| self.y.ticks(labels))
            .find(|ticks| do_not_overprint(ticks, length))
            .unwrap_or_else(|| self.y.ticks(2))
    }

    /// Dotted lines that are no data: a given height, and a power law through the first point.
    fn guides(&self, frame: Rect) -> Vec<Vec<Place>> {
        let height = |y: f64| {
            let y = self.y.position(y)?;
            Some(frame.bottom() - y * frame.h)
        };
        let across = self.panel.reference.and_then(height);
        let across = across.map(|y| vec![(frame.x, y), (frame.right(), y)]);
        let law = self.panel.slope.and_then(|slope| {
            let measured = self.shown.series.iter().find(|one| !one.is_theory())?;
            let of = |point: &Point| (point.x > 0.0).then_some((point.x, point.center?));
            let (x0, y0) = measured.points.iter().find_map(of)?;
            let (low, high) = self.x.ends();
            let low = low.max(x0.min(high) * 1e-9);
            // Straight pieces of a curve, each a like share of the axis.
            let at = |part: u32| {
                let share = f64::from(part) / f64::from(PIECES);
                let x = match self.x.scale {
                    Scale::Linear => low + share * (high - low),
                    Scale::Log => low * libm::pow(high / low, share),
                };
                self.place(frame, x, y0 * libm::pow(x / x0, slope))
            };
            Some((0..=PIECES).filter_map(at).collect())
        });
        across.into_iter().chain(law).collect()
    }

    /// Place of a value on the page; `None` where an axis has no place for it.
    pub(super) fn place(&self, frame: Rect, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.position(x)?, self.y.position(y)?);
        Some((frame.x + x * frame.w, frame.bottom() - y * frame.h))
    }

    // Both ends of a point's spread on the page; an end the scale cannot show lies below it.
    fn spread(&self, frame: Rect, point: &Point) -> Option<Spread> {
        let (low, high) = (point.low?, point.high?);
        let (x, top) = self.place(frame, point.x, high)?;
        let bottom = self
            .place(frame, point.x, low)
            .map_or(frame.bottom() + 9.0, |(_, y)| y);
        // Far outside the frame a coordinate only makes the file long.
        let within = |y: f64| y.clamp(frame.y - 9.0, frame.bottom() + 9.0);
        Some((x, within(top), within(bottom)))
    }

    // Sideways shift of a series of points, so that error bars at one x stay apart.
    fn shift(&self, index: usize) -> f64 {
        let is_measured = |series: &&Series| !series.is_theory();
        let count = self.shown.series.iter().filter(is_measured).count();
        if self.panel.style == Style::Curve || count < 2 || index >= count {
            return 0.0;
        }
        (index as f64 - (count - 1) as f64 / 2.0) * (6.0 / count as f64).min(1.5)
    }

    /// Lines that a legend must not cover.
    pub(super) fn obstacles(&self, frame: Rect) -> Vec<Segment> {
        let mut segments = Vec::new();
        for guide in self.guides(frame) {
            segments.extend(guide.windows(2).map(|pair| (pair[0], pair[1])));
        }
        for (index, series) in self.shown.series.iter().enumerate() {
            let shift = self.shift(index);
            let mut last: Option<(Place, Option<Spread>)> = None;
            for point in &series.points {
                let at = point.center.and_then(|y| self.place(frame, point.x, y));
                let Some((x, y)) = at else {
                    last = None;
                    continue;
                };
                let here = (x + shift, y);
                let spread = self.spread(frame, point);
                if let Some((x, top, bottom)) = spread {
                    segments.push(((x + shift, top), (x + shift, bottom)));
                }
                segments.push((last.map_or(here, |(there, _)| there), here));
                // Between the points of a band, the band itself, in steps of about 2 pt.
                if let (Style::Curve, Some((_, Some(from))), Some(to)) =
                    (self.panel.style, last, spread)
                {
                    let parts = ((to.0 - from.0) / 2.0).ceil().clamp(1.0, 200.0);
                    for part in 1..parts as usize {
                        let t = part as f64 / parts;
                        let mix = |a: f64, b: f64| a + t * (b - a);
                        let x = mix(from.0, to.0);
                        segments.push(((x, mix(from.1, to.1)), (x, mix(from.2, to.2))));
                    }
                }
                last = Some((here, spread));
            }
            segments.extend(
                self.crosses(frame, series, shift)
                    .into_iter()
                    .map(|at| (at, at)),
            );
        }
        segments
    }

    // Where runs were lost: the end of a curve, each lost point of a row of points.
    fn crosses(&self, frame: Rect, series: &Series, shift: f64) -> Vec<(f64, f64)> {
        let x_of = |point: &Point| {
            let x = self.x.position(point.x)?;
            (-EDGE..=1.0 + EDGE)
                .contains(&x)
                .then_some(frame.x + x * frame.w + shift)
        };
        match self.panel.style {
            Style::Map => Vec::new(),
            Style::Points => series
                .points
                .iter()
                .filter(|point| point.is_lost())
                .filter_map(|point| {
                    let at = point.center.and_then(|y| self.place(frame, point.x, y));
                    let y = at.map_or(frame.bottom(), |(_, y)| y);
                    Some((x_of(point)?, y.clamp(frame.y, frame.bottom())))
                })
                .collect(),
            Style::Curve => {
                let Some(lost) = series.points.iter().position(Point::is_lost) else {
                    return Vec::new();
                };
                let end = series.points[..=lost].iter().rev().find_map(|point| {
                    x_of(point)?;
                    let at = self.place(frame, point.x, point.center?)?;
                    Some((at.0, at.1.clamp(frame.y, frame.bottom())))
                });
                let first = || Some((x_of(&series.points[lost])?, frame.y));
                end.or_else(first).into_iter().collect()
            }
        }
    }

    /// Reason why the frame is empty, if it is: an empty one looks like a picture that failed.
    fn emptiness(&self) -> Option<&'static str> {
        let mut points = self.shown.points();
        if points.clone().all(|point| point.center.is_none()) {
            // Crosses say that runs diverged.
            return (!points.any(Point::is_lost)).then_some("no points");
        }
        if self.is_map() {
            return None;
        }
        let height = |point: &Point| {
            let x = self.x.position(point.x)?;
            (-EDGE..=1.0 + EDGE).contains(&x).then_some(())?;
            self.y.position(point.center?)
        };
        let heights = points.filter_map(height);
        let is_beyond = heights.clone().all(|y| y > 1.0) || heights.clone().all(|y| y < 0.0);
        is_beyond.then_some("no points in this range")
    }

    /// Draws data, frame, ticks and the label of the horizontal axis.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect, with_y_labels: bool) {
        if let Some(words) = self.emptiness() {
            let middle = (frame.x + frame.w / 2.0, frame.y + frame.h / 2.0);
            canvas.text(middle, Anchor::Middle, LABEL_SIZE, &Rich::parse(words));
        }
        if self.is_map() {
            map::draw(self, canvas, frame);
            self.draw_ticks(canvas, frame, with_y_labels);
            return;
        }
        canvas.clip(frame);
        for guide in self.guides(frame) {
            let dotted = Stroke {
                colour: GREY,
                width: 0.9,
                dash: DOTS,
            };
            canvas.line(&guide, dotted);
        }
        for series in &self.shown.series {
            if self.panel.style == Style::Curve {
                self.draw_band(canvas, frame, series);
            }
        }
        for (index, series) in self.shown.series.iter().enumerate() {
            self.draw_line(canvas, frame, series, self.shift(index));
        }
        if self.panel.style == Style::Curve {
            for (series, marks) in self.shown.series.iter().zip(self.marks(frame)) {
                let (colour, ..) = self.looks.of(series);
                for at in marks {
                    canvas.disc(at, 1.6, colour, "#ffffff");
                }
            }
        }
        canvas.unclip();
        self.draw_ticks(canvas, frame, with_y_labels);
        for (index, series) in self.shown.series.iter().enumerate() {
            let shift = self.shift(index);
            let (colour, _, place) = self.looks.of(series);
            if self.panel.style == Style::Points && !series.is_theory() {
                for point in &series.points {
                    let at = point.center.and_then(|y| self.place(frame, point.x, y));
                    let is_within = |(x, y): &Place| {
                        (frame.x - EDGE..=frame.right() + EDGE).contains(x)
                            && (frame.y..=frame.bottom()).contains(y)
                    };
                    let Some((x, y)) = at.filter(is_within) else {
                        continue;
                    };
                    match place {
                        0 => canvas.disc((x + shift, y), 1.7, colour, colour),
                        1 => canvas.square((x + shift, y), 1.5, "#ffffff", colour),
                        _ => canvas.disc((x + shift, y), 1.7, "#ffffff", colour),
                    }
                }
            }
            for at in self.crosses(frame, series, shift) {
                canvas.cross(at, colour);
            }
        }
    }

    fn draw_band(&self, canvas: &mut Canvas<'_>, frame: Rect, series: &Series) {
        let (colour, ..) = self.looks.of(series);
        let mut piece: Vec<Spread> = Vec::new();
        let mut flush = |piece: &mut Vec<Spread>| {
            if piece.len() > 1 {
                let upper = piece.iter().map(|(x, top, _)| (*x, *top));
                let lower = piece.iter().rev().map(|(x, _, bottom)| (*x, *bottom));
                let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
                canvas.area(&outline, colour, 0.2);
            }
            piece.clear();
        };
        for point in &series.points {
            match self.spread(frame, point) {
                Some(ends) => piece.push(ends),
                None => flush(&mut piece),
            }
        }
        flush(&mut piece);
    }

    fn draw_line(&self, canvas: &mut Canvas<'_>, frame: Rect, series: &Series, shift: f64) {
        let (colour, dash, _) = self.looks.of(series);
        let points = self.panel.style == Style::Points;
        let stroke = Stroke {
            colour,
            width: if points && !series.is_theory() {
                0.8
            } else {
                1.3
            },
            dash,
        };
        let bar = Stroke {
            colour,
            width: 0.8,
            dash: "",
        };
        let mut piece: Vec<(f64, f64)> = Vec::new();
        for point in &series.points {
            if let Some((x, y)) = point.center.and_then(|y| self.place(frame, point.x, y)) {
                // Far outside the frame a coordinate only makes the file long.
                let y = y.clamp(frame.y - 900.0, frame.bottom() + 900.0);
                piece.push((x + shift, y));
            } else {
                canvas.line(&piece, stroke);
                piece.clear();
            }
            if let (true, Some((x, top, bottom))) = (points, self.spread(frame, point)) {
                let x = x + shift;
                canvas.line(&[(x, top), (x, bottom)], bar);
                for y in [top, bottom] {
                    canvas.line(&[(x - 1.3, y), (x + 1.3, y)], bar);
                }
            }
        }
        canvas.line(&piece, stroke);
    }

    fn draw_ticks(&self, canvas: &mut Canvas<'_>, frame: Rect, with_y_labels: bool) {
        let thin = Stroke {
            colour: INK,
            width: 0.6,
            dash: "",
        };
        canvas.rect(frame, "none", Some(thin));
        let length = |tick: &Tick| if tick.minor { 1.6 } else { 3.0 };
        for tick in self.x_ticks(canvas.fonts, frame.w) {
            let x = frame.x + tick.at * frame.w;
            let y = frame.bottom();
            canvas.line(&[(x, y), (x, y + length(&tick))], thin);
            if let Some(label) = &tick.label {
                let at = (x, y + 4.5 + TICK_SIZE * 0.9);
                canvas.text(at, Anchor::Middle, TICK_SIZE, &Rich::parse(label));
            }
        }
        for tick in self.y_ticks(frame.h) {
            let y = frame.bottom() - tick.at * frame.h;
            canvas.line(&[(frame.x, y), (frame.x - length(&tick), y)], thin);
            if let (true, Some(label)) = (with_y_labels, &tick.label) {
                let at = (frame.x - 4.5, y + TICK_SIZE * 0.36);
                canvas.text(at, Anchor::End, TICK_SIZE, &Rich::parse(label));
            }
        }
    }
}

/// The ticks with each so many-th label from the first on.
fn labelled(ticks: &[Tick], every: usize) -> Vec<Tick> {
    let mut fewer = ticks.to_vec();
    let with_label = fewer.iter_mut().filter(|tick| tick.label.is_some());
    for (place, tick) in with_label.enumerate() {
        if place % every > 0 {
            tick.label = None;
        }
    }
    fewer
}

/// Whether labels of a vertical axis have a line each.
fn do_not_overprint(ticks: &[Tick], length: f64) -> bool {
    let mut places: Vec<f64> = ticks
        .iter()
        .filter(|tick| tick.label.is_some())
        .map(|tick| tick.at * length)
        .collect();
    places.sort_by(f64::total_cmp);
    places
        .windows(2)
        .all(|pair| pair[1] - pair[0] > TICK_SIZE + 1.0)
}

fn are_apart(fonts: &Fonts, ticks: &[Tick], length: f64) -> bool {
    let mut end = f64::NEG_INFINITY;
    ticks
        .iter()
        .filter_map(|tick| Some((tick.at, tick.label.as_deref()?)))
        .all(|(at, label)| {
            let half = Rich::parse(label).width(fonts, TICK_SIZE) / 2.0;
            let apart = at * length - half > end + 3.0;
            end = at * length + half;
            apart
        })
}
