//! The memory that this process may still take: what the machine has free, what its control group
//! allows, and what the user says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The user's limit in bytes; 0: none.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// Makes [`available`] this number of bytes from now on, whatever the machine has; 0: what it has.
pub fn set_limit(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Bytes that this process may still take: free memory, as far as the control group (a container's
/// or a batch job's, of either version) and the address space (`ulimit -v`) allow; what
/// [`set_limit`] says in place of all of them. `None` where the system tells nothing.
pub fn available() -> Option<u64> {
    match LIMIT.load(Ordering::Relaxed) {
        0 => found(Path::new("/")),
        limit => Some(limit),
    }
}

/// The least of what is told below `root`.
fn found(root: &Path) -> Option<u64> {
    [free(root), group(root), address_space(root)]
        .into_iter()
        .flatten()
        .min()
}

/// `MemAvailable`: free, or only a cache.
fn free(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    kibibytes(&text, "MemAvailable:")
}

/// A line such as `VmSize:   12 kB`, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    number.checked_mul(1024)
}

/// Bytes left of `ulimit -v`.
fn address_space(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    let status = fs::read_to_string(root.join("proc/self/status")).ok()?;
    let taken = kibibytes(&status, "VmSize:").unwrap_or(0);
    Some(limit.saturating_sub(taken))
}

/// Bytes left of the memory of the control groups that the process is in, the tightest of them.
fn group(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let left = groups.lines().filter_map(|line| {
        // `0::/a/b` of version 2, `4:memory:/a/b` of version 1.
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (mount, files) = if controllers.is_empty() {
            ("sys/fs/cgroup", VERSION_2)
        } else if controllers.split(',').any(|name| name == "memory") {
            ("sys/fs/cgroup/memory", VERSION_1)
        } else {
            return None;
        };
        tightest(&root.join(mount), path, files)
    });
    left.min()
}

/// Files of a control group: its limit, what it has taken, and in `memory.stat` the part of that
/// which is only a cache.
type Files = [&'static str; 3];
const VERSION_2: Files = ["memory.max", "memory.current", "inactive_file "];
const VERSION_1: Files = [
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    "total_inactive_file ",
];

/// Least memory left of a group and all groups around it, as far as they can be seen: in a container the path may
/// be one of outside, and then its own group is the root.
fn tightest(mount: &Path, path: &str, files: Files) -> Option<u64> {
    let mut folder: PathBuf = mount.join(path.trim_start_matches('/'));
    let mut least = None;
    loop {
        least = least.into_iter().chain(left(&folder, files)).min();
        if folder == mount || !folder.pop() {
            return least;
        }
    }
}

/// Bytes left to one group; `None` without a limit.
fn left(folder: &Path, [limit, taken, cache]: Files) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    // `max`, or nearly 2^63 in version 1: none.
    let limit = number(limit).filter(|&limit| limit < 1 << 60)?;
    let cache = read("memory.stat")
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix(cache))?;
            line.trim().parse::<u64>().ok()
        })
        .unwrap_or(0);
    let taken = number(taken).unwrap_or(0).saturating_sub(cache);
    Some(limit.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    /// A machine's files below a folder.
    fn machine(test: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = Scratch::new(test);
        for (name, content) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        found(root.path())
    }

    const FREE: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:  900 kB\nMemFree:  1 kB\nMemAvailable:     800 kB\n",
    );

    #[test]
    fn free_memory_is_told_where_nothing_else_is() {
        assert_eq!(machine("room-free", &[FREE]), Some(800 * 1024));
        assert_eq!(machine("room-nothing", &[]), None);
    }

    #[test]
    fn the_tightest_group_of_version_2_counts() {
        let files = [
            FREE,
            ("proc/self/cgroup", "0::/job/step\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/job/memory.max", "500000\n"),
            ("sys/fs/cgroup/job/memory.current", "300000\n"),
            (
                "sys/fs/cgroup/job/memory.stat",
                "anon 1\ninactive_file 100000\n",
            ),
            ("sys/fs/cgroup/job/step/memory.max", "400000\n"),
            ("sys/fs/cgroup/job/step/memory.current", "90000\n"),
        ];
        assert_eq!(machine("room-v2", &files), Some(300_000));
    }

    #[test]
    fn a_group_of_version_1_counts_and_one_without_a_limit_does_not() {
        let files = |limit| {
            [
                FREE,
                ("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/outside\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "90000\n"),
            ]
        };
        let with = machine("room-v1", &files("190000\n"));
        assert_eq!(with, Some(100_000));
        let without = machine("room-v1-none", &files("9223372036854771712\n"));
        assert_eq!(without, Some(800 * 1024));
    }

    #[test]
    fn the_address_space_counts() {
        let files = [
            FREE,
            (
                "proc/self/limits",
                "Limit       Soft\nMax address space   300000   400000   bytes\n",
            ),
            ("proc/self/status", "VmSize:      100 kB\n"),
        ];
        assert_eq!(machine("room-space", &files), Some(300_000 - 102_400));
    }
}
