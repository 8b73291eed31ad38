//! Facts of a quantity, read from its row.

use std::borrow::Cow;

use super::network::Looks;
use super::row::{DataSpectrum, Limit, Made, NetworkValue, OfNetwork, Samples, TwoLayer};
use super::{LayerMeasure, Quantity};
use crate::two_layer::Needs;

impl Quantity {
    /// The column name.
    pub fn name(self) -> Cow<'static, str> {
        let name = self.row().name;
        match self.layer() {
            Some(layer) => Cow::Owned(format!("{name}_layer_{layer}")),
            None => Cow::Borrowed(name),
        }
    }

    /// The names of [`Quantity::ALL`].
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.into_iter().map(|quantity| quantity.row().name)
    }

    /// The quantity of that column name.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some((measure, layer)) = name.split_once("_layer_") {
            let measure = LayerMeasure::ALL
                .into_iter()
                .find(|m| m.name() == measure)?;
            let is_plain = !layer.starts_with(['0', '+']);
            let layer = layer.parse().ok().filter(|_| is_plain)?;
            return Some(Self::OfLayer(measure, layer));
        }
        Self::ALL
            .into_iter()
            .find(|quantity| quantity.row().name == name)
    }

    /// The unit of its numbers: `degrees`, `loss`, `share` (from 0 to 1), `1` for ratios, ...
    pub fn unit(self) -> &'static str {
        self.row().unit.name()
    }

    /// The meaning, in one sentence and in the letters of `docs/notation.md`.
    pub fn meaning(self) -> &'static str {
        let row = self.row();
        match (self.layer(), row.in_networks) {
            (Some(_), Some(meaning)) => meaning,
            _ => row.meaning,
        }
    }

    /// The hidden layer it is of, counted from 1; `None` for all quantities but those of one layer.
    pub fn layer(self) -> Option<u8> {
        match self {
            Self::OfLayer(_, layer) => Some(layer),
            _ => None,
        }
    }

    /// Whether the two-layer engines measure it.
    pub fn is_two_layer(self) -> bool {
        self.two_layer().is_some()
    }

    /// Whether the mini-batch engine measures it.
    pub fn is_deep(self) -> bool {
        self.row().network.is_some()
    }

    /// Whether each hidden layer of a deep network has it: see [`LayerMeasure`].
    pub(crate) fn is_of_layers(self) -> bool {
        self.row().of_layer.is_some()
    }

    /// Whether the quantity is positive by nature, so that its logarithm is summarised too.
    pub(crate) fn is_positive(self) -> bool {
        self.row().is_positive
    }

    /// Whether it is what a limit says of the run, not a measurement.
    pub(crate) fn is_prediction(self) -> bool {
        self.limit().is_some()
    }

    /// The limit that it is a prediction of.
    pub(crate) fn limit(self) -> Option<Limit> {
        match self.two_layer()?.made {
            Made::Always(_) | Made::WhereShown(_) => None,
            Made::Lazy => Some(Limit::Lazy),
            Made::SlowTime(_) => Some(Limit::SlowTime),
        }
    }

    /// How two-layer engines have it.
    pub(crate) fn two_layer(self) -> Option<&'static TwoLayer> {
        match self {
            Self::OfLayer(..) => None,
            plain => plain.row().two_layer.as_ref(),
        }
    }

    /// The parts of a snapshot that it reads.
    pub(crate) fn needs(self) -> Needs {
        self.two_layer().map_or(Needs::NONE, |row| row.needs)
    }

    /// Whether it reads this spectrum of the run's data.
    pub(crate) fn reads(self, spectrum: DataSpectrum) -> bool {
        self.two_layer()
            .is_some_and(|row| row.spectrum == Some(spectrum))
    }

    /// Whether it reads any spectrum of the run's data.
    pub(crate) fn reads_spectra(self) -> bool {
        self.two_layer().is_some_and(|row| row.spectrum.is_some())
    }

    /// How networks of any depth have it, alone or as the mean over layers; not where it is of one
    /// layer.
    pub(crate) fn network(self) -> Option<&'static OfNetwork> {
        match self {
            Self::OfLayer(..) => None,
            plain => plain.row().network.as_ref(),
        }
    }

    /// The samples that networks of any depth have it of; `None` for those of the batches that were
    /// trained on.
    pub(crate) fn samples(self) -> Option<Samples> {
        let Some(row) = self.network() else {
            return self.layer().map(|_| Samples::Held);
        };
        match row.value {
            NetworkValue::Batches(_) => None,
            NetworkValue::Samples(samples, _) => Some(samples),
            NetworkValue::Layers => Some(Samples::Held),
        }
    }

    /// Looks of a measurement that it needs.
    pub(super) fn looks(self) -> Looks {
        let row = self.row();
        let of_layer = || row.of_layer.map_or(Looks::NONE, |row| row.looks);
        match self.network() {
            None => of_layer(),
            Some(row) if matches!(row.value, NetworkValue::Layers) => of_layer(),
            Some(row) => row.looks,
        }
    }
}

impl LayerMeasure {
    /// The name, without a layer.
    pub fn name(self) -> &'static str {
        self.mean().row().name
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_nothing_else_does() {
        let layers = LayerMeasure::ALL.map(|measure| Quantity::OfLayer(measure, 12));
        for quantity in Quantity::ALL.into_iter().chain(layers) {
            assert_eq!(Quantity::from_name(&quantity.name()), Some(quantity));
            assert!(quantity.is_two_layer() || quantity.is_deep());
            assert!(quantity.layer().is_none() || !quantity.meaning().contains("beta"));
        }
        for wrong in [
            "alignment_layer_",
            "alignment_layer_0",
            "alignment_layer_01",
            "loss_layer_1",
        ] {
            assert_eq!(Quantity::from_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rows_do_not_contradict_themselves() {
        let layered: Vec<Quantity> = LayerMeasure::ALL.map(LayerMeasure::mean).to_vec();
        for quantity in Quantity::ALL {
            let row = quantity.row();
            assert_eq!(
                row.of_layer.is_some(),
                layered.contains(&quantity),
                "{quantity}"
            );
            let is_mean = row
                .network
                .is_some_and(|row| matches!(row.value, NetworkValue::Layers));
            assert!(!is_mean || row.of_layer.is_some(), "{quantity}");
            assert!(
                !row.meaning.ends_with('.') && !row.name.is_empty(),
                "{quantity}"
            );
            // Movement of W and predictions at new inputs are those of C.
            let needs = quantity.needs();
            let of_c = needs.hidden_movement || needs.conservation || needs.held_out;
            assert_eq!(needs.coefficients, of_c, "{quantity}");
            let is_logarithmic = ["cosine", "share", "degrees"].contains(&quantity.unit());
            assert!(!is_logarithmic || !row.is_positive, "{quantity}");
        }
    }
}
