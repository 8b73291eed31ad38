//! Notes before anything runs: data that may be taken for what they are not.

use std::collections::BTreeSet;

use ndarray::{ArrayRef2, Axis};

use crate::Result;
use crate::config::Experiment;
use crate::config::setting::Setting;
use crate::data::{Labelled, Scaling};
use crate::math::Activation;
use crate::simulate::sources::Sources;

/// Sentences about the data of an experiment, each once: targets like classes that are fitted as
/// real numbers, inputs that saturate the activation, labels that begin at 1, and data that alone
/// select the mini-batch engine.
///
/// # Errors
/// As [`inputs::check`](super::inputs::check).
///
/// # Example
/// ```
/// use std::{path::Path, sync::Arc};
/// use falign::data::Dataset;
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// use falign::internal::plan::notes;
/// use ndarray::array;
/// let path = Path::new("mine.npz");
/// let flat = "train_data = \"mine.npz\"".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let sources = Sources::default();
/// let y = array![[0.0], [1.0], [1.0], [0.0]];
/// sources.give_dataset(path, Arc::new(Dataset::new(array![[1.5], [2.5], [0.5], [1.0]], y)?));
/// assert!(notes::of_data(&experiment, &sources)?[0].contains("are 0 and 1, as labels"));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn of_data(experiment: &Experiment, sources: &Sources) -> Result<Vec<String>> {
    let (mut notes, mut looked_at) = (Vec::new(), BTreeSet::new());
    let mut multiplied = BTreeSet::new();
    for one in &experiment.settings {
        let setting = &one.setting;
        if one.engine_by_data {
            notes.push(String::from(
                "data with classes are trained by the mini-batch engine, here with all samples in \
                 each step; learning.batch and run.epochs choose otherwise",
            ));
        }
        if setting.two_layer().is_some()
            && let Some(path) = &setting.train_data
            && multiplied.insert(multiplied_as(setting))
            && let Some(data) = sources.scaled_reals(setting)?
            && let Some(what) = saturated(setting.activation, &data.train.inputs)
        {
            let mend = match setting.classes.resolved_scaling() {
                Scaling::None => "data.scaling = \"standardise_per_feature\" scales them",
                _ => "divide them by a constant in place of data.scaling",
            };
            notes.push(format!("the inputs of {} {what}; {mend}", path.display()));
        }
        let data = [&setting.train_data, &setting.classes.labelled_data];
        if !looked_at.insert((data, &setting.classes.labelled)) {
            continue;
        }
        if let Some(path) = &setting.train_data
            && let Some(data) = sources.reals(setting)?
            && let Some(what) = like_classes(&data.train.targets)
        {
            notes.push(format!(
                "the targets of {} are {what}, as labels of classes are, and are fitted as real \
                 numbers; for classes use data.labelled_data (falign.Labelled in Python)",
                path.display(),
            ));
        }
        if let Some(pair) = sources.labelled(setting)? {
            notes.extend(first_class(&pair.train));
        }
    }
    let mut said = BTreeSet::new();
    notes.retain(|note| said.insert(note.clone()));
    Ok(notes)
}

/// Text that is equal where two-layer networks multiply the same inputs with the same activation.
fn multiplied_as(setting: &Setting) -> String {
    let scaling = setting.classes.resolved_scaling().name();
    let (path, table) = (&setting.train_data, &setting.table);
    format!("{path:?} {table:?} {scaling} {}", setting.activation.name())
}

/// More classes than this are counts, or measurements.
const MOST_CLASSES: usize = 100;

/// Description of targets that look like classes: whole numbers from 0 or 1 on of which none is left
/// out, or one-hot rows.
fn like_classes(targets: &ArrayRef2<f64>) -> Option<String> {
    if targets.ncols() > 1 {
        let is_one_hot = targets.axis_iter(Axis(0)).all(|row| {
            let count = |value: f64| row.iter().filter(|x| (**x - value).abs() <= 0.0).count();
            count(1.0) == 1 && count(0.0) == row.len() - 1
        });
        return is_one_hot.then(|| "one-hot rows".to_owned());
    }
    let mut counts = vec![0; MOST_CLASSES + 1];
    for &y in targets {
        if !(0.0..=MOST_CLASSES as f64).contains(&y) || y.fract() != 0.0 {
            return None;
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small whole number"
        )]
        let class = y as usize;
        counts[class] += 1;
    }
    let first = counts.iter().position(|count| *count > 0)?;
    let last = counts.iter().rposition(|count| *count > 0)?;
    let classes = last + 1 - first;
    let is_whole = counts[first..=last].iter().all(|count| *count > 0);
    if first > 1 || classes < 2 || !is_whole || targets.nrows() < 2 * classes {
        return None;
    }
    Some(match (first, last) {
        (0, 1) => "0 and 1".to_owned(),
        _ => format!("the whole numbers {first} to {last}"),
    })
}

/// The norm beyond which less than a fiftieth of the hidden units are in their slope.
const SATURATED: f64 = 40.0;

