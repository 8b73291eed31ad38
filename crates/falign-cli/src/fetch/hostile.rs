//! Servers that mean no good, and links that somebody planted: a fetch ends, in time and memory
//! and attempts that are its own, and leaves whole files or none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::chance::{Chance, cases};
use super::server::Reply;
use super::tests::{IMAGES, World};
use super::*;

/// Answers that no honest server gives, to a request for `file`.
fn hostile(kind: usize, file: Vec<u8>) -> Reply {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let long = vec![b'a'; 1 << 16];
    match kind {
        // Another part than the one asked for, again and again.
        0 => Reply::Raw(
            b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-5/99\r\nContent-Length: 6\r\n\r\nxxxxxx"
                .to_vec(),
        ),
        1 => Reply::Drip(file, 20),
        2 => Reply::Circle,
        3 => Reply::Endless,
        // Chunks without end, and one of 2^64 - 1 bytes.
        4 => Reply::Flood(
            head("Transfer-Encoding: chunked\r\n\r\n"),
            [b"10000\r\n".to_vec(), vec![0; 1 << 16], b"\r\n".to_vec()].concat(),
        ),
        5 => Reply::Raw(head(
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
        )),
        // Headers without end: many, and one.
        6 => Reply::Flood(
            head(""),
            b"X-Y: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec(),
        ),
        7 => Reply::Flood(head("X: "), long),
        8 => Reply::Flood(vec![], b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        // Lengths that are none.
        9 => Reply::Raw(head("Content-Length: 99999999999999\r\n\r\nxxx")),
        10 => Reply::Raw(head("Content-Length: -5\r\n\r\nxxx")),
        11 => Reply::Raw(head("Content-Length: 5\r\n\r\nmore than five")),
        12 => Reply::Raw(
            (0..1 << 12)
                .map(|i: usize| (i * i * 7).to_le_bytes()[0])
                .collect(),
        ),
        13 => Reply::Raw(vec![]),
        14 => Reply::Raw(
            b"HTTP/1.1 416 R\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ),
        15 => Reply::Raw(
            b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ),
        16 => Reply::Silent(file, 7),
        17 => Reply::Cut(file, 1),
        18 => Reply::Status(500),
        19 => Reply::Status(404),
        20 => Reply::OtherPart(file),
        // The first bytes, again and again, whatever was asked for.
        21 => Reply::Raw(head("Content-Length: 500\r\n\r\nxxx")),
        _ => Reply::Whole(file.iter().map(|byte| byte ^ 1).collect()),
    }
}

/// How many kinds [`hostile`] knows.
const KINDS: usize = 23;

/// Attempts at one address, of the impatient client at most.
const ATTEMPTS: usize = 12;

/// Requests of one attempt, with its redirects.
const REDIRECTED: usize = 11;

/// Most requests that a server gets that is of one kind throughout.
fn requests(kind: usize) -> usize {
    match kind {
        // Each attempt brings some bytes more; those of 1 do on a busy machine.
        1 | 16 | 17 => ATTEMPTS,
        // Three bring nothing new; the one before may have.
        2 => 3 * REDIRECTED,
        _ => 4,
    }
}

/// Longer than an impatient client takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn every_kind_of_hostile_server_is_given_up_for_the_next_mirror() {
    for kind in 0..KINDS {
        let world = World::new();
        let bad = world.server(move |file, _, _| hostile(kind, file));
        let good = world.good_server();
        let started = Instant::now();
        let is_fetched = world.fetch(&[bad.url("d")]).is_ok();
        let is_there = world.folder().join(IMAGES).exists();
        // Number 20 sends what it was asked for, where that is all.
        assert_eq!((is_fetched, is_there), (kind == 20, kind == 20), "{kind}");
        let count = bad.requests().len();
        assert!(count <= requests(kind), "kind {kind}: {count} requests");
        world.fetch(&[bad.url("d"), good.url("d")]).unwrap();
        assert!(started.elapsed() < LIMIT, "kind {kind}");
        world.assert_whole();
    }
}

#[test]
fn hostile_servers_of_many_moods_leave_nothing_that_a_good_one_cannot_mend() {
    let mut chance = Chance::new("hostile servers");
    for case in 0..cases(12, 120) {
        let world = World::new();
        let moods: Vec<usize> = (0..64).map(|_| chance.below(KINDS + 3)).collect();
        let told = format!("case {case}: {moods:?}");
        let takes_ranges = chance.below(2) == 0;
        let (is_honest, is_mended) = (Arc::new(AtomicBool::new(false)), chance.below(3) > 0);
        let honest = Arc::clone(&is_honest);
        let bad = world.server(move |file, _, before| match moods[before % moods.len()] {
            _ if honest.load(Ordering::SeqCst) && takes_ranges => Reply::File(file),
            _ if honest.load(Ordering::SeqCst) => Reply::Whole(file),
            kind if kind < KINDS => hostile(kind, file),
            // Honest at times, so that there are parts to go on with.
            _ => {
                let half = file.len() / 2;
                Reply::Cut(file, half)
            }
        });
        let started = Instant::now();
        let fetched = world.fetch(&[bad.url("d")]);
        assert!(started.elapsed() < LIMIT, "{told}");
        assert!(bad.requests().len() <= ATTEMPTS * REDIRECTED, "{told}");
        let place = world.folder().join(IMAGES);
        assert_eq!(place.exists(), fetched.is_ok(), "{told}");
        if fetched.is_err() {
            // The same server, which has separate parts here, or another one.
            is_honest.store(true, Ordering::SeqCst);
            let good = if is_mended { bad } else { world.good_server() };
            let mended = world.fetch(&[good.url("d")]);
            assert!(mended.is_ok(), "{told}: {mended:?}");
        }
        world.assert_whole();
    }
}

#[test]
fn a_byte_now_and_then_is_too_little_and_all_has_an_end() {
    let world = World::new();
    let slow = world.server(|file, _, _| Reply::Drip(file, 10));
    let text = format!("{:#}", world.fetch(&[slow.url("d")]).unwrap_err());
    assert!(text.contains("it sends less than 1000 bytes in"), "{text}");
    assert!((3..=ATTEMPTS).contains(&slow.requests().len()));
    // However little is asked of it, the time is over at some point, for all mirrors together.
    let mut client = Client::impatient();
    client.patience.least.1 = 0;
    client.patience.whole = Duration::from_millis(700);
    let started = Instant::now();
    let urls = [slow.url("d"), slow.url("e"), slow.url("f")];
    let text = format!("{:#}", world.fetch_by(&client, &urls).unwrap_err());
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(
        text.contains("the same command goes on with what is there"),
        "{text}"
    );
    // It does.
    assert!(fs::metadata(world.part(&slow)).unwrap().len() > 0);
}

/// Somebody who can write to the folder plants links for the program to write through.
#[cfg(unix)]
#[test]
fn planted_links_are_never_followed() {
    use std::os::unix::fs::symlink;

    let world = World::new();
    let server = world.good_server();
    let victim = world.root.path().join("victim");
    fs::write(&victim, b"precious").unwrap();
    let intact = || assert_eq!(fs::read(&victim).unwrap(), b"precious");
    fs::create_dir(world.folder()).unwrap();
    let part = world.part(&server);
    let lock = world.folder().join(falign::internal::file::lock::LOCK_FILE);

    // In the place of the lock: refused by name.
    for target in [victim.clone(), world.root.path().join("made")] {
        symlink(&target, &lock).unwrap();
        let text = format!("{:#}", world.fetch(&[server.url("d")]).unwrap_err());
        assert!(text.contains(".lock: Is a symbolic link"), "{text}");
        fs::remove_file(&lock).unwrap();
    }
    assert!(!world.root.path().join("made").exists());
    assert_eq!(server.requests(), []);

    // In the place of a part: it goes, and not what it leads to. So does a second name of a file.
    symlink(&victim, &part).unwrap();
    world.fetch(&[server.url("d")]).unwrap();
    world.assert_whole();
    intact();
    for name in world.names() {
        fs::remove_file(world.folder().join(name)).unwrap();
    }
    fs::hard_link(&victim, &part).unwrap();
    world.fetch(&[server.url("d")]).unwrap();
    world.assert_whole();
    intact();

    // In the place of the folder.
    let elsewhere = world.root.path().join("elsewhere");
    fs::rename(world.folder(), &elsewhere).unwrap();
    fs::remove_file(elsewhere.join(IMAGES)).unwrap();
    symlink(&elsewhere, world.folder()).unwrap();
    let text = format!("{:#}", world.fetch(&[server.url("d")]).unwrap_err());
    assert!(text.contains("mnist: Is a symbolic link"), "{text}");
}

/// Somebody swaps the folder for a link while a file comes.
#[cfg(unix)]
#[test]
fn a_folder_that_is_swapped_for_a_link_while_a_file_comes_is_refused() {
    use std::os::unix::fs::symlink;

    let world = World::new();
    let folder = world.folder();
    let root = world.root.path();
    let (victim, moved) = (root.join("victim"), root.join("moved"));
    let swap = {
        let (folder, victim, moved) = (folder.clone(), victim.clone(), moved.clone());
        move |file: Vec<u8>, _: &_, before: usize| {
            if before == 0 {
                fs::rename(&folder, &moved).unwrap();
                symlink(&victim, &folder).unwrap();
            }
            Reply::File(file)
        }
    };
    let server = world.server(swap);
    fs::create_dir(&victim).unwrap();
    let part = world.part(&server);
    let part = part.file_name().unwrap();
    for name in [OsStr::new(IMAGES), part] {
        fs::write(victim.join(name), b"precious").unwrap();
    }
    let text = format!("{:#}", world.fetch(&[server.url("d")]).unwrap_err());
    assert!(text.contains("mnist: Is a symbolic link"), "{text}");
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 2);
    for name in [OsStr::new(IMAGES), part] {
        assert_eq!(fs::read(victim.join(name)).unwrap(), b"precious");
    }
    // What had come is in the folder that was opened, and is gone on with.
    assert_eq!(fs::read(moved.join(part)).unwrap(), world.file(IMAGES));
    fs::remove_file(&folder).unwrap();
    fs::rename(&moved, &folder).unwrap();
    world.fetch(&[server.url("d")]).unwrap();
    world.assert_whole();
}
