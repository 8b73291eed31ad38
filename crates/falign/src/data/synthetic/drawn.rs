//! Data with classes that a run draws itself.

use super::{images, mnist1d};
use crate::Result;
use crate::data::labelled::Labelled;
use crate::math::{StreamName, Streams};
use crate::stage::Listener;

/// A set of samples with classes that a run draws, by the name that files give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrawnSet {
    /// Small images: [`labelled_images`](super::labelled_images).
    Images,
    /// Sequences in the form of ten digits: [`mnist1d`].
    Mnist1d,
}

impl DrawnSet {
    /// Sets that there are.
    pub(crate) const ALL: [Self; 2] = [Self::Images, Self::Mnist1d];

    /// Name of the set in experiment files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Images => "generated_images",
            Self::Mnist1d => "mnist1d",
        }
    }

    /// The set of that name, if runs draw it.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Sentence on where the set is described, if it is not our own.
    pub(crate) fn source(self) -> Option<&'static str> {
        match self {
            Self::Images => None,
            Self::Mnist1d => Some(mnist1d::SOURCE),
        }
    }

    /// Reason why a sample cannot have so many inputs, with the fix.
    pub(crate) fn refuses_inputs(self, inputs: usize) -> Option<&'static str> {
        match self {
            Self::Images => (inputs.isqrt().pow(2) != inputs).then_some(
                "generated images are squares; give the square of their side, such as 64",
            ),
            Self::Mnist1d => (inputs < mnist1d::LEAST_LENGTH).then_some(
                "a sequence of mnist1d has at least 2 places; give 40, the published length",
            ),
        }
    }

    /// Reason why there cannot be so many classes, with the fix.
    pub(crate) fn refuses_classes(self, classes: usize) -> Option<&'static str> {
        let is_refused = self == Self::Mnist1d && !(2..=mnist1d::CLASSES).contains(&classes);
        is_refused
            .then_some("mnist1d has 2 to 10 classes, the first digits; give 10 for all of them")
    }

    /// Bytes in memory of an input of a sample.
    pub(crate) fn input_bytes(self) -> f64 {
        match self {
            Self::Images => 1.0,
            Self::Mnist1d => 8.0,
        }
    }

    /// Draws (samples, inputs, classes) of it from a stream: of training or of test samples.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    ///
    /// # Panics
    /// If inputs or classes are refused.
    pub(crate) fn draw(
        self,
        streams: Streams,
        stream: StreamName,
        shape: [usize; 3],
        listener: Listener<'_>,
    ) -> Result<Labelled> {
        let [samples, inputs, classes] = shape;
        match self {
            Self::Images => {
                let shape = [samples, inputs.isqrt(), classes];
                images::labelled_images_with_listener(streams, stream, shape, listener)
            }
            Self::Mnist1d => mnist1d::draw(streams, stream, shape, listener),
        }
    }
}
