//! The layers of a setting's network: shapes, and numbers of weights and of multiply-adds.

use crate::Result;
use crate::config::setting::Setting;
use crate::plan::need::read_sizes;
use crate::rule::{DirectFeedback, FeedbackWeights, SignalPath};
use crate::simulate::composition;
use crate::simulate::sources::Sources;

/// Layers of a network as a table shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkTable {
    /// Axes of a sample, channels first.
    pub input: Vec<usize>,
    /// Layers and maps, from the input up.
    pub rows: Vec<LayerRow>,
}

/// Layer or map of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerRow {
    /// Place in `network.layers`, such as `4` or `2.residual.0`; the number from 0 without such a list.
    pub path: String,
    /// Text of what a file says of it, with its activation.
    pub written: String,
    /// Number of a layer with weights, from 1 at the input, as quantities of single layers count.
    pub layer: Option<usize>,
    /// Axes above it, channels first.
    pub shape: Vec<usize>,
    /// Weights.
    pub weights: usize,
    /// Biases.
    pub biases: usize,
    /// Feedback weights through which its activity is taught.
    pub feedback_weights: usize,
    /// Multiply-adds of a forward pass of one sample, products with the zeros around images among them.
    pub multiply_adds: usize,
}

/// The layers of a setting. Reads the data that the setting names where its keys do not tell their sizes.
///
/// # Errors
/// As [`Sources::reals`] and [`Sources::labelled`].
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::{simulate::sources::Sources, study::network_table};
/// let text = "labelled = \"generated_images\"\ninput_dim = 64\noutputs = 3\nactivation = \"relu\"\nstep_size = 0.1\n\
///     layers = [{ conv = 4, kernel = 3 }, { pool = \"max\", size = 2 }, { dense = 3 }]";
/// let experiment = Experiment::from_flat(&text.parse().unwrap(), None)?;
/// let table = network_table(&experiment.settings[0].setting, &Sources::default())?;
/// let shapes: Vec<_> = table.rows.iter().map(|row| row.shape.as_slice()).collect();
/// assert_eq!(shapes, [&[4, 6, 6][..], &[4, 3, 3], &[3]]);
/// assert_eq!(table.rows[0].multiply_adds, 4 * 9 * 36);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn network_table(setting: &Setting, sources: &Sources) -> Result<NetworkTable> {
    let has_biases = setting.network().is_some_and(|s| s.deep().biases);
    let blueprint = setting.network().and_then(|s| s.blueprint.as_ref());
    let mut table = match blueprint {
        Some(blueprint) => listed(blueprint, has_biases),
        None => dense(setting, has_biases, sources)?,
    };
    let gains = blueprint.map_or_else(Vec::new, |blueprint| {
        let layers = blueprint.layers_of_weights().into_iter();
        layers.map(|layer| layer.is_gain).collect()
    });
    let at: Vec<usize> = (0..table.rows.len())
        .filter(|&row| table.rows[row].layer.is_some())
        .collect();
    let outputs = at
        .last()
        .map_or(0, |&row| table.rows[row].shape.iter().product());
    for (layer, pair) in at.windows(2).enumerate() {
        let above = if gains.get(layer + 1) == Some(&true) {
            0
        } else {
            table.rows[pair[1]].weights
        };
        let units: usize = table.rows[pair[0]].shape.iter().product();
        let composition = setting
            .network()
            .map_or_else(|| setting.rule.composition(), composition);
        table.rows[pair[0]].feedback_weights = match composition {
            Some(rule) if rule.feedback == FeedbackWeights::Transpose => 0,
            Some(rule) if rule.path == SignalPath::Layerwise => above,
            Some(rule) if rule.direct == DirectFeedback::Kernel => {
                above / table.rows[pair[1]].shape[0] * outputs
            }
            Some(_) if gains.get(layer) == Some(&true) => 0,
            Some(_) => outputs * units,
            None if setting.two_layer().is_some() => above,
            None => 0,
        };
    }
    Ok(table)
}

fn listed(blueprint: &crate::config::layers::Blueprint, has_biases: bool) -> NetworkTable {
    let mut layers = 0;
    let nodes = blueprint.nodes().into_iter();
    let rows = nodes.map(|node| {
        let layer = node.layer.as_ref();
        layers += usize::from(layer.is_some());
        let biases = layer.filter(|layer| has_biases || layer.is_gain);
        LayerRow {
            path: node.path,
            written: node.written,
            layer: layer.map(|_| layers),
            shape: node.shape.axes(),
            weights: layer.map_or(0, |layer| layer.weights.length()),
            biases: biases.map_or(0, |layer| layer.channels),
            feedback_weights: 0,
            multiply_adds: layer.map_or(0, |layer| layer.multiply_adds),
        }
    });
    NetworkTable {
        rows: rows.collect(),
        input: blueprint.input.axes(),
    }
}

/// Dense layers one above the other.
fn dense(setting: &Setting, has_biases: bool, sources: &Sources) -> Result<NetworkTable> {
    let extent = read_sizes(setting, sources)?.extent;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes of arrays"
    )]
    let [inputs, outputs] = [extent.inputs, extent.outputs].map(|size| size as usize);
    let mut units = setting.hidden_widths();
    units.push(outputs);
    let mut below = inputs;
    let count = units.len();
    let rows = units.into_iter().enumerate().map(|(at, units)| {
        let psi = if at + 1 == count {
            "linear"
        } else {
            setting.activation.name()
        };
        let weights = below * units;
        below = units;
        LayerRow {
            path: at.to_string(),
            written: format!("dense {units}, {psi}"),
            layer: Some(at + 1),
            shape: vec![units],
            weights,
            biases: if has_biases { units } else { 0 },
            feedback_weights: 0,
            multiply_adds: weights,
        }
    });
    Ok(NetworkTable {
        rows: rows.collect(),
        input: vec![inputs],
    })
}
