//! A batch on its way up.

use ndarray::Array2;

use super::WHOLE;
use crate::math::simd::Element;
use crate::math::{Activation, Stream, activate, multiply, rectify};
use crate::network::Input;
use crate::rule::{Layer, Mode, States, Trace};

/// Runs a batch forward through `layers` into `trace`. `dropout`: its rate and its masks'
/// stream.
pub(super) fn run<T: Element>(
    layers: &[Layer<T>],
    trace: &mut Trace<T>,
    input: &dyn Input<T>,
    mut dropout: Option<(f64, &mut Stream)>,
) {
    let last = layers.len() - 1;
    for (at, layer) in layers.iter().enumerate() {
        let is_hidden = at < last;
        let gate = trace.gate();
        let is_gated = gate.replaces(layer.activation);
        let is_rectified =
            is_hidden && layer.activation == Activation::Relu && dropout.is_none() && !is_gated;
        // By the inputs' product, with its sums in registers.
        let is_rectified_there = at == 0 && is_rectified && layer.bias.is_none();
        let (below, rest) = trace.activities.split_at_mut(at);
        let z = rest.first_mut().unwrap_or(&mut trace.outputs);
        let (weights, factor) = (&layer.weights.view(), layer.factor);
        let mut out = z.view_mut();
        match below.last() {
            Some(below) => multiply(T::ZERO, &mut out, factor, &below.view(), &weights.t()),
            None if is_rectified_there => input.forward_rectified(weights, factor, &mut out),
            None => input.forward(weights, factor, &mut out),
        }
        if let Some(bias) = &layer.bias {
            *z += bias;
        }
        if is_rectified {
            let activities = trace.rectified_mut(at);
            if !is_rectified_there {
                rectify(activities.as_slice_mut().expect(WHOLE));
            }
        } else if is_hidden {
            if let Some([z, gates]) = trace.gated_mut(at) {
                if is_gated {
                    let (z, gates) = (z.as_slice().expect(WHOLE), gates.as_slice_mut());
                    gate.write(z, gates.expect(WHOLE));
                } else {
                    gates.fill(T::ONE);
                }
            }
            let [activities, slopes] = trace.activated_mut(at);
            activate(
                layer.activation,
                activities.as_slice_mut().expect(WHOLE),
                slopes.as_slice_mut().expect(WHOLE),
            );
            if let Some((rate, stream)) = &mut dropout {
                silence(trace.silenced_mut(at), *rate, stream);
            }
        }
    }
    subtract_offset(trace, input);
}

/// Runs a batch through layers that are wired freely.
pub(super) fn run_wired<T: Element>(
    layers: &[Layer<T>],
    trace: &mut Trace<T>,
    states: &mut States<T>,
    input: &dyn Input<T>,
    mode: Mode,
) {
    run_laid_out(layers, trace, states, input, mode);
    trace.write_activities();
}

/// [`run_wired`], but that activities stay where they are laid out, and those of the trace are arbitrary.
pub(super) fn run_laid_out<T: Element>(
    layers: &[Layer<T>],
    trace: &mut Trace<T>,
    states: &mut States<T>,
    input: &dyn Input<T>,
    mode: Mode,
) {
    let mut mode = Some(mode);
    input.show(&mut |rows| {
        let mode = mode.take().expect("shown once");
        trace.run(layers, states, rows, mode);
    });
    subtract_offset(trace, input);
}

fn subtract_offset<T: Element>(trace: &mut Trace<T>, input: &dyn Input<T>) {
    trace.offset = input.offset().map(|offset| offset.to_owned());
    if let Some(offset) = &trace.offset {
        trace.outputs -= offset;
    }
}

/// Silences hidden units at this rate, and multiplies what the others send: activities and what belongs to them.
fn silence<T: Element>(of_units: [&mut Array2<T>; 3], rate: f64, stream: &mut Stream) {
    let kept = T::from_f64(1.0 / (1.0 - rate));
    let mut arrays = of_units.map(|array| array.as_slice_mut().expect(WHOLE));
    for at in 0..arrays[0].len() {
        let mask = if stream.uniform() < rate {
            T::ZERO
        } else {
            kept
        };
        for array in &mut arrays {
            if let Some(number) = array.get_mut(at) {
                *number = *number * mask;
            }
        }
    }
}
