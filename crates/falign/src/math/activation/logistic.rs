//! The logistic law as a scale mixture of normal laws.
//!
//! 2 kappa xi with xi ~ N(0, 1) and kappa of Kolmogorov's distribution is logistic (Andrews & Mallows
//! 1974). Hence tanh z = E erf(z/(sqrt 2 kappa)), sigmoid z = E Phi(z/(2 kappa)) and
//! softplus z = E (z + 2 kappa xi)_+.

/// Nodes and weights of a Gauss rule in log kappa for Kolmogorov's distribution.
///
/// Made by `tools/infinite_kernels.py nodes`.
pub(super) const LOGISTIC: [(f64, f64); 14] = [
    (0.258_003_455_925_254_3, 6.077_557_175_292_306e-7),
    (0.309_343_986_313_386_17, 8.832_167_249_054_97e-5),
    (0.367_983_775_687_463_4, 0.002_254_691_959_992_459_3),
    (0.438_916_258_604_838_3, 0.019_996_335_354_637_212),
    (0.526_972_356_820_285_3, 0.082_394_965_426_005_56),
    (0.637_659_120_675_990_1, 0.186_426_811_326_411_1),
    (0.777_031_045_402_535_8, 0.258_606_798_843_038_5),
    (0.950_794_695_418_697_3, 0.235_829_496_577_963_57),
    (1.162_849_912_825_747_5, 0.144_173_057_837_766_16),
    (1.415_085_068_777_139_2, 0.056_300_604_332_900_13),
    (1.709_661_061_693_383_2, 0.012_541_729_272_204_446),
    (2.051_922_310_169_217_7, 0.001_335_772_257_557_333_8),
    (2.455_403_244_339_606_3, 5.046_721_877_077_134_5e-5),
    (2.960_993_674_791_932_3, 3.401_645_446_951_504e-7),
];

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn the_rule_keeps_the_moments_of_the_logistic_law() {
        let mean = |of: &dyn Fn(f64) -> f64| LOGISTIC.iter().map(|(k, p)| p * of(*k)).sum::<f64>();
        // The slope of tanh at 0; the variance pi^2/3 of the logistic law; E softplus(0) = log 2.
        for (is, wanted) in [
            (mean(&|_| 1.0), 1.0),
            (mean(&|k| 1.0 / k), (0.5 * PI).sqrt()),
            (mean(&|k| 4.0 * k * k), PI * PI / 3.0),
            (mean(&|k| 2.0 * k), (2.0 * PI).sqrt() * 2f64.ln()),
        ] {
            assert!((is / wanted - 1.0).abs() < 1e-13, "{is} {wanted}");
        }
    }
}
