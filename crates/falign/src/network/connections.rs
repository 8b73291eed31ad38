//! Connections that do not exist: forward weights that are 0 and stay so.

use ndarray::Array2;

use crate::Result;
use crate::math::{Scalar, StreamName, Streams};
use crate::stage::{Stage, Work, unstopped};

/// Connections of each layer that exist: 1 where one does and 0 elsewhere, (units, inputs);
/// `None` for a layer that has all.
pub type Connections<T> = Vec<Option<Array2<T>>>;

/// Draws connections from a run's stream `connections`: in a layer of sparsity s each is absent
/// with probability s, whatever the others are. `sparsity` has an entry in [0, 1) for each of
/// `shapes`, (units, inputs).
///
/// ```
/// use falign::math::Streams;
/// use falign::internal::network::draw_connections;
/// let drawn = draw_connections::<f64>(&[(30, 40), (10, 30)], &[0.0, 0.5], Streams::new(0, 0));
/// assert!(drawn[0].is_none());
/// let share = drawn[1].as_ref().unwrap().mean().unwrap();
/// assert!((share - 0.5).abs() < 0.1);
/// ```
///
/// # Panics
/// If there are not as many sparsities as shapes.
pub fn draw_connections<T: Scalar>(
    shapes: &[(usize, usize)],
    sparsity: &[f64],
    streams: Streams,
) -> Connections<T> {
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw_connections_of(shapes, sparsity, streams, &work)
    })
}

/// [`draw_connections`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn draw_connections_of<T: Scalar>(
    shapes: &[(usize, usize)],
    sparsity: &[f64],
    streams: Streams,
    work: &Work<'_>,
) -> Result<Connections<T>> {
    assert_eq!(shapes.len(), sparsity.len(), "a sparsity for each layer");
    let mut stream = streams.open(StreamName::Connections);
    shapes
        .iter()
        .zip(sparsity)
        .map(|(&shape, &sparsity)| {
            if sparsity <= 0.0 {
                return Ok(None);
            }
            let exists = work.draw(shape.0 * shape.1, || {
                if stream.uniform() < sparsity {
                    T::ZERO
                } else {
                    T::ONE
                }
            })?;
            let exists = Array2::from_shape_vec(shape, exists).expect("one for each entry");
            Ok(Some(exists))
        })
        .collect()
}
