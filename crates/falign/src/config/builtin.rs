//! The experiments that come with the program: the files of `experiments/`, embedded.

use std::io::Read;

use flate2::read::GzDecoder;

use super::keys::did_you_mean;
use super::{Experiment, Overrides};
use crate::{Error, Result};

/// An embedded experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Name of the experiment: that in the file, behind the folder it is sorted into.
    pub name: &'static str,
    /// The text of the file.
    pub text: &'static str,
    /// Stored results of its runs, where they took long.
    pub stored: Option<Packed>,
}

/// An embedded text that the build packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed(&'static [u8]);

impl Packed {
    /// The text: of stored results, for [`Stored::parse`](crate::claim::stored::Stored::parse).
    ///
    /// # Panics
    /// If it is not what the build packed.
    pub fn text(self) -> String {
        let mut text = String::new();
        GzDecoder::new(self.0)
            .read_to_string(&mut text)
            .expect("text that the build packed");
        text
    }
}

/// Names of files in `experiments/`; `stored` behind a name adds `experiments/stored/NAME.csv`.
macro_rules! builtin {
    (@stored $name:literal) => { None };
    (@stored $name:literal stored) => {
        Some(Packed(include_bytes!(concat!(env!("OUT_DIR"), "/stored/", $name, ".csv.gz"))))
    };
    ($($name:literal $($stored:ident)?),* $(,)?) => {
        [$(Builtin {
            name: $name,
            text: include_str!(concat!("../../experiments/", $name, ".toml")),
            stored: builtin!(@stored $name $($stored)?),
        }),*]
    };
}

/// Experiments that the program carries, the quickest first.
pub static BUILTIN: [Builtin; 35] = builtin![
    "quickstart",
    "figure2" stored,
    "any_width",
    "theory/theorem_4_6",
    "theory/constant_c",
    "theory/collapse",
    "theory/correlated_feedback",
    "theory/phase",
    "theory/feedback_laws",
    "theory/rich_lazy",
    "theory/lemmas",
    "theory/large_sample",
    "theory/proposition_3_3",
    "theory/proposition_4_5",
    "theory/theorem_3_2",
    "theory/alignment_bound",
    "theory/theorem_4_2_4_3",
    "theory/nonlinear_4_6",
    "dropout",
    "layers/mnist1d",
    "layers/sharing",
    "layers/lenet_quick",
    "learned_feedback",
    "figure3_quick",
    "figure3" stored,
    "future/multilayer",
    "future/hebbian_feedback",
    "published/drtp2021",
    "published/akrout2019_early",
    "published/akrout2019_mirror",
    "published/akrout2019" stored,
    "published/lillicrap2016" stored,
    "published/bartunov2018" stored,
    "published/biotorch_lenet" stored,
    "published/biotorch_cifar",
];

/// The embedded file of that name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| builtin.name == name)
}

