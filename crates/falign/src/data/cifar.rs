//! The binary version of CIFAR-10: records of a label and a 32 x 32 image.
//!
//! A record is one byte of label and 3072 of pixels: the red plane row by row, then green, then
//! blue. Five files of training records and one of test records, loose or in one tar archive.
//! Offsets in messages count the bytes of a batch from 0.
//!
//! Source: Krizhevsky, "The CIFAR-10 dataset", binary version.

use std::io::Read as _;
use std::path::Path;

use ndarray::Array2;

use super::gzip;
use super::kind::{Format, mismatch};
use super::labelled::{Inputs, Labelled, TrainTest};
use crate::error::shown;
use crate::{Error, Result};

/// The files: five of training records, then the test records.
pub(super) const BATCHES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

const SAMPLE_SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;
const RECORD: usize = 1 + PIXELS;
const CLASSES: usize = 10;
/// Bytes of a batch of CIFAR-10: 10 000 records.
pub(super) const LARGEST_BATCH: u64 = 10_000 * RECORD as u64;

/// Reads both sets from the archive, as stored (plain or gzip).
pub(super) fn read_archive(path: &Path, stored: &[u8]) -> Result<TrainTest> {
    let damaged = |error: std::io::Error| {
        Error::data(
            path,
            format!(
                "not a tar archive, or truncated or damaged: {}",
                shown(&error.to_string())
            ),
        )
    };
    if let Some(reason) = mismatch(stored, Format::Tar) {
        return Err(Error::data(path, reason));
    }
    let mut found = [const { None }; BATCHES.len()];
    let mut archive = tar::Archive::new(gzip::reader(stored));
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?;
        let batch = BATCHES.iter().position(|batch| name.ends_with(batch));
        if let Some(batch) = batch
            && entry.header().entry_type().is_file()
        {
            if entry.size() > LARGEST_BATCH {
                let reason = format!(
                    "damaged: {} has {} bytes, and {LARGEST_BATCH} are the most",
                    BATCHES[batch],
                    entry.size()
                );
                return Err(Error::data(path, reason));
            }
            let mut records = Vec::new();
            entry.read_to_end(&mut records).map_err(damaged)?;
            found[batch] = Some(records);
        }
    }
    let mut batches = Vec::with_capacity(BATCHES.len());
    for (name, records) in BATCHES.into_iter().zip(found) {
        let records = records.ok_or_else(|| {
            Error::data(path, format!("the archive has no {name}; fetch it again"))
        })?;
        batches.push(Batch {
            path,
            member: Some(name),
            records,
        });
    }
    assemble(batches)
}

/// The records of one file.
pub(super) struct Batch<'a> {
    pub(super) path: &'a Path,
    /// The batch's name in an archive.
    pub(super) member: Option<&'a str>,
    pub(super) records: Vec<u8>,
}

impl Batch<'_> {
    fn error(&self, reason: &str) -> Error {
        match self.member {
            Some(member) => Error::data(self.path, format!("{member}: {reason}")),
            None => Error::data(self.path, reason),
        }
    }

    fn append_to(&self, pixels: &mut Vec<u8>, labels: &mut Vec<usize>) -> Result<()> {
        let (records, rest) = self.records.as_chunks::<RECORD>();
        if records.is_empty() || !rest.is_empty() {
            return Err(self.error(&format!(
                "truncated: it ends at byte {}, within record {} ({RECORD} bytes each)",
                self.records.len(),
                records.len(),
            )));
        }
        for (index, [label, image @ ..]) in records.iter().enumerate() {
            let label = usize::from(*label);
            if label >= CLASSES {
                return Err(self.error(&format!(
                    "byte {}: label {label} of record {index}, expected 0 to {}",
                    index * RECORD,
                    CLASSES - 1,
                )));
            }
            labels.push(label);
            pixels.extend_from_slice(image);
        }
        Ok(())
    }
}

