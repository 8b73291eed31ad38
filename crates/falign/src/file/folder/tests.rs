use super::*;
use crate::file::scratch::Scratch;

fn name(text: &str) -> &OsStr {
    OsStr::new(text)
}

#[test]
fn a_write_that_fails_half_way_keeps_the_old_file_and_no_other() {
    let folder = Scratch::new("half");
    let path = folder.file("a.bin", b"old");
    let open = Folder::named(folder.path()).unwrap();
    let error = open
        .fill(name("a.bin"), |file| {
            file.write_all(b"half of the new con")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.names(), ["a.bin"]);
}

#[test]
fn leftovers_are_removed_and_nothing_else_is() {
    let folder = Scratch::new("leftovers");
    for name in [
        ".a.bin.123-0.part",
        "a.bin",
        ".b.part",
        "c.1-2.part",
        ".d.1-.part",
    ] {
        folder.file(name, b"x");
    }
    let open = Folder::own(folder.path()).unwrap();
    let removed = open.remove_leftovers().unwrap();
    assert_eq!(removed, [folder.path().join(".a.bin.123-0.part")]);
    let left = [".b.part", ".d.1-.part", "a.bin", "c.1-2.part"];
    assert_eq!(folder.names(), left);
    let mut names = open.names().unwrap();
    names.sort();
    assert_eq!(names, left);
    let nowhere = Folder::find_own(&folder.path().join("nowhere"));
    assert!(nowhere.unwrap().is_none());
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_of_ones_own_is_made_or_taken_and_is_no_link_and_no_file() {
        let folder = Scratch::new("own-folder");
        let path = |name: &str| folder.path().join(name);
        Folder::make_own(&path("a/b")).unwrap();
        Folder::make_own(&path("a/b")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        folder.file("file", b"x");
        for (name, what) in [
            ("link", "Is a symbolic link, where a folder"),
            ("dangling", "Is a symbolic link, where a folder"),
            ("file", "Is a file, where a folder"),
        ] {
            for open in [Folder::make_own, Folder::own] {
                let text = open(&path(name)).unwrap_err().to_string();
                assert!(text.contains(name) && text.contains(what), "{text}");
            }
        }
        assert!(!path("nowhere").exists());
        // What the user names may be a link.
        Folder::make_own(&path("link/c")).unwrap();
        Folder::named(&path("link")).unwrap();
        crate::file::write_atomic(&path("link/x"), b"x").unwrap();
        for refused in [
            crate::file::write_own(&path("link/x"), b"y").map(drop),
            crate::file::read_own(&path("link/x")).map(drop),
        ] {
            let text = refused.unwrap_err().to_string();
            assert!(text.contains("link: Is a symbolic link"), "{text}");
        }
        assert_eq!(crate::file::read_own(&path("a/x")).unwrap(), b"x");
    }

    #[test]
    fn a_file_of_ones_own_is_made_or_gone_on_with_and_is_no_link() {
        let folder = Scratch::new("own-file");
        let path = |name: &str| folder.path().join(name);
        let open = Folder::own(folder.path()).unwrap();
        let file = |text: &str| open.file(name(text));
        file("a").unwrap().write_all(b"long").unwrap();
        file("a").unwrap().write_all(b"s").unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"song");
        symlink(path("a"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        for name in ["link", "dangling"] {
            let text = file(name).unwrap_err().to_string();
            assert!(text.contains("Is a symbolic link"), "{text}");
            // Were it put there after that look.
            calls::create(&open.handle, OsStr::new(name)).unwrap_err();
            calls::open_to_write(&open.handle, OsStr::new(name)).unwrap_err();
        }
        assert!(!path("nowhere").exists());
        fs::create_dir(path("folder")).unwrap();
        assert!(file("folder").is_err());
        fs::hard_link(path("a"), path("b")).unwrap();
        assert!(has_other_names(&fs::metadata(path("a")).unwrap()));
    }

    #[test]
    fn a_folder_that_is_swapped_for_a_link_stays_the_one_that_was_opened() {
        let folder = Scratch::new("swapped");
        let path = |name: &str| folder.path().join(name);
        let names = ["new", "old", "renamed", "gone", ".a.1-2.part"];
        fs::create_dir(path("victim")).unwrap();
        for name in names {
            folder.file(&format!("victim/{name}"), b"precious");
        }
        let open = Folder::make_own(&path("own")).unwrap();
        for name in &names[1..] {
            folder.file(&format!("own/{name}"), b"mine");
        }
        open.refuse_replaced().unwrap();
        fs::rename(path("own"), path("moved")).unwrap();
        symlink(path("victim"), path("own")).unwrap();

        open.write(name("new"), b"written").unwrap();
        open.write(name("old"), b"written").unwrap();
        open.file(name("file")).unwrap().write_all(b"f").unwrap();
        open.rename(name("renamed"), name("moved on")).unwrap();
        open.remove(name("gone")).unwrap();
        open.remove_leftovers().unwrap();
        let mut names_there = open.names().unwrap();
        names_there.sort();
        assert_eq!(names_there, ["file", "moved on", "new", "old"]);
        for (name, content) in [("new", "written"), ("old", "written"), ("moved on", "mine")] {
            let moved = path("moved").join(name);
            assert_eq!(fs::read_to_string(moved).unwrap(), content);
        }
        assert_eq!(fs::read_dir(path("victim")).unwrap().count(), names.len());
        for name in names {
            let victim = path("victim").join(name);
            assert_eq!(fs::read(victim).unwrap(), b"precious", "{name}");
        }

        let text = open.refuse_replaced().unwrap_err().to_string();
        assert!(text.contains("own: Is a symbolic link"), "{text}");
        fs::remove_file(path("own")).unwrap();
        fs::create_dir(path("own")).unwrap();
        let text = open.refuse_replaced().unwrap_err().to_string();
        assert!(text.contains("own: Was replaced"), "{text}");
        fs::remove_dir(path("own")).unwrap();
        assert!(open.refuse_replaced().is_err());
        fs::rename(path("moved"), path("own")).unwrap();
        open.refuse_replaced().unwrap();
    }

    #[test]
    fn a_link_is_replaced_or_removed_and_what_it_leads_to_stays() {
        let folder = Scratch::new("own-links");
        let victim = folder.file("victim", b"precious");
        let open = Folder::make_own(&folder.path().join("own")).unwrap();
        for name in ["a", "b"] {
            symlink(&victim, open.path().join(name)).unwrap();
        }
        open.write(name("a"), b"mine").unwrap();
        open.remove(name("b")).unwrap();
        assert_eq!(open.names().unwrap(), ["a"]);
        assert_eq!(open.read(name("a")).unwrap(), b"mine");
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}
