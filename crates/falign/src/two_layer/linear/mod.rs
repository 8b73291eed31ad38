//! Linear networks at any width: exact, and no slower at 10^15 units than at 10^2.
//!
//! Feedback alignment runs as a recursion on n x k matrices; the other rules run the
//! sample-space engine on the m = n + 2k rotated units that the dynamics never leaves. Always
//! `f64`.

mod basis;
mod measure;
mod padded;
mod product;
mod recursion;
mod start;

use ndarray::Array2;

use self::recursion::{Parts, Recursion};
use self::start::Columns;
use super::sample_space::Units;
use super::snapshot::{Dynamics, Listening, Needs, Snapshot};
use super::{Problem, SampleSpace, Start, Weights};
use crate::Result;
use crate::math::Streams;
use crate::memory::{Extent, Need, Size};
use crate::rule::Feedback;
use crate::stage::{DRAW, Listener, Stage, Work, unstopped};

/// The linear engine.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 1_000_000_000_000, 0.02); // hidden units
/// let start = LinearStart::Gram { streams: Streams::new(1, 0), correlation: 0.0 };
/// let mut network = Linear::new(&problem, start, Needs::default());
/// let before = network.residual_norm();
/// for _ in 0..100 {
///     network.step();
/// }
/// assert!(network.residual_norm() < before);
/// ```
#[derive(Debug, Clone)]
pub struct Linear {
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Recursion(Box<Fixed>),
    Rotated(Box<SampleSpace<f64>>),
}

/// How the start is drawn.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, Start};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// // The weights themselves, or their Gram matrix alone, of any width: other numbers, the same law.
/// let weights = LinearStart::Weights(start);
/// let gram = LinearStart::Gram { streams, correlation: 0.0 };
/// for start in [weights, gram] {
///     assert!(Linear::new(&problem, start, Needs::default()).residual_norm() > 0.0);
/// }
/// ```
#[derive(Debug, Clone)]
pub enum LinearStart {
    /// W, beta and b.
    Weights(Start),
    /// Only their Gram matrix.
    Gram {
        /// The run's streams.
        streams: Streams,
        /// rho.
        correlation: f64,
    },
}

/// Fixed feedback: the recursion and what measurement needs.
#[derive(Debug, Clone)]
struct Fixed {
    problem: Problem,
    /// c, of which each step would take the root and the divisions again.
    gain: f64,
    recursion: Recursion,
    /// Gram matrix of [Z0 | Z*0 | beta0 | b].
    gram: Vec<f64>,
    held_out: usize,
    /// K over training samples and X* X'.
    kernel: Vec<f64>,
    cross_kernel: Vec<f64>,
    /// The columns themselves, where single units are measured.
    columns: Option<Columns>,
    start: Option<Start>,
    held_out_f0: Option<Vec<f64>>,
    step: u64,
}

impl Linear {
    /// Memory of [`new`](Self::new), besides the problem: for feedback that is fixed or not, and
    /// a start of single units or of their Gram matrix.
    pub(crate) fn memory(
        extent: &Extent,
        is_fixed: bool,
        needs: Needs,
        is_drawn: bool,
    ) -> Vec<Need> {
        use Size::{HeldOut, Inputs, Outputs, Samples, Width};
        // Inputs, held-out inputs, beta and b are columns; units, or as many as columns, are rows.
        let columns = [
            (Samples, 1.0),
            (HeldOut, f64::from(u8::from(needs.held_out))),
            (Outputs, 2.0),
        ]
        .map(|(size, factor)| (size, factor * extent.of(size)));
        let m: f64 = columns.iter().map(|column| column.1).sum();
        let by = columns.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let columns = (by.map_or(Samples, |by| by.0), m);
        let rows = if is_drawn {
            (Width, extent.width)
        } else {
            (columns.0, m.min(extent.width))
        };
        let mut all = vec![
            extent.array(16.0, &[Samples, Inputs]),
            extent.array(8.0, &[HeldOut, Inputs]),
            // Rows while they are drawn, with beta and b apart; blocks of them.
            Need::array(8.0, &[rows, columns]),
        ];
        if is_drawn {
            all.push(extent.array(16.0, &[Width, Outputs]));
        }
        if is_fixed {
            // Their Gram matrix, and a block's part of it or the recursion's copies; K and its
            // eigenvectors; the Gram matrices of a snapshot.
            all.push(Need::array(16.0, &[columns, columns]));
            all.push(extent.array(24.0, &[Samples, Samples]));
            all.push(extent.array(24.0, &[Outputs, Outputs]));
        } else {
            let rotated = Extent {
                width: m.min(extent.width),
                ..*extent
            };
            all.push(Need::array(8.0, &[columns, columns]));
            all.extend(SampleSpace::<f64>::memory_from_parts(&rotated, needs));
        }
        all
    }

