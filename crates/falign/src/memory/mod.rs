//! Room in memory: what a computation asks for, and what this machine has for it.
//!
//! Each engine says what it allocates by a formula next to its code, as a list of [`Need`]s; they are
//! added up before anything runs, so that what does not fit is refused and not begun.

mod machine;

pub use self::machine::{Told, available, processor_quota, set_limit, told};

/// Quantity that an array grows with, as the keys of an experiment have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// n.
    Samples,
    /// Held-out or test samples.
    HeldOut,
    /// d.
    Inputs,
    /// k.
    Outputs,
    /// p, or the units of all hidden layers.
    Width,
    /// Samples of a batch.
    Batch,
    /// Recorded steps.
    Records,
    /// Measured kernels.
    Quantities,
}

/// The sizes of a run of a network with one hidden layer, as real numbers: they may be too large
/// for any other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// n.
    pub samples: f64,
    /// Held-out samples.
    pub held_out: f64,
    /// d.
    pub inputs: f64,
    /// k.
    pub outputs: f64,
    /// p.
    pub width: f64,
}

impl Extent {
    /// One of its sizes; 1 for what it does not have.
    pub fn of(&self, size: Size) -> f64 {
        match size {
            Size::Samples => self.samples,
            Size::HeldOut => self.held_out,
            Size::Inputs => self.inputs,
            Size::Outputs => self.outputs,
            Size::Width => self.width,
            Size::Batch | Size::Records | Size::Quantities => 1.0,
        }
    }

    /// `bytes` for each entry of an array with these sides.
    pub fn array(&self, bytes: f64, sides: &[Size]) -> Need {
        let sides: Vec<(Size, f64)> = sides.iter().map(|&side| (side, self.of(side))).collect();
        Need::array(bytes, &sides)
    }
}

/// Bytes of one kind of array, and what makes it large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// Bytes.
    pub bytes: f64,
    /// The size to lower.
    pub by: Size,
}

impl Need {
    /// `bytes` for each entry of an array with these sides; the longest is to blame.
    ///
    /// # Example
    /// ```
    /// use falign::internal::memory::{Need, Size};
    /// let z = Need::array(8.0, &[(Size::Width, 1e9), (Size::Samples, 10.0)]);
    /// assert_eq!((z.bytes, z.by), (8e10, Size::Width));
    /// ```
    ///
    /// # Panics
    /// Without a side.
    pub fn array(bytes: f64, sides: &[(Size, f64)]) -> Self {
        let longest = sides.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        Self {
            bytes: sides.iter().fold(bytes, |bytes, side| bytes * side.1),
            by: longest.expect("an array has sides").0,
        }
    }
}

/// The sum of all, and what is to blame for the largest part; nothing of nothing.
pub fn total(needs: &[Need]) -> Need {
    let all = [
        Size::Samples,
        Size::HeldOut,
        Size::Inputs,
        Size::Outputs,
        Size::Width,
        Size::Batch,
        Size::Records,
        Size::Quantities,
    ];
    let blamed = |size: Size| -> f64 {
        let of = needs.iter().filter(|need| need.by == size);
        of.map(|need| need.bytes).sum()
    };
    let worst = |a: Size, b: Size| if blamed(b) > blamed(a) { b } else { a };
    Need {
        bytes: needs.iter().map(|need| need.bytes).sum(),
        by: all.into_iter().fold(Size::Samples, worst),
    }
}

/// `6.4 GB`, `12 MB`: bytes as messages have them.
pub fn shown(bytes: f64) -> String {
    let (value, unit) = match bytes {
        b if b >= 1e15 => return format!("{:.0e} GB", b / 1e9),
        b if b >= 1e9 => (b / 1e9, "GB"),
        b if b >= 1e6 => (b / 1e6, "MB"),
        b => (b / 1e3, "kB"),
    };
    let decimals = usize::from(value < 10.0);
    format!("{value:.decimals$} {unit}")
}

/// Bytes from a number with a unit: `64G`, `500 MB`, `2e9`. Units are powers of 1000, those with an
/// `i` (`GiB`) powers of 1024.
///
/// # Errors
/// A sentence that says what is accepted.
///
/// # Example
/// ```
/// use falign::internal::memory::parse;
/// assert_eq!(parse("64G"), Ok(64_000_000_000));
/// assert_eq!(parse("1.5 GiB"), Ok(3 << 29));
/// assert!(parse("much").is_err());
/// ```
pub fn parse(text: &str) -> Result<u64, String> {
    let at = text
        .find(|c: char| !(c.is_ascii_digit() || ".+-eE".contains(c)))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let power = match unit.trim().to_ascii_lowercase().trim_end_matches('b') {
        "" => Some(1.0),
        "k" => Some(1e3),
        "m" => Some(1e6),
        "g" => Some(1e9),
        "t" => Some(1e12),
        "ki" => Some(1024.0),
        "mi" => Some(1024.0 * 1024.0),
        "gi" => Some(1024.0 * 1024.0 * 1024.0),
        "ti" => Some(1024.0 * 1024.0 * 1024.0 * 1024.0),
        _ => None,
    };
    let bytes = number.parse::<f64>().ok().zip(power).map(|(n, p)| n * p);
    match bytes {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in range"
        )]
        Some(bytes) if (1.0..9e18).contains(&bytes) => Ok(bytes as u64),
        _ => Err(format!(
            "`{text}` is no number of bytes; expected one such as 64G, 500M or 8GiB"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_part_is_to_blame() {
        let extent = Extent {
            samples: 1e3,
            held_out: 0.0,
            inputs: 10.0,
            outputs: 2.0,
            width: 1e2,
        };
        let needs = [
            extent.array(8.0, &[Size::Samples, Size::Samples]),
            extent.array(8.0, &[Size::Width, Size::Samples]),
            extent.array(8.0, &[Size::Width, Size::Outputs]),
        ];
        let all = total(&needs);
        assert_eq!(all.by, Size::Samples);
        assert!((all.bytes - (8e6 + 8e5 + 1600.0)).abs() < 1e-6);
    }

    #[test]
    fn bytes_are_read_and_shown() {
        assert_eq!(parse("8e3"), Ok(8000));
        assert_eq!(parse("8 kB"), Ok(8000));
        assert_eq!(parse("2MiB"), Ok(2 << 20));
        for text in ["", "G", "-1G", "1X", "nan", "1e30"] {
            assert!(parse(text).unwrap_err().contains("such as 64G"), "{text}");
        }
        assert_eq!(shown(720e9), "720 GB");
        assert_eq!(shown(6.41e9), "6.4 GB");
        assert_eq!(shown(1.2e6), "1.2 MB");
        assert_eq!(shown(8e18), "8e9 GB");
    }
}
