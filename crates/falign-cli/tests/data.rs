//! `falign data` as a user types it; fetching itself is tested beside its code.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../src/fetch/server.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod server;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use server::{Reply, Server};

/// A folder for one test with a home of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file of mirrors that sends requests for MNIST to `url`.
    fn mirrors(&self, url: &str) -> PathBuf {
        let path = self.path().join("mirrors.toml");
        fs::write(&path, format!("[mnist]\nurls = [\"{url}\"]\n")).unwrap();
        path
    }

    /// `falign data` with these arguments, away from the real user's files and proxies.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_falign"));
        for name in [
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "no_proxy",
            "xdg_cache_home",
        ] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("FALIGN_DATA")
            .env_remove("SSL_CERT_FILE")
            .env("HOME", self.path())
            .arg("data")
            .args(arguments);
        command
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// The folder of the real MNIST, or a loud word that there is none.
fn real_mnist() -> Option<PathBuf> {
    let folder = std::env::var_os("FALIGN_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        // Not `eprintln`, which a passing test swallows.
        let text = b"SKIPPED: FALIGN_TEST_DATA does not name a folder with MNIST\n";
        std::io::stderr().write_all(text).unwrap();
    }
    folder
}

#[test]
fn list_shows_every_data_set_and_where_it_was_looked_for() {
    let home = Home::new();
    let output = home.run(&["list", "--data-dir", "/nowhere"]);
    let text = out(&output);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    for name in ["mnist", "fashion_mnist", "kmnist", "cifar10"] {
        assert!(
            text.lines()
                .any(|line| line.starts_with(name) && line.ends_with("not here"))
        );
    }
    assert!(
        text.contains("60000 + 10000  28x28    10 classes   12 MB"),
        "{text}"
    );
    let cache = home.path().join(".cache/falign/data");
    let looked = format!("looked in: /nowhere, {}\n", cache.display());
    assert!(text.ends_with(&looked), "{text}");
}

#[test]
fn a_data_set_that_is_not_there_is_an_error_that_says_what_to_do() {
    let home = Home::new();
    for arguments in [&["path", "mnist"][..], &["verify", "mnist"]] {
        let output = home.run(arguments);
        assert_eq!((code(&output), out(&output).as_str()), (Some(1), ""));
        assert!(
            err(&output).contains("`falign data fetch mnist`"),
            "{}",
            err(&output)
        );
    }
    let output = home.run(&["verify"]);
    assert_eq!(code(&output), Some(1));
    assert!(
        err(&output).contains("no data set is in"),
        "{}",
        err(&output)
    );
    let output = home.run(&["fetch", "mnist", "--offline"]);
    assert_eq!(code(&output), Some(1));
    assert!(
        err(&output).contains("/mnist/train-images-idx3-ubyte.gz"),
        "{}",
        err(&output)
    );
}

#[test]
fn mistakes_in_a_command_are_told_from_failures() {
    let home = Home::new();
    let output = home.run(&["path", "mnits"]);
    assert_eq!(code(&output), Some(2));
    assert!(err(&output).contains("fashion_mnist"), "{}", err(&output));
    let mirrors = home.mirrors("ftp://here");
    let output = home.run(&["list", "--mirrors", mirrors.to_str().unwrap()]);
    assert_eq!(code(&output), Some(2));
    assert!(err(&output).contains("mirrors.toml"), "{}", err(&output));
    let output = home.run(&["list", "--mirrors", "/nowhere.toml"]);
    assert_eq!(code(&output), Some(1));
    assert_eq!(code(&home.run(&["fetch"])), Some(2));
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let home = Home::new();
    let mut command = home.command(&["fetch", "mnist"]);
    let output = command
        .env("SSL_CERT_FILE", "/nowhere.pem")
        .output()
        .unwrap();
    assert_eq!(code(&output), Some(1));
    let text = err(&output);
    assert!(
        text.contains("SSL_CERT_FILE") && text.contains("/nowhere.pem"),
        "{text}"
    );
}