    /// Starts a run. Cost: O(p n^2) for `Weights`, O(n^3) for `Gram`; per step O(n^2 k).
    ///
    /// # Panics
    /// If the activation is not the identity or dropout is on; an experiment's check refuses
    /// both.
    pub fn new(problem: &Problem, start: LinearStart, needs: Needs) -> Self {
        unstopped(|nobody| Self::with_listener(problem, start, needs, nobody))
    }

    /// [`new`](Self::new), unless it is stopped.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn with_listener(
        problem: &Problem,
        start: LinearStart,
        needs: Needs,
        listener: Listener<'_>,
    ) -> Result<Self> {
        assert!(
            problem.activation == crate::math::Activation::Linear && problem.dropout == 0.0,
            "the linear engine runs the identity activation without dropout"
        );
        let (n, d, k) = (problem.samples(), problem.input_dim(), problem.outputs());
        let mut inputs: Vec<f64> = problem.inputs.iter().copied().collect();
        let mut held_out = 0;
        if let (true, Some((x, _))) = (needs.held_out, &problem.held_out) {
            inputs.extend(x.iter());
            held_out = x.nrows();
        }
        let work = Work::new(
            listener,
            Self::work(problem, &start, inputs.len()),
            &Stage::weights,
        );
        let columns = match &start {
            LinearStart::Weights(start) => Columns::from_weights(problem, start, &inputs, &work)?,
            LinearStart::Gram {
                streams,
                correlation,
            } => Columns::from_gram(problem, *streams, *correlation, &inputs, &work)?,
        };
        if problem.feedback != Feedback::Random {
            let rotated = columns.rotated(&work)?;
            let m = rotated.count;
            let part = |from: usize, to: usize| -> Vec<f64> {
                rotated
                    .rows
                    .chunks(m)
                    .flat_map(|row| row[from..to].to_vec())
                    .collect()
            };
            let all = n + held_out;
            let units = Units {
                z0: &part(0, n),
                held_out_z0: &part(n, all),
                beta: &part(all, all + k),
                b: &part(all + k, all + 2 * k),
            };
            let engine = SampleSpace::from_parts(problem, units, needs, false, &work)?;
            return Ok(Self {
                form: Form::Rotated(Box::new(engine)),
            });
        }
        let gram = columns.gram(&work)?;
        let m = columns.count;
        let block = |rows: std::ops::Range<usize>, cols: std::ops::Range<usize>| -> Vec<f64> {
            rows.flat_map(|i| gram[i * m + cols.start..i * m + cols.end].to_vec())
                .collect()
        };
        let (beta, b) = (n + held_out..n + held_out + k, n + held_out + k..m);
        let kernel = work.products(&inputs[..n * d], &inputs[..n * d], d)?;
        let parts = Parts {
            kernel: kernel.clone(),
            feature: block(0..n, 0..n),
            z_beta: block(0..n, beta.clone()),
            z_b: block(0..n, b.clone()),
            b_beta: block(b.clone(), beta),
            b_b: block(b.clone(), b),
        };
        let targets: Vec<f64> = problem.targets.iter().copied().collect();
        let mut fixed = Fixed {
            recursion: Recursion::new(n, k, parts, &targets, problem.scale()),
            cross_kernel: work.products(&inputs[n * d..], &inputs[..n * d], d)?,
            kernel,
            held_out,
            columns: needs.units.then_some(columns),
            start: match start {
                LinearStart::Weights(start) => Some(start),
                LinearStart::Gram { .. } => None,
            },
            gram,
            held_out_f0: None,
            step: 0,
            gain: problem.gain(),
            problem: problem.clone(),
        };
        if problem.center_outputs {
            let residual = fixed.recursion.residual();
            let f0: Vec<f64> = residual.iter().zip(&targets).map(|(e, y)| e + y).collect();
            fixed.held_out_f0 = Some(fixed.held_out_outputs());
            fixed.recursion.subtract(&f0);
        }
        Ok(Self {
            form: Form::Recursion(Box::new(fixed)),
        })
    }

    /// Multiply-adds of a start, about: columns, their Gram matrix or rotation, and K.
    fn work(problem: &Problem, start: &LinearStart, inputs: usize) -> f64 {
        let d = problem.input_dim() as f64;
        let samples = inputs as f64 / d.max(1.0);
        let outputs = 2.0 * problem.outputs() as f64;
        let columns = samples + outputs;
        let (rows, drawn) = match start {
            LinearStart::Weights(_) => {
                let p = problem.width as f64;
                (p, p * (DRAW * (d + outputs) + inputs as f64))
            }
            LinearStart::Gram { .. } => {
                let m = columns.min(problem.width as f64);
                let factor = samples * inputs as f64 + samples.powi(3) / 6.0;
                (m, factor + m * (DRAW * columns + samples * samples))
            }
        };
        // Columns that are triangular need no rotation.
        let is_rotated = problem.feedback != Feedback::Random;
        let combined = match start {
            LinearStart::Gram { .. } if is_rotated => 0.0,
            _ => rows * columns * columns,
        };
        drawn + combined + samples * inputs as f64
    }
}

