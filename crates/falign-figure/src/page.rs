//! The whole picture: title, legend, rows of panels, caption.

use anyhow::{Context as _, Result};
use falign::internal::config::figure::{Figure, Panel, Style};

use super::Options;
use super::axis::{Axis, Ends};
use super::canvas::{Anchor, Canvas, Letters, Rect};
use super::caption::{caption, letter};
use super::font::Fonts;
use super::legend::{Legend, place};
use super::looks::{self, Looks, Split};
use super::plot::{LABEL_SIZE, Plot, TICK_SIZE};
use super::points::{Point, Shown, split_of};
use super::text::Rich;
use super::{map, names};

const MARGIN: f64 = 6.0;
/// Narrowest frame in which a panel can be read.
const LEAST_FRAME: f64 = 60.0;
const TITLE_SIZE: f64 = 9.5;
const HEAD_SIZE: f64 = 8.5;
const LETTER_SIZE: f64 = 9.5;
const CAPTION_SIZE: f64 = 7.5;
const CAPTION_LINE: f64 = 10.5;
/// Room above a frame for the letter and the title.
const HEAD: f64 = 15.0;
/// Room below a frame for tick labels and the axis label.
const FOOT: f64 = 25.0;
const COLUMN_GAP: f64 = 6.0;
const ROW_GAP: f64 = 5.0;

/// A picture with its parts decided, for the SVG and for the script.
pub(super) struct Page<'a> {
    /// The figure that was asked for.
    pub(super) figure: &'a Figure,
    /// The panels, ready to draw.
    pub(super) plots: Vec<Plot<'a>>,
    shared_y: Vec<bool>,
    columns: usize,
    options: &'a Options,
}

/// Panels that share the colours of a legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The panels of the whole page.
    Page,
    /// The panels of each column.
    Column,
    /// Each panel alone.
    Panel,
}

/// Sizes common to all panels.
struct Frames {
    /// Room left of the frames of each column.
    gutters: Vec<f64>,
    /// Room right of each frame.
    overhang: f64,
    /// Width of a frame.
    w: f64,
    /// Height of a frame.
    h: f64,
}

/// Looks of each panel.
pub(super) fn all_looks(figure: &Figure, shown: &[Shown]) -> Vec<Looks> {
    let splits: Vec<Split<'_>> = figure
        .panels
        .iter()
        .zip(shown)
        .map(|(panel, shown)| {
            let (by, dash) = split_of(panel);
            Split { by, dash, shown }
        })
        .collect();
    looks::of_panels(&splits, columns_of(figure))
}

fn columns_of(figure: &Figure) -> usize {
    figure.columns.clamp(1, figure.panels.len().max(1))
}

impl<'a> Page<'a> {
    /// Decides axes.
    pub(super) fn new(
        figure: &'a Figure,
        shown: &'a [Shown],
        looks: &'a [Looks],
        options: &'a Options,
    ) -> Result<Self> {
        let columns = columns_of(figure);
        let mut plots = Vec::new();
        let mut shared_y = Vec::new();
        for (row, panels) in figure.panels.chunks(columns).enumerate() {
            let start = row * columns;
            let rows_of = |index: usize| match panels[index].style {
                Style::Map => map::rows(&shown[start + index]),
                Style::Curve | Style::Points => Vec::new(),
            };
            let same = (0..panels.len()).all(|index| {
                y_of(&panels[index]) == y_of(&panels[0]) && rows_of(index) == rows_of(0)
            });
            let share = same && !figure.own_y_ranges && panels.len() > 1;
            shared_y.push(share);
            for (index, panel) in panels.iter().enumerate() {
                let index = start + index;
                let about = || format!("panel {} ({})", letter(index), panel.y);
                let own = &shown[index..=index];
                let row_shown = &shown[start..start + panels.len()];
                let (y_panels, y_from) = if share {
                    (panels, row_shown)
                } else {
                    (std::slice::from_ref(panel), own)
                };
                let heights = y_panels.iter().zip(y_from).flat_map(|(panel, shown)| {
                    let across = x_ends(panel);
                    let points = shown.points().filter(move |point| across.hold(point.x));
                    points.flat_map(y_values).chain(panel.reference)
                });
                let y = if panel.style == Style::Map {
                    colour_axis(figure, shown, panel)
                } else {
                    Axis::around(panel.y_scale, heights, 0.05, y_ends(panel))
                }
                .with_context(about)?;
                let x = Axis::around(
                    panel.x_scale,
                    own.iter().flat_map(Shown::points).map(|point| point.x),
                    match panel.style {
                        Style::Curve | Style::Map => 0.0,
                        Style::Points => 0.07,
                    },
                    x_ends(panel),
                )
                .with_context(about)?;
                plots.push(Plot {
                    panel,
                    shown: &shown[index],
                    looks: &looks[index],
                    x,
                    y,
                });
            }
        }
        Ok(Self {
            figure,
            plots,
            shared_y,
            columns,
            options,
        })
    }

