//! Settings that a claim is about, and their groups along its axis.

use super::{Claim, Reference, ReferenceRow, Test};
use crate::config::LabelledSetting;

/// Facts about a setting, planned or recorded, that selection needs.
pub(crate) trait Labelled {
    /// `case` or a leaf key, as tables show it.
    fn column(&self, name: &str) -> Option<String>;
    /// The swept keys with their values.
    fn axes(&self) -> &[(String, String)];
}

impl Labelled for LabelledSetting {
    fn column(&self, name: &str) -> Option<String> {
        LabelledSetting::column(self, name)
    }
    fn axes(&self) -> &[(String, String)] {
        &self.axes
    }
}

/// Settings that differ only in one axis.
#[derive(Debug, PartialEq)]
pub(crate) struct Group {
    /// Values that the settings share, for messages.
    pub(crate) label: String,
    /// Level and index of the setting, in the order of the levels.
    pub(crate) levels: Vec<(String, usize)>,
}

impl Claim {
    /// Indices of the settings that `where` selects.
    pub(crate) fn selected<L: Labelled>(&self, settings: &[L]) -> Vec<usize> {
        let fits = |setting: &L| {
            self.filter.iter().all(|(name, accepted)| {
                setting
                    .column(name)
                    .is_some_and(|value| accepted.contains(&value))
            })
        };
        (0..settings.len())
            .filter(|index| fits(&settings[*index]))
            .collect()
    }

    /// Whether the settings bear on this claim; the error says why not.
    pub(crate) fn applies(&self, settings: &[LabelledSetting]) -> Result<(), String> {
        let selected = self.selected(settings);
        if selected.is_empty() {
            return Err(
                "`where` selects no setting; compare it with the cases and the sweep".to_owned(),
            );
        }
        for index in &selected {
            let one = &settings[*index];
            let mut wanted = vec![self.quantity];
            if let Test::NearQuantity { other, .. } = self.test {
                wanted.push(other);
            }
            let recorded = &one.setting.quantities;
            if let Some(quantity) = wanted.iter().find(|quantity| !recorded.contains(quantity)) {
                return Err(format!(
                    "{} is not recorded; add it to run.quantities",
                    quantity.name()
                ));
            }
        }
        match &self.test {
            Test::Monotone { over, .. } => self.groups(settings, &selected, over).map(|_| ()),
            Test::Slope { over, .. } => {
                let groups = self.groups(settings, &selected, over)?;
                let levels = groups.iter().flat_map(|group| &group.levels);
                let mut levels = levels.map(|(level, _)| level);
                levels.try_for_each(|level| logarithm(over, level).map(|_| ()))
            }
            Test::NearReference {
                reference: Reference::Rows(rows),
                ..
            } => {
                let is_about = |row: &ReferenceRow| {
                    let mut selected = selected.iter();
                    selected.any(|&index| row.fits(&settings[index]))
                };
                if rows.iter().any(is_about) {
                    Ok(())
                } else {
                    Err("no reference row is about a setting that it selects".to_owned())
                }
            }
            _ => Ok(()),
        }
    }

    /// Groups of settings that differ only in `over`, each with at least two levels.
    ///
    /// Cases that `where` names together are one series, unless two of their settings have the same
    /// level: ridge levels may be cases of their own, each with its horizon.
    pub(crate) fn groups<L: Labelled>(
        &self,
        settings: &[L],
        selected: &[usize],
        over: &str,
    ) -> Result<Vec<Group>, String> {
        let mut cases = self.filter.iter().filter(|(column, _)| column == "case");
        if cases.next().is_some_and(|(_, names)| names.len() > 1) {
            let joined = groups(settings, selected, over, false);
            let is_series = |group: &Group| {
                let mut levels: Vec<&String> =
                    group.levels.iter().map(|(level, _)| level).collect();
                levels.sort();
                levels.windows(2).all(|pair| pair[0] != pair[1])
            };
            if let Ok(groups) = &joined
                && groups.iter().all(is_series)
            {
                return joined;
            }
        }
        groups(settings, selected, over, true)
    }
}

/// Groups of settings of the same case, or of any, that differ only in `over`.
fn groups<L: Labelled>(
    settings: &[L],
    selected: &[usize],
    over: &str,
    by_case: bool,
) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    for &index in selected {
        let setting = &settings[index];
        let level = setting.column(over).unwrap_or_default();
        let label = label(setting, over, by_case);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.levels.push((level, index)),
            None => groups.push(Group {
                label,
                levels: vec![(level, index)],
            }),
        }
    }
    groups.retain(|group| group.levels.len() > 1);
    if groups.is_empty() {
        return Err(format!("needs at least two levels of {over}"));
    }
    for group in &mut groups {
        // Numbers in order of size; other levels in the order of the file.
        if group
            .levels
            .iter()
            .all(|(level, _)| level_number(level).is_some())
        {
            group.levels.sort_by(|a, b| {
                let number = |level: &str| level_number(level).unwrap_or(f64::NAN);
                number(&a.0).total_cmp(&number(&b.0))
            });
        }
    }
    Ok(groups)
}

/// The axes but `over`, and the case if asked for.
pub(crate) fn label<L: Labelled>(setting: &L, over: &str, by_case: bool) -> String {
    let case = setting
        .column("case")
        .filter(|case| by_case && !case.is_empty() && over != "case");
    let mut parts: Vec<String> = case.into_iter().collect();
    parts.extend(
        setting
            .axes()
            .iter()
            .filter(|(name, _)| name != over)
            .map(|(name, value)| format!("{name} = {value}")),
    );
    parts.join(", ")
}

/// The natural logarithm of a level, or why there is none.
pub(crate) fn logarithm(over: &str, level: &str) -> Result<f64, String> {
    let number = level_number(level).filter(|x| *x > 0.0);
    let number = number.ok_or_else(|| format!("{over} = {level} has no logarithm"))?;
    Ok(libm::log(number))
}

/// `3200`, or the number in `gamma=3`.
pub(crate) fn level_number(level: &str) -> Option<f64> {
    level.rsplit('=').next()?.parse().ok()
}
