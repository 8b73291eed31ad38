//! Damaged data sets, weights and run folders.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use falign::data::{
    LabelColumn, Weights, load_dataset, load_labelled, load_train_test, load_weights, save_weights,
};
use falign::internal::claim::stored::Stored;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::network::TensorFile;
use falign::internal::plan::execute::{collect, execute};
use falign::internal::plan::summary::summary_csv;
use falign::internal::plan::{Plan, folder};
use falign::internal::simulate::RunResult;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::math::Stream;
use falign::rule::Registry;
use falign::{Error, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array2, array};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{damaged, is_a_sentence};
use crate::support::allocations::largest_during;
use crate::support::data_sets::write_small_idx;
use crate::support::deep::{IMAGES, bits, run, run_until, setting};
use crate::support::experiment::{Scratch, in_folder};
use crate::support::seeds::{draws, for_cases, pick};

/// A NPY file of little-endian doubles, by the format's own description.
fn npy(values: &Array2<f64>) -> Vec<u8> {
    let shape = values.dim();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape:?}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

fn npz(arrays: &[(&str, Array2<f64>)], method: CompressionMethod) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(method);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in arrays {
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(&npy(array)).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// CIFAR-10's archive with a sample in each batch.
fn cifar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for batch in 1..=6u8 {
        let name = match batch {
            6 => "test_batch.bin".to_owned(),
            _ => format!("data_batch_{batch}.bin"),
        };
        let mut header = tar::Header::new_ustar();
        header.set_size(3073);
        header.set_cksum();
        let path = format!("cifar-10-batches-bin/{name}");
        builder
            .append_data(&mut header, path, &[batch; 3073][..])
            .unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

/// A file and who reads it.
struct Start {
    name: &'static str,
    bytes: Vec<u8>,
    read: fn(&Path) -> Result<()>,
}

fn starts(scratch: &Path) -> Vec<Start> {
    let (x, y) = (
        array![[1.5, -2.0, 3.0], [0.25, 5.0, -6.5], [7.0, 8.0, 9.0]],
        array![[0.0], [1.0], [2.0]],
    );
    let both = [("X", x.clone()), ("y", y.clone())];
    let dataset = |path: &Path| load_dataset(path).map(drop);
    let labelled = |path: &Path| load_labelled(path, &LabelColumn::Auto, None).map(drop);
    let pair = |path: &Path| load_train_test(path).map(drop);
    let weights_path = scratch.join("weights.npz");
    let weights = Weights {
        hidden: x.clone(),
        output: y.clone(),
        feedback: 0.5 * &y,
    };
    save_weights(&weights_path, &weights).unwrap();
    let [_, last] = run(&setting(IMAGES, &["run.save_weights=final"]), 0).weights;
    let falign::internal::simulate::SavedWeights::Deep(last) = last.unwrap() else {
        panic!("not those of a deep network")
    };
    let table = "a,b,c,y\n1,2,3,0.5\n4,5.5,6e-1,-1\n7,8,9,2\n";
    let start = |name, bytes, read| Start { name, bytes, read };
    vec![
        start("a.npy", npy(&x), dataset),
        start("stored.npz", npz(&both, CompressionMethod::Stored), dataset),
        start(
            "deflated.npz",
            npz(&both, CompressionMethod::Deflated),
            dataset,
        ),
        start("a.csv", table.into(), dataset),
        start("a.csv.gz", gzip(table.as_bytes()), dataset),
        start("a.npy.gz", gzip(&npy(&x)), dataset),
        start(
            "labels.csv",
            b"label,p,q\n1,0.5,2\n0,1.5,3\n2,1,1\n".to_vec(),
            labelled,
        ),
        start(
            "labels.npz",
            npz(&both, CompressionMethod::Deflated),
            labelled,
        ),
        start(
            "labels.npy",
            npy(&array![[1.0, 2.0, 0.0], [0.5, 1.5, 1.0]]),
            labelled,
        ),
        start("weights.npz", fs::read(&weights_path).unwrap(), |path| {
            load_weights(path).map(drop)
        }),
        start("cifar.tar.gz", cifar(), pair),
        start("deep.safetensors", last.encode(), |path| {
            TensorFile::load(path).map(drop)
        }),
        start("experiment.toml", IMAGES.into(), |path| {
            Experiment::load(path, &Overrides::none()).map(drop)
        }),
    ]
}

/// Most that reading a small file may ask for at once: what a damaged header claims is no reason.
const LARGEST: usize = 32 << 20;

/// The answer of a reader of `path`, whose file, or whose folder, a complaint names.
fn read(path: &Path, named: &Path, read: impl FnOnce() -> Result<()>) {
    let (answer, largest) = largest_during(read);
    let name = named.file_name().unwrap().to_string_lossy();
    assert!(
        largest < LARGEST,
        "{}: {largest} bytes at once",
        path.display()
    );
    if let Err(error) = answer {
        let text = is_a_sentence(&error);
        // A key is named in the place of the file that has it.
        let is_named = text.contains(&*name) || matches!(error, Error::Config { .. });
        assert!(is_named, "{name} is not named: {text}");
    }
}

#[test]
fn damaged_data_is_read_or_refused_in_a_sentence() {
    let scratch = Scratch::new("hostile-data");
    let starts = starts(&scratch.0);
    for start in &starts {
        let path = scratch.0.join(start.name);
        fs::write(&path, &start.bytes).unwrap();
        (start.read)(&path).unwrap_or_else(|error| panic!("{error}"));
    }
    // Four files of one set: each may be the damaged one.
    let set = scratch.0.join("set");
    fs::create_dir_all(&set).unwrap();
    write_small_idx(&set, 4, 12, 5);
    load_train_test(&set).unwrap();
    let files = files_of(&set);
    for_cases("damaged data sets", 3000, |seed| {
        let mut draws = draws(seed);
        if draws.below(4) == 0 {
            let (name, bytes) = &files[draws.below(files.len())];
            let path = set.join(name);
            // Compressed as they are, or what they hold.
            let new = if draws.below(2) == 0 {
                damaged(&mut draws, bytes)
            } else {
                gzip(&damaged(&mut draws, &ungzip(bytes)))
            };
            fs::write(&path, new).unwrap();
            // What one file says is held against another.
            let named = if name.starts_with("train") {
                "train"
            } else {
                "t10k"
            };
            let (answer, largest) = largest_during(|| load_train_test(&set));
            assert!(largest < LARGEST, "{name}: {largest} bytes at once");
            if let Err(error) = answer {
                let text = is_a_sentence(&error);
                assert!(
                    text.contains(named) || text.contains("t10k"),
                    "{name} is not named: {text}"
                );
            }
            fs::write(&path, bytes).unwrap();
            return;
        }
        let start = &starts[draws.below(starts.len())];
        // Now and then under a name of another format.
        let other = pick(&mut draws, &[true, false, false, false, false]);
        let name = if other {
            starts[draws.below(starts.len())].name
        } else {
            start.name
        };
        let path = scratch.0.join(format!("damaged-{name}"));
        let mut bytes = damaged(&mut draws, &start.bytes);
        if draws.below(3) == 0 {
            bytes = damaged(&mut draws, &bytes);
        }
        fs::write(&path, bytes).unwrap();
        read(&path, &path, || (start.read)(&path));
        fs::remove_file(&path).unwrap();
    });
}

fn ungzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut plain).unwrap();
    plain
}

