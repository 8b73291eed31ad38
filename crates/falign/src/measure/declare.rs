//! Macro that declares quantities from their table.

/// Declares [`Quantity`](super::Quantity) and [`LayerMeasure`](super::LayerMeasure) from the rows of
/// the table, in the order in which tables have their columns; nothing else depends on that order.
macro_rules! quantities {
    (
        of each layer: $($layered:ident),* $(,)?;
        $($variant:ident {
            name: $name:literal, unit: $unit:expr, meaning: $meaning:literal
            $(, $field:ident: $value:expr)* $(,)?
        })*
    ) => {
        /// A scalar measured at a recorded step, in the letters of `docs/notation.md`.
        ///
        /// With k > 1 outputs, norms are Frobenius norms and `|v_r|` is the norm of a unit's k
        /// weights. The mini-batch engine measures on the test set, or on the training set where
        /// there is none, unless a quantity says otherwise. `docs/config.md` has the table of all:
        /// their units, which networks have them, what they cost.
        ///
        /// ```
        /// use falign::measure::Quantity;
        /// let angle = Quantity::from_name("alignment_angle").unwrap();
        /// assert_eq!(angle, Quantity::AlignmentAngle);
        /// assert_eq!(angle.unit(), "degrees");
        /// assert!(angle.is_two_layer() && angle.is_deep());
        /// ```
        #[allow(clippy::doc_markdown, reason = "sentences of the table, in letters of formulas")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity {
            $(#[doc = $meaning] $variant,)*
            /// A measure of one hidden layer, counted from 1 at the input.
            OfLayer(LayerMeasure, u8),
        }

        impl Quantity {
            /// Quantities but those of single layers, in column order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Row of the quantity; of one layer's, the row of its mean over layers.
            pub(crate) fn row(self) -> &'static Row {
                match self {
                    $(Self::$variant => {
                        static ROW: Row = Row {
                            name: $name,
                            unit: $unit,
                            meaning: $meaning,
                            $($field: $value,)*
                            ..Row::PLAIN
                        };
                        &ROW
                    })*
                    Self::OfLayer(measure, _) => measure.mean().row(),
                }
            }
        }

        /// A value per hidden layer. Its plain name stands for the mean over the hidden layers where
        /// it has a meaning, but for `update_angle`, which is that of the whole network; with
        /// `_layer_1`, `_layer_2`, ... behind it, for one of them, counted from the input up.
        ///
        /// The *delivered signal* is what the rule sends to the layer, for a sample of residual e
        /// (the derivative of its loss by the outputs); *backpropagation's* is the true derivative
        /// of the loss by the layer's activity, in the same network and for the same sample. Values
        /// without a meaning are NaN: the cosine of a vanishing vector, whatever a rule does not have.
        ///
        /// # Example
        /// ```
        /// use falign::measure::{LayerMeasure, Quantity};
        /// let second = Quantity::OfLayer(LayerMeasure::Alignment, 2);
        /// assert_eq!(second.name(), "alignment_layer_2");
        /// assert_eq!(Quantity::from_name("alignment_layer_2"), Some(second));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LayerMeasure {
            $(
                #[doc = concat!("[`Quantity::", stringify!($layered), "`] of one layer.")]
                $layered,
            )*
        }

        impl LayerMeasure {
            /// Measures of layers, in column order.
            pub const ALL: [Self; [$(stringify!($layered)),*].len()] = [$(Self::$layered),*];

            /// The quantity of the same name without a layer.
            pub(crate) fn mean(self) -> Quantity {
                match self {
                    $(Self::$layered => Quantity::$layered,)*
                }
            }
        }
    };
}
