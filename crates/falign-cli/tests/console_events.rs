//! Ctrl-Break in a Windows console: what is finished is kept, and `--resume` ends in the same bytes. Ctrl-C, which no
//! program can send to another one alone, comes to the same handler.
#![cfg(windows)]
#![expect(
    unsafe_code,
    reason = "only a foreign function sends a console's events"
)]

use std::os::windows::process::CommandExt as _;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use windows_sys::Win32::System::Console::{
    AllocConsole, CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

use crate::support::chance::say;
use crate::support::{Answer, Lab, assert_same, names};

/// Error of a process that has no console.
const NO_CONSOLE: i32 = 12;

/// 40 jobs: there is work left when the event comes.
const EXPERIMENT: &str = r#"
name = "slow"
[data]
samples = 20
input_dim = 30
[network]
width = 400
[learning]
step_size = 0.01
[run]
runs = 40
runs_per_job = 1
steps = 300
"#;

#[test]
fn ctrl_break_keeps_what_is_finished() {
    let lab = Lab::new();
    lab.file("slow.toml", EXPERIMENT);
    lab.run(&["slow.toml", "--out", "expected"]);
    // SAFETY: nothing goes in; where there is a console already, it stays.
    unsafe { AllocConsole() };
    let mut child = lab
        .command(&["run", "slow.toml", "--out", "run"])
        .creation_flags(CREATE_NEW_PROCESS_GROUP)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let results = lab.path("run").join("results");
    while names(&results, ".bin").len() < 3 {
        sleep(Duration::from_millis(1));
    }
    // SAFETY: two numbers go in; the group is the child's own.
    let sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.id()) };
    if sent == 0 {
        let why = std::io::Error::last_os_error();
        child.kill().unwrap();
        child.wait().unwrap();
        // Wine has none where nothing shows it.
        assert_eq!(why.raw_os_error(), Some(NO_CONSOLE), "{why}");
        say(&format!("SKIPPED: there is no console here: {why}\n"));
        return;
    }
    let stopped = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    for part in ["what is finished is kept", "--resume"] {
        assert!(stopped.err.contains(part), "{}", stopped.err);
    }
    let finished = names(&results, ".bin").len();
    assert!((3..40).contains(&finished), "{finished}");
    lab.falign(&["run", "slow.toml", "--out", "run", "--resume"])
        .succeeds();
    assert_same(&lab.path("run"), &lab.path("expected"));
}