/// Files of a folder, with what they hold, by name.
fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// A finished run folder.
struct Finished {
    experiment: Experiment,
    plan: Plan,
    dir: PathBuf,
    summary: String,
    runs: Vec<Vec<u64>>,
}

const TWO_LAYER: &str = "name = \"two\"\n[data]\nsamples = 4\ninput_dim = 3\n\
    [network]\nwidth = 12\nactivation = \"tanh\"\n[learning]\nstep_size = 0.1\n\
    [run]\nruns = 3\nsteps = 30\nruns_per_job = 2\nsave_weights = \"both\"\n\
    [sweep]\n\"learning.ridge\" = [0.0, 0.5]\n";

impl Finished {
    fn new(text: &str, dir: PathBuf) -> Self {
        let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
        let plan = Plan::new(&experiment).unwrap();
        let summary = summary_csv(&in_folder(&dir, text));
        folder::write_start(&experiment, &plan, &dir).unwrap();
        let (_, runs) = folder::load(&dir, &Registry::built_in()).unwrap();
        Self {
            experiment,
            plan,
            dir,
            summary,
            runs: runs.iter().flatten().flatten().map(result_bits).collect(),
        }
    }

    /// One of its files is damaged: what is read of the folder is what was there, or a sentence, and
    /// the folder can be finished again.
    fn check(&self, draws: &mut Stream) {
        let parts = ["", "results", "results", "weights"];
        let part = self.dir.join(pick(draws, &parts));
        let files = files_of(&part);
        let (name, bytes) = &files[draws.below(files.len())];
        let path = part.join(name);
        let new = damaged(draws, bytes);
        fs::write(&path, &new).unwrap();
        match folder::load(&self.dir, &Registry::built_in()) {
            Ok((_, runs)) => {
                for run in runs.iter().flatten().flatten() {
                    assert!(
                        self.runs.contains(&result_bits(run)),
                        "{name}: other numbers"
                    );
                }
            }
            Err(error) => drop(is_a_sentence(&error)),
        }
        let (sources, watch) = (Sources::default(), Watch::default());
        match execute(&self.experiment, &self.plan, &self.dir, &sources, &watch) {
            Ok(execution) => {
                assert!(execution.complete, "{name}");
                let table = collect(&self.experiment, &self.plan, &self.dir).unwrap();
                assert_eq!(summary_csv(&table), self.summary, "{name}");
            }
            Err(error) => {
                let text = is_a_sentence(&error);
                assert!(text.contains(name), "{name} is not named: {text}");
            }
        }
        // As it was, whatever was made of it.
        fs::write(&path, bytes).unwrap();
    }
}

