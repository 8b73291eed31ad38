use super::*;
use ndarray::{Axis, array};

fn set(inputs: Inputs) -> Labelled {
    let (samples, input_dim) = inputs.dim();
    Labelled::new(inputs, vec![input_dim], vec![0; samples], 1).unwrap()
}

fn pixels() -> Labelled {
    set(Inputs::Pixels(
        array![[0, 10, 7], [255, 20, 7], [30, 90, 7]].into(),
    ))
}

fn reals() -> Labelled {
    set(Inputs::Singles(
        array![[0.5, -1.0, 0.1], [2.5, 4.0, 0.1], [9.0, 1.5, 0.1]].into(),
    ))
}

/// Rounding of sums of a few numbers of order one.
const ROUNDING: f64 = 1e-14;

#[test]
fn standardised_training_inputs_have_mean_zero_and_deviation_one() {
    for data in [pixels(), reals()] {
        let x = Scaling::Standardise.fit(&data).unwrap().scale::<f64>(&data);
        assert!(x.mean().unwrap().abs() < ROUNDING);
        assert!((x.std(0.0) - 1.0).abs() < ROUNDING);
        let x = Scaling::StandardisePerFeature
            .fit(&data)
            .unwrap()
            .scale::<f64>(&data);
        for (column, x) in x.axis_iter(Axis(1)).enumerate() {
            let deviation = if column == 2 { 0.0 } else { 1.0 };
            assert!(x.mean().unwrap().abs() < ROUNDING);
            assert!((x.std(0.0) - deviation).abs() < ROUNDING, "{column}");
        }
    }
}

#[test]
fn statistics_are_the_training_sets_alone() {
    let train = set(Inputs::Pixels(array![[1, 5], [3, 5]].into()));
    let test = set(Inputs::Pixels(array![[7, 9]].into()));
    let scaler = Scaling::StandardisePerFeature.fit(&train).unwrap();
    assert_eq!(
        (scaler.shift(), scaler.divisor()),
        (&[2.0, 5.0][..], &[1.0, f64::INFINITY][..])
    );
    // The second input is constant in training: it says nothing, whatever the test has.
    assert_eq!(scaler.scale::<f64>(&test), array![[5.0, 0.0]]);
}

#[test]
fn the_largest_input_is_the_largest_of_the_scaled() {
    let data = set(Inputs::Singles(array![[0.25, -0.5], [0.125, 0.0]].into()));
    let scaler = Scaling::None.fit(&data).unwrap();
    assert_eq!(scaler.largest(&data).to_bits(), 0.5f64.to_bits());
}

#[test]
fn units_and_raw_inputs() {
    let data = pixels();
    let unit = Scaling::Unit.fit(&data).unwrap().scale::<f64>(&data);
    assert_eq!(unit.row(1), array![1.0, 20.0 / 255.0, 7.0 / 255.0]);
    let raw = Scaling::None.fit(&data).unwrap().scale::<f32>(&data);
    assert_eq!(raw.row(2), array![30.0, 90.0, 7.0]);
    let data = reals();
    let unit = Scaling::Unit.fit(&data).unwrap().scale::<f64>(&data);
    assert_eq!(
        unit.row(0),
        array![0.15, 0.0, (f64::from(0.1f32) + 1.0) / 10.0]
    );
}

#[test]
fn a_batch_is_those_rows_in_that_order() {
    for (data, scaling) in [pixels(), reals()]
        .iter()
        .flat_map(|d| Scaling::ALL.map(|s| (d, s)))
    {
        let scaler = scaling.fit(data).unwrap();
        let all = scaler.scale::<f32>(data);
        let mut batch = [0.0; 6];
        scaler.fill(data, &[2, 0], &mut batch);
        let expected: Vec<f32> = all.row(2).iter().chain(all.row(0)).copied().collect();
        assert_eq!(batch[..], expected[..], "{}", scaling.name());
    }
}

