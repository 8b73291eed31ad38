use super::*;
use crate::data::folder::IDX_FILES;
use crate::data::gzip::tests::compressed;
use crate::data::idx::save_idx;
use crate::data::synthetic::labelled_images;
use crate::data::{Inputs, Labelled};
use crate::file::scratch::Scratch;
use crate::file::sha256;
use crate::math::{StreamName, Streams};
use std::fs;
use std::path::PathBuf;

const SIDE: usize = 3;
const CLASSES: usize = 4;

/// Four IDX files of a small data set in `folder`.
fn write(folder: &Path, seed: u64) {
    fs::create_dir_all(folder).unwrap();
    let streams = Streams::new(seed, 0);
    let train = labelled_images(streams, StreamName::Data, 12, SIDE, CLASSES);
    let test = labelled_images(streams, StreamName::HeldOut, 8, SIDE, CLASSES);
    for (data, [images, labels]) in [
        (&train, [IDX_FILES[0], IDX_FILES[1]]),
        (&test, [IDX_FILES[2], IDX_FILES[3]]),
    ] {
        let path = |name: &str| folder.join(format!("{name}.gz"));
        let n = data.samples();
        save_idx(&path(images), &[n, SIDE, SIDE], &pixels(data)).unwrap();
        save_idx(&path(labels), &[n], &labels_of(data)).unwrap();
    }
}

fn pixels(data: &Labelled) -> Vec<u8> {
    match data.inputs() {
        Inputs::Pixels(x) => x.iter().copied().collect(),
        _ => panic!("images are pixels"),
    }
}

fn labels_of(data: &Labelled) -> Vec<u8> {
    let byte = |label: &usize| u8::try_from(*label).unwrap();
    data.labels().iter().map(byte).collect()
}

/// The entry of the files in `folder`, `known` by their content or as published.
fn entry(folder: &Path, known: fn(&Path) -> Checksum) -> Entry {
    let files = IDX_FILES.map(|name| EntryFile {
        name: format!("{name}.gz"),
        download_bytes: 1,
        content_bytes: None,
        checksum: known(&folder.join(format!("{name}.gz"))),
    });
    Entry {
        name: "small".to_owned(),
        title: "TINY".to_owned(),
        layout: Layout::Idx,
        files: files.to_vec(),
        sample_shape: vec![SIDE, SIDE],
        train_counts: vec![3; CLASSES],
        test_counts: vec![2; CLASSES],
        folders: vec!["small".to_owned(), "TINY/raw".to_owned(), String::new()],
        ..find("mnist").unwrap()
    }
}

fn by_content(path: &Path) -> Checksum {
    Checksum::Content(sha256(&crate::data::gzip::read_content(path).unwrap()))
}

fn as_published(path: &Path) -> Checksum {
    Checksum::Published(sha256(&fs::read(path).unwrap()))
}

/// Replaces a file by its decompressed content.
fn unpack(folder: &Path, name: &str) {
    let packed = folder.join(format!("{name}.gz"));
    let content = crate::data::gzip::read_content(&packed).unwrap();
    fs::write(folder.join(name), content).unwrap();
    fs::remove_file(packed).unwrap();
}

fn reason<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Data { .. }), "{error:?}");
    error.to_string()
}

/// Training samples of data sets that have ten classes and 10000 test samples.
const KNOWN: [(&str, usize); 4] = [
    ("mnist", 60_000),
    ("fashion_mnist", 60_000),
    ("kmnist", 60_000),
    ("cifar10", 50_000),
];