impl Listening for Linear {
    fn step_with_listener(&mut self, listener: Listener<'_>) -> Result<()> {
        match &mut self.form {
            Form::Rotated(engine) => engine.step_with_listener(listener),
            Form::Recursion(fixed) => {
                let factor = fixed.problem.factor(fixed.step);
                fixed.step += 1;
                let step = fixed.step;
                let tell = |share| listener.tell(Stage::step(step, share));
                let is_long = listener.of_step(fixed.recursion.work()).is_there();
                let tell = is_long.then_some(&tell as &dyn Fn(f64) -> Result<()>);
                fixed.recursion.step(fixed.gain, factor, tell)
            }
        }
    }

    fn snapshot_with_listener(&mut self, needs: Needs, listener: Listener<'_>) -> Result<Snapshot> {
        let fixed = match &mut self.form {
            Form::Recursion(fixed) => fixed,
            Form::Rotated(engine) => {
                let mut snapshot = engine.snapshot_with_listener(needs, listener)?;
                // Rotated units are no units: their maxima and their law mean nothing.
                for movement in [
                    &mut snapshot.output_movement,
                    &mut snapshot.decayed_movement,
                    &mut snapshot.hidden_movement,
                ]
                .into_iter()
                .flatten()
                {
                    movement.max = f64::NAN;
                }
                snapshot.conservation = None;
                return Ok(snapshot);
            }
        };
        let listener = listener.of_step(fixed.measuring_work());
        let stage = Stage::Measures {
            step: fixed.step,
            share: None,
        };
        // Before each part that takes long.
        let look = || listener.tell(stage);
        let beta = fixed.beta_coefficients(fixed.recursion.shrink);
        let shrink = fixed.recursion.shrink;
        look()?;
        let hidden = (needs.hidden_movement || needs.conservation).then(|| fixed.hidden_measures());
        look()?;
        let feature_kernel = needs.feature_kernel.then(|| fixed.feature_kernel());
        look()?;
        let feedback_kernel = needs.feedback_kernel.then(|| fixed.feedback_kernel());
        look()?;
        let output_gram = fixed.form(&beta, &beta);
        look()?;
        let output_movement = needs
            .output_movement
            .then(|| fixed.output_movement(shrink - 1.0));
        look()?;
        let decayed_movement = needs.output_movement.then(|| fixed.output_movement(0.0));
        look()?;
        Ok(Snapshot {
            residual: fixed.recursion.residual(),
            feature_kernel,
            feedback_kernel,
            output_gram,
            feedback_gram: fixed.feedback_gram(),
            cross_gram: fixed.recursion.cross.clone(),
            output_movement,
            decayed_movement,
            hidden_movement: hidden
                .as_ref()
                .filter(|_| needs.hidden_movement)
                .map(|h| h.0),
            conservation: hidden.filter(|_| needs.conservation).and_then(|h| h.1),
            shares: needs.shares.then(|| fixed.output_shares(&beta)),
            held_out_residual: match &fixed.problem.held_out {
                Some((_, y)) if needs.held_out => {
                    let f = fixed.held_out_outputs();
                    let f0 = |j: usize| fixed.held_out_f0.as_ref().map_or(0.0, |f0| f0[j]);
                    Some(
                        f.iter()
                            .zip(y)
                            .enumerate()
                            .map(|(j, (f, y))| f - f0(j) - y)
                            .collect(),
                    )
                }
                _ => None,
            },
        })
    }

