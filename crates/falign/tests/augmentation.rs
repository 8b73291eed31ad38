//! Training images that are moved, cut and mirrored, and stacks of images in NPZ files.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use falign::data::{Inputs, Labelled, TrainTest};
use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::Plan;
use falign::internal::simulate::sources::{LabelledPair, Sources};
use falign::internal::simulate::{Context, SavedWeights, given, simulate};
use falign::internal::study::prediction::{NewInputs, predict};
use falign::measure::Quantity;
use falign::rule::Registry;
use ndarray::Array2;

use crate::support::deep::{IMAGES, bits, run, setting};
use crate::support::experiment::Scratch;

/// A convolution in the place of the dense layers of [`IMAGES`].
fn convolution() -> String {
    let layers = "layers = [{ conv = 3, kernel = 2 }, { dense = 4 }]";
    IMAGES.replace("hidden_widths = [7, 6]", layers)
}

fn refusal(text: &str, set: &[&str]) -> String {
    let overrides = Overrides {
        set: set.iter().map(|&set| set.to_owned()).collect(),
        cases: Vec::new(),
    };
    Experiment::parse(text, &overrides).unwrap_err().to_string()
}

fn id(text: &str) -> String {
    let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
    Plan::new(&experiment).unwrap().jobs.remove(0).id
}

#[test]
fn samples_are_trained_on_otherwise_and_measured_as_they_are() {
    for text in [IMAGES, &convolution()] {
        let plain = run(&setting(text, &[]), 0);
        for set in ["data.random_shift=1", "data.random_flip=true"] {
            let setting = setting(text, &[set]);
            let moved = run(&setting, 0);
            let column = |quantity| {
                let mut names = setting.quantities.iter();
                names.position(|q| *q == quantity).unwrap()
            };
            let loss = column(Quantity::TestLoss);
            let of = |result: &falign::internal::simulate::RunResult, row: usize| {
                result.rows.values[row][loss].to_bits()
            };
            assert_eq!(of(&plain, 0), of(&moved, 0), "{set}");
            assert_ne!(of(&plain, 1), of(&moved, 1), "{set}");
            assert_eq!(bits(&moved), bits(&run(&setting, 0)), "{set}");
            assert_ne!(bits(&moved), bits(&run(&setting, 1)), "{set}");
        }
    }
}

#[test]
fn keys_that_do_nothing_leave_ids_as_they_are() {
    let text = convolution();
    let spelled = text.replace(
        "[network]",
        "random_shift = 0\nrandom_flip = false\nimage_axes = \"nchw\"\n[network]",
    );
    assert_eq!(id(&text), id(&spelled));
    let moved = text.replace("[network]", "random_shift = 1\n[network]");
    assert_ne!(id(&text), id(&moved));
}

#[test]
fn what_is_no_image_is_refused_with_the_fix() {
    let text = convolution();
    let flat = "name = \"x\"\n[network]\nhidden_widths = [5]\n";
    let sequence = text
        .replace("generated_images", "mnist1d")
        .replace("input_dim = 16", "input_dim = 40");
    for (text, set, parts) in [
        (
            &text[..],
            &["data.random_shift=4"][..],
            &["data.random_shift = 4", "lower it"][..],
        ),
        (
            &text,
            &["data.random_crop=5"],
            &["data.random_crop = 5", "1 x 4 x 4"],
        ),
        (
            &text,
            &["data.random_crop=[4, 5]"],
            &["data.random_crop = 4 x 5"],
        ),
        // The window of one place leaves no room for the kernel.
        (
            &text,
            &["data.random_crop=1"],
            &["network.layers.0", "kernel 2 does not fit 1"],
        ),
        (
            &sequence,
            &["data.random_crop=[2, 9]"],
            &["data.random_crop", "one axis"],
        ),
        (
            &text,
            &[
                "data.random_flip=true",
                "data.scaling=standardise_per_feature",
            ],
            &["data.random_flip = true", "use \"standardise\""],
        ),
        (
            flat,
            &["data.random_flip=true"],
            &["data.random_flip", "images with classes"],
        ),
        (
            IMAGES,
            &["data.random_shift=1", "network.input=[16]"],
            &["data.random_shift = 1", "16 numbers without places"],
        ),
        (
            &text,
            &["data.image_axes=nhwc"],
            &["data.image_axes = \"nhwc\"", "NPZ"],
        ),
    ] {
        let error = refusal(text, set);
        for part in parts {
            assert!(error.contains(part), "{set:?}: {error}");
        }
    }
}

/// Images of 2 channels, 3 rows, 4 columns: 12 to train on, and 5.
fn pair() -> LabelledPair {
    let set = |samples: usize, shift: usize| {
        let x = Array2::from_shape_fn((samples, 24), |(i, j)| {
            ((7 * i + 5 * j + shift) % 19) as f64 / 19.0 - 0.4
        });
        let labels = (0..samples).map(|i| (i + i / 3) % 3).collect();
        Labelled::new(Inputs::Reals(x.into()), vec![2, 3, 4], labels, 3).unwrap()
    };
    LabelledPair::new(TrainTest::new(set(12, 0), set(5, 3)).unwrap())
}

