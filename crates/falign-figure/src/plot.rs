//! A panel before it has its place on the page.

use falign::internal::config::figure::{Panel, Style};

use super::axis::Axis;
use super::looks::Looks;
use super::points::Shown;

/// Size of tick labels.
pub(super) const TICK_SIZE: f64 = 7.0;
/// Size of axis labels.
pub(super) const LABEL_SIZE: f64 = 8.0;

/// A panel with everything decided but its place.
pub(super) struct Plot<'a> {
    /// The panel that was asked for.
    pub(super) panel: &'a Panel,
    /// Points that the table gave.
    pub(super) shown: &'a Shown,
    /// Colours and line styles.
    pub(super) looks: &'a Looks,
    /// Horizontal axis.
    pub(super) x: Axis,
    /// Vertical axis.
    pub(super) y: Axis,
}

impl Plot<'_> {
    /// Whether the panel is a map: cells in place of axes of numbers.
    pub(super) fn is_map(&self) -> bool {
        self.panel.style == Style::Map
    }
}