    fn weights_with_listener(&mut self, listener: Listener<'_>) -> Result<Option<Weights>> {
        let Form::Recursion(fixed) = &self.form else {
            return Ok(None);
        };
        let Some(start) = &fixed.start else {
            return Ok(None);
        };
        let (n, d, k) = (
            fixed.problem.samples(),
            fixed.problem.input_dim(),
            fixed.problem.outputs(),
        );
        let inputs: Vec<f64> = fixed.problem.inputs.iter().copied().collect();
        let of_unit = 2.0 * DRAW * d as f64 + (1 + k) as f64 * inputs.len() as f64;
        let work = Work::new(
            listener,
            fixed.problem.width as f64 * of_unit,
            &Stage::weights,
        );
        let columns = Columns::from_weights(&fixed.problem, start, &inputs, &work)?;
        let p = columns.rows.len() / columns.count;
        let m = columns.count;
        let mut hidden = Array2::from_shape_vec((p, d), start.hidden_rows_of(0, p, d, &work)?)
            .expect("one row per unit");
        let mut output = Array2::zeros((p, k));
        let mut feedback = Array2::zeros((p, k));
        let r = &fixed.recursion;
        let (s, v) = (r.s(), r.v());
        for (unit, row) in columns.rows.chunks(m).enumerate() {
            let (beta0, b) = (&row[n..n + k], &row[n + k..]);
            for c in 0..k {
                feedback[(unit, c)] = b[c];
                let from_z: f64 = (0..n).map(|i| row[i] * v[i * k + c]).sum();
                let from_b: f64 = (0..k).map(|g| b[g] * r.along_b[g * k + c]).sum();
                output[(unit, c)] = r.shrink * beta0[c] + from_z + from_b;
                for i in 0..n {
                    let c = -b[c] * s[i * k + c];
                    hidden
                        .row_mut(unit)
                        .scaled_add(c, &fixed.problem.inputs.row(i));
                }
            }
            work.did((k * inputs.len()) as f64)?;
        }
        Ok(Some(Weights {
            hidden,
            output,
            feedback,
        }))
    }
}

impl Dynamics for Linear {
    fn steps_done(&self) -> u64 {
        match &self.form {
            Form::Rotated(engine) => engine.steps_done(),
            Form::Recursion(fixed) => fixed.step,
        }
    }

    fn residual_norm(&self) -> f64 {
        match &self.form {
            Form::Rotated(engine) => engine.residual_norm(),
            Form::Recursion(fixed) => fixed.recursion.norm(),
        }
    }
}
