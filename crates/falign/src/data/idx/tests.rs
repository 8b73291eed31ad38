use super::*;
use crate::file::scratch::Scratch;

/// A file by hand, independent of the writer.
fn file(magic: [u8; 4], sizes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    for size in sizes {
        bytes.extend_from_slice(&size.to_be_bytes());
    }
    bytes.extend_from_slice(values);
    bytes
}

fn images() -> Vec<u8> {
    file([0, 0, 8, 3], &[2, 2, 1], &[0, 255, 7, 9])
}

fn labels() -> Vec<u8> {
    file([0, 0, 8, 1], &[2], &[3, 0])
}

fn read(images: Vec<u8>, labels: Vec<u8>, classes: Option<usize>) -> Result<Labelled> {
    let (image_path, label_path) = (Path::new("images"), Path::new("labels"));
    assemble((image_path, images), (label_path, labels), classes)
}

fn reason(images: Vec<u8>, labels: Vec<u8>, classes: Option<usize>) -> String {
    let error = read(images, labels, classes).unwrap_err();
    assert!(matches!(&error, Error::Data { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn images_and_labels_are_read_as_they_stand() {
    let data = read(images(), labels(), None).unwrap();
    let expected = ndarray::array![[0, 255], [7, 9]];
    assert_eq!(data.inputs(), &Inputs::Pixels(expected.into()));
    assert_eq!(data.sample_shape(), [2, 1]);
    assert_eq!(data.labels(), [3, 0]);
    assert_eq!(data.classes(), 4);
    assert_eq!(read(images(), labels(), Some(10)).unwrap().classes(), 10);
}

#[test]
fn samples_may_be_rows_or_have_colours() {
    let row = file([0, 0, 8, 2], &[1, 3], &[1, 2, 3]);
    let label = file([0, 0, 8, 1], &[1], &[0]);
    let data = read(row, label.clone(), None).unwrap();
    assert_eq!(data.sample_shape(), [3]);
    let colours = file([0, 0, 8, 4], &[1, 3, 1, 2], &[1; 6]);
    let data = read(colours, label, None).unwrap();
    assert_eq!(data.sample_shape(), [3, 1, 2]);
}

#[test]
fn what_is_wrong_is_told_with_its_byte() {
    let with =
        |magic, sizes: &[u32], values: &[u8]| reason(file(magic, sizes, values), labels(), None);
    for (text, part) in [
        (
            with([8, 0, 0, 3], &[2], &[]),
            "byte 0: magic number 0x08000003",
        ),
        (
            with([0, 0, 13, 3], &[2], &[]),
            "byte 2: numbers of type 0x0d",
        ),
        (
            with([0, 0, 8, 1], &[2], &[1, 2]),
            "byte 3: 1 dimensions in magic number 0x00000801",
        ),
        (
            with([0, 0, 8, 3], &[2, 2], &[]),
            "ends at byte 12, within the 3 sizes",
        ),
        (
            with([0, 0, 8, 3], &[2, 2, 1], &[1, 2, 3]),
            "truncated: it ends at byte 19, but shape (2, 2, 1) needs 20",
        ),
        (
            with([0, 0, 8, 3], &[2, 2, 1], &[0; 5]),
            "damaged: it ends at byte 21",
        ),
        (
            with([0, 0, 8, 3], &[2, 0, 1], &[]),
            "shape (2, 0, 1) has no bytes",
        ),
        (with([0, 0, 8, 4], &[u32::MAX; 4], &[]), "too large"),
        (
            with([0, 0, 8, 3], &[3, 2, 1], &[0; 6]),
            "2 labels, but images has 3 samples",
        ),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for length in 0..4 {
        let text = reason(images()[..length].to_vec(), labels(), None);
        assert!(
            text.contains(&format!("byte {length}, within its magic")),
            "{text}"
        );
    }
    let text = reason(images(), labels(), Some(3));
    assert!(
        text.starts_with("labels: byte 8: label 3 of sample 0, expected 0 to 2"),
        "{text}"
    );
    let swapped = reason(labels(), images(), None);
    assert!(
        swapped.starts_with("images: byte 3: 1 dimensions"),
        "{swapped}"
    );
}

#[test]
fn plain_and_gzip_files_are_written_and_read_back() {
    let folder = Scratch::new("idx");
    let path = |name| folder.path().join(name);
    save_idx(&path("images"), &[2, 2, 1], &[0, 255, 7, 9]).unwrap();
    assert_eq!(std::fs::read(path("images")).unwrap(), images());
    save_idx(&path("images.gz"), &[2, 2, 1], &[0, 255, 7, 9]).unwrap();
    save_idx(&path("again.GZ"), &[2, 2, 1], &[0, 255, 7, 9]).unwrap();
    let stored = std::fs::read(path("images.gz")).unwrap();
    assert_eq!(stored[..2], [0x1f, 0x8b]);
    assert_eq!(stored, std::fs::read(path("again.GZ")).unwrap());
    save_idx(&path("labels"), &[2], &[3, 0]).unwrap();
    let plain = load_idx(&path("images"), &path("labels"), None).unwrap();
    let packed = load_idx(&path("images.gz"), &path("labels"), None).unwrap();
    assert_eq!(plain, packed);
    let error = save_idx(&path("images"), &[3], &[1]).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let error = load_idx(&path("nowhere"), &path("labels"), None).unwrap_err();
    assert!(matches!(&error, Error::Io { .. }) && error.to_string().contains("nowhere"));
}
