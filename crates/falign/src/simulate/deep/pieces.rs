//! Pieces of a run that nothing interrupts: a step of a large network, and its measures.

use std::sync::Arc;
use std::time::Duration;

use super::observer::Observer;
use crate::Result;
use crate::math::Streams;
use crate::math::simd::Element;
use crate::network::{Examples, Network, Running, Training, TrainingOptions};
use crate::simulate::watch::{Watch, prepare};
use crate::stage::{Listener, Stage, apart, is_long as is_long_work};

/// Time that a piece has to end once it is to stop. What a run has done is then kept in its checkpoint;
/// of a piece that takes longer nobody waits for the end, and the run goes on from the checkpoint before.
const PATIENCE: Duration = Duration::from_secs(2);

/// Does a piece of so many multiply-adds: on a separate thread if it is long and somebody may stop it.
fn piece<V: Send + 'static>(
    watch: Option<&Watch>,
    work: f64,
    stage: Stage,
    piece: impl FnOnce(Listener<'_>) -> V + Send + 'static,
) -> Result<V> {
    prepare(watch, |listener| {
        if listener.leaves(work) {
            apart(listener, stage, PATIENCE, piece)
        } else {
            Ok(piece(listener.of_step(work)))
        }
    })
}

/// The training of a network from its start on, which shows it all samples where outputs are centred.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where the watch says so.
pub(super) fn begin<T: Element>(
    watch: Option<&Watch>,
    network: Network<T>,
    examples: Arc<Examples>,
    options: TrainingOptions,
    streams: Streams,
) -> Result<Box<Training<T>>> {
    let shown = if options.center_outputs {
        examples.samples()
    } else {
        0
    };
    let work = shown as f64 * network.multiply_adds();
    let stage = Stage::Measures {
        step: 0,
        share: None,
    };
    piece(watch, work, stage, move |_| {
        let untaught = options.center_outputs.then(|| network.untaught());
        let start = || untaught.expect("made where outputs are centred");
        Box::new(Training::new(network, start, examples, options, streams))
    })
}

/// Whether the next step is long enough to be left where it is to stop.
pub(super) fn is_long<T: Element>(watch: Option<&Watch>, training: &Training<T>) -> bool {
    let work = training.step_work();
    watch.is_some() && is_long_work(work)
}

/// One step, with the loss that it gives.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where the watch says so, and the step goes on for too long.
pub(super) fn step<T: Element>(
    watch: Option<&Watch>,
    mut training: Box<Training<T>>,
) -> Result<(Box<Training<T>>, f64)> {
    let stage = Stage::Step {
        step: training.network().steps_done() + 1,
        share: None,
    };
    piece(watch, training.step_work(), stage, move |_| {
        let loss = training.step();
        (training, loss)
    })
}

/// A training with what was measured of it, or the reason why it was not.
type Seen<T> = (Box<Training<T>>, Result<Vec<f64>>);

/// A row of measures; [`Error::Stopped`](crate::Error::Stopped) in its place where the watch says so.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where a part of them goes on for too long after that.
pub(super) fn row<T: Element>(
    watch: Option<&Watch>,
    observer: &Arc<Observer>,
    mut training: Box<Training<T>>,
    running: Running,
) -> Result<Seen<T>> {
    let stage = Stage::Measures {
        step: training.network().steps_done(),
        share: None,
    };
    let work = observer.work(training.network());
    let observer = Arc::clone(observer);
    piece(watch, work, stage, move |listener| {
        let row = observer.row(&mut training, running, listener);
        (training, row)
    })
}