    /// The caption in markup.
    pub(super) fn caption(&self) -> String {
        let panels: Vec<(&Panel, &Shown)> = self
            .plots
            .iter()
            .map(|plot| (plot.panel, plot.shown))
            .collect();
        caption(&self.figure.caption, &panels)
    }

    /// Width of the page in points: the one that is asked for, or a text column or two, as a paper
    /// has them.
    fn width(&self) -> f64 {
        self.options.width.unwrap_or(match self.columns {
            1 => 300.0,
            2 => 410.0,
            3 => 540.0,
            more => 540.0 + 150.0 * (more - 3) as f64,
        })
    }

    // The quantities and what they are shown against.
    fn subject(&self) -> String {
        let mut subjects: Vec<String> = Vec::new();
        for plot in &self.plots {
            let subject = format!("{} against {}", y_label(plot.panel), x_label(plot));
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects.join("; ")
    }

    fn lost(&self) -> bool {
        self.plots
            .iter()
            .any(|plot| plot.shown.points().any(Point::is_lost))
    }

    // Room for the vertical axis of each column: axis label, tick labels, ticks.
    fn gutters(&self, fonts: &Fonts, height: f64) -> Vec<f64> {
        let mut gutters = vec![8.0_f64; self.columns];
        for (index, plot) in self.plots.iter().enumerate() {
            let column = index % self.columns;
            if self.has_y_labels(index) {
                let ticks = plot
                    .y_ticks(height)
                    .into_iter()
                    .filter_map(|tick| tick.label)
                    .map(|label| Rich::parse(&label).width(fonts, TICK_SIZE))
                    .fold(0.0, f64::max);
                gutters[column] = gutters[column].max(ticks + 4.5 + LABEL_SIZE + 6.0);
            }
        }
        gutters
    }

    // How far the last tick label of a horizontal axis reaches beyond its frame.
    fn overhang(&self, fonts: &Fonts, length: f64) -> f64 {
        let beyond = |plot: &Plot<'_>| {
            plot.x_ticks(fonts, length)
                .into_iter()
                .filter_map(|tick| {
                    let half = Rich::parse(&tick.label?).width(fonts, TICK_SIZE) / 2.0;
                    Some(half - (1.0 - tick.at) * length)
                })
                .fold(0.0, f64::max)
        };
        self.plots.iter().map(beyond).fold(0.0, f64::max)
    }

    // In a row that shares its vertical range the first panel's labels speak for all.
    fn has_y_labels(&self, index: usize) -> bool {
        index.is_multiple_of(self.columns) || !self.shared_y[index / self.columns]
    }

    // Sizes common to all frames, if they were about `height` high.
    fn frames(&self, fonts: &Fonts, inner: f64, height: f64) -> Frames {
        let columns = self.columns as f64;
        let gutters = self.gutters(fonts, height);
        let overhang = self.overhang(fonts, inner / columns - gutters[0]);
        let gaps = COLUMN_GAP * (columns - 1.0) + overhang * columns;
        let w = (inner - gutters.iter().sum::<f64>() - gaps) / columns;
        Frames {
            gutters,
            overhang,
            w,
            h: (w * 0.76).clamp(60.0, 190.0),
        }
    }