#[test]
fn entries_are_complete() {
    let hash = |checksum: &Checksum| match checksum {
        Checksum::Content(hash) | Checksum::Published(hash) => hash.clone(),
    };
    let mut hashes = Vec::new();
    for mut entry in entries() {
        assert_eq!(find(&entry.name).unwrap(), entry);
        assert_eq!(entry.folders[0], entry.name);
        assert_eq!(entry.test_counts.len(), entry.classes());
        let counts = [&entry.train_counts, &entry.test_counts, &entry.sample_shape];
        assert!(
            counts
                .iter()
                .all(|counts| !counts.is_empty() && !counts.contains(&0))
        );
        if let Some((_, train)) = KNOWN.iter().find(|(name, _)| *name == entry.name) {
            let sizes = [entry.classes(), entry.train_samples(), entry.test_samples()];
            assert_eq!(sizes, [10, *train, 10_000]);
        }
        let texts = [&entry.title, &entry.source, &entry.licence];
        assert!(texts.iter().all(|text| !text.is_empty()), "{}", entry.name);
        for file in entry.files.clone() {
            hashes.push(hash(&file.checksum));
            entry.pin(&file.name, &hash(&file.checksum)).unwrap();
        }
        if entry.layout == Layout::Idx {
            let pixels: usize = entry.sample_shape.iter().product();
            let expected = 16 + (entry.train_samples() * pixels) as u64;
            assert_eq!(entry.files[0].content_bytes, Some(expected));
        }
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count, "each file has a different checksum");
    let text = find("mnits").unwrap_err().to_string();
    let names: Vec<String> = entries().into_iter().map(|entry| entry.name).collect();
    assert!(text.contains(&names.join(", ")), "{text}");
}

#[test]
fn its_own_folder_comes_before_torchvisions_before_the_folder_itself() {
    let root = Scratch::new("locate");
    let root = root.path();
    let folders = [
        root.to_path_buf(),
        root.join("TINY/raw"),
        root.join("small"),
    ];
    for folder in &folders {
        write(folder, 1);
        let entry = entry(folder, by_content);
        let located = entry.locate(&["/nowhere".into(), root.into()]).unwrap();
        assert_eq!(located.folder, *folder);
        assert_eq!(located.files[0], folder.join("train-images-idx3-ubyte.gz"));
    }
    // An incomplete folder is passed over.
    fs::remove_file(root.join("small/t10k-labels-idx1-ubyte.gz")).unwrap();
    let located = entry(root, by_content).locate(&[root.into()]).unwrap();
    assert_eq!(located.folder, folders[1]);
    // Torchvision's own level may be named too, where the checksum tells whose files they are.
    let mut entry = entry(root, by_content);
    entry.folders = vec![String::new(), "raw".to_owned()];
    let located = entry.locate(&[root.join("TINY")]).unwrap();
    assert_eq!(located.folder, folders[1]);
    // What an incomplete one has not is named.
    let text = reason(entry.locate(&["/nowhere".into(), root.join("small")]));
    let missing = "TINY is not whole: t10k-labels-idx1-ubyte is missing (plain or .gz)";
    assert!(
        text.contains(missing) && text.replace('\\', "/").contains("/small: "),
        "{text}"
    );
}

