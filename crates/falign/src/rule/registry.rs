//! The rules that experiment files can name: the built-in ones and those that a user's crate adds.

use super::custom::CustomRule;
use super::table::Rule;
use crate::{Error, Result};

/// Rules that experiment files can name. It is passed to whatever reads an experiment.
///
/// ```
/// use falign::experiment::{Experiment, Overrides};
/// use falign::internal::rule::LastLayerOnly;
/// use falign::rule::{CustomRule, Registry};
/// let mut rules = Registry::built_in();
/// let lazy = CustomRule::new("lazy", |_| Box::new(LastLayerOnly), |_| Box::new(LastLayerOnly));
/// rules.register(lazy.with_version("1"))?;
/// let text = "name = \"mine\"\n[data]\nsamples = 5\ninput_dim = 3\n[network]\nwidth = 4\n\
///     initialisation = \"xavier\"\n[learning]\nrule = \"lazy\"\n";
/// let experiment = Experiment::parse_with(text, &Overrides::none(), &rules)?;
/// assert_eq!(experiment.settings[0].setting.rule.name(), "lazy");
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    rules: Vec<Rule>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Registry {
    /// The built-in rules.
    pub fn built_in() -> Self {
        let rules = Rule::ALL.to_vec();
        Self { rules }
    }

    /// Adds a rule of a user's own crate.
    ///
    /// # Errors
    /// [`Error::Config`] for a name that is no word of small letters, digits and `_`, or that another
    /// rule has; for a version that is blank.
    pub fn register(&mut self, custom: CustomRule) -> Result<()> {
        let name = custom.name().to_owned();
        let refuse = |why: String| Err(Error::config("rule name", format!("\"{name}\""), why));
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
            return refuse(
                "expected a small letter, then small letters, digits and `_`".to_owned(),
            );
        }
        match self.get(&name) {
            Some(Rule::Custom(_)) => {
                return refuse("is registered already; choose another".to_owned());
            }
            Some(_) => return refuse("is a built-in rule; choose another".to_owned()),
            None => {}
        }
        if let Some(version) = custom.version()
            && version.trim().is_empty()
        {
            return Err(Error::config(
                format!("version of rule {name}"),
                format!("\"{version}\""),
                "expected a text, not blank, such as \"1\"; a rule that still changes has none",
            ));
        }
        self.rules.push(custom.into());
        Ok(())
    }

    /// The rule of this name.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name() == name)
    }

    /// The rule of this name, or with this name in figures (DFA), whatever its capitals.
    pub(crate) fn called(&self, name: &str) -> Option<&Rule> {
        let is_meant = |rule: &&Rule| {
            rule.name().eq_ignore_ascii_case(name) || rule.label().eq_ignore_ascii_case(name)
        };
        self.rules.iter().find(is_meant)
    }

    /// Rules, the built-in ones first.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Names of all rules, the built-in ones first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.rules.iter().map(Rule::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::LastLayerOnly;

    fn custom(name: &str) -> CustomRule {
        CustomRule::new(
            name,
            |_| Box::new(LastLayerOnly),
            |_| Box::new(LastLayerOnly),
        )
    }

    #[test]
    fn every_built_in_rule_is_there_from_the_start() {
        let rules = Registry::default();
        for rule in &Rule::ALL {
            assert_eq!(rules.get(rule.name()), Some(rule));
        }
        assert_eq!(rules.names().count(), Rule::ALL.len());
        assert_eq!(rules.get("hers"), None);
    }

    #[test]
    fn names_have_small_letters_digits_and_underscores() {
        let mut rules = Registry::built_in();
        for name in ["h", "h2", "lazy_rule", "l2_b"] {
            rules.register(custom(name)).unwrap();
        }
        for name in ["herRule", "_h", "h-2", "2_h"] {
            assert!(rules.register(custom(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn mistakes_of_a_registration_are_named_and_add_nothing() {
        let mut rules = Registry::built_in();
        rules.register(custom("hers").with_version("2")).unwrap();
        let before = rules.clone();
        for (mistake, said) in [
            (
                custom("backpropagation"),
                "\"backpropagation\": is a built-in rule",
            ),
            (
                custom("hers").with_version("3"),
                "\"hers\": is registered already",
            ),
            (custom(""), "expected a small letter"),
            (custom("her rule"), "\"her rule\": expected a small letter"),
            (custom("2nd"), "\"2nd\": expected a small letter"),
            (
                custom("other").with_version(" "),
                "version of rule other = \" \": expected a text",
            ),
        ] {
            let text = rules.register(mistake).unwrap_err().to_string();
            assert!(text.contains(said), "{text}");
            assert_eq!(rules, before);
        }
        assert_eq!(
            rules
                .get("hers")
                .and_then(Rule::custom)
                .and_then(CustomRule::version),
            Some("2")
        );
    }
}
