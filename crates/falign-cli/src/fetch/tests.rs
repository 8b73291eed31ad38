//! The whole of fetch against a real server: files of a small data set in MNIST's form.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::PathBuf;

use falign::data::synthetic::labelled_images;
use falign::data::{Inputs, Labelled};
use falign::internal::data::catalogue::find;
use falign::internal::data::{content_hash, save_idx};
use falign::math::{StreamName, Streams};
use tempfile::TempDir;

use super::server::{Reply, Request, Server};
use super::*;

const SIDE: usize = 6;
const CLASSES: usize = 4;
pub(super) const IMAGES: &str = "train-images-idx3-ubyte.gz";
const LABELS: &str = "train-labels-idx1-ubyte.gz";

/// More than a fetch stores of a file of some kilobytes, whatever a server sends.
const MOST: u64 = 1 << 21;

/// A published data set, and an empty folder to fetch it to.
pub(super) struct World {
    published: TempDir,
    pub(super) root: TempDir,
    entry: Entry,
    notes: RefCell<Vec<String>>,
}

impl Watcher for World {
    fn note(&self, text: &str) {
        self.notes.borrow_mut().push(text.to_owned());
    }

    fn progress(&self, _file: &str, have: u64, total: Option<u64>) {
        assert!(total.is_none_or(|total| have <= total));
        assert!(have < MOST, "it would fill the disk");
    }
}

impl World {
    pub(super) fn new() -> Self {
        let (published, root) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let mut entry = find("mnist").unwrap();
        let streams = Streams::new(3, 0);
        let sets = [(StreamName::Data, 120), (StreamName::HeldOut, 40)];
        let sets = sets.map(|(stream, n)| labelled_images(streams, stream, n, SIDE, CLASSES));
        for (index, file) in entry.files.iter_mut().enumerate() {
            let (shape, values) = content(&sets[index / 2], index % 2 == 0);
            let plain = published.path().join("plain");
            save_idx(&plain, &shape, &values).unwrap();
            save_idx(&published.path().join(&file.name), &shape, &values).unwrap();
            file.checksum = Checksum::Content(content_hash(&plain).unwrap());
            file.content_bytes = Some(fs::metadata(&plain).unwrap().len());
            file.download_bytes = 1000;
        }
        entry.sample_shape = vec![SIDE, SIDE];
        entry.train_counts = vec![120 / CLASSES; CLASSES];
        entry.test_counts = vec![40 / CLASSES; CLASSES];
        Self {
            published,
            root,
            entry,
            notes: RefCell::default(),
        }
    }

    /// A published file by its name or address.
    pub(super) fn file(&self, path: &str) -> Vec<u8> {
        let name = path.rsplit('/').next().unwrap();
        fs::read(self.published.path().join(name)).unwrap()
    }

    /// A server of the published files; `images` answers for the training images.
    pub(super) fn server(
        &self,
        images: impl Fn(Vec<u8>, &Request, usize) -> Reply + Send + 'static,
    ) -> Server {
        let published = self.published.path().to_path_buf();
        Server::start(move |request, before| {
            let name = request.path.rsplit('/').next().unwrap();
            // Whoever follows any redirect asks for other files too.
            let Ok(file) = fs::read(published.join(name)) else {
                return Reply::Status(404);
            };
            if name == IMAGES {
                images(file, request, before)
            } else {
                Reply::File(file)
            }
        })
    }

    pub(super) fn good_server(&self) -> Server {
        self.server(|file, _, _| Reply::File(file))
    }

    pub(super) fn fetch(&self, urls: &[String]) -> Result<Fetched> {
        self.fetch_by(&Client::impatient(), urls)
    }

    pub(super) fn fetch_by(&self, client: &Client, urls: &[String]) -> Result<Fetched> {
        fetch(&self.entry, self.root.path(), urls, Some(client), self)
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.root.path().join("mnist")
    }

    /// Names of all files in the folder, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The files as published, and nothing else.
    pub(super) fn assert_whole(&self) {
        let mut expected = vec![".lock".to_owned()];
        expected.extend(self.entry.files.iter().map(|file| file.name.clone()));
        expected.sort();
        assert_eq!(self.names(), expected);
        for file in &self.entry.files {
            let place = self.folder().join(&file.name);
            assert_eq!(fs::read(place).unwrap(), self.file(&file.name));
        }
    }

    pub(super) fn has_note(&self, part: &str) -> bool {
        self.notes.borrow().iter().any(|note| note.contains(part))
    }

    pub(super) fn part(&self, server: &Server) -> PathBuf {
        let url = address(&server.url("d"), IMAGES);
        self.folder().join(part_of(IMAGES, &url))
    }
}

/// Shape and bytes of a file of images or labels.
fn content(data: &Labelled, images: bool) -> (Vec<usize>, Vec<u8>) {
    match data.inputs() {
        Inputs::Pixels(x) if images => (
            vec![data.samples(), SIDE, SIDE],
            x.iter().copied().collect(),
        ),
        _ => {
            let byte = |label: &usize| u8::try_from(*label).unwrap();
            (
                vec![data.samples()],
                data.labels().iter().map(byte).collect(),
            )
        }
    }
}