#[test]
fn inputs_that_are_all_equal_cannot_be_scaled() {
    let pixels = set(Inputs::Pixels(array![[7, 7]].into()));
    // A mean of three of these is not exactly one of them.
    let reals = set(Inputs::Singles(array![[0.1, 0.1, 0.1]].into()));
    for (data, scaling) in [
        (&pixels, Scaling::Standardise),
        (&reals, Scaling::Standardise),
        (&reals, Scaling::Unit),
    ] {
        let text = scaling.fit(data).unwrap_err().to_string();
        assert!(
            text.contains(scaling.name()) && text.contains("all equal"),
            "{text}"
        );
    }
    let x = Scaling::StandardisePerFeature
        .fit(&reals)
        .unwrap()
        .scale::<f32>(&reals);
    assert_eq!(x, array![[0.0, 0.0, 0.0]]);
}

/// Equal numbers in single and in double precision, as stored in each.
#[test]
fn doubles_are_rounded_once_after_scaling() {
    // In single precision these are all equal, or differ by a whole spacing.
    let doubles = array![[1.0 + 1e-12, 1e6], [1.0 - 1e-12, 1e6 + 1e-3]];
    let data = set(Inputs::Reals(doubles.into()));
    for scaling in [
        Scaling::Unit,
        Scaling::Standardise,
        Scaling::StandardisePerFeature,
    ] {
        let scaler = scaling.fit(&data).unwrap();
        let exact = scaler.scale::<f64>(&data);
        let single = scaler.scale::<f32>(&data);
        assert_eq!(
            exact.mapv(<f32 as crate::math::Scalar>::from_f64),
            single,
            "{}",
            scaling.name()
        );
    }
    let x = Scaling::StandardisePerFeature.fit(&data).unwrap();
    let x = x.scale::<f64>(&data);
    // 1e-12 is stored with an error of 1e-16 next to 1, and 1e-3 with one of 1e-10 next to 10^6.
    for (found, expected) in x.iter().zip([1.0, -1.0, -1.0, 1.0]) {
        assert!((found - expected).abs() < 1e-3, "{x}");
    }
    let widened = |x: &Labelled| match x.inputs() {
        Inputs::Singles(x) => set(Inputs::Reals(x.mapv(f64::from).into())),
        _ => unreachable!("they are singles"),
    };
    for scaling in Scaling::ALL {
        let scaled = |data: &Labelled| scaling.fit(data).unwrap().scale::<f64>(data);
        assert_eq!(
            scaled(&reals()),
            scaled(&widened(&reals())),
            "{}",
            scaling.name()
        );
    }
}

#[test]
fn the_sizes_of_numbers_do_not_matter() {
    for unit in [1e-300, 1e-160, 1.0, 1e160, 1e290] {
        let data = set(Inputs::Reals(
            array![[0.0, unit], [unit, 0.0], [unit, unit]].into(),
        ));
        for scaling in [Scaling::Standardise, Scaling::StandardisePerFeature] {
            let x = scaling.fit(&data).unwrap().scale::<f64>(&data);
            assert!((x.std(0.0) - 1.0).abs() < ROUNDING, "{unit:e}: {x}");
        }
    }
    let data = set(Inputs::Reals(array![[0.0, 1.0], [1e300, 1.0]].into()));
    let text = Scaling::Unit.fit(&data).unwrap_err().to_string();
    assert!(
        text.contains("1e300 at row 1, column 0") && text.contains("1e290"),
        "{text}"
    );
    Scaling::None.fit(&data).unwrap();
}

#[test]
fn the_largest_is_that_of_all_scaled_inputs() {
    let scaler = Scaling::None.fit(&reals()).unwrap();
    let large = set(Inputs::Reals(array![[1.0, -1e300, 0.0]].into()));
    for (data, expected) in [(reals(), 9.0f64), (large, 1e300)] {
        assert_eq!(scaler.largest(&data).to_bits(), expected.to_bits());
    }
}

#[test]
fn names_are_those_of_serde() {
    for scaling in Scaling::ALL {
        assert_eq!(serde_json::to_value(scaling).unwrap(), scaling.name());
    }
}
