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
        0 => told().least(),
        limit => Some(limit),
    }
}

/// Memory as the system tells of it, in bytes; `None` of what it does not tell or limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Memory of the machine.
    pub total: Option<u64>,
    /// Memory that is free, or only a cache.
    pub free: Option<u64>,
    /// Memory left to the tightest of the control groups that the process is in.
    pub group: Option<u64>,
    /// Memory left of the address space.
    pub address_space: Option<u64>,
}

impl Told {
    /// The least of what is left.
    fn least(self) -> Option<u64> {
        let left = [self.free, self.group, self.address_space];
        left.into_iter().flatten().min()
    }
}

/// Memory of this machine and this process.
pub fn told() -> Told {
    found(Path::new("/"))
}

/// Memory that is told below `root`.
fn found(root: &Path) -> Told {
    Told {
        total: meminfo(root, "MemTotal:"),
        free: meminfo(root, "MemAvailable:"),
        group: group(root),
        address_space: address_space(root),
    }
}

/// Processors whose time the control groups grant, the least of them: 1.5, say. `None` without a limit.
pub fn processor_quota() -> Option<f64> {
    quota(Path::new("/"))
}

fn quota(root: &Path) -> Option<f64> {
    let granted = groups(root, "cpu")
        .into_iter()
        .filter_map(|(version, folder)| {
            let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
            // `150000 100000` or `max 100000`; in version 1 a file for each, and -1 for none.
            let text = match version {
                Version::Two => read("cpu.max")?,
                Version::One => read("cpu.cfs_quota_us")? + &read("cpu.cfs_period_us")?,
            };
            let mut numbers = text.split_whitespace().map(str::parse::<f64>);
            let (time, period) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            (time > 0.0 && period > 0.0).then(|| time / period)
        });
    granted.min_by(f64::total_cmp)
}

/// A line of `/proc/meminfo`, in bytes.
fn meminfo(root: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    kibibytes(&text, name)
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
    let all = groups(root, "memory").into_iter();
    all.filter_map(|(version, folder)| left(&folder, version.files()))
        .min()
}

/// Version of the control groups' files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    /// Files of a control group: its limit, what it has taken, and in `memory.stat` the part of that
    /// which is only a cache.
    fn files(self) -> [&'static str; 3] {
        match self {
            Self::One => [
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file ",
            ],
            Self::Two => ["memory.max", "memory.current", "inactive_file "],
        }
    }
}

/// Folders of the control groups with this controller that the process is in, and of all groups around
/// them, as far as they can be seen: in a container the path may be one of outside, and then its own
/// group is the root.
fn groups(root: &Path, controller: &str) -> Vec<(Version, PathBuf)> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        // `0::/a/b` of version 2, `4:memory:/a/b` of version 1.
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let mount = root.join("sys/fs/cgroup");
        let (version, mount) = if controllers.is_empty() {
            (Version::Two, mount)
        } else if controllers.split(',').any(|name| name == controller) {
            (Version::One, mount.join(controller))
        } else {
            continue;
        };
        let mut folder = mount.join(path.trim_start_matches('/'));
        loop {
            found.push((version, folder.clone()));
            if folder == mount || !folder.pop() {
                break;
            }
        }
    }
    found
}

/// Bytes left to one group; `None` without a limit.
fn left(folder: &Path, [limit, taken, cache]: [&str; 3]) -> Option<u64> {
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
    fn with_files(test: &str, files: &[(&str, &str)]) -> Scratch {
        let root = Scratch::new(test);
        for (name, content) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    /// Least memory that those files tell of.
    fn machine(test: &str, files: &[(&str, &str)]) -> Option<u64> {
        found(with_files(test, files).path()).least()
    }

    const FREE: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:  900 kB\nMemFree:  1 kB\nMemAvailable:     800 kB\n",
    );

    #[test]
    fn free_memory_is_told_where_nothing_else_is() {
        assert_eq!(machine("room-free", &[FREE]), Some(800 * 1024));
        assert_eq!(machine("room-nothing", &[]), None);
        let root = with_files("room-total", &[FREE]);
        assert_eq!(found(root.path()).total, Some(900 * 1024));
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
    #[test]
    fn the_least_time_that_groups_grant_counts() {
        let quota_of = |test: &str, files: &[(&str, &str)]| quota(with_files(test, files).path());
        let two = [
            ("proc/self/cgroup", "0::/job/step\n"),
            ("sys/fs/cgroup/job/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/job/step/cpu.max", "max 100000\n"),
        ];
        assert_eq!(quota_of("quota-2", &two), Some(1.5));
        let one = |time| {
            [
                ("proc/self/cgroup", "5:cpu:/outside\n4:memory:/a\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", time),
                ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n"),
            ]
        };
        assert_eq!(quota_of("quota-1", &one("200000\n")), Some(4.0));
        assert_eq!(quota_of("quota-none", &one("-1\n")), None);
    }
}
