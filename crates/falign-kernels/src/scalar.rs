//! Scalars that engines run in.

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A floating-point type the engines run in: `f32` or `f64`, nothing wider. Sealed: no other type can be one.
///
/// ```
/// use falign_kernels::Scalar;
/// fn mean<T: Scalar>(x: &[T]) -> f64 {
///     x.iter().map(|x| x.to_f64()).sum::<f64>() / x.len() as f64
/// }
/// assert_eq!(mean(&[1.0f32, 2.0]), mean(&[f64::ONE, f64::from_f64(2.0)]));
/// ```
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Size below which [`flush_to_zero`](Self::flush_to_zero) takes a number for 0: 2^-100 in `f32`, 2^-900 in `f64`.
    #[doc(hidden)]
    const LEAST: Self;
    /// Rounds an `f64` to this precision.
    fn from_f64(value: f64) -> Self;
    /// Widens to `f64`, exactly.
    fn to_f64(self) -> f64;
    /// The square root, correctly rounded.
    #[must_use]
    fn square_root(self) -> Self;
    /// The number, or 0 where it is smaller than [`LEAST`](Self::LEAST) either way: products of what is left stay
    /// normal numbers. Processors take many times as long for others.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    fn flush_to_zero(self) -> Self {
        if self < Self::LEAST && self > -Self::LEAST {
            Self::ZERO
        } else {
            self
        }
    }
}

impl Scalar for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    /// The number whose exponent, with the bias of 127, is -100.
    const LEAST: Self = f32::from_bits((127 - 100) << 23);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "rounding to f32 is the purpose"
    )]
    #[inline]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    fn square_root(self) -> Self {
        self.sqrt()
    }
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    /// The number whose exponent, with the bias of 1023, is -900.
    const LEAST: Self = f64::from_bits((1023 - 900) << 52);
    #[inline]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline]
    fn square_root(self) -> Self {
        self.sqrt()
    }
}
