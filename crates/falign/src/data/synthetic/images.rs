//! Small images, each its class's pattern with noise.

use ndarray::Array2;

use crate::Result;
use crate::data::labelled::{Inputs, Labelled};
use crate::math::{StreamName, Streams};
use crate::stage::{DRAW, Listener, Stage, Work, unstopped};

/// Small images that a network can learn: each class has a random pattern of `side` x `side`
/// pixels, each sample is its class's pattern with noise. Classes take turns: sample i has
/// label i mod `classes`.
///
/// `stream` is [`StreamName::Data`] for training and [`StreamName::HeldOut`] for test samples;
/// the patterns are the same for both. Pixels are 128 + 48 (pattern + noise), both standard
/// normal, cut off at 0 and 255. The form of MNIST without MNIST, for tests and trials.
///
/// # Panics
/// If `samples`, `side` or `classes` is 0.
///
/// # Example
/// ```
/// use falign::data::synthetic::labelled_images;
/// use falign::math::{StreamName, Streams};
/// let train = labelled_images(Streams::new(7, 0), StreamName::Data, 100, 8, 10);
/// assert_eq!(train.sample_shape(), [8, 8]);
/// assert_eq!(train.labels().iter().filter(|&&label| label == 3).count(), 10);
/// ```
pub fn labelled_images(
    streams: Streams,
    stream: StreamName,
    samples: usize,
    side: usize,
    classes: usize,
) -> Labelled {
    let shape = [samples, side, classes];
    unstopped(|nobody| labelled_images_with_listener(streams, stream, shape, nobody))
}

/// [`labelled_images`], unless it is stopped.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(super) fn labelled_images_with_listener(
    streams: Streams,
    stream: StreamName,
    [samples, side, classes]: [usize; 3],
    listener: Listener<'_>,
) -> Result<Labelled> {
    let input_dim = side * side;
    let drawn = (samples + classes) as f64 * input_dim as f64;
    let work = Work::new(listener, DRAW * drawn, &Stage::data);
    let mut of_classes = streams.open(StreamName::TeacherHidden);
    let patterns = work.draw(classes * input_dim, || of_classes.normal())?;
    let mut noise = streams.open(stream);
    let labels: Vec<usize> = (0..samples).map(|sample| sample % classes).collect();
    let mut place = 0;
    let pixels = work.draw(samples * input_dim, || {
        let (label, pixel) = (labels[place / input_dim], place % input_dim);
        place += 1;
        pixel_of(patterns[label * input_dim + pixel] + noise.normal())
    })?;
    let pixels = Array2::from_shape_vec((samples, input_dim), pixels).expect("a row for a sample");
    Ok(Labelled::new(
        Inputs::Pixels(pixels.into()),
        vec![side, side],
        labels,
        classes,
    )
    .expect("sizes above 0, and labels below the number of classes"))
}

fn pixel_of(value: f64) -> u8 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off at the limits of a byte"
    )]
    let pixel = (128.0 + 48.0 * value).round().clamp(0.0, 255.0) as u8;
    pixel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_images_can_be_told_apart_by_their_class_means() {
        let streams = Streams::new(5, 0);
        let (side, classes) = (6, 4);
        let draw = |stream, samples| labelled_images(streams, stream, samples, side, classes);
        let (train, test) = (draw(StreamName::Data, 80), draw(StreamName::HeldOut, 40));
        assert_ne!(
            train.select(&[0, 1]).inputs(),
            test.select(&[0, 1]).inputs()
        );
        let pixels = |data: &Labelled| match data.inputs() {
            Inputs::Pixels(x) => x.mapv(f64::from),
            _ => panic!("images are pixels"),
        };
        let (x, z) = (pixels(&train), pixels(&test));
        let mut means = Array2::<f64>::zeros((classes, side * side));
        for (row, label) in x.rows().into_iter().zip(train.labels()) {
            means.row_mut(*label).scaled_add(1.0 / 20.0, &row);
        }
        let nearest = |row: ndarray::ArrayView1<f64>| {
            let distance = |c: &usize| (&row - &means.row(*c)).mapv(|a| a * a).sum();
            (0..classes).min_by(|a, b| f64::total_cmp(&distance(a), &distance(b)))
        };
        let right = z
            .rows()
            .into_iter()
            .zip(test.labels())
            .filter(|(row, label)| nearest(*row) == Some(**label));
        assert!(right.count() >= 38);
    }
}