/// The bytes that requests for training images wanted to go on from.
fn firsts(server: &Server) -> Vec<Option<usize>> {
    let requests = server.requests().into_iter();
    requests
        .filter(|request| request.path.ends_with(IMAGES))
        .map(|request| request.first)
        .collect()
}

#[test]
fn all_files_are_fetched_once() {
    let world = World::new();
    let server = world.good_server();
    let urls = [server.url("a/b/")];
    assert_eq!(world.fetch(&urls).unwrap().new, 4);
    world.assert_whole();
    assert_eq!(server.requests()[0].path, format!("/a/b/{IMAGES}"));
    assert_eq!(server.requests().len(), 4);
    let again = world.fetch(&urls).unwrap();
    assert_eq!((again.new, again.located.folder), (0, world.folder()));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_broken_connection_is_gone_on_with() {
    let world = World::new();
    let half = world.file(IMAGES).len() / 2;
    let server = world.server(move |file, _, before| {
        if before == 0 {
            Reply::Cut(file, half)
        } else {
            Reply::File(file)
        }
    });
    world.fetch(&[server.url("d")]).unwrap();
    assert_eq!(firsts(&server), [None, Some(half)]);
    world.assert_whole();
}

#[test]
fn a_silent_connection_is_given_up_and_gone_on_with() {
    let world = World::new();
    let server = world.server(|file, _, before| {
        if before == 0 {
            Reply::Silent(file, 100)
        } else {
            Reply::File(file)
        }
    });
    world.fetch(&[server.url("d")]).unwrap();
    assert_eq!(firsts(&server), [None, Some(100)]);
    world.assert_whole();
}

#[test]
fn what_an_earlier_program_left_is_gone_on_with() {
    let world = World::new();
    let half = world.file(IMAGES).len() / 2;
    // After half of the file, every connection breaks at once, until the fourth request.
    let server = world.server(move |file, _, before| match before {
        0 => Reply::Cut(file, half),
        1..=3 => Reply::Cut(file, 0),
        _ => Reply::File(file),
    });
    let urls = [server.url("d")];
    let text = format!("{:#}", world.fetch(&urls).unwrap_err());
    assert!(text.contains("could not be fetched"), "{text}");
    assert_eq!(
        fs::metadata(world.part(&server)).unwrap().len(),
        half as u64
    );
    world.fetch(&urls).unwrap();
    assert_eq!(firsts(&server).last(), Some(&Some(half)));
    world.assert_whole();
}

#[test]
fn a_part_that_is_all_there_only_gets_its_name() {
    let world = World::new();
    let server = world.good_server();
    fs::create_dir_all(world.folder()).unwrap();
    let length = world.file(IMAGES).len();
    fs::write(world.part(&server), world.file(IMAGES)).unwrap();
    world.fetch(&[server.url("d")]).unwrap();
    assert_eq!(firsts(&server), [Some(length)]);
    world.assert_whole();
}

#[test]
fn an_old_part_that_does_not_fit_is_thrown_away() {
    for old in [vec![7; 100], vec![7; 1 << 16]] {
        let world = World::new();
        let server = world.good_server();
        fs::create_dir_all(world.folder()).unwrap();
        fs::write(world.part(&server), &old).unwrap();
        world.fetch(&[server.url("d")]).unwrap();
        assert_eq!(firsts(&server), [Some(old.len()), None]);
        world.assert_whole();
    }
}

#[test]
fn servers_that_do_not_send_parts_begin_anew() {
    for other_part in [false, true] {
        let world = World::new();
        let server = world.server(move |file, request, before| match before {
            0 => Reply::Cut(file, 100),
            _ if other_part && request.first.is_some() => Reply::OtherPart(file),
            _ => Reply::Whole(file),
        });
        world.fetch(&[server.url("d")]).unwrap();
        assert_eq!(firsts(&server)[..2], [None, Some(100)]);
        world.assert_whole();
    }
}

#[test]
fn a_file_that_is_not_there_comes_from_the_next_mirror() {
    let world = World::new();
    let bad = world.server(|_, _, _| Reply::Status(404));
    let good = world.good_server();
    world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
    assert_eq!((firsts(&bad).len(), firsts(&good).len()), (1, 1));
    // The files after it come from the mirror that had it.
    assert_eq!((bad.requests().len(), good.requests().len()), (1, 4));
    assert!(world.has_note("HTTP status 404"));
    world.assert_whole();
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let world = World::new();
    let server = world.server(|file, _, before| match before {
        0 => Reply::Status(503),
        1 => Reply::Status(429),
        _ => Reply::File(file),
    });
    world.fetch(&[server.url("d")]).unwrap();
    assert_eq!(firsts(&server).len(), 3);
    world.assert_whole();
}

#[test]
fn a_wrong_checksum_leads_to_the_next_mirror() {
    let world = World::new();
    let other = world.file("t10k-images-idx3-ubyte.gz");
    let bad = world.server(move |_, _, _| Reply::File(other.clone()));
    let good = world.good_server();
    world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
    assert_eq!((firsts(&bad).len(), firsts(&good).len()), (1, 1));
    assert!(world.has_note("wrong checksum: SHA-256 of its content is"));
    world.assert_whole();
}

#[test]
fn a_file_cut_short_at_its_source_leads_to_the_next_mirror() {
    let world = World::new();
    for unmeasured in [false, true] {
        let bad = world.server(move |mut file, _, _| {
            file.truncate(file.len() / 2);
            if unmeasured {
                Reply::Unmeasured(file)
            } else {
                Reply::File(file)
            }
        });
        let good = world.good_server();
        let _ = fs::remove_dir_all(world.folder());
        world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
        assert_eq!((firsts(&bad).len(), firsts(&good).len()), (1, 1));
        assert!(world.has_note("gzip: truncated"));
        world.assert_whole();
    }
}

#[test]
fn bytes_without_end_are_refused() {
    let world = World::new();
    let bad = world.server(|_, _, _| Reply::Endless);
    let good = world.good_server();
    world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
    assert!(world.has_note("it sends more than"));
    world.assert_whole();
}

#[test]
fn when_no_mirror_has_it_each_says_why() {
    let world = World::new();
    let bad = world.server(|_, _, _| Reply::Status(404));
    let gone = world.good_server().url("d");
    let text = format!(
        "{:#}",
        world.fetch(&[bad.url("d"), gone.clone()]).unwrap_err()
    );
    assert!(
        text.contains(&format!("{}/{IMAGES}: HTTP status 404", bad.url("d"))),
        "{text}"
    );
    assert!(text.contains(&format!("{gone}/{IMAGES}: ")), "{text}");
    assert_eq!(world.names(), [".lock"]);
    let text = format!("{:#}", world.fetch(&[]).unwrap_err());
    assert!(
        text.contains("no mirror is known") && text.contains("--mirrors"),
        "{text}"
    );
}

#[test]
fn a_damaged_file_is_fetched_again_and_the_others_are_not() {
    let world = World::new();
    let server = world.good_server();
    world.fetch(&[server.url("d")]).unwrap();
    fs::write(world.folder().join(LABELS), b"damaged").unwrap();
    let fetched = world.fetch(&[server.url("d")]).unwrap();
    assert_eq!(fetched.new, 1);
    assert_eq!(server.requests().len(), 5);
    assert!(world.has_note("wrong checksum"));
    world.assert_whole();
}

#[test]
fn published_checksums_want_the_published_file() {
    let mut world = World::new();
    let hash = content_hash(&world.published.path().join(IMAGES)).unwrap();
    world.entry.files[0].checksum = Checksum::Published(hash);
    // The right content, but not compressed as published.
    let plain = world.published.path().join("images");
    let streams = Streams::new(3, 0);
    let train = labelled_images(streams, StreamName::Data, 120, SIDE, CLASSES);
    let (shape, values) = content(&train, true);
    save_idx(&plain, &shape, &values).unwrap();
    let other = fs::read(&plain).unwrap();
    let bad = world.server(move |_, _, _| Reply::File(other.clone()));
    let good = world.good_server();
    world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
    assert!(world.has_note("it is not the published file"));
    world.assert_whole();
}

#[test]
fn offline_asks_nobody_and_says_what_to_fetch_by_other_means() {
    let world = World::new();
    let server = world.good_server();
    let urls = [server.url("d")];
    let offline = || fetch(&world.entry, world.root.path(), &urls, None, &world);
    let text = format!("{:#}", offline().unwrap_err());
    for part in [
        "--offline",
        &address(&urls[0], IMAGES),
        &world.folder().display().to_string(),
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(server.requests(), []);
    world.fetch(&urls).unwrap();
    assert_eq!(offline().unwrap().new, 0);
}

#[test]
fn one_program_at_a_time_fetches() {
    let world = World::new();
    let server = world.good_server();
    fs::create_dir_all(world.folder()).unwrap();
    let lock = FolderLock::acquire(&world.folder()).unwrap();
    let text = format!("{:#}", world.fetch(&[server.url("d")]).unwrap_err());
    assert!(
        text.contains("another program is writing this folder"),
        "{text}"
    );
    assert_eq!(server.requests(), []);
    drop(lock);
    world.fetch(&[server.url("d")]).unwrap();
}

/// A real full disk, where this machine lets a test mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_names_the_file_and_is_left_as_it_was() {
    use std::process::Command;

    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0).status();
        }
    }
    let world = World::new();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"])
        .arg(world.root.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        // Not `eprintln`, which a passing test swallows.
        let text = b"SKIPPED: a small tmpfs cannot be mounted here (needs root)\n";
        io::stderr().write_all(text).unwrap();
        return;
    }
    let _mounted = Mounted(world.root.path());
    let server = world.server(|file, _, _| {
        // More than fits.
        Reply::File(file.repeat(10))
    });
    let next = world.good_server();
    let error = world.fetch(&[server.url("d"), next.url("d")]).unwrap_err();
    let text = format!("{error:#}");
    let place = world.folder().join(IMAGES).display().to_string();
    for part in [place.as_str(), "there is no room", "os error 28"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(next.requests(), [], "another mirror would not make room");
    assert_eq!(world.names(), [".lock"]);
}
