//! The data sets themselves.
//!
//! Checksums of MNIST were computed from the files, and agree with those in public use. Those of
//! Fashion-MNIST's content are the ones that several independent public programs check. For
//! KMNIST and CIFAR-10 none of the content was found in print, so those of the compressed files
//! are used, again as public programs have them.

use super::{Checksum, Entry, EntryFile, Layout};
use crate::data::folder::{CIFAR_ARCHIVE, IDX_FILES};
use crate::{Error, Result};

/// Entries of all known data sets.
pub fn entries() -> Vec<Entry> {
    vec![mnist(), fashion_mnist(), kmnist(), cifar10()]
}

/// A data set by its name; capitals do not count, and `-` is as good as `_` or nothing.
///
/// # Errors
/// [`Error::Config`] with the names that exist.
///
/// # Example
/// ```
/// use falign::internal::data::catalogue::find;
/// assert_eq!(find("Fashion-MNIST")?.name, "fashion_mnist");
/// assert_eq!(find("cifar-10")?.classes(), 10);
/// assert!(find("imagenet").is_err());
/// # Ok::<(), falign::Error>(())
/// ```
pub fn find(name: &str) -> Result<Entry> {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_'], "");
    let all = entries();
    let names: Vec<String> = all.iter().map(|entry| entry.name.clone()).collect();
    all.into_iter()
        .find(|entry| plain(&entry.name) == plain(name))
        .ok_or_else(|| {
            let known = format!("no data set has this name; there are {}", names.join(", "));
            Error::config("data set", name, known)
        })
}

/// Sizes of the content of MNIST's four files, and of all that took over its form.
const IDX_BYTES: [u64; 4] = [47_040_016, 60_008, 7_840_016, 10_008];

fn idx_files(download_bytes: [u64; 4], checksums: [Checksum; 4]) -> Vec<EntryFile> {
    IDX_FILES
        .into_iter()
        .zip(download_bytes)
        .zip(IDX_BYTES)
        .zip(checksums)
        .map(
            |(((name, download_bytes), content_bytes), checksum)| EntryFile {
                name: format!("{name}.gz"),
                download_bytes,
                content_bytes: Some(content_bytes),
                checksum,
            },
        )
        .collect()
}

fn content(sha256: &str) -> Checksum {
    Checksum::Content(sha256.to_owned())
}

fn published(sha256: &str) -> Checksum {
    Checksum::Published(sha256.to_owned())
}

/// Folders to look in: the data set's, the one that torchvision makes, the very folder that was named, and
/// torchvision's below that.
fn folders(own: &str, torchvision: &str) -> Vec<String> {
    [own, torchvision, "", "raw"].map(str::to_owned).to_vec()
}

fn mnist() -> Entry {
    Entry {
        name: "mnist".to_owned(),
        title: "MNIST".to_owned(),
        source: "LeCun, Cortes, Burges (1998): handwritten digits".to_owned(),
        licence: "CC BY-SA 3.0".to_owned(),
        layout: Layout::Idx,
        files: idx_files(
            [9_912_422, 28_881, 1_648_877, 4_542],
            [
                content("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
                content("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
                content("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
                content("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
            ],
        ),
        sample_shape: vec![28, 28],
        train_counts: vec![5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        test_counts: vec![980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        folders: folders("mnist", "MNIST/raw"),
    }
}

fn fashion_mnist() -> Entry {
    Entry {
        name: "fashion_mnist".to_owned(),
        title: "Fashion-MNIST".to_owned(),
        source: "Xiao, Rasul, Vollgraf (2017), arXiv:1708.07747: articles of clothing".to_owned(),
        licence: "MIT".to_owned(),
        layout: Layout::Idx,
        files: idx_files(
            [26_421_880, 29_515, 4_422_102, 5_148],
            [
                content("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
                content("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
                content("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
                content("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
            ],
        ),
        sample_shape: vec![28, 28],
        train_counts: vec![6000; 10],
        test_counts: vec![1000; 10],
        folders: [
            folders("fashion_mnist", "FashionMNIST/raw"),
            // Of Debian's package, in /usr/share/datasets.
            vec!["fashion-mnist".to_owned()],
        ]
        .concat(),
    }
}

fn kmnist() -> Entry {
    Entry {
        name: "kmnist".to_owned(),
        title: "KMNIST".to_owned(),
        source: "Clanuwat et al. (2018), arXiv:1812.01718: cursive Japanese characters".to_owned(),
        licence: "CC BY-SA 4.0".to_owned(),
        layout: Layout::Idx,
        files: idx_files(
            [18_165_135, 29_497, 3_041_136, 5_120],
            [
                published("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                published("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                published("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                published("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            ],
        ),
        sample_shape: vec![28, 28],
        train_counts: vec![6000; 10],
        test_counts: vec![1000; 10],
        folders: folders("kmnist", "KMNIST/raw"),
    }
}

fn cifar10() -> Entry {
    Entry {
        name: "cifar10".to_owned(),
        title: "CIFAR-10".to_owned(),
        source: "Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images"
            .to_owned(),
        licence: "none stated; its makers ask to be cited".to_owned(),
        layout: Layout::Cifar10,
        files: vec![EntryFile {
            name: format!("{CIFAR_ARCHIVE}.gz"),
            download_bytes: 170_052_171,
            content_bytes: None,
            checksum: published("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        }],
        sample_shape: vec![3, 32, 32],
        train_counts: vec![5000; 10],
        test_counts: vec![1000; 10],
        folders: [
            "cifar10",
            "cifar10/cifar-10-batches-bin",
            "cifar-10-batches-bin",
            "",
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}
