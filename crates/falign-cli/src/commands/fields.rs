//! `falign plot --receptive-fields`: the first weights of a stored run as images.

use std::path::Path;

use anyhow::{Result, bail};
use falign::data::load_weights;
use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, LabelledSetting};
use falign::internal::network::TensorFile;
use falign_figure::Kernels;

use crate::ended::Usage;

/// Images of a grid, at most: the first ones.
const MOST: usize = 32;

/// Weights of the first layer.
struct First {
    shape: Vec<usize>,
    weights: Vec<f64>,
}

/// How the numbers of the first layer lie.
struct Below {
    /// (channels, height, width) of a sample, where the setting says it.
    image: Option<[usize; 3]>,
    /// Whether places share no weights.
    is_local: bool,
}

/// Images of the first layer's weights before and after a run, whichever are stored.
pub(super) fn receptive_fields(
    dir: &Path,
    experiment: &Experiment,
    setting: usize,
    run: u64,
) -> Result<Vec<Kernels>> {
    let count = experiment.settings.len();
    let Some(known) = experiment.settings.get(setting) else {
        let [first, last] =
            [0, count - 1].map(|at| format!("{at}{}", label(&experiment.settings[at])));
        return Err(Usage(format!(
            "--setting {setting}: there are {count}, from {first} to {last}"
        ))
        .into());
    };
    let below = below(&known.setting);
    let mut grids = Vec::new();
    for (name, title) in [("initial", "before training"), ("final", "after training")] {
        let stem = format!("setting{setting:04}-run{run:04}-{name}");
        let Some(first) = first_layer(&dir.join("weights"), &stem)? else {
            continue;
        };
        grids.push(images(title, &first, &below)?);
    }
    if grids.is_empty() {
        return Err(Usage(format!(
            "{} has no weights of setting {setting}, run {run}; let the experiment say \
             run.save_weights = \"both\", and run it again",
            dir.display()
        ))
        .into());
    }
    Ok(grids)
}

/// Case and swept keys of a setting, each behind a comma: `, local, rule = sign_symmetry`.
pub(super) fn label(setting: &LabelledSetting) -> String {
    let mut parts = vec![String::new()];
    parts.extend(Some(&setting.case).filter(|case| !case.is_empty()).cloned());
    let axes = setting.axes.iter();
    parts.extend(axes.map(|(name, value)| format!("{name} = {value}")));
    parts.join(", ")
}

fn below(setting: &Setting) -> Below {
    let blueprint = match setting {
        Setting::Network(network) => network.blueprint.as_ref(),
        Setting::TwoLayer(_) => None,
    };
    let Some(blueprint) = blueprint else {
        return Below {
            image: None,
            is_local: false,
        };
    };
    let image = match blueprint.input.axes()[..] {
        [channels, height, width] => Some([channels, height, width]),
        [channels, width] => Some([channels, 1, width]),
        _ => None,
    };
    let nodes = blueprint.nodes();
    let first = nodes.iter().find_map(|node| node.layer.as_ref());
    Below {
        image,
        is_local: first.is_some_and(|layer| layer.weights.shape.len() == 6),
    }
}

/// Weights of the first layer in a stored file; none where there is no such file.
fn first_layer(folder: &Path, stem: &str) -> Result<Option<First>> {
    let file = |ending: &str| folder.join(format!("{stem}.{ending}"));
    let (arrays, tensors) = (file("npz"), file("safetensors"));
    if arrays.exists() {
        let weights = load_weights(&arrays)?.hidden;
        let (units, inputs) = weights.dim();
        let weights = weights.iter().copied().collect();
        return Ok(Some(First {
            shape: vec![units, inputs],
            weights,
        }));
    }
    if !tensors.exists() {
        return Ok(None);
    }
    let file = TensorFile::load(&tensors)?;
    let Some((shape, weights)) = file.get("layers.0.weight") else {
        bail!("{}: no layers.0.weight", tensors.display());
    };
    Ok(Some(First {
        shape: shape.to_vec(),
        weights,
    }))
}

/// Images of weights whose axes are PyTorch's: one for each unit or kernel and channel below it.
fn images(title: &str, first: &First, below: &Below) -> Result<Kernels> {
    let (what, size, places) = match first.shape[..] {
        [_, inputs] => {
            let square = [1, 3].into_iter().find_map(|channels| {
                let side = (inputs / channels).isqrt();
                (side > 1 && channels * side * side == inputs).then_some([channels, side, side])
            });
            let Some([_, height, width]) = below.image.or(square) else {
                return Err(Usage(format!(
                    "the first layer reads {inputs} numbers that are no square image; list the network's \
                     layers and set network.input = [channels, height, width]"
                ))
                .into());
            };
            ("units", [height, width], 1)
        }
        // Of a local layer, the kernels of the place in the middle.
        [.., y, x, down, along] if first.shape.len() == 6 => ("kernels", [down, along], y * x),
        [_, _, x, along] if below.is_local => ("kernels", [1, along], x),
        [_, _, down, along] => ("kernels", [down, along], 1),
        [_, _, along] => ("kernels", [1, along], 1),
        _ => bail!("weights of {} axes", first.shape.len()),
    };
    let length = size[0] * size[1];
    let of_places = first.weights.chunks_exact(length * places);
    let middle = places / 2 * length;
    let images = of_places.map(|places| places[middle..middle + length].to_vec());
    let all = images.len();
    let images: Vec<Vec<f64>> = images.take(MOST).collect();
    let title = match all {
        0..=MOST => format!("{title}: {all} {what}"),
        _ => format!("{title}: {MOST} of {all} {what}"),
    };
    Ok(Kernels {
        title,
        size,
        images,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shape: &[usize]) -> First {
        let count: usize = shape.iter().product();
        First {
            shape: shape.to_vec(),
            weights: (0..count).map(|at| at as f64).collect(),
        }
    }

    const FLAT: Below = Below {
        image: None,
        is_local: false,
    };

    #[test]
    fn an_image_is_a_kernel_of_a_channel_below_or_a_unit() {
        let found = images("after", &numbers(&[2, 3, 2, 2]), &FLAT).unwrap();
        assert_eq!((found.size, found.images.len()), ([2, 2], 6));
        assert_eq!(found.images[4], [16.0, 17.0, 18.0, 19.0]);
        let found = images("after", &numbers(&[40, 16]), &FLAT).unwrap();
        assert_eq!((found.size, found.images.len()), ([4, 4], 32));
        assert_eq!(found.title, "after: 32 of 40 units");
        assert!(images("after", &numbers(&[2, 15]), &FLAT).is_err());
        let below = Below {
            image: Some([1, 3, 5]),
            is_local: false,
        };
        assert_eq!(
            images("after", &numbers(&[2, 15]), &below).unwrap().size,
            [3, 5]
        );
    }

    #[test]
    fn a_local_layer_shows_the_place_in_the_middle() {
        // (above, below, y, x, down, along): 3 x 3 places of 1 x 2 weights, of which the fifth is the middle.
        let found = images("after", &numbers(&[2, 1, 3, 3, 1, 2]), &FLAT).unwrap();
        assert_eq!(found.images, [[8.0, 9.0], [26.0, 27.0]]);
        let sequence = Below {
            image: Some([1, 1, 4]),
            is_local: true,
        };
        let found = images("after", &numbers(&[1, 1, 3, 2]), &sequence).unwrap();
        assert_eq!(
            (found.size, &found.images[0][..]),
            ([1, 2], &[2.0, 3.0][..])
        );
    }
}