    /// The picture as SVG, with letters as outlines or as text.
    ///
    /// # Errors
    /// If the panels have no room in the width that is asked for.
    pub(super) fn svg(&self, fonts: &Fonts, letters: Letters) -> Result<String> {
        let width = self.width();
        let inner = width - 2.0 * MARGIN;
        // Labels depend on the size of the frames and the other way about; two rounds settle it.
        let rough = self.frames(fonts, inner, 100.0);
        let Frames {
            gutters,
            overhang,
            w: frame_w,
            h: frame_h,
        } = self.frames(fonts, inner, rough.h);
        anyhow::ensure!(
            frame_w >= LEAST_FRAME,
            "{} panels to a row have no room in a width of {width:.0} points; \
             choose fewer panels or columns, or a larger width",
            self.columns
        );
        let mut canvas = Canvas::new(fonts, letters);
        let mut y = self.draw_title(&mut canvas, inner);
        for (label, scale) in self.colour_scales() {
            map::draw_scale(&mut canvas, (&label, scale), (MARGIN, y), inner);
            y += map::SCALE_HEIGHT + 2.0;
        }
        let scope = self.scope();
        if let Some(legend) = self.common_legend(scope) {
            legend.draw_strip(&mut canvas, MARGIN, y, inner);
            y += legend.strip_height(fonts, inner) + 4.0;
        }
        for row in 0..self.plots.len().div_ceil(self.columns) {
            let members = row * self.columns..((row + 1) * self.columns).min(self.plots.len());
            let frame_at = |index: usize, top: f64| {
                let column = index % self.columns;
                let before: f64 = gutters[..=column].iter().sum();
                Rect {
                    x: MARGIN + before + column as f64 * (frame_w + overhang + COLUMN_GAP),
                    y: top,
                    w: frame_w,
                    h: frame_h,
                }
            };
            // Legends of single panels go inside if they cover nothing, else above the frame, or in the
            // middle above all that they speak for: their widths.
            let legends: Vec<Option<(Legend, f64, Option<Rect>)>> = members
                .clone()
                .map(|index| {
                    let plot = &self.plots[index];
                    let legend = self.own_legend(scope, index)?;
                    let frame = frame_at(index, 0.0);
                    let inside = (scope == Scope::Panel && !plot.is_map())
                        .then(|| place(frame, legend.box_size(fonts), &plot.obstacles(frame)))
                        .flatten();
                    let last = frame_at(index + self.sharing(scope, index), 0.0);
                    Some((legend, last.right() - frame.x, inside))
                })
                .collect();
            let above = legends
                .iter()
                .flatten()
                .filter(|(.., inside)| inside.is_none())
                .map(|(legend, width, _)| legend.strip_height(fonts, *width) + 3.0)
                .fold(0.0, f64::max);
            let bare = self.plots.len() == 1 && self.plots[0].panel.title.is_empty();
            let top = y + if bare { 2.0 } else { HEAD } + above;
            for (index, legend) in members.zip(legends) {
                let frame = frame_at(index, top);
                self.draw_panel(
                    &mut canvas,
                    index,
                    frame,
                    above,
                    gutters[index % self.columns],
                );
                match legend {
                    Some((legend, _, Some(inside))) => {
                        let moved = Rect {
                            y: inside.y + top,
                            ..inside
                        };
                        legend.draw_box(&mut canvas, moved);
                    }
                    Some((legend, width, None)) => {
                        legend.draw_strip(&mut canvas, frame.x, top - above, width);
                    }
                    None => {}
                }
            }
            y = top + frame_h + FOOT + ROW_GAP;
        }
        let caption = Rich::parse(&self.caption());
        if self.options.has_caption {
            let at = (MARGIN, y + CAPTION_LINE);
            y += canvas.lines(
                at,
                Anchor::Start,
                (CAPTION_SIZE, CAPTION_LINE),
                (&caption, inner),
            );
        }
        let height = (y + MARGIN + 2.0).ceil();
        Ok(canvas.finish((width, height), &self.title(), &caption.plain()))
    }

    // Draws the figure's title; the upper edge of what comes below it.
    fn draw_title(&self, canvas: &mut Canvas<'_>, inner: f64) -> f64 {
        if self.figure.title.is_empty() {
            return MARGIN;
        }
        let title = Rich::parse(&self.figure.title);
        let at = (MARGIN + inner / 2.0, MARGIN + TITLE_SIZE);
        let line = TITLE_SIZE + 2.5;
        let height = canvas.lines(at, Anchor::Middle, (TITLE_SIZE, line), (&title, inner));
        MARGIN + height + 8.0 - 2.5
    }

    /// Title without markup: that of the figure, or what it shows.
    pub(super) fn title(&self) -> String {
        match &*self.figure.title {
            "" => Rich::parse(&self.subject()).plain(),
            title => Rich::parse(title).plain(),
        }
    }

    // The colour scales of the maps, each once.
    fn colour_scales(&self) -> Vec<(String, Axis)> {
        let mut scales: Vec<(String, Axis)> = Vec::new();
        for plot in self.plots.iter().filter(|plot| plot.is_map()) {
            let scale = (names::column(&plot.panel.y), plot.y);
            if !scales.contains(&scale) {
                scales.push(scale);
            }
        }
        scales
    }

    // The panels that one colour of a legend speaks for.
    fn scope(&self) -> Scope {
        let colours = |index: usize| {
            let looks = self.plots[index].looks;
            (&looks.by, &looks.colours)
        };
        let all = || 0..self.plots.len();
        if self.plots.len() > 1 && all().all(|index| colours(index) == colours(0)) {
            Scope::Page
        } else if self.plots.len() > self.columns
            && all().all(|index| colours(index) == colours(index % self.columns))
        {
            Scope::Column
        } else {
            Scope::Panel
        }
    }

    // The legend above all panels: of all that they share.
    fn common_legend(&self, scope: Scope) -> Option<Legend> {
        let looks = || self.plots.iter().map(|plot| plot.looks);
        let legend = match scope {
            Scope::Page => Legend::new(looks(), self.lost()),
            Scope::Column => Legend::of_dashes(looks(), self.lost()),
            Scope::Panel => return None,
        };
        (!legend.is_empty()).then_some(legend)
    }

