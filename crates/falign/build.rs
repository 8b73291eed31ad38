//! What `falign doctor` says of the build: the target's triple and the compiler, which only a build script is told.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let compiler = env::var_os("RUSTC").map(|rustc| Command::new(rustc).arg("--version").output());
    let compiler = match compiler {
        Some(Ok(output)) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "rustc unknown".to_owned(),
    };
    println!("cargo::rustc-env=FALIGN_TARGET={target}");
    println!("cargo::rustc-env=FALIGN_COMPILER={compiler}");
}
