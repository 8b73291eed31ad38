//! Times as people read them.

/// Two digits and a unit: `3.2 us`, `45 ms`, `12 min`, `2.1 h`.
pub(crate) fn short(seconds: f64) -> String {
    const UNITS: [(f64, f64, &str); 7] = [
        (1e-6, 1e-9, "ns"),
        (1e-3, 1e-6, "us"),
        (1.0, 1e-3, "ms"),
        (90.0, 1.0, "s"),
        (5400.0, 60.0, "min"),
        (172_800.0, 3600.0, "h"),
        (f64::INFINITY, 86_400.0, "days"),
    ];
    let seconds = seconds.max(0.0);
    let unit = UNITS.into_iter().find(|(below, ..)| seconds < *below);
    let (_, size, name) = unit.unwrap_or(UNITS[UNITS.len() - 1]);
    let value = seconds / size;
    let decimals = usize::from(value < 9.95);
    format!("{value:.decimals$} {name}")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn times_have_two_digits_and_a_unit() {
        let times = [
            250e-9, 3.21e-6, 0.045, 2.5, 61.0, 100.0, 900.0, 7200.0, 86_400.0, 259_200.0,
        ];
        assert_eq!(
            times.map(short),
            [
                "250 ns", "3.2 us", "45 ms", "2.5 s", "61 s", "1.7 min", "15 min", "2.0 h", "24 h",
                "3.0 days"
            ]
        );
        assert_eq!(short(0.0), "0.0 ns");
    }
}
