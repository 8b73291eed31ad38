use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::*;
use crate::config::Overrides;
use crate::experiment::run_in;
use crate::file::scratch::Scratch;
use crate::file::sha256;
use crate::plan::folder::{write_start, write_tables};

const TEXT: &str = "name = \"small\"\ntitle = \"Small\"\n[network]\nwidth = 9\n[run]\nsteps = 10\nruns = 3\n\
    runs_per_job = 2\n[learning]\nstep_size = 1e-5\n[[claim]]\nid = \"finite\"\ntext = \"The loss is small.\"\n\
    source = \"here\"\nquantity = \"loss\"\nkind = \"between\"\nmax = 1e9\n";

/// A finished run folder.
fn run_folder(folder: &Path, experiment: &Experiment) {
    let table = run_in(experiment, folder).unwrap();
    let plan = Plan::new(experiment).unwrap();
    write_start(experiment, &plan, folder).unwrap();
    write_tables(experiment, &table, folder, 1.0, None).unwrap();
}

fn parsed(text: &str) -> Experiment {
    Experiment::parse(text, &Overrides::none()).unwrap()
}

fn archived(folder: &Path, out: &Path, with_data: bool) -> Result<Archived> {
    archive(folder, out, with_data, &Registry::built_in())
}

/// Members of an archive by their names, unpacked below `to`.
fn unpacked(archive: &Path, to: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(archive).unwrap();
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut found = BTreeMap::new();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        let path = to.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &content).unwrap();
        found.insert(name, content);
    }
    found
}

#[test]
fn an_archive_is_the_same_bytes_each_time_and_a_run_folder_again() {
    let root = Scratch::new("archive-same");
    let folder = root.path().join("run");
    run_folder(&folder, &parsed(TEXT));
    fs::write(folder.join(".lock"), "").unwrap();
    fs::write(folder.join("figure.svg"), "<svg/>").unwrap();
    let (first, second) = (root.path().join("1.zip"), root.path().join("2.zip"));
    let told = archived(&folder, &first, false).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::write(folder.join("figure.svg"), "<svg/>").unwrap();
    archived(&folder, &second, false).unwrap();
    let bytes = fs::read(&first).unwrap();
    assert!(bytes == fs::read(&second).unwrap());
    assert_eq!(told.bytes, bytes.len() as u64);
    assert_eq!(told.verdicts[0].name(), "passed");

    let members = unpacked(&first, &root.path().join("to"));
    assert_eq!(members.len(), told.files);
    assert!(members.contains_key("small/figure.svg") && !members.contains_key("small/.lock"));
    let text = |name: &str| String::from_utf8(members[&format!("small/{name}")].clone()).unwrap();
    // Every file but the list itself is in the list, with its hash.
    let sums = text("SHA256SUMS");
    let listed: BTreeMap<&str, &str> = sums
        .lines()
        .map(|line| {
            line.split_once("  ")
                .map(|(hash, name)| (name, hash))
                .unwrap()
        })
        .collect();
    assert_eq!(listed.len(), members.len() - 1);
    for (name, hash) in listed {
        assert_eq!(sha256(&members[&format!("small/{name}")]), hash, "{name}");
    }
    let manifest: Value = serde_json::from_str(&text("manifest.json")).unwrap();
    assert_eq!(manifest["claims"][0]["verdict"], "passed");
    assert_eq!(manifest["versions"]["falign"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        manifest["files"].as_object().unwrap().len(),
        members.len() - 2
    );
    assert!(text("README.txt").contains("1 of 1 hold"));
    assert!(
        text("README.txt")
            .lines()
            .all(|line| line.chars().count() <= 80)
    );
    assert!(text("citation.bib").contains("@software{falign,"));

    // The unpacked folder is one of a run, and makes the same archive.
    let again = root.path().join("to").join("small");
    let third = root.path().join("3.zip");
    archived(&again, &third, false).unwrap();
    assert!(fs::read(third).unwrap() == bytes);
}

#[test]
fn paths_of_a_users_data_are_those_of_the_archive() {
    let root = Scratch::new("archive-data");
    let data = root.file("mine.csv", b"1,2,3.5\n4,5.5,6\n0,1,2\n");
    let text = format!(
        "{TEXT}\n[data]\ntrain_data = \"{}\"\n",
        data.display().to_string().replace('\\', "/")
    );
    let folder = root.path().join("run");
    run_folder(&folder, &parsed(&text));
    let (without, with) = (
        root.path().join("without.zip"),
        root.path().join("with.zip"),
    );
    let told = archived(&folder, &without, false).unwrap();
    let hash = crate::file::content_hash(&data).unwrap();
    assert_eq!(told.left_out, [("data/mine.csv".to_owned(), hash)]);
    assert!(archived(&folder, &with, true).unwrap().left_out.is_empty());
    fs::remove_file(&data).unwrap();

    let (bare, whole) = (root.path().join("bare"), root.path().join("whole"));
    for (archive, to) in [(&without, &bare), (&with, &whole)] {
        let place = root.path().display().to_string();
        for (name, content) in unpacked(archive, to) {
            let text = String::from_utf8_lossy(&content).into_owned();
            assert!(!text.contains(&place), "{name} tells of {place}");
        }
    }
    let out = root.path().join("again.zip");
    let missing = archived(&bare.join("small"), &out, false)
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("data.train_data") && missing.contains("data/mine.csv"),
        "{missing}"
    );
    let told = archived(&whole.join("small"), &out, true).unwrap();
    assert!(told.left_out.is_empty() && told.verdicts[0].passed);
    // Once the file is where it belongs the other one is whole too.
    fs::create_dir(bare.join("small/data")).unwrap();
    fs::copy(
        whole.join("small/data/mine.csv"),
        bare.join("small/data/mine.csv"),
    )
    .unwrap();
    assert_eq!(
        archived(&bare.join("small"), &root.path().join("b.zip"), false)
            .unwrap()
            .left_out
            .len(),
        1
    );
}

#[test]
fn what_is_not_finished_or_not_whole_is_refused_and_nothing_is_left() {
    let root = Scratch::new("archive-refused");
    let (folder, out) = (root.path().join("run"), root.path().join("a.zip"));
    let says = |part: &str| {
        let error = archived(&folder, &out, false).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(root.names(), ["run"]);
    };
    fs::create_dir(&folder).unwrap();
    says("is no run folder");
    let experiment = parsed(TEXT);
    run_folder(&folder, &experiment);
    let plan = Plan::new(&experiment).unwrap();
    let result = crate::plan::result_file::result_path(&folder, &plan.jobs[1]);
    let kept = fs::read(&result).unwrap();
    fs::remove_file(&result).unwrap();
    says("has 2 of 3 runs");
    fs::write(&result, &kept[..kept.len() - 1]).unwrap();
    says("truncated: ");
    fs::write(&result, kept).unwrap();
    let lock = crate::file::lock::FolderLock::acquire(&folder).unwrap();
    says("a program is writing");
    drop(lock);
    fs::remove_file(folder.join(SUMMARY)).unwrap();
    says("no summary.csv; go on with `falign run");
    run_folder(&folder, &experiment);
    archived(&folder, &out, false).unwrap();
    let twice = archived(&folder, &out, false).unwrap_err().to_string();
    assert!(twice.contains("is there already"), "{twice}");
}
