//! The keys of data with classes, and how inputs of data that the user has are scaled.

use std::path::PathBuf;

use super::field::fields;
use crate::config::types::{DataSet, InputPath, Optional, OrWord, ValueType as _, name};
use crate::data::synthetic::DrawnSet;
use crate::data::{ImageAxes, Scaling};

fields! {
    /// The part of a setting that says where data with classes are, and how inputs are scaled.
    pub struct Classes at (classes.), ROWS {
        [pub data] Deep, Given;
        labelled: Option<String> = "",
            Optional(DataSet),
            "data set with classes, for the mini-batch engine; a name of `falign data list` (its files are looked for, never fetched), or one that the run draws, `samples` and `held_out` of it with `input_dim` numbers in `outputs` classes: generated_images, small squares; mnist1d, sequences in the form of digits (published with 4000, 1000, 40 and 10)";
        labelled_data: Option<PathBuf> = "",
            Optional(InputPath("a folder, NPZ file, archive, CSV or NPY file")),
            "training and test set with classes: IDX files with MNIST's names, the binary CIFAR-10, or an NPZ file with x_train, y_train, x_test, y_test; or a training set as a table with a column of labels, whose test set is `held_out_data`; relative to the experiment file";
        image_axes: ImageAxes = "\"nchw\"",
            name::<ImageAxes>(),
            "axes of images in the NPZ file of `labelled_data`, arrays with four of them: nchw, samples, channels, rows, columns, as in PyTorch; nhwc, samples, rows, columns, channels, as in TensorFlow";
        [pub data] All, Given;
        data_dir: Option<PathBuf> = "",
            Optional(InputPath("a folder")),
            "where `labelled` is looked for first; then FALIGN_DATA, then the user's cache folder";
        [pub data] All, Neither;
        scaling: Option<Scaling> = "\"auto\"",
            OrWord("auto", name::<Scaling>()),
            "scaling of the inputs of `train_data` or of data with classes, by the training set alone: as stored, to [0, 1], by one mean and standard deviation, or by those of each input; auto: standardise with classes, none without";
    }
}

impl Classes {
    /// Whether the data have classes.
    pub fn are_named(&self) -> bool {
        self.labelled.is_some() || self.labelled_data.is_some()
    }

    /// The set that each run draws itself, if it does.
    pub(crate) fn drawn(&self) -> Option<DrawnSet> {
        DrawnSet::of(self.labelled.as_deref()?)
    }

    /// Whether the data have classes and come from files.
    pub(crate) fn are_stored(&self) -> bool {
        self.are_named() && self.drawn().is_none()
    }

    /// The scaling that `auto` stands for.
    pub fn resolved_scaling(&self) -> Scaling {
        self.scaling.unwrap_or(if self.are_named() {
            Scaling::Standardise
        } else {
            Scaling::None
        })
    }
}
