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
    set(Inputs::Reals(
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
    let reals = set(Inputs::Reals(array![[0.1, 0.1, 0.1]].into()));
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

#[test]
fn names_are_those_of_serde() {
    for scaling in Scaling::ALL {
        assert_eq!(serde_json::to_value(scaling).unwrap(), scaling.name());
    }
}