/// The embedded experiment of that name, checked.
///
/// # Errors
/// [`Error::Config`] if there is none, with the nearest name, or if the overrides do not fit.
pub fn load(name: &str, overrides: &Overrides) -> Result<Experiment> {
    match find(name) {
        Some(builtin) => Experiment::parse(builtin.text, overrides),
        None => Err(Error::config(
            "experiment",
            name,
            format!(
                "no built-in experiment of that name; {}",
                did_you_mean(name, BUILTIN.iter().map(|builtin| builtin.name))
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::claim::stored::Stored;
    use crate::config::claim::Claim;
    use crate::plan::Plan;

    #[test]
    fn each_checks_and_opens_with_claim_source_and_time() {
        for builtin in BUILTIN {
            let experiment = load(builtin.name, &Overrides::none())
                .unwrap_or_else(|error| panic!("{}: {error}", builtin.name));
            // Folders sort them; a run's folder has the last part of the name.
            assert_eq!(builtin.name.rsplit('/').next(), Some(&*experiment.name));
            for part in ["# Claim: ", "# Source: ", "# Expected time: "] {
                let head: Vec<&str> = builtin.text.lines().take(12).collect();
                assert!(
                    head.iter().any(|line| line.starts_with(part)),
                    "{}: {part}",
                    builtin.name
                );
            }
            let has_source = |claim: &Claim| !claim.source.is_empty();
            assert!(experiment.claims.iter().all(has_source), "{}", builtin.name);
            let texts = [&experiment.title, &experiment.about, &experiment.source];
            assert!(
                texts.iter().all(|text| !text.is_empty()),
                "{}",
                builtin.name
            );
            assert!(!experiment.expected_time.is_empty(), "{}", builtin.name);
            assert!(!experiment.claims.is_empty(), "{}", builtin.name);
            assert!(experiment.figure.is_some(), "{}", builtin.name);
        }
    }

    #[test]
    fn each_has_unique_jobs_and_writes_itself_in_full() {
        for builtin in BUILTIN {
            let experiment = load(builtin.name, &Overrides::none()).unwrap();
            let plan = Plan::new(&experiment).unwrap();
            let mut ids: Vec<&str> = plan.jobs.iter().map(|job| job.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), plan.jobs.len(), "{}", builtin.name);
            let text = experiment.resolved_toml();
            let again = Experiment::parse(&text, &Overrides::none()).unwrap();
            // What a default case leaves out is not in the file that is written.
            let mut expected = experiment.clone();
            expected.left_out.clear();
            expected.is_overridden = false;
            assert_eq!(again, expected, "{}", builtin.name);
            assert_eq!(Plan::new(&again).unwrap(), plan, "{}", builtin.name);
        }
    }

    /// A stored run whose job no case has any more would only take up room.
    #[test]
    fn every_stored_run_is_one_of_its_experiment() {
        for builtin in BUILTIN {
            let Some(stored) = builtin.stored else {
                continue;
            };
            let stored = Stored::parse(&stored.text(), Path::new(builtin.name)).unwrap();
            let file = Experiment::parse(builtin.text, &Overrides::none()).unwrap();
            let cases = Overrides {
                set: Vec::new(),
                cases: vec!["all".to_owned()],
            };
            let all = Experiment::parse(builtin.text, &cases).unwrap_or(file);
            let plan = Plan::new(&all).unwrap();
            assert_eq!(stored.other_version(&all), None, "{}", builtin.name);
            let found = plan.jobs.len() - stored.missing(&all, &plan).jobs.len();
            assert_eq!(found, stored.jobs(), "{}", builtin.name);
        }
    }

    #[test]
    fn figure_2_is_the_grid_of_the_paper() {
        let experiment = load("figure2", &Overrides::none()).unwrap();
        // 3 activations, 7 widths, 4 ridge levels, and backpropagation at ridge 0; at one width the
        // weak levels of the paper's loss panels.
        assert_eq!(experiment.settings.len(), 3 * 7 * 5 + 2 + 3 + 3);
        assert!(experiment.settings.iter().all(|one| one.setting.runs == 50));
        let panels = experiment.figure.unwrap().panels;
        assert_eq!(panels.len(), 6);
    }

    #[test]
    fn one_case_can_run_alone() {
        let overrides = Overrides {
            set: vec!["run.runs=3".to_owned()],
            cases: ["relu_ridge", "relu_without_ridge"]
                .map(str::to_owned)
                .to_vec(),
        };
        let experiment = load("figure2", &overrides).unwrap();
        assert_eq!(experiment.settings.len(), 28);
        assert!(
            experiment
                .claims
                .iter()
                .all(|claim| claim.id.starts_with("relu"))
        );
        assert!(!experiment.left_out.is_empty());
    }

    #[test]
    fn a_misspelt_name_is_recognised() {
        let message = load("figur2", &Overrides::none()).unwrap_err().to_string();
        assert!(message.contains("`figure2`"), "{message}");
    }
}
