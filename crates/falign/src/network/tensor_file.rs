//! Weights and checkpoints as `safetensors`, which PyTorch, JAX and NumPy read too.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde_json::Value;

use crate::error::shown;
use crate::file::{read, sha256};
use crate::math::Scalar;
use crate::{Error, Result};

/// The one entry of the file's metadata: a note as JSON, and the checksum of all tensors.
const ENTRY: &str = "falign";

/// Named arrays and a note.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TensorFile {
    tensors: BTreeMap<String, Tensor>,
    /// Note on the arrays; `null` in files of other programs.
    pub note: Value,
}

#[derive(Debug, Clone, PartialEq)]
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl TensorFile {
    /// An empty file with this note.
    pub fn new(note: Value) -> Self {
        Self {
            tensors: BTreeMap::new(),
            note,
        }
    }

    /// Adds an array in its own precision, row-major.
    pub fn put<'a, T: Scalar>(
        &mut self,
        name: String,
        shape: &[usize],
        values: impl IntoIterator<Item = &'a T>,
    ) {
        let is_single = size_of::<T>() == 4;
        let mut bytes = Vec::with_capacity(shape.iter().product::<usize>() * size_of::<T>());
        for x in values {
            if is_single {
                #[allow(clippy::cast_possible_truncation, reason = "it is an f32")]
                bytes.extend_from_slice(&(x.to_f64() as f32).to_le_bytes());
            } else {
                bytes.extend_from_slice(&x.to_f64().to_le_bytes());
            }
        }
        let dtype = if is_single { Dtype::F32 } else { Dtype::F64 };
        let shape = shape.to_vec();
        self.tensors.insert(
            name,
            Tensor {
                dtype,
                shape,
                bytes,
            },
        );
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape and numbers of an array of `f32` or `f64`; `None` if there is none of the name.
    pub fn get(&self, name: &str) -> Option<(&[usize], Vec<f64>)> {
        let Tensor {
            dtype,
            shape,
            bytes,
        } = self.tensors.get(name)?;
        let values = if *dtype == Dtype::F32 {
            let (words, _) = bytes.as_chunks::<4>();
            words
                .iter()
                .map(|b| f64::from(f32::from_le_bytes(*b)))
                .collect()
        } else {
            let (words, _) = bytes.as_chunks::<8>();
            words.iter().map(|b| f64::from_le_bytes(*b)).collect()
        };
        Some((shape, values))
    }

    /// Whether an array of this name is there in single precision.
    pub fn is_single(&self, name: &str) -> bool {
        self.tensors
            .get(name)
            .is_some_and(|tensor| tensor.dtype == Dtype::F32)
    }

    /// The bytes of the file. Equal content gives equal bytes.
    ///
    /// # Panics
    /// Never: shapes and lengths were made together.
    pub fn encode(&self) -> Vec<u8> {
        let views: Vec<(&str, TensorView<'_>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)
                    .expect("as many bytes as the shape says");
                (name.as_str(), view)
            })
            .collect();
        let entry = serde_json::json!({ "sha256": self.checksum(), "note": self.note });
        // One entry: a map of more would be written in any order.
        let metadata = [(ENTRY.to_owned(), entry.to_string())]
            .into_iter()
            .collect();
        serialize(views, Some(metadata)).expect("names and shapes always write")
    }

    /// Reads a file; what this program wrote is compared with its checksum.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Record`] if it is no such file, truncated, or altered.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = read(path)?;
        Self::decode(&bytes).map_err(|reason| Error::record(path, reason))
    }

    /// Reads the bytes of a file; the error says why they are none.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let damaged = |error: &dyn std::fmt::Display| {
            format!("no whole safetensors file: {}", shown(&error.to_string()))
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(&e))?;
        let entry = header.metadata().as_ref().and_then(|map| map.get(ENTRY));
        let entry: Value = match entry {
            Some(text) => serde_json::from_str(text).map_err(|e| damaged(&e))?,
            None => Value::Null,
        };
        let mut found = Self::new(entry["note"].clone());
        for (name, view) in file.tensors() {
            if !matches!(view.dtype(), Dtype::F32 | Dtype::F64) {
                let dtype = view.dtype();
                let name = shown(&name);
                return Err(format!(
                    "`{name}` holds {dtype:?}; only F32 and F64 are read"
                ));
            }
            let tensor = Tensor {
                dtype: view.dtype(),
                shape: view.shape().to_vec(),
                bytes: Cow::into_owned(Cow::from(view.data())),
            };
            found.tensors.insert(name, tensor);
        }
        match entry["sha256"].as_str() {
            Some(sum) if sum == found.checksum() => Ok(found),
            Some(_) => Err("altered: the checksum does not match".to_owned()),
            // Another program's.
            None if entry.is_null() => Ok(found),
            // This program writes its checksum next to every note.
            None => Err("altered: the checksum is missing".to_owned()),
        }
    }

    /// Checksum of the note, and of every tensor's name, shape and bytes.
    fn checksum(&self) -> String {
        let mut all = self.note.to_string().into_bytes();
        for (name, tensor) in &self.tensors {
            all.extend_from_slice(format!("\0{name} {:?} ", tensor.shape).as_bytes());
            all.extend_from_slice(&tensor.bytes);
        }
        sha256(&all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TensorFile {
        let mut file = TensorFile::new(serde_json::json!({ "step": 3 }));
        file.put("b".to_owned(), &[2, 2], &[1.0f32, -0.0, 0.1, f32::MAX]);
        file.put("a".to_owned(), &[3], &[0.1f64, f64::NAN, 1e300]);
        file
    }

    #[test]
    fn what_was_written_comes_back_bit_for_bit() {
        let bytes = sample().encode();
        assert_eq!(bytes, sample().encode());
        let found = TensorFile::decode(&bytes).unwrap();
        assert_eq!(found, sample());
        assert_eq!(found.get("b").unwrap().0, [2, 2]);
        assert_eq!(found.get("a").unwrap().1[0].to_bits(), 0.1f64.to_bits());
        assert!(found.get("c").is_none());
    }

    #[test]
    fn a_note_without_its_checksum_is_refused() {
        let mut bytes = sample().encode();
        let at = bytes.windows(6).position(|six| six == b"sha256").unwrap();
        bytes[at] = b'S';
        let reason = TensorFile::decode(&bytes).unwrap_err();
        assert!(reason.contains("the checksum is missing"), "{reason}");
    }

    #[test]
    fn truncated_and_altered_files_are_refused() {
        let bytes = sample().encode();
        for length in 0..bytes.len() {
            assert!(TensorFile::decode(&bytes[..length]).is_err(), "{length}");
        }
        let mut altered = bytes;
        *altered.last_mut().unwrap() ^= 1;
        assert!(
            TensorFile::decode(&altered)
                .unwrap_err()
                .contains("checksum")
        );
    }
}
