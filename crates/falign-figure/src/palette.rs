//! Colours and line styles that survive colour blindness and a grey printer.

use super::table::amounts;

/// Ink of axes and text.
pub(super) const INK: &str = "#1a1a1a";
/// The yardstick, and series that need no colour.
pub(super) const GREY: &str = "#6e6e6e";
/// Line styles in order of use; empty is solid.
pub(super) const DASHES: [&str; 4] = ["", THEORY_DASH, "5 1.5 1 1.5", "1 1.6"];
/// Line style of predictions.
pub(super) const THEORY_DASH: &str = "3.4 1.8";

// Viridis (Smith, van der Walt 2015) at tenths, without its last, too light to read on white.
const RAMP: [[u8; 3]; 10] = [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
];

// Okabe and Ito (2008), yellow left out.
const NAMES: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000",
];

/// A colour for each value: along a ramp for numbers, which are in order, distinct hues for names.
pub(super) fn colours(values: &[String]) -> Vec<String> {
    let ordered = values.len() > 1 && amounts(values.iter().map(String::as_str)).is_some();
    (0..values.len())
        .map(|index| {
            if ordered {
                ramp(index as f64 / (values.len() - 1) as f64)
            } else {
                NAMES[index % NAMES.len()].to_owned()
            }
        })
        .collect()
}

// From dark violet to green; the end stays dark enough for thin lines.
fn ramp(at: f64) -> String {
    between(at.clamp(0.0, 1.0) * 0.86 * (RAMP.len() - 1) as f64)
}

fn between(place: f64) -> String {
    let below = (place as usize).min(RAMP.len() - 2);
    let part = place - below as f64;
    let mix = |channel: usize| {
        let (a, b) = (RAMP[below][channel], RAMP[below + 1][channel]);
        (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// The colour of a number of a map, from 0, dark violet, to 1, yellow.
pub(super) fn shade(at: f64) -> String {
    between(at.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64)
}

/// The ink that can be read on [`shade`].
pub(super) fn ink_on(at: f64) -> &'static str {
    if at < 0.62 { "#ffffff" } else { INK }
}

// Ends of the colours of signed numbers: vermilion and blue of Okabe and Ito.
const POSITIVE: [u8; 3] = [213, 94, 0];
const NEGATIVE: [u8; 3] = [0, 114, 178];

/// The colour of a signed share, from -1 (blue) over 0 (white) to 1 (red).
pub(super) fn sign(share: f64) -> String {
    let end = if share < 0.0 { NEGATIVE } else { POSITIVE };
    let part = share.abs().min(1.0);
    let mix = |channel: u8| (255.0 + part * (f64::from(channel) - 255.0)).round() as u8;
    let [red, green, blue] = end.map(mix);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_a_ramp_and_names_get_hues() {
        let ridge: Vec<String> = ["0", "0.1", "1"].map(String::from).to_vec();
        let colours_of_ridge = colours(&ridge);
        assert_eq!(colours_of_ridge[0], "#440154");
        assert_eq!(colours_of_ridge.len(), 3);
        let in_units = ["gamma=0.1", "gamma=1", "gamma=10"].map(String::from);
        assert_eq!(
            colours(&in_units),
            colours(&["1", "2", "3"].map(String::from))
        );
        assert_eq!(colours(&["tanh".to_owned()])[0], "#0072b2");
    }

    #[test]
    fn signed_numbers_part_at_white() {
        assert_eq!(
            [-1.0, 0.0, 1.0].map(sign),
            ["#0072b2", "#ffffff", "#d55e00"]
        );
        assert_eq!(sign(0.5), "#eaaf80");
    }
}
