//! Marks on curves that would be hidden below others.

use super::canvas::Rect;
use super::plot::Plot;

/// A place on the page.
type Place = (f64, f64);

/// Distance in points at which one line covers another.
const COVERED: f64 = 1.0;
/// Places at which a curve is compared with others.
const PARTS: usize = 50;
/// Share of a curve that must be covered before it is marked.
const SHARE: f64 = 0.6;
/// Marks on a hidden curve.
const MARKS: usize = 6;

impl Plot<'_> {
    /// Marks for each series, none on those that can be seen. Hidden ones that lie on one another are
    /// marked at places of their own.
    pub(super) fn marks(&self, frame: Rect) -> Vec<Vec<Place>> {
        let lines: Vec<Vec<Place>> = self
            .shown
            .series
            .iter()
            .map(|series| {
                let seen = |(x, y): &Place| {
                    (frame.x..=frame.right()).contains(x) && (frame.y..=frame.bottom()).contains(y)
                };
                let at = |x, y: Option<f64>| self.place(frame, x, y?).filter(seen);
                let points = series.points.iter();
                points
                    .filter_map(|point| at(point.x, point.center))
                    .collect()
            })
            .collect();
        let dash = |index: usize| self.looks.of(&self.shown.series[index]).1;
        (0..lines.len())
            .map(|index| {
                // Between the dashes of a line the one below it shows.
                let above = (index + 1..lines.len())
                    .filter(|&other| dash(other).is_empty() || dash(other) == dash(index));
                let above: Vec<&[Place]> = above.map(|other| &lines[other][..]).collect();
                if is_hidden(&lines[index], &above) {
                    spaced(&lines[index], index, lines.len())
                } else {
                    Vec::new()
                }
            })
            .collect()
    }
}

/// Whether lines drawn later lie on most of the way of a line.
fn is_hidden(line: &[Place], above: &[&[Place]]) -> bool {
    let (Some(first), Some(last)) = (line.first(), line.last()) else {
        return false;
    };
    let is_covered = |part: &usize| {
        let x = first.0 + (last.0 - first.0) * *part as f64 / PARTS as f64;
        let covers =
            |y: f64, above: &[Place]| height(above, x).is_some_and(|h| (h - y).abs() < COVERED);
        height(line, x).is_some_and(|y| above.iter().any(|above| covers(y, above)))
    };
    let covered = (0..=PARTS).filter(is_covered).count();
    line.len() > 1 && covered as f64 >= SHARE * PARTS as f64
}

/// Height of a line of ascending points at a horizontal place.
fn height(line: &[Place], x: f64) -> Option<f64> {
    let after = line.partition_point(|point| point.0 < x);
    let right = line.get(after)?;
    if right.0 <= x {
        return Some(right.1);
    }
    let left = line.get(after.checked_sub(1)?)?;
    let part = (x - left.0) / (right.0 - left.0);
    Some(left.1 + part * (right.1 - left.1))
}

/// Places along a line, of which the lines of a panel have different ones.
fn spaced(line: &[Place], index: usize, lines: usize) -> Vec<Place> {
    let (Some(first), Some(last)) = (line.first(), line.last()) else {
        return Vec::new();
    };
    let stagger = (index as f64 + 0.5) / lines as f64;
    (0..MARKS)
        .filter_map(|mark| {
            let x = first.0 + (last.0 - first.0) * (mark as f64 + stagger) / MARKS as f64;
            Some((x, height(line, x)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(f: impl Fn(f64) -> f64) -> Vec<Place> {
        (0..=20).map(|i| (f64::from(i), f(f64::from(i)))).collect()
    }

    #[test]
    fn a_line_below_another_is_hidden() {
        let (low, near, far) = (line(|x| x), line(|x| x + 0.4), line(|x| 2.0 * x + 5.0));
        assert!(is_hidden(&low, &[&near]));
        assert!(is_hidden(&low, &[&far, &near]));
        assert!(!is_hidden(&low, &[&far]));
        assert!(!is_hidden(&low, &[]));
        // A line that follows another for half of its way can be seen on the rest.
        let parts = line(|x| if x < 10.0 { x } else { 3.0 * x - 20.0 });
        assert!(!is_hidden(&low, &[&parts]));
    }

    #[test]
    fn marks_lie_on_the_line_and_apart_from_those_of_others() {
        let bent = line(|x| x * x / 5.0);
        let (first, second) = (spaced(&bent, 0, 3), spaced(&bent, 1, 3));
        assert_eq!((first.len(), second.len()), (MARKS, MARKS));
        for (x, y) in first.iter().chain(&second) {
            // Pieces of the line are as steep as x / 2.5 at most.
            assert!((y - x * x / 5.0).abs() < 0.06, "({x}, {y})");
        }
        let nearest = first
            .iter()
            .flat_map(|a| second.iter().map(move |b| (a.0 - b.0).abs()));
        assert!(nearest.fold(f64::INFINITY, f64::min) > 1.0);
    }
}
