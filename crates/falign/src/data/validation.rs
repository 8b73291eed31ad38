//! A validation set taken from the training set, so that choices never touch the test set.

use super::labelled::Labelled;
use crate::math::{StreamName, Streams};
use crate::{Error, Result};

/// A training set parted in two; both keep the order of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Samples left to train on.
    pub train: Labelled,
    /// Samples by which choices are made.
    pub validation: Labelled,
}

impl Split {
    /// Takes `validation_samples` samples at random, by the stream `split`.
    ///
    /// Every set of that size is equally likely; classes are not balanced on purpose. With the
    /// same streams a larger validation set contains a smaller one.
    ///
    /// # Errors
    /// [`Error::Config`] unless both parts have a sample.
    ///
    /// # Example
    /// ```
    /// use falign::data::synthetic;
    /// use falign::internal::data::Split;
    /// use falign::math::{StreamName, Streams};
    /// let streams = Streams::new(7, 0);
    /// let all = synthetic::labelled_images(streams, StreamName::Data, 50, 4, 10);
    /// let split = Split::draw(&all, 10, streams)?;
    /// assert_eq!((split.train.samples(), split.validation.samples()), (40, 10));
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn draw(train: &Labelled, validation_samples: usize, streams: Streams) -> Result<Self> {
        let n = train.samples();
        if validation_samples == 0 || validation_samples >= n {
            return Err(Error::config(
                "validation_samples",
                validation_samples,
                format!(
                    "a whole number from 1 to {}, below the training set's {n}",
                    n - 1
                ),
            ));
        }
        let mut stream = streams.open(StreamName::Split);
        // The first of Fisher and Yates's exchanges: each draws one of those not yet drawn.
        let mut order: Vec<usize> = (0..n).collect();
        for drawn in 0..validation_samples {
            order.swap(drawn, drawn + stream.below(n - drawn));
        }
        let (validation, train_samples) = order.split_at_mut(validation_samples);
        validation.sort_unstable();
        train_samples.sort_unstable();
        Ok(Self {
            train: train.select(train_samples),
            validation: train.select(validation),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Inputs;
    use ndarray::Array2;

    /// n samples whose only input and label are their number.
    fn numbered(n: usize) -> Labelled {
        let x = Array2::from_shape_fn((n, 1), |(i, _)| u8::try_from(i).unwrap());
        Labelled::new(Inputs::Pixels(x.into()), vec![1], (0..n).collect(), n).unwrap()
    }

    fn validation(n: usize, count: usize, seed: u64) -> Vec<usize> {
        let split = Split::draw(&numbered(n), count, Streams::new(seed, 0)).unwrap();
        split.validation.labels().to_vec()
    }

    #[test]
    fn every_sample_is_in_one_part_in_its_order() {
        let split = Split::draw(&numbered(20), 6, Streams::new(1, 0)).unwrap();
        let (train, validation) = (split.train.labels(), split.validation.labels());
        assert_eq!((train.len(), validation.len()), (14, 6));
        assert!(train.is_sorted() && validation.is_sorted());
        let mut all = [train, validation].concat();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
        let Inputs::Pixels(x) = split.validation.inputs() else {
            panic!("pixels stay pixels")
        };
        assert!(
            x.iter()
                .zip(validation)
                .all(|(x, label)| usize::from(*x) == *label)
        );
    }

    #[test]
    fn the_split_is_the_seeds_and_larger_ones_contain_smaller_ones() {
        assert_eq!(validation(200, 50, 3), validation(200, 50, 3));
        assert_ne!(validation(200, 50, 3), validation(200, 50, 4));
        let large = validation(200, 80, 3);
        assert!(validation(200, 50, 3).iter().all(|i| large.contains(i)));
    }

    #[test]
    fn every_sample_is_equally_likely() {
        // 6000 draws of 3 of 10: each sample 1800 times, standard deviation 35.5; 5 of them.
        let mut counts = [0i32; 10];
        for seed in 0..6000 {
            for i in validation(10, 3, seed) {
                counts[i] += 1;
            }
        }
        assert!(
            counts.iter().all(|count| (count - 1800).abs() < 178),
            "{counts:?}"
        );
    }

    #[test]
    fn both_parts_must_have_a_sample() {
        for count in [0, 5, 6] {
            let error = Split::draw(&numbered(5), count, Streams::new(0, 0)).unwrap_err();
            assert!(error.to_string().contains("from 1 to 4"), "{error}");
        }
        Split::draw(&numbered(5), 4, Streams::new(0, 0)).unwrap();
    }
}