fn result_bits(result: &RunResult) -> Vec<u64> {
    let values = result.rows.values.iter().flatten().map(|x| x.to_bits());
    result.rows.steps.iter().copied().chain(values).collect()
}

#[test]
fn damaged_run_folders_give_their_own_numbers_or_a_sentence() {
    let scratch = Scratch::new("hostile-folders");
    let folders = [
        Finished::new(TWO_LAYER, scratch.0.join("two")),
        Finished::new(IMAGES, scratch.0.join("deep")),
    ];
    for_cases("damaged run folders", 150, |seed| {
        let mut draws = draws(seed);
        folders[draws.below(2)].check(&mut draws);
    });
}

#[test]
fn damaged_checkpoints_cost_time_and_nothing_else() {
    let scratch = Scratch::new("hostile-checkpoints");
    let path = scratch.0.join("a.safetensors");
    let setting = setting(IMAGES, &["learning.optimiser=adam", "learning.dropout=0.2"]);
    let expected = bits(&run(&setting, 0));
    assert!(run_until(&setting, &path, 9).is_none());
    let checkpoint = fs::read(&path).unwrap();
    for_cases("damaged checkpoints", 150, |seed| {
        let mut draws = draws(seed);
        let mut bytes = damaged(&mut draws, &checkpoint);
        if draws.below(2) == 0 {
            bytes = damaged(&mut draws, &bytes);
        }
        fs::write(&path, bytes).unwrap();
        let found = run_until(&setting, &path, u64::MAX).unwrap();
        assert!(bits(&found) == expected, "another run");
    });
}

/// Results that a repository keeps: those that were written, or a sentence.
#[test]
fn damaged_stored_results_are_told() {
    let scratch = Scratch::new("hostile-stored");
    let finished = Finished::new(TWO_LAYER, scratch.0.join("two"));
    let stored = Stored::of_folder(&finished.experiment, &finished.plan, &finished.dir).unwrap();
    let text = stored.to_text();
    let path = Path::new("two.csv");
    assert_eq!(Stored::parse(&text, path).unwrap(), stored);
    for_cases("damaged stored results", 5000, |seed| {
        let bytes = damaged(&mut draws(seed), text.as_bytes());
        match Stored::parse(&String::from_utf8_lossy(&bytes), path) {
            Ok(found) => assert_eq!(found, stored),
            Err(error) => {
                assert!(matches!(error, Error::Record { .. }), "{error:?}");
                assert!(is_a_sentence(&error).contains("two.csv"));
            }
        }
    });
}