    // The legend of a column, above its first panel, or of a panel alone.
    fn own_legend(&self, scope: Scope, index: usize) -> Option<Legend> {
        let plot = &self.plots[index];
        let legend = match scope {
            Scope::Column if index < self.columns => Legend::of_colours(plot.looks),
            Scope::Page | Scope::Column => return None,
            Scope::Panel => {
                let lost = plot.shown.points().any(Point::is_lost);
                // A neighbour's legend speaks for the panels of its row that look the same.
                let row = index - index % self.columns..index;
                if !lost
                    && row
                        .into_iter()
                        .any(|other| self.plots[other].looks == plot.looks)
                {
                    return None;
                }
                Legend::new([plot.looks].into_iter(), lost)
            }
        };
        (!legend.is_empty()).then_some(legend)
    }

    // Panels next to it in its row that a panel's own legend speaks for too.
    fn sharing(&self, scope: Scope, index: usize) -> usize {
        if scope != Scope::Panel {
            return 0;
        }
        let end = (index - index % self.columns + self.columns).min(self.plots.len());
        let looks = self.plots[index].looks;
        let next = (index + 1..end).take_while(|&next| {
            self.plots[next].looks == looks && self.own_legend(scope, next).is_none()
        });
        next.count()
    }

    fn draw_panel(
        &self,
        canvas: &mut Canvas<'_>,
        index: usize,
        frame: Rect,
        above: f64,
        gutter: f64,
    ) {
        let plot = &self.plots[index];
        let labelled = self.has_y_labels(index);
        plot.draw(canvas, frame, labelled);
        let head = frame.y - above - 5.0;
        if self.plots.len() > 1 {
            let mark = Rich::bold(&letter(index));
            canvas.text((frame.x, head), Anchor::Start, LETTER_SIZE, &mark);
        }
        let title = Rich::parse(&plot.panel.title);
        let middle = frame.x + frame.w / 2.0;
        canvas.text((middle, head), Anchor::Middle, HEAD_SIZE, &title);
        let x_label = Rich::parse(&x_label(plot));
        let below = frame.bottom() + 14.0 + LABEL_SIZE;
        canvas.text((middle, below), Anchor::Middle, LABEL_SIZE, &x_label);
        if labelled {
            // In line with the panels above and below.
            let at = (frame.x - gutter + LABEL_SIZE, frame.y + frame.h / 2.0);
            let y_label = Rich::parse(&y_label(plot.panel));
            canvas.upward_text(at, Anchor::Middle, LABEL_SIZE, &y_label);
        }
    }
}

/// Label of the horizontal axis.
pub(super) fn x_label(plot: &Plot<'_>) -> String {
    let panel = plot.panel;
    match (&panel.x_label, &plot.shown.unit) {
        (Some(label), _) => label.clone(),
        (None, Some(unit)) => names::column_in(&panel.x, unit),
        (None, None) => names::column(&panel.x),
    }
}

/// Label of the vertical axis.
pub(super) fn y_label(panel: &Panel) -> String {
    let column = match panel.style {
        Style::Map => panel.series.as_deref().unwrap_or_default(),
        Style::Curve | Style::Points => &panel.y,
    };
    // Two-layer engines count no epochs.
    let deep = (panel.x == "epoch" || panel.is_by_layer()).then(|| names::deep(column));
    let label = || {
        let deep = deep.flatten().map(str::to_owned);
        deep.unwrap_or_else(|| names::column(column))
    };
    panel.y_label.clone().unwrap_or_else(label)
}

// One scale of colours for all maps of a quantity, so that colours compare over the whole page.
fn colour_axis(figure: &Figure, shown: &[Shown], panel: &Panel) -> Result<Axis> {
    let is_like = |other: &Panel| other.style == Style::Map && y_of(other) == y_of(panel);
    let values = figure
        .panels
        .iter()
        .zip(shown)
        .filter(|(other, _)| is_like(other))
        .flat_map(|(_, shown)| shown.points())
        .filter_map(|point| point.center);
    Axis::around(panel.y_scale, values, 0.0, y_ends(panel))
}

fn x_ends(panel: &Panel) -> Ends {
    Ends {
        axis: 'x',
        low: panel.x_min,
        high: panel.x_max,
    }
}

fn y_ends(panel: &Panel) -> Ends {
    Ends {
        axis: 'y',
        low: panel.y_min,
        high: panel.y_max,
    }
}

// What panels of a row must have in common to share a vertical range.
fn y_of(panel: &Panel) -> impl PartialEq {
    let bits = |end: Option<f64>| end.map(f64::to_bits);
    (
        panel.y.clone(),
        panel.y_label.clone(),
        panel.y_scale,
        [panel.y_min, panel.y_max].map(bits),
    )
}

fn y_values(point: &Point) -> impl Iterator<Item = f64> {
    [point.center, point.low, point.high].into_iter().flatten()
}
