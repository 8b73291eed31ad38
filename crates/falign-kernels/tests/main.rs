//! Kernels against their definitions, on every path.
#![allow(
    clippy::disallowed_methods,
    reason = "tests may use the system's functions"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

mod activation;
mod bytes;
mod elementary;
mod exponential;
mod lanes;
mod pass;
mod product;

/// Numbers in [0, 1) that are the same each time.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut x = seed;
    move || {
        x = x
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (x >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `check.sh` compiles this crate for a processor that is not here, and no other.
#[test]
fn no_other_crate_asks_for_the_processor() {
    fn look(folder: &std::path::Path, found: &mut Vec<String>, files: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, found, files);
            } else if path.extension().is_some_and(|end| end == "rs") {
                *files += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                if text.contains("target_arch") || text.contains("std::arch") {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut found, mut files) = (Vec::new(), 0);
    let crates = std::fs::read_dir(root.join("crates")).unwrap();
    let crates = crates.map(|entry| entry.unwrap().path());
    for folder in crates.chain([root.join("bindings/python")]) {
        if !folder.ends_with("falign-kernels") {
            look(&folder.join("src"), &mut found, &mut files);
        }
    }
    assert!(files > 200, "only {files} files");
    assert!(found.is_empty(), "{found:?}");
}
