//! One run, looked at on its way: a thread runs, the iterator asks.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use falign::internal::fault::caught;
use falign::internal::plan::inputs;
use falign::internal::simulate::watch::Watch;
use falign::internal::simulate::{Context, Look, Outcome, SavedWeights, watched};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::error::{OrRaise, config};
use crate::rule::PythonRule;
use crate::runs::weights;
use crate::train::{OwnRule, in_memory_only, own_experiment};

/// As in `supervise`.
const TICK: Duration = Duration::from_millis(50);

enum Message {
    Look(u64, Vec<f64>, Option<SavedWeights>),
    Ended(falign::Result<Option<Outcome>>),
}

/// An iterator over the recorded steps of one run. The run is at most two records ahead of who
/// asks; dropping the iterator ends it.
#[pyclass(module = "falign._core")]
#[derive(Debug)]
pub(crate) struct Iteration {
    receive: Mutex<Receiver<Message>>,
    watch: Arc<Watch>,
    quantities: Vec<String>,
    outcome: Option<(&'static str, Option<u64>)>,
    /// Rule of one's own, whose exceptions end the iteration.
    rule: Option<Arc<PythonRule>>,
}

/// A step, the values of all quantities, and the weights where they are wanted and exist.
type Seen<'py> = (u64, Bound<'py, PyArray1<f64>>, Option<Bound<'py, PyDict>>);

#[pymethods]
impl Iteration {
    /// Starts run `run` of an experiment with one setting.
    #[new]
    fn new(
        flat: &Bound<'_, PyDict>,
        data: Option<&Data>,
        run: u64,
        with_weights: bool,
        rule: Option<OwnRule>,
    ) -> PyResult<Self> {
        let watch = Arc::new(Watch::default());
        let (experiment, sources, rule) =
            own_experiment(flat, data.map(in_memory_only), rule, &watch)?;
        inputs::check(&experiment, &sources).or_raise()?;
        let settings = experiment.settings.len();
        if settings != 1 {
            let allowed = "an iteration is over one run of one setting; drop sweep and case";
            return Err(config("sweep", format!("{settings} settings"), allowed));
        }
        let setting = experiment.settings[0].setting.clone();
        let quantities = setting.quantities.iter();
        let quantities = quantities.map(|q| q.name().into_owned()).collect();
        let (send, receive) = sync_channel(1);
        let own = Arc::clone(&watch);
        std::thread::spawn(move || {
            let context = Context {
                watch: Some(&own),
                ..Context::new(&sources)
            };
            let mut observe = |look: Look<'_>| {
                let weights = if with_weights { (look.weights)() } else { None };
                let message = Message::Look(look.step, look.values.to_vec(), weights);
                tell(&send, &own, message);
            };
            let mut goes_on = |_| !own.stop.load(Ordering::Relaxed);
            let ended = caught(
                || format!("run {run}"),
                || watched(&setting, run, context, &mut goes_on, &mut observe),
            );
            let ended = ended.map(|run| run.map(|run| run.rows.outcome));
            tell(&send, &own, Message::Ended(ended));
        });
        Ok(Self {
            receive: Mutex::new(receive),
            watch,
            quantities,
            outcome: None,
            rule,
        })
    }

    /// Names of the values.
    #[getter]
    fn quantities(&self) -> Vec<String> {
        self.quantities.clone()
    }

    /// How the run ended and at which step, once it has.
    #[getter]
    fn outcome(&self) -> Option<(&'static str, Option<u64>)> {
        self.outcome
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Seen<'py>>> {
        loop {
            let receive = &self.receive;
            let message = py.detach(|| {
                let receive = receive.lock().unwrap_or_else(PoisonError::into_inner);
                receive.recv_timeout(TICK)
            });
            match message {
                Ok(Message::Look(step, values, found)) => {
                    let found = found.map(|found| weights(py, &found)).transpose()?;
                    return Ok(Some((step, values.into_pyarray(py), found)));
                }
                Ok(Message::Ended(ended)) => {
                    if let Some(raised) = self.rule.as_ref().and_then(|rule| rule.failure()) {
                        return Err(raised);
                    }
                    let outcome = ended.or_raise()?;
                    self.outcome = outcome.map(|outcome| (outcome.name(), outcome.step()));
                    return Ok(None);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            }
        }
    }

    /// Ends the run.
    fn close(&self) {
        self.watch.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Iteration {
    fn drop(&mut self) {
        self.watch.stop.store(true, Ordering::Relaxed);
    }
}

/// Sends, and stops the run where nobody listens any more.
fn tell(send: &SyncSender<Message>, watch: &Watch, message: Message) {
    if send.send(message).is_err() {
        watch.stop.store(true, Ordering::Relaxed);
    }
}