/// Training and test set from the six files in the order of [`BATCHES`].
pub(super) fn assemble(mut batches: Vec<Batch>) -> Result<TrainTest> {
    let test = batches.split_off(BATCHES.len() - 1);
    TrainTest::new(read(batches)?, read(test)?)
}

fn read(batches: Vec<Batch>) -> Result<Labelled> {
    let bytes = batches.iter().map(|batch| batch.records.len()).sum();
    let (mut pixels, mut labels) = (Vec::with_capacity(bytes), Vec::new());
    for batch in batches {
        batch.append_to(&mut pixels, &mut labels)?;
    }
    let pixels = Array2::from_shape_vec((labels.len(), PIXELS), pixels)
        .expect("each record has one label and as many pixels");
    Labelled::new(
        Inputs::Pixels(pixels.into()),
        SAMPLE_SHAPE.to_vec(),
        labels,
        CLASSES,
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::gzip::tests::compressed;

    /// Records whose label is `first`, `first + 1`, ... and whose pixels are all the label.
    pub(crate) fn records(first: u8, count: u8) -> Vec<u8> {
        (first..first + count)
            .flat_map(|label| [label; RECORD])
            .collect()
    }

    /// An archive of one record in each training batch and two in the test batch.
    pub(crate) fn archive(names: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (batch, name) in (0..).zip(names) {
            let bytes = if batch == 5 {
                records(8, 2)
            } else {
                records(batch, 1)
            };
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            let path = format!("cifar-10-batches-bin/{name}");
            builder.append_data(&mut header, path, &bytes[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn reason(result: Result<TrainTest>) -> String {
        let error = result.unwrap_err();
        assert!(matches!(&error, Error::Data { .. }), "{error:?}");
        error.to_string()
    }

    #[test]
    fn the_archive_is_read_plain_and_compressed() {
        let path = Path::new("a.tar.gz");
        let plain = archive(&BATCHES);
        let data = read_archive(path, &plain).unwrap();
        assert_eq!(data, read_archive(path, &compressed(&plain)).unwrap());
        assert_eq!(data.train().labels(), [0, 1, 2, 3, 4]);
        assert_eq!(data.test().labels(), [8, 9]);
        assert_eq!(data.train().sample_shape(), [3, 32, 32]);
        let Inputs::Pixels(pixels) = data.train().inputs() else {
            panic!("pixels stay bytes")
        };
        assert!(
            pixels
                .rows()
                .into_iter()
                .zip(0..)
                .all(|(row, label)| row.iter().all(|x| *x == label))
        );
    }

    #[test]
    fn damaged_archives_are_told() {
        let path = Path::new("a.tar.gz");
        let text = reason(read_archive(path, &archive(&BATCHES[..5])));
        assert!(text.contains("the archive has no test_batch.bin"), "{text}");
        let whole = archive(&BATCHES);
        let text = reason(read_archive(path, &whole[..5000]));
        assert!(text.contains("truncated or damaged"), "{text}");
        let packed = compressed(&whole);
        let text = reason(read_archive(path, &packed[..packed.len() / 2]));
        assert!(text.contains("truncated or damaged"), "{text}");
        reason(read_archive(path, b"hello"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_byte() {
        let path = Path::new("data_batch_1.bin");
        let with = |bytes: Vec<u8>| {
            let batch = |records| Batch {
                path,
                member: None,
                records,
            };
            let mut batches = vec![batch(bytes)];
            batches.resize_with(6, || batch(records(0, 1)));
            reason(assemble(batches))
        };
        let text = with(records(9, 2));
        assert!(
            text.contains("byte 3073: label 10 of record 1, expected 0 to 9"),
            "{text}"
        );
        let text = with(records(0, 2)[..4000].to_vec());
        assert!(
            text.contains("ends at byte 4000, within record 1"),
            "{text}"
        );
        assert!(with(Vec::new()).contains("within record 0"));
    }
}