/// Saturation of hidden units by large inputs: weights begin as N(0, 1), and at an input of norm
/// s only a share sqrt(2/pi)/s of the units has |w.x| < 1.
fn saturated(activation: Activation, inputs: &ArrayRef2<f64>) -> Option<String> {
    if !activation.facts().is_bounded {
        return None;
    }
    let rows = inputs.rows().into_iter();
    let mut norms: Vec<f64> = rows
        .map(|row| row.iter().map(|x| x * x).sum::<f64>().sqrt())
        .collect();
    norms.sort_by(f64::total_cmp);
    let norm = *norms.get(norms.len() / 2)?;
    (norm > SATURATED).then(|| {
        format!(
            "have norms near {norm:.3e}, where {} is saturated: of {:.0} hidden units about one \
             responds to a change",
            activation.name(),
            norm * (0.5 * std::f64::consts::PI).sqrt(),
        )
    })
}

/// Labels that begin at 1 make an output that no sample asks for.
fn first_class(data: &Labelled) -> Option<String> {
    let counts = data.label_counts();
    let begins_at_one = counts.len() > 1 && counts[0] == 0 && counts[1] > 0;
    begins_at_one.then(|| {
        format!(
            "no training sample has class 0: the labels begin at 1, and the network has {} outputs \
             for {} classes; subtract 1 from the labels",
            counts.len(),
            counts.len() - 1,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Inputs, TrainTest};
    use crate::simulate::sources::LabelledPair;
    use ndarray::{Array2, array};
    use std::path::Path;

    #[test]
    fn targets_like_classes_are_told_from_others() {
        let column = |y: &[f64]| Array2::from_shape_fn((y.len(), 1), |(i, _)| y[i]);
        for (y, expected) in [
            (&[0.0, 1.0, 1.0, 0.0][..], Some("0 and 1")),
            (&[1.0, 2.0, 2.0, 1.0], Some("the whole numbers 1 to 2")),
            (
                &[2.0, 0.0, 1.0, 1.0, 2.0, 0.0],
                Some("the whole numbers 0 to 2"),
            ),
            // Signs; a class left out; as many values as samples; fractions; a constant.
            (&[-1.0, 1.0, 1.0, -1.0], None),
            (&[0.0, 2.0, 2.0, 0.0, 0.0, 2.0], None),
            (&[0.0, 1.0, 2.0, 3.0], None),
            (&[0.0, 0.5, 1.0, 1.0], None),
            (&[1.0, 1.0], None),
            (&[1e300, 0.0], None),
        ] {
            assert_eq!(like_classes(&column(y)).as_deref(), expected, "{y:?}");
        }
        let rows = array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
        assert_eq!(like_classes(&rows).as_deref(), Some("one-hot rows"));
        assert_eq!(like_classes(&array![[0.0, 1.0], [1.0, 1.0]]), None);
    }

    #[test]
    fn inputs_that_saturate_are_said_with_their_norm() {
        let raw = array![[300.0, 400.0], [0.0, 700.0], [30.0, 40.0]];
        let note = saturated(Activation::Tanh, &raw).unwrap();
        assert!(
            note.contains("5.000e2") && note.contains("of 627 hidden"),
            "{note}"
        );
        assert_eq!(saturated(Activation::Tanh, &(&raw / 100.0)), None);
        for straight in [Activation::Linear, Activation::Relu, Activation::Softplus] {
            assert_eq!(saturated(straight, &raw), None);
        }
    }

    fn notes_of(labels: &[usize], keys: &str) -> Vec<String> {
        let set = |labels: &[usize]| {
            let x = Array2::from_shape_fn((labels.len(), 1), |(i, _)| i as f64);
            Labelled::new(Inputs::real(x), vec![1], labels.to_vec(), 4).unwrap()
        };
        let sources = Sources::default();
        let pair = TrainTest::new(set(labels), set(&labels[..1])).unwrap();
        sources.give_labelled(Path::new("given"), LabelledPair::new(pair));
        let flat = format!("labelled_data = \"given\"\nstep_size = 0.1\n{keys}")
            .parse()
            .unwrap();
        of_data(&Experiment::from_flat(&flat, None).unwrap(), &sources).unwrap()
    }

    #[test]
    fn labels_that_begin_at_one_are_said_once() {
        let sweep = "epochs = 2\nsweep = { seed = [1, 2] }";
        let notes = notes_of(&[1, 2, 3, 1], sweep);
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].contains("4 outputs for 3 classes; subtract 1"),
            "{notes:?}"
        );
        assert!(notes_of(&[0, 2, 3, 1], sweep).is_empty());
        // What no sample has may be at the end.
        assert!(notes_of(&[0, 1, 0, 1], sweep).is_empty());
    }

    #[test]
    fn an_engine_that_nothing_but_the_data_select_is_said() {
        let notes = notes_of(&[0, 1], "");
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].contains("mini-batch engine, here with all samples"),
            "{notes:?}"
        );
        for asked in [
            "batch = 1",
            "engine = \"mini_batch\"",
            "hidden_widths = [3, 2]",
        ] {
            assert!(notes_of(&[0, 1], asked).is_empty(), "{asked}");
        }
    }
}
