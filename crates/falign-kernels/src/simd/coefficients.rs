//! Coefficients of the vector functions: minimax polynomials by Remez' algorithm in 40 digits
//! (`tools/minimax.py` prints them), rounded to the type.

/// Polynomials, lowest power first, and the ranges beyond which nothing changes.
pub trait Coefficients: Sized + 'static {
    /// (exp(r) - 1 - r)/r^2 on |r| <= ln(2)/2.
    const EXPM1: &'static [Self];
    /// erf(x)/x in u = x^2 on [0, 1].
    const ERF_CENTRE: &'static [Self];
    /// -log erfc(x) on [1, `ERF_LIMIT`], weighted by erfc(x).
    const ERF_TAIL: &'static [Self];
    /// 2 atanh(w)/w in u = w^2 on [0, 1/9].
    const TWICE_ATANH: &'static [Self];
    /// 1/x on [1/2, 1], from where Newton's steps go on; empty where the division instruction is
    /// faster.
    const RECIPROCAL: &'static [Self];
    /// log2(e).
    const LOG2_E: Self;
    /// ln 2, upper part (few bits) and the rest.
    const LN_2: [Self; 2];
    /// ln(2)/2, rounded once.
    const HALF_LN_2: Self;
    /// 1.5 times 2^(bits of the mantissa) plus the exponent's bias: adding it rounds to an integer in
    /// the low bits, from where a shift makes a power of two.
    const ROUND: Self;
    /// Least number from which tanh is 1.
    const TANH_LIMIT: Self;
    /// Least number from which erf is 1.
    const ERF_LIMIT: Self;
    /// Largest x for which exp(-x) is a normal number.
    const EXP_LIMIT: Self;
}

#[allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "as printed"
)]
impl Coefficients for f32 {
    const EXPM1: &'static [Self] = &[
        0.5,
        0.1666654497385025,
        0.041666287928819656,
        0.008366374298930168,
        0.0013946049148216844,
    ];
    const ERF_CENTRE: &'static [Self] = &[
        1.1283791065216064,
        -0.3761262595653534,
        0.11283600330352783,
        -0.026854444295167923,
        0.005189535208046436,
        -0.0008020841632969677,
        7.88912147982046e-05,
    ];
    const ERF_TAIL: &'static [Self] = &[
        -0.00018803625425789505,
        1.1295783519744873,
        0.6332198977470398,
        0.1084185466170311,
        -0.025208236649632454,
        0.004204554948955774,
        -0.00044133502524346113,
        2.1686741092707962e-05,
    ];
    const TWICE_ATANH: &'static [Self] = &[
        2.0,
        0.6666631102561951,
        0.4002511501312256,
        0.2795766592025757,
        0.28191548585891724,
    ];
    const RECIPROCAL: &'static [Self] = &[];
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN_2: [Self; 2] = [0.693_359_4, -2.121_944_4e-4];
    const HALF_LN_2: Self = 0.5 * std::f32::consts::LN_2;
    const ROUND: Self = 12_582_912.0 + 127.0;
    const TANH_LIMIT: Self = 9.05;
    const ERF_LIMIT: Self = 3.95;
    const EXP_LIMIT: Self = 87.0;
}

#[allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "as printed"
)]
impl Coefficients for f64 {
    const EXPM1: &'static [Self] = &[
        0.5000000000000004,
        0.16666666666666685,
        0.04166666666658178,
        0.008333333333315594,
        0.0013888888930271934,
        0.00019841269901053868,
        2.4801506560247838e-05,
        2.7557229570113556e-06,
        2.762560075125209e-07,
        2.5114002382858707e-08,
    ];
    const ERF_CENTRE: &'static [Self] = &[
        1.1283791670955126,
        -0.3761263890318355,
        0.11283791670945252,
        -0.026866170643276024,
        0.005223977607422219,
        -0.0008548325989650256,
        0.00012055295319441906,
        -1.4924744648634377e-05,
        1.6447517554440965e-06,
        -1.6209175345773597e-07,
        1.3722975224490983e-08,
        -7.801189188553429e-10,
    ];
    const ERF_TAIL: &'static [Self] = &[
        5.132248006102655e-07,
        1.1283739918817495,
        0.6366440542908348,
        0.1027022921521426,
        -0.018988046746168153,
        -0.00041352969051361877,
        0.0019189380406622809,
        -0.0007730366304684553,
        0.00013654990385318134,
        1.9526048403976142e-05,
        -2.253417742359756e-05,
        8.579194685026588e-06,
        -2.11490063439653e-06,
        3.695839589855167e-07,
        -4.593569496630756e-08,
        3.8902422498840325e-09,
        -2.020472788114637e-10,
        4.86544315196819e-12,
    ];
    const TWICE_ATANH: &'static [Self] = &[
        2.0,
        0.6666666666666613,
        0.4000000000019294,
        0.28571428544623595,
        0.22222224129406368,
        0.1818173919546355,
        0.15386647564623096,
        0.1329994924802627,
        0.12113421127573668,
        0.08310721108119604,
        0.17068994267017373,
    ];
    const RECIPROCAL: &'static [Self] = &[
        5.6568461098173835,
        -11.75736694017714,
        10.648181600398514,
        -3.5493938667995044,
    ];
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN_2: [Self; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    const HALF_LN_2: Self = 0.5 * std::f64::consts::LN_2;
    const ROUND: Self = 6_755_399_441_055_744.0 + 1023.0;
    const TANH_LIMIT: Self = 20.0;
    const ERF_LIMIT: Self = 5.95;
    const EXP_LIMIT: Self = 708.0;
}