const KEYS: &str = "activation = \"tanh\"\nlayers = [{ conv = 3, kernel = 2 }, { dense = 3 }]\nscaling = \"standardise\"\n\
                    batch = 4\nstep_size = 0.1\nepochs = 2\nruns = 1\nsave_weights = \"final\"\n";

/// A window is all that a network sees of new images, and it is the one in the middle.
#[test]
fn predictions_see_the_window_in_the_middle() {
    for network in ["", "hidden_widths = [5]\ninput = [2, 3, 4]\n"] {
        let keys = if network.is_empty() {
            KEYS.to_owned()
        } else {
            KEYS.lines()
                .filter(|line| !line.starts_with("layers"))
                .fold(network.to_owned(), |text, line| text + line + "\n")
        };
        // Row 0 and columns 1 and 2 of 3 rows and 4 columns would be another middle.
        let flat = format!("{keys}random_crop = 2\nrandom_shift = 1\n")
            .parse()
            .unwrap();
        let given = given::Given::Classes(pair());
        let (experiment, sources) =
            given::experiment(flat, &given, Path::new("given.npz"), &Registry::built_in()).unwrap();
        let setting = experiment.settings[0].setting.clone();
        let result = simulate(&setting, 0, Context::new(&sources), &mut |_| true);
        let [_, Some(weights)] = result.unwrap().unwrap().weights else {
            panic!("the last weights")
        };
        let images = Array2::from_shape_fn((1, 24), |(_, j)| (j as f64 * 0.7).sin());
        let outputs = |images: &Array2<f64>| {
            let inputs = NewInputs::Classes(Inputs::Reals(images.clone().into()));
            predict(&setting, 0, Context::new(&sources), &weights, &inputs).unwrap()
        };
        let expected = outputs(&images);
        for place in 0..24 {
            let mut other = images.clone();
            other[(0, place)] += 0.3;
            let (row, column) = (place / 4 % 3, place % 4);
            let is_seen = row < 2 && (1..3).contains(&column);
            assert_eq!(outputs(&other) != expected, is_seen, "{place}");
        }
        assert!(matches!(weights, SavedWeights::Deep(_)));
    }
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// The images of [`pair`] as bytes in an NPZ file, in this order of axes.
fn stored(folder: &Scratch, name: &str, is_last: bool) -> PathBuf {
    let pixels = |samples: usize| {
        let number = |i: usize, c: usize, place: usize| {
            u8::try_from((37 * i + 11 * c + 5 * place) % 251).unwrap()
        };
        let each = (0..samples).flat_map(move |i| {
            (0..24).map(move |at| {
                if is_last {
                    number(i, at % 2, at / 2)
                } else {
                    number(i, at / 12, at % 12)
                }
            })
        });
        let axes = if is_last { "3, 4, 2" } else { "2, 3, 4" };
        npy(
            "|u1",
            &format!("({samples}, {axes})"),
            &each.collect::<Vec<u8>>(),
        )
    };
    let labels = |samples: u8| {
        let each: Vec<u8> = (0..samples).map(|i| i % 3).collect();
        npy("|u1", &format!("({samples},)"), &each)
    };
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (key, bytes) in [
        ("y_test", labels(5)),
        ("x_train", pixels(12)),
        ("y_train", labels(12)),
        ("x_test", pixels(5)),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{key}.npy"), options).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    let path = folder.0.join(name);
    std::fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
    path
}

#[test]
fn stacks_of_images_tell_their_shape_in_either_order_of_axes() {
    let scratch = Scratch::new("image-axes");
    let parsed = |name: &str, is_last: bool, more: &str| {
        let path = stored(&scratch, name, is_last);
        let flat = format!(
            "{KEYS}labelled_data = {:?}\n{more}",
            path.display().to_string()
        );
        Experiment::from_flat(&flat.parse().unwrap(), None)
            .map(|one| one.settings[0].setting.clone())
    };
    let trained = |name: &str, is_last: bool, more: &str| {
        let setting = parsed(name, is_last, more).unwrap();
        let sources = Sources::default();
        let result = simulate(&setting, 0, Context::new(&sources), &mut |_| true);
        result.map(|result| bits(&result.unwrap()))
    };
    let first = trained("first.npz", false, "").unwrap();
    assert_eq!(
        trained("first.npz", false, "input = [2, 3, 4]").unwrap(),
        first
    );
    assert_eq!(
        trained("last.npz", true, "image_axes = \"nhwc\"").unwrap(),
        first
    );
    // Told wrongly, the same numbers are other images.
    let wrong = trained("last.npz", true, "");
    assert!(wrong.is_ok_and(|wrong| wrong != first));
    let error = trained("first.npz", false, "input = [2, 4, 3]")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("network.input = [2, 4, 3]") && error.contains("[2, 3, 4]"),
        "{error}"
    );
    // Without the file nobody knows the shape.
    let flat = format!(
        "{KEYS}labelled_data = {:?}",
        scratch.0.join("none.npz").display().to_string()
    );
    let error = Experiment::from_flat(&flat.parse().unwrap(), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("network.input"), "{error}");
    // Ids do not tell whether the shape was inferred.
    let inferred = parsed("first.npz", false, "").unwrap();
    let given = parsed("first.npz", false, "input = [2, 3, 4]").unwrap();
    assert_eq!(inferred, given);
}
