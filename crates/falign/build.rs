//! What only a build script can: tell `falign doctor` of the build, and pack stored runs, which are text and would be a
//! quarter of the program.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    tell_of_the_build();
    let stored = Path::new("experiments/stored");
    println!("cargo::rerun-if-changed={}", stored.display());
    let packed = env::var_os("OUT_DIR").expect("Cargo names it");
    pack(stored, &Path::new(&packed).join("stored"))
}

/// The target's triple and the compiler, as environment variables of the compilation.
fn tell_of_the_build() {
    let target = env::var("TARGET").unwrap_or_default();
    let compiler = env::var_os("RUSTC").map(|rustc| Command::new(rustc).arg("--version").output());
    let compiler = match compiler {
        Some(Ok(output)) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "rustc unknown".to_owned(),
    };
    println!("cargo::rustc-env=FALIGN_TARGET={target}");
    println!("cargo::rustc-env=FALIGN_COMPILER={compiler}");
}

/// Writes NAME.csv.gz for each NAME.csv of a folder and the folders in it.
fn pack(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_dir() {
            pack(&path, &to.join(name))?;
        } else if path.extension().is_some_and(|ending| ending == "csv") {
            let packed = to.join(name).with_extension("csv.gz");
            let mut packed = GzEncoder::new(File::create(packed)?, Compression::default());
            io::copy(&mut File::open(&path)?, &mut packed)?;
            packed.finish()?;
        }
    }
    Ok(())
}