#[test]
fn files_directly_in_a_folder_must_be_proven() {
    let root = Scratch::new("foreign");
    let (own, other) = (root.path().join("own"), root.path().join("other"));
    write(&own, 1);
    write(&other, 2);
    // Labels of another data set.
    save_idx(&other.join("train-labels-idx1-ubyte.gz"), &[12], &[1; 12]).unwrap();
    for known in [by_content, as_published] {
        let entry = entry(&own, known);
        let located = entry.locate(&[other.clone(), own.clone()]).unwrap();
        assert_eq!(located.folder, own);
        let text = reason(entry.locate(std::slice::from_ref(&other)));
        assert!(
            text.contains("other: ") && text.contains("checksum is not TINY's"),
            "{text}"
        );
    }
    let text = reason(entry(&own, by_content).locate(&["/a".into(), "/b".into()]));
    for part in [
        "/a: TINY is not in this folder, nor in /b;",
        "falign data fetch small",
        "FALIGN_DATA",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_proof_is_as_firm_as_the_known_checksum() {
    let root = Scratch::new("proof");
    let folder = root.path().join("small");
    write(&folder, 1);
    let proofs = |entry: &Entry| -> Result<Vec<Proof>> {
        let loaded = entry.load(&entry.locate(&[root.path().into()])?)?;
        assert_eq!(loaded.data.train().samples(), 12);
        Ok(loaded.files.into_iter().map(|(_, proof)| proof).collect())
    };
    let (content, mut published) = (entry(&folder, by_content), entry(&folder, as_published));
    assert_eq!(proofs(&content).unwrap(), [const { Proof::Content }; 4]);
    assert_eq!(proofs(&published).unwrap(), [const { Proof::Published }; 4]);
    // The same content in another form.
    unpack(&folder, IDX_FILES[0]);
    assert_eq!(proofs(&content).unwrap()[0], Proof::Content);
    let Proof::Unproven { content_sha256 } = &proofs(&published).unwrap()[0] else {
        panic!("no checksum of the content is known")
    };
    published
        .pin("train-images-idx3-ubyte.gz", &content_sha256.to_uppercase())
        .unwrap();
    let pinned = proofs(&published).unwrap();
    assert_eq!(pinned[..2], [Proof::Content, Proof::Published]);
    let file = &content.files[0];
    assert_eq!(
        file.check(&folder.join(IDX_FILES[0])).unwrap(),
        Proof::Content
    );
}

#[test]
fn what_is_not_the_published_data_is_refused() {
    let root = Scratch::new("altered");
    let folder = root.path().join("small");
    write(&folder, 1);
    let (content, published) = (entry(&folder, by_content), entry(&folder, as_published));
    let load = |entry: &Entry| entry.load(&entry.locate(&[root.path().into()])?);
    let change = |name: &str, at: usize| {
        let path: PathBuf = folder.join(format!("{name}.gz"));
        let mut bytes = crate::data::gzip::read_content(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, compressed(&bytes)).unwrap();
    };
    // One pixel: the checksum of the content tells, the published file's cannot.
    change(IDX_FILES[2], 20);
    let text = reason(load(&content));
    assert!(
        text.contains("t10k-images-idx3-ubyte.gz: wrong checksum"),
        "{text}"
    );
    load(&published).unwrap();
    // One label: the counts tell.
    change(IDX_FILES[3], 8);
    let text = reason(load(&published));
    assert!(
        text.contains("the test set is not TINY's: class 0 has 1 samples, expected 2"),
        "{text}"
    );
    let mut other = published.clone();
    other.sample_shape = vec![9];
    let text = reason(load(&other));
    assert!(
        text.contains("samples have shape (3, 3), expected (9,)"),
        "{text}"
    );
    // Content longer than it can be is not unpacked.
    let mut short = published;
    short.files[0].content_bytes = Some(100);
    assert!(reason(load(&short)).contains("beyond the 100 bytes"));
}

#[test]
fn cifar_is_read_from_its_archive_or_its_batches() {
    use crate::data::cifar::BATCHES;
    use crate::data::cifar::tests::{archive, records};
    let root = Scratch::new("catalogue-cifar");
    let packed = compressed(&archive(&BATCHES));
    let mut entry = find("cifar10").unwrap();
    entry.train_counts = [[1; 5], [0; 5]].concat();
    entry.test_counts = [[0; 8].as_slice(), &[1; 2]].concat();
    entry.files[0].checksum = Checksum::Published(sha256(&packed));
    let load = |entry: &Entry| entry.load(&entry.locate(&[root.path().into()])?);
    root.file("cifar-10-binary.tar.gz", &packed);
    let loaded = load(&entry).unwrap();
    assert_eq!(loaded.files[0].1, Proof::Published);
    root.file("cifar-10-binary.tar.gz", &compressed(b"altered"));
    assert!(reason(load(&entry)).contains("not a tar archive"));
    entry
        .pin("cifar-10-binary.tar.gz", &"0".repeat(64))
        .unwrap();
    assert!(reason(load(&entry)).contains("wrong checksum"));
    let folder = root.path().join("cifar-10-batches-bin");
    fs::create_dir(&folder).unwrap();
    for (index, name) in (0..).zip(BATCHES) {
        let bytes = if index == 5 {
            records(8, 2)
        } else {
            records(index, 1)
        };
        fs::write(folder.join(name), bytes).unwrap();
    }
    let batches = load(&entry).unwrap();
    assert_eq!(batches.data, loaded.data);
    assert!(matches!(
        &batches.files[..],
        [(_, Proof::Unproven { .. }), ..]
    ));
}

#[test]
fn a_pin_must_be_a_checksum_of_a_file() {
    let mut entry = find("kmnist").unwrap();
    let text = entry
        .pin("train-images-idx3-ubyte.gz", "12")
        .unwrap_err()
        .to_string();
    assert!(text.contains("64 hexadecimal digits"), "{text}");
    let text = entry.pin("x.gz", &"0".repeat(64)).unwrap_err().to_string();
    assert!(
        text.contains("no such file; there are train-images"),
        "{text}"
    );
}
