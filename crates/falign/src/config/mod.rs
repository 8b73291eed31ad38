//! Checked [`Experiment`] from a file; after the check nothing can be misspelt.

pub mod builtin;
mod check;
pub mod cite;
pub mod claim;
pub(crate) mod columns;
mod document;
mod expand;
pub mod explain;
pub mod figure;
mod flat;
mod form;
mod key;
pub mod keys;
pub mod layers;
mod layout;
pub(crate) mod need;
mod overrides;
mod places;
pub(crate) mod read;
mod resolved;
mod schema;
pub mod setting;
pub mod steps;
mod suggest;
mod types;
pub(crate) mod value;
pub(crate) mod write;

use std::path::Path;

use toml::Table;

pub use self::expand::LabelledSetting;
pub use self::flat::{check_flat, flat_table, sectioned_toml};
pub use self::overrides::Overrides;
pub use self::schema::schema_json;

pub(crate) use self::check::record_fits;
pub(crate) use self::flat::{forget_data, tell_image};
pub(crate) use self::value::parse_value;
pub(crate) use self::write::record_text;

use self::claim::Claim;
use self::document::Node;
use self::figure::Figure;
use self::layout::Layout;
use self::places::Places;
use crate::rule::{CustomRule, Registry};
use crate::{Error, Result};

/// A checked experiment: every setting it will run, what must come out, and its figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Short name, also the default folder.
    pub name: String,
    /// One line.
    pub title: String,
    /// Prose: what the experiment shows.
    pub about: String,
    /// Source of the claim.
    pub source: String,
    /// Time on a stated machine.
    pub expected_time: String,
    /// The settings, cases outermost, the last axis fastest.
    pub settings: Vec<LabelledSetting>,
    /// Claims of what must come out, as far as the settings bear on it.
    pub claims: Vec<Claim>,
    /// Claims that the command line's overrides leave nothing to check of: id and reason.
    pub left_out: Vec<(String, String)>,
    /// The figure that is drawn.
    pub figure: Option<Figure>,
    /// Whether the command line has changed or chosen settings: what then fits no longer is no
    /// mistake of the file.
    pub(crate) is_overridden: bool,
    rules: Registry,
    pub(crate) places: Places,
    layout: Layout,
}

