//! The machine: system, processor, threads, memory and limits.

use std::env::consts::{ARCH, OS};
use std::fs::{read, read_to_string};
use std::path::PathBuf;

use serde_json::Value;

use super::{Caller, Fact, Report, Weight, bytes, fact, said};
use crate::math::simd;
use crate::memory;

pub(super) fn platform(report: &mut Report) {
    report.add(
        "platform",
        vec![
            fact("system", OS),
            fact("release", release()),
            fact("kernel", kernel()),
            fact("architecture", ARCH),
            fact("libc", libc()),
        ],
    );
}

/// Name of a Linux distribution with its version.
fn release() -> Option<String> {
    let text = read_to_string("/etc/os-release").ok()?;
    value_of(&text, "PRETTY_NAME=").map(|name| name.trim_matches('"').to_owned())
}

/// Rest of the first line that begins so.
fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// Version of the kernel.
fn kernel() -> Option<String> {
    #[cfg(unix)]
    let found = Some(rustix::system::uname());
    #[cfg(unix)]
    let found = found.map(|names| names.release().to_string_lossy().into_owned());
    #[cfg(not(unix))]
    let found = None;
    found
}

/// The C library that the program was built for, with its version where it tells.
fn libc() -> Option<String> {
    let kind = [
        (cfg!(target_env = "gnu") && cfg!(unix), "glibc"),
        (cfg!(target_env = "gnu") && cfg!(windows), "mingw"),
        (cfg!(target_env = "musl"), "musl"),
        (cfg!(target_env = "msvc"), "msvc"),
        (cfg!(target_vendor = "apple"), "libSystem"),
    ];
    let (_, name) = kind.into_iter().find(|(is_it, _)| *is_it)?;
    let version = glibc_version().filter(|_| name == "glibc");
    Some(version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")))
}

/// Version that the loaded glibc says in its file: asking itself would need `unsafe`.
fn glibc_version() -> Option<String> {
    let maps = read_to_string("/proc/self/maps").ok()?;
    let mut paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5));
    let path =
        PathBuf::from(paths.find(|path| path.contains("/libc.so") || path.contains("/libc-2"))?);
    let content = read(path).ok()?;
    let said = b"release version ";
    let at = content.windows(said.len()).position(|part| part == said)? + said.len();
    let digits = content[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
    let text: String = digits.map(|byte| char::from(*byte)).collect();
    Some(text.trim_end_matches('.').to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn processor(report: &mut Report) {
    let paths: Vec<&str> = simd::paths().into_iter().map(simd::Path::name).collect();
    let path = simd::current_path();
    report.add(
        "processor",
        vec![
            fact("model", model()),
            fact("instruction_path", path.name()),
            fact("paths", paths),
            fact("extensions", simd::extensions()),
        ],
    );
    if path == simd::Path::Portable {
        report.find(
            Weight::Warning,
            "the processor has no vectors that falign knows (AVX2 with FMA, AVX-512, NEON): it is several times slower",
            "use a newer processor, or tell the virtual machine to show all of its host's",
        );
    }
}

fn model() -> Option<String> {
    let text = read_to_string("/proc/cpuinfo").ok()?;
    let line = value_of(&text, "model name")?;
    Some(line.trim_start_matches(':').trim().to_owned())
}

pub(super) fn threads(report: &mut Report, caller: &Caller) {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let available = std::thread::available_parallelism();
    let quota = memory::processor_quota();
    let mut facts = vec![
        fact("available", available.ok().map(usize::from)),
        fact("processors", value_of(&online(), "").map(str::to_owned)),
        fact(
            "allowed",
            value_of(&status, "Cpus_allowed_list:").map(str::to_owned),
        ),
        said(
            "quota",
            quota,
            quota.map_or_else(|| "none".to_owned(), |quota| format!("{quota} processors")),
        ),
    ];
    match &caller.threads {
        Some(Ok(threads)) => facts.insert(0, fact("used", *threads)),
        Some(Err(why)) => {
            facts.insert(0, said("used", Value::Null, format!("none: {why}")));
            report.find(
                Weight::Broken,
                format!("no threads can be made: {why}"),
                "raise the limit of processes (ulimit -u), or that of the batch job or container",
            );
        }
        None => {}
    }
    report.add("threads", facts);
}

/// Numbers of the processors that are switched on: `0-15`.
fn online() -> String {
    read_to_string("/sys/devices/system/cpu/online").unwrap_or_default()
}

/// Less free memory than this is worth a word: what the built-in experiments take.
const LITTLE: u64 = 1_000_000_000;

/// Fewer open files than this are: a run has some for each thread.
const FEW_FILES: u64 = 256;

pub(super) fn memory(report: &mut Report) {
    let told = memory::told();
    let available = memory::available();
    let limited = |key, left: Option<u64>| match left {
        Some(_) => bytes(key, left),
        None => said(key, Value::Null, "no limit"),
    };
    report.add(
        "memory",
        vec![
            bytes("available", available),
            bytes("total", told.total),
            bytes("free", told.free),
            limited("group_left", told.group),
            limited("address_space_left", told.address_space),
        ],
    );
    if let Some(left) = available.filter(|left| *left < LITTLE) {
        report.find(
            Weight::Warning,
            format!("only {} of memory are left", memory::shown(left as f64)),
            "end other programs, or ask the batch system or container for more",
        );
    }
    let limits = limits();
    let files = limits.first().and_then(|fact| fact.value.as_u64());
    if let Some(files) = files.filter(|files| *files < FEW_FILES) {
        report.find(
            Weight::Warning,
            format!("only {files} files may be open at once"),
            "ulimit -n 1024",
        );
    }
    report.add("limits", limits);
}

/// Limits of the process, as `ulimit` shows them.
fn limits() -> Vec<Fact> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let limit = |resource| getrlimit(resource).current;
        let count = |key, resource| match limit(resource) {
            Some(count) => fact(key, count),
            None => fact(key, "unlimited"),
        };
        let size = |key, resource| match limit(resource) {
            Some(_) => bytes(key, limit(resource)),
            None => fact(key, "unlimited"),
        };
        vec![
            count("open_files", Resource::Nofile),
            count("processes", Resource::Nproc),
            size("stack", Resource::Stack),
            size("address_space", Resource::As),
            size("file_size", Resource::Fsize),
        ]
    }
    #[cfg(not(unix))]
    {
        let names = [
            "open_files",
            "processes",
            "stack",
            "address_space",
            "file_size",
        ];
        names.map(|key| fact(key, Value::Null)).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_of_its_kernel_its_library_and_its_processors() {
        let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap();
        assert_eq!(super::kernel().unwrap(), kernel.trim());
        if cfg!(target_env = "gnu") {
            let version = glibc_version().unwrap();
            assert!(version.starts_with("2."), "{version}");
        }
        assert!(!online().is_empty());
    }

    #[test]
    fn the_path_in_use_is_one_that_the_processor_has() {
        let paths = simd::paths();
        assert_eq!(paths.last(), Some(&simd::best_path()));
        assert!(paths.contains(&simd::current_path()) && paths.contains(&simd::Path::Portable));
        let has = |name| simd::extensions().contains(&name);
        assert_eq!(paths.contains(&simd::Path::Avx2), has("avx2") && has("fma"));
        assert_eq!(paths.contains(&simd::Path::Neon), has("neon"));
    }

    #[test]
    fn threads_that_cannot_be_made_are_broken() {
        let mut report = Report {
            sections: Vec::new(),
            findings: Vec::new(),
        };
        let caller = |threads| Caller {
            threads: Some(threads),
            ..Caller::default()
        };
        threads(&mut report, &caller(Ok(3)));
        assert_eq!(report.json()["threads"]["used"], 3);
        assert!(report.findings.is_empty());
        threads(&mut report, &caller(Err("refused".to_owned())));
        assert!(report.broken()[0].what.contains("refused"));
    }
}
