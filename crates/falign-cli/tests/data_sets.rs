//! `falign data` as a user types it; fetching itself is tested next to its code.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use crate::server::{Reply, Server};
use crate::support::{Answer, Lab};

/// `falign data` with these arguments, away from the real user's files and proxies.
fn data(lab: &Lab, arguments: &[&str]) -> Answer {
    data_with(lab, arguments, &[])
}

/// `falign data` with these arguments and environment variables.
fn data_with(lab: &Lab, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
    let mut command = lab.command(&[&["data"], arguments].concat());
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    for name in [
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "FALIGN_DATA",
        "SSL_CERT_FILE",
    ] {
        command.env_remove(name);
    }
    command.env("HOME", lab.path(""));
    command.envs(variables.iter().copied());
    Answer::of(command.output().unwrap())
}

/// The cache of the user whose home is the lab.
const CACHE: &str = ".cache/falign/data";

/// Writes a file of mirrors, `m.toml`, that sends requests for MNIST to `url`.
fn mirrors(lab: &Lab, url: &str) {
    lab.file("m.toml", format!("[mnist]\nurls = [\"{url}\"]\n"));
}

/// The folder of the real MNIST, or a loud word that there is none.
pub(crate) fn real_mnist() -> Option<PathBuf> {
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
    let lab = Lab::new();
    let text = data(&lab, &["list", "--data-dir", "/nowhere"])
        .succeeds()
        .out;
    for name in ["mnist", "fashion_mnist", "kmnist", "cifar10"] {
        let is_absent = |line: &str| line.starts_with(name) && line.ends_with("not here");
        assert!(text.lines().any(is_absent), "{text}");
    }
    let mnist = text.lines().find(|line| line.starts_with("mnist")).unwrap();
    let words: Vec<&str> = mnist.split_whitespace().collect();
    assert_eq!(words[1..7], ["60000", "10000", "28x28", "10", "12", "MB"]);
    let looked = format!("looked in: /nowhere, {}\n", lab.shown(CACHE));
    assert!(text.ends_with(&looked), "{text}");
}

#[test]
fn a_data_set_that_is_not_there_is_an_error_that_says_what_to_do() {
    let lab = Lab::new();
    for words in [&["path", "mnist"][..], &["verify", "mnist"]] {
        data(&lab, words).refuses(&["`falign data fetch mnist`", "FALIGN_DATA", CACHE]);
    }
    data(&lab, &["verify"]).fails(1, &["no data set is in", CACHE]);
    let file = "/mnist/train-images-idx3-ubyte.gz";
    data(&lab, &["fetch", "mnist", "--offline"]).fails(1, &["--offline", "https://", file]);
}

#[test]
fn mistakes_are_named() {
    let lab = Lab::new();
    data(&lab, &["path", "mnits"]).refuses(&["mnits", "fashion_mnist"]);
    mirrors(&lab, "ftp://here");
    data(&lab, &["list", "--mirrors", "m.toml"]).refuses(&["m.toml", "ftp://here"]);
    data(&lab, &["list", "--mirrors", "no.toml"]).fails(1, &["no.toml"]);
    assert_eq!(data(&lab, &["fetch"]).code, Some(2));
    let variables = [("SSL_CERT_FILE", "/nowhere.pem")];
    let words = ["fetch", "mnist"];
    data_with(&lab, &words, &variables).fails(1, &["SSL_CERT_FILE", "/nowhere.pem"]);
}

#[test]
fn a_failed_fetch_names_the_mirror_and_leaves_nothing_that_looks_whole() {
    let lab = Lab::new();
    let server = Server::start(|request, _| match &request.path[..] {
        "/gone/train-images-idx3-ubyte.gz" => Reply::Status(404),
        _ => Reply::File(b"not MNIST".to_vec()),
    });
    for (folder, part) in [("gone", "HTTP status 404"), ("bad", "wrong checksum")] {
        let url = server.url(folder);
        mirrors(&lab, &url);
        let words = ["fetch", "mnist", "--mirrors", "m.toml", "--quiet"];
        data(&lab, &words).fails(1, &[&url, part]);
    }
    let names = crate::support::names(&lab.path(CACHE).join("mnist"), "");
    assert_eq!(names, [".lock"]);
}

#[test]
fn the_printed_mirrors_can_be_used_as_ones_own() {
    let lab = Lab::new();
    let printed = data(&lab, &["mirrors"]).succeeds().out;
    fs::create_dir_all(lab.path(".config/falign")).unwrap();
    lab.file(".config/falign/mirrors.toml", printed);
    data(&lab, &["list"]).succeeds();
    lab.file(".config/falign/mirrors.toml", "[x]\nurls = []\n");
    data(&lab, &["list"]).refuses(&[".config/falign/mirrors.toml"]);
}

#[test]
fn the_real_mnist_is_fetched_verified_and_found() {
    let Some(published) = real_mnist() else {
        return;
    };
    let lab = Lab::new();
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
    mirrors(&lab, &server.url("mnist"));
    let words = [
        "fetch",
        "mnist",
        "--mirrors",
        "m.toml",
        "--data-dir",
        "data",
    ];
    let answer = data(&lab, &words).succeeds();
    assert!(answer.out.starts_with("MNIST is whole: "), "{}", answer.out);
    // One connection broke; four files.
    assert_eq!(server.requests().len(), 5);

    let in_data = |words: &[&str]| data(&lab, &[words, &["--data-dir", "data"]].concat());
    let text = in_data(&["fetch", "mnist", "--offline"]).succeeds().out;
    assert!(text.starts_with("MNIST is there and whole: "), "{text}");
    let folder = PathBuf::from("data").join("mnist");
    let line = format!("{}\n", folder.display());
    assert_eq!(in_data(&["path", "mnist"]).succeeds().out, line);
    let text = in_data(&["verify"]).succeeds().out;
    assert_eq!(text.matches("checksum of the content is right").count(), 4);

    // The folder itself as data directory; nothing else in it is a data set.
    let itself = ["--data-dir", folder.to_str().unwrap()];
    let path = |name| data(&lab, &[&["path", name], &itself[..]].concat());
    assert_eq!(path("mnist").succeeds().out, line);
    path("kmnist").refuses(&["checksum is not KMNIST's"]);

    let labels = lab.path("data/mnist/t10k-labels-idx1-ubyte.gz");
    let mut bytes = fs::read(&labels).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&labels, bytes).unwrap();
    let answer = in_data(&["verify", "mnist"]).ends_with(1);
    for part in ["mnist: FAILED: ", "t10k-labels"] {
        assert!(answer.out.contains(part), "{}", answer.out);
    }
}