impl Experiment {
    /// Reads and checks an experiment file. Relative paths in it are relative to its folder,
    /// those of overrides to the current folder.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Data`] if it is not TOML;
    /// [`Error::Config`] naming the key, the value and what is accepted.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<Self> {
        Self::load_with(path, overrides, &Registry::built_in())
    }

    /// Reads and checks an experiment file as [`load`](Self::load) does, whose `learning.rule` may be
    /// any of `rules`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(path: &Path, overrides: &Overrides, rules: &Registry) -> Result<Self> {
        let bytes = crate::file::read(path)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::data(path, "not TOML: it is not UTF-8 text"))?;
        let table = text.parse::<Table>().map_err(|error| {
            let Mistake {
                line,
                content,
                reason,
            } = Mistake::new(&text, &error);
            Error::data(
                path,
                format!("not TOML: line {line}, `{content}`: {reason}"),
            )
        })?;
        let file = std::path::absolute(path).map_err(|source| Error::io(path, source))?;
        let document = Node::of_text(table, &text, &path.display().to_string());
        Self::from_document(&document, file.parent(), overrides, rules)
    }

    /// Reads and checks an experiment's text; relative paths stay as they are.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key (or the line, where the text is not TOML), the value
    /// and what is accepted.
    pub fn parse(text: &str, overrides: &Overrides) -> Result<Self> {
        Self::parse_with(text, overrides, &Registry::built_in())
    }

    /// Reads and checks an experiment's text as [`parse`](Self::parse) does, whose `learning.rule` may
    /// be any of `rules`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    ///
    /// # Example
    /// ```
    /// use falign::experiment::{Experiment, Overrides};
    /// use falign::internal::rule::LastLayerOnly;
    /// use falign::rule::{CustomRule, Registry};
    /// let mut rules = Registry::built_in();
    /// let lazy = CustomRule::new("lazy", |_| Box::new(LastLayerOnly), |_| Box::new(LastLayerOnly));
    /// rules.register(lazy)?;
    /// let text = "name = \"mine\"\n[learning]\nrule = \"lazy\"\n";
    /// let experiment = Experiment::parse_with(text, &Overrides::none(), &rules)?;
    /// assert_eq!(experiment.settings[0].setting.rule.name(), "lazy");
    /// let error = Experiment::parse(text, &Overrides::none()).unwrap_err();
    /// assert!(error.to_string().contains("learning.rule = \"lazy\": expected \"backpropagation\""));
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn parse_with(text: &str, overrides: &Overrides, rules: &Registry) -> Result<Self> {
        Self::from_document(&document(text)?, None, overrides, rules)
    }

    /// The rules that its settings could name.
    pub(crate) fn rules(&self) -> &Registry {
        &self.rules
    }

    /// The experiment with all networks taught by `rule` in place of `learning.rule`, whose name it keeps
    /// and whose claims it is held to by audits. Run folders cannot tell it from the rule that is named.
    ///
    /// # Errors
    /// [`Error::Config`] where a setting is of a two-layer engine: those have their rules built in.
    pub fn taught_by(mut self, rule: &CustomRule) -> Result<Self> {
        for LabelledSetting { setting, .. } in &mut self.settings {
            let engine = setting.resolved_engine();
            if engine != setting::Engine::MiniBatch {
                return Err(Error::config(
                    "run.engine",
                    engine.name(),
                    "a custom rule needs \"mini_batch\"",
                ));
            }
            let other = &setting.rule;
            setting.rule = rule.in_place_of(other.name(), other.kind()).into();
        }
        Ok(self)
    }

    fn from_document(
        document: &Node,
        folder: Option<&Path>,
        overrides: &Overrides,
        rules: &Registry,
    ) -> Result<Self> {
        let file = layout::file(document)?;
        let [name, title, about, source, expected_time, default_case] = file.top;
        check_name(&name)?;
        let mut layout = file.layout;
        if let Some(folder) = folder {
            layout::anchor_paths(&mut layout, folder);
        }
        let case_names: Vec<&str> = layout.cases.iter().map(|case| &*case.name).collect();
        let places = Places::new(&file.claims, file.figure.as_ref());
        let all_claims = claim::read(&file.claims, &case_names, rules, folder)?;
        let figure = file
            .figure
            .map(|figure| figure::check::read(&figure))
            .transpose()?;
        let chosen = overrides::chosen_cases(overrides, &default_case, &case_names)?;
        let has_default = chosen != overrides.cases;
        let overrides = &Overrides {
            set: overrides.set.clone(),
            cases: chosen,
        };
        overrides::apply(&mut layout, overrides)?;
        if !overrides.set.is_empty() {
            // Paths typed in a command are relative to where it was typed.
            let here = std::env::current_dir().map_err(|source| Error::io(".", source))?;
            layout::anchor_paths(&mut layout, &here);
        }
        let settings = expand::settings(&layout, rules)?;
        let is_overridden = has_default || *overrides != Overrides::none();
        let figure = figure
            .map(|figure| figure::fit::fit(figure, &settings, rules, is_overridden, &places))
            .transpose()?;
        resolved::fill(&mut layout, &settings, rules)?;
        let mut claims = Vec::new();
        let mut left_out = Vec::new();
        let kept_cases: Vec<&str> = layout.cases.iter().map(|case| &*case.name).collect();
        for mut claim in all_claims {
            let is_elsewhere = claim.keep_cases(&kept_cases);
            if is_elsewhere {
                left_out.push((claim.id, "about cases that do not run".to_owned()));
                continue;
            }
            match claim.applies(&settings) {
                Ok(()) => claims.push(claim),
                Err(reason) if !is_overridden => {
                    let key = format!("claim.{}", claim.id);
                    let error = Error::config(key, claim.kind(), reason);
                    return Err(places.in_claim(&claim.id, error));
                }
                Err(reason) => left_out.push((claim.id, reason)),
            }
        }
        Ok(Self {
            name,
            title,
            about,
            source,
            expected_time,
            settings,
            claims,
            left_out,
            figure,
            is_overridden,
            rules: rules.clone(),
            places,
            layout,
        })
    }

    /// The experiment as TOML with every key written out: it parses back to this experiment.
    pub fn resolved_toml(&self) -> String {
        resolved::text(self)
    }
}

/// A text that has no file.
fn document(text: &str) -> Result<Node> {
    let table = text.parse::<Table>().map_err(|error| {
        let Mistake {
            line,
            content,
            reason,
        } = Mistake::new(text, &error);
        Error::config(
            format!("line {line}"),
            content,
            format!("not TOML: {reason}"),
        )
    })?;
    Ok(Node::of_text(table, text, ""))
}

/// A name becomes a folder.
fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        let shown = if name.is_empty() { "unset" } else { name };
        return Err(Error::config(
            "name",
            shown,
            "expected letters, digits, `_`, `-` and `.`: it names the run folder",
        ));
    }
    Ok(())
}

/// Place where a text stops being TOML, and why.
struct Mistake {
    /// Line, counted from 1.
    line: usize,
    content: String,
    /// One line.
    reason: String,
}

impl Mistake {
    fn new(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.bytes().take(start);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        let content = text.lines().nth(line - 1).unwrap_or("").trim();
        Self {
            line,
            content: crate::error::shown(content),
            reason: error.message().replace('\n', "; "),
        }
    }
}

#[cfg(test)]
mod tests;
