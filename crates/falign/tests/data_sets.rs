//! Data sets in MNIST's form from files: small ones always, the real one where it is.

use falign::data::{Inputs, Labelled, load_train_test};
use falign::internal::data::catalogue::{Proof, find};
use falign::internal::data::{Scaling, Split};
use falign::math::Streams;

use crate::support::data_sets::{real_mnist, write_small_idx};

fn pixel_mean_and_deviation(data: &Labelled) -> (f64, f64) {
    let scaler = Scaling::Standardise.fit(data).unwrap();
    (scaler.shift()[0] / 255.0, scaler.divisor()[0] / 255.0)
}

#[test]
fn small_idx_files_go_all_the_way_to_batches() {
    let folder = std::env::temp_dir().join(format!("falign-small-idx-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    write_small_idx(&folder, 5, 60, 20);
    let (train, test) = load_train_test(&folder).unwrap().into_parts();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((train.samples(), test.samples()), (60, 20));
    assert_eq!((train.sample_shape(), train.classes()), (&[5, 5][..], 10));
    let split = Split::draw(&train, 12, Streams::new(1, 0)).unwrap();
    let scaler = Scaling::Standardise.fit(&split.train).unwrap();
    let mut batch = vec![0.0f32; 3 * 25];
    scaler.fill(&split.validation, &[0, 5, 11], &mut batch);
    assert_eq!(
        batch[25..50],
        scaler.scale::<f32>(&split.validation).row(5).to_vec()
    );
}

#[test]
fn the_real_mnist_is_what_everyone_trains_on() {
    let Some(folder) = real_mnist() else {
        return;
    };
    let entry = find("mnist").unwrap();
    let loaded = entry.load(&entry.locate(&[folder]).unwrap()).unwrap();
    assert!(
        loaded
            .files
            .iter()
            .all(|(_, proof)| *proof == Proof::Content)
    );
    let (train, test) = loaded.data.into_parts();
    assert_eq!((train.samples(), test.samples()), (60_000, 10_000));
    assert_eq!(train.labels()[..5], [5, 0, 4, 1, 9]);
    assert_eq!(test.labels()[..5], [7, 2, 1, 0, 4]);
    // The constants that everyone's programs standardise by, 0.1307 and 0.3081.
    let (mean, deviation) = pixel_mean_and_deviation(&train);
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    assert!((deviation - 0.3081).abs() < 5e-5, "{deviation}");
    let Inputs::Pixels(pixels) = train.inputs() else {
        panic!("pixels stay bytes")
    };
    let shown = pixels.iter().filter(|pixel| **pixel > 0).count() as f64;
    assert!((shown / pixels.len() as f64 - 0.191).abs() < 5e-4);
}
