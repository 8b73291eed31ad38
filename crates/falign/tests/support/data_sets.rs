//! Folders from which tests get data sets.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use falign::data::Inputs;
use falign::data::synthetic::labelled_images;
use falign::internal::data::save_idx;
use falign::math::{StreamName, Streams};

/// The folder of the real MNIST, or a loud word that there is none.
pub(crate) fn real_mnist() -> Option<PathBuf> {
    let folder = std::env::var_os("FALIGN_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        // Not `eprintln`, which a passing test swallows.
        let text = b"SKIPPED: FALIGN_TEST_DATA does not name a folder with MNIST\n";
        std::io::stderr().write_all(text).unwrap();
    }
    folder
}

/// Writes four IDX files with MNIST's names: generated images of `side` x `side` pixels.
pub(crate) fn write_small_idx(folder: &Path, side: usize, train: usize, test: usize) {
    let sets = [
        ("train", StreamName::Data, train),
        ("t10k", StreamName::HeldOut, test),
    ];
    for (prefix, stream, samples) in sets {
        let data = labelled_images(Streams::new(1, 0), stream, samples, side, 10);
        let Inputs::Pixels(pixels) = data.inputs() else {
            panic!("images are pixels")
        };
        let pixels: Vec<u8> = pixels.iter().copied().collect();
        let labels = data.labels().iter().map(|l| u8::try_from(*l).unwrap());
        let path = |kind| folder.join(format!("{prefix}-{kind}-ubyte.gz"));
        save_idx(&path("images-idx3"), &[samples, side, side], &pixels).unwrap();
        save_idx(
            &path("labels-idx1"),
            &[samples],
            &labels.collect::<Vec<_>>(),
        )
        .unwrap();
    }
}
