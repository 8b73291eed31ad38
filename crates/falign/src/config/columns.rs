//! Columns of a setting in tables.

/// Columns every table starts with, after which come the swept keys that are not among them.
const LEADING: [&str; 5] = ["activation", "rule", "width", "ridge", "step_size"];

/// Units of each hidden layer, behind the others in every table of deep networks.
pub(crate) const HIDDEN_WIDTHS: &str = "hidden_widths";

/// The setting columns of a table: `case`, the leading ones, `hidden_widths` where there are deep
/// networks, then every key that is swept in a setting. `settings` are the axes of each, and
/// whether it has a column `hidden_widths`.
pub(crate) fn setting_columns<'a>(
    settings: impl Iterator<Item = (&'a [(String, String)], bool)>,
) -> Vec<String> {
    let mut columns = vec!["case".to_owned()];
    columns.extend(LEADING.iter().map(|&c| c.to_owned()));
    let (axes, is_deep): (Vec<_>, Vec<bool>) = settings.unzip();
    if is_deep.contains(&true) {
        columns.push(HIDDEN_WIDTHS.to_owned());
    }
    for (leaf, _) in axes.into_iter().flatten() {
        if !columns.contains(leaf) {
            columns.push(leaf.clone());
        }
    }
    columns
}