#[test]
fn a_failed_fetch_names_the_mirror_and_leaves_nothing_that_looks_whole() {
    let home = Home::new();
    let server = Server::start(|request, _| match &request.path[..] {
        "/gone/train-images-idx3-ubyte.gz" => Reply::Status(404),
        _ => Reply::File(b"not MNIST".to_vec()),
    });
    for (folder, part) in [("gone", "HTTP status 404"), ("bad", "wrong checksum")] {
        let mirrors = home.mirrors(&server.url(folder));
        let mirrors = mirrors.to_str().unwrap();
        let output = home.run(&["fetch", "mnist", "--mirrors", mirrors, "--quiet"]);
        let text = err(&output);
        assert_eq!(code(&output), Some(1));
        assert!(
            text.contains(&server.url(folder)) && text.contains(part),
            "{text}"
        );
    }
    let folder = home.path().join(".cache/falign/data/mnist");
    let names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, [".lock"]);
}

#[test]
fn the_printed_mirrors_can_be_used_as_ones_own() {
    let home = Home::new();
    let printed = home.run(&["mirrors"]);
    let folder = home.path().join(".config/falign");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mirrors.toml"), &printed.stdout).unwrap();
    assert_eq!(code(&home.run(&["list"])), Some(0));
    fs::write(folder.join("mirrors.toml"), "x").unwrap();
    assert_eq!(code(&home.run(&["list"])), Some(2));
}

#[test]
fn the_real_mnist_is_fetched_verified_and_found() {
    let Some(published) = real_mnist() else {
        return;
    };
    let home = Home::new();
    let server = Server::start(move |request, before| {
        let name = request.path.rsplit('/').next().unwrap();
        let file = fs::read(published.join(name)).unwrap();
        let half = file.len() / 2;
        if before == 0 {
            Reply::Cut(file, half)
        } else {
            Reply::File(file)
        }
    });
    let mirrors = home.mirrors(&server.url("mnist"));
    let mirrors = mirrors.to_str().unwrap();
    let root = home.path().join("data");
    let data_dir = ["--data-dir", root.to_str().unwrap()];
    let run = |arguments: &[&str]| home.run(&[arguments, &data_dir].concat());

    let output = run(&["fetch", "mnist", "--mirrors", mirrors]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert!(
        out(&output).starts_with("MNIST is whole: "),
        "{}",
        out(&output)
    );
    // One connection broke; four files.
    assert_eq!(server.requests().len(), 5);
    let output = run(&["fetch", "mnist", "--offline"]);
    assert!(
        out(&output).starts_with("MNIST is there and whole: "),
        "{}",
        err(&output)
    );

    let folder = root.join("mnist");
    assert_eq!(
        out(&run(&["path", "mnist"])),
        format!("{}\n", folder.display())
    );
    let output = run(&["verify"]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert_eq!(
        out(&output)
            .matches("checksum of the content is right")
            .count(),
        4
    );

    // The folder itself as data directory; nothing else in it is a data set.
    let output = home.run(&["path", "mnist", "--data-dir", folder.to_str().unwrap()]);
    assert_eq!(out(&output), format!("{}\n", folder.display()));
    let output = home.run(&["path", "kmnist", "--data-dir", folder.to_str().unwrap()]);
    assert_eq!(code(&output), Some(1));
    assert!(
        err(&output).contains("checksum is not KMNIST's"),
        "{}",
        err(&output)
    );

    let labels = folder.join("t10k-labels-idx1-ubyte.gz");
    let mut bytes = fs::read(&labels).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&labels, bytes).unwrap();
    let output = run(&["verify", "mnist"]);
    assert_eq!(code(&output), Some(1));
    assert!(out(&output).contains("mnist: FAILED: ") && out(&output).contains("t10k-labels"));
}
