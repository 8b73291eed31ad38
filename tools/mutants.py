"""Do the tests notice small faults of the library? A random sample of them, planted all at once.

    python3 tools/mutants.py plant --seed 1 --count 80 COPY     writes faults into COPY of the repository
    python3 tools/mutants.py run --count 80 COPY > found.csv    builds its tests once, runs them per fault

COPY is a copy of the repository (`git worktree add`), never the repository itself. Every function with
a fault is written out twice, and `FALIGN_MUTANT=7` chooses the seventh at run time, so that one build
serves all. Faults that do not compile are passed over. A fault is killed by the first test that fails,
does not end, or dies, and passes without it; tests that never reach its function are not run. Tests are
those of all crates: some faults show only where the program refuses a file. What was found is in
`crates/falign/tests/mutants.md`. Needs Python and Cargo on a Unix system.
"""

import argparse
import csv
import json
import math
import os
import random
import re
import resource
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SOURCE = "crates/falign/src"
ROOMS = ["rule", "network", "data", "file", "config/claim", "claim", "plan", "theory"]

# What stands in the code, and what a slip of the hand would make of it.
TOKENS = {
    " + ": [" - "],
    " - ": [" + "],
    " * ": [" / "],
    " / ": [" * "],
    " += ": [" -= "],
    " -= ": [" += "],
    " *= ": [" /= "],
    " < ": [" <= ", " > "],
    " <= ": [" < ", " >= "],
    " > ": [" >= ", " < "],
    " >= ": [" > ", " <= "],
    " == ": [" != "],
    " != ": [" == "],
    " && ": [" || "],
    " || ": [" && "],
    "..=": [".."],
    ".max(": [".min("],
    ".min(": [".max("],
    ".sqrt()": [""],
    ".abs()": [""],
    "true": ["false"],
    "false": ["true"],
}
TOKEN = re.compile("|".join(re.escape(t) for t in sorted(TOKENS, key=len, reverse=True)))
NUMBER = re.compile(r"(?<![\w.'])(\d[\d_]*\.\d[\d_]*(?:e-?\d+)?|\d[\d_]*)(?:_?(?:f64|f32|usize|u64))?(?![\w.])")
NEGATION = re.compile(r"(?<=[\s(])!(?=[a-z])")
STATEMENT = re.compile(r"^ +(?!let |return|use |const |break|continue|else|assert)[a-z*].*[^;{}],?;$", re.M)
FUNCTION = re.compile(r"^( *)((?:pub(?:\([a-z: ]+\))? )?)fn (\w+)", re.M)


@dataclass(frozen=True)
class Fault:
    """A change of some characters in the body of a function."""

    file: str
    function: str
    line: int
    body: tuple  # where the function's braces stand
    span: tuple
    old: str
    new: str


def blanked(text):
    """The text with comments, strings and characters as spaces: what is left is code."""
    pattern = re.compile(
        r'//[^\n]*|r#*".*?"#*|b?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'', re.S
    )
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def closing(code, start):
    """Where the brace that opens at `start` closes."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        if depth == 0:
            return at
    raise ValueError("a brace is open")


def functions(code):
    """Name and braces of every function that is no test and may hold a switch."""
    tests = code.find("#[cfg(test)]")
    code = code if tests < 0 else code[:tests]
    for found in FUNCTION.finditer(code):
        start = code.find("{", found.end())
        end = code.find(";", found.end())
        if start < 0 or 0 <= end < start and "[" not in code[found.end() : start]:
            continue
        signature = code[found.end() : start]
        # Two bodies would have two types.
        if "impl " in signature.partition("->")[2]:
            continue
        yield found.group(3), (start, closing(code, start))


def changes(code, start, end):
    """(where, new text) of every change in code from `start` to `end`."""
    for found in TOKEN.finditer(code, start, end):
        text = found.group()
        if text in ("true", "false") and re.match(r"\w", code[found.start() - 1] + code[found.end()]):
            continue
        yield from ((found.span(), new) for new in TOKENS[text])
    for found in NUMBER.finditer(code, start, end):
        number = found.group(1)
        if "." in number:
            new = "1.0" if float(number.replace("_", "")) == 0 else f"(2.0 * {number})"
        else:
            new = str(int(number.replace("_", "")) + 1)
        yield found.span(1), new
    for found in NEGATION.finditer(code, start, end):
        yield found.span(), ""
    for found in STATEMENT.finditer(code, start, end):
        yield found.span(), ""


def faults(root):
    """All faults of the rooms, in the order of files and places."""
    for room in ROOMS:
        path = root / SOURCE / room
        for file in sorted([path] if path.is_file() else path.rglob("*.rs")):
            if file.stem == "tests":
                continue
            text = file.read_text()
            code = blanked(text)
            bodies = list(functions(code))
            for name, (start, end) in bodies:
                inner = [b for _, b in bodies if start < b[0] and b[1] < end]
                for span, new in changes(code, start + 1, end):
                    # A function within a function has its own.
                    if any(a < span[0] < b for a, b in inner):
                        continue
                    line = text.count("\n", 0, span[0]) + 1
                    old = text[slice(*span)]
                    yield Fault(str(file.relative_to(root / SOURCE)), name, line, (start, end), span, old, new)


SWITCH = '''//! Which planted fault is on; see `tools/mutants.py`.

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static CHOSEN: LazyLock<usize> = LazyLock::new(|| {
    std::env::var("FALIGN_MUTANT").map_or(usize::MAX, |text| text.parse().unwrap())
});
static REACHED: [AtomicBool; 10_000] = [const { AtomicBool::new(false) }; 10_000];

/// Whether fault `which` is on. The first time it is asked for is noted in a file.
#[allow(missing_docs, unreachable_pub)]
pub fn mutant(which: usize) -> bool {
    if !REACHED[which].load(Ordering::Relaxed) && !REACHED[which].swap(true, Ordering::Relaxed) {
        if let Some(path) = std::env::var_os("FALIGN_REACHED") {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
            file.write_all(format!("{which}\\n").as_bytes()).unwrap();
        }
    }
    *CHOSEN == which
}
'''


def plant(root, numbered):
    """Writes these numbered faults into the sources below `root`, whose text is that of the sample."""
    by_body = defaultdict(lambda: defaultdict(list))
    for number, fault in numbered:
        by_body[fault.file][fault.body].append((number, fault))
    for file, bodies in by_body.items():
        path = root / SOURCE / file
        text = path.read_text()
        for (start, end), planted in sorted(bodies.items(), reverse=True):
            body = text[start : end + 1]
            switched = body
            for number, fault in planted:
                a, b = (at - start for at in fault.span)
                changed = body[:a] + fault.new + body[b:]
                switched = f"{{ if crate::mutant::mutant({number}) /* {number} */ {changed} else {switched} }}"
            text = text[:start] + switched + text[end + 1 :]
        path.write_text(text)
    (root / SOURCE / "mutant.rs").write_text(SWITCH)
    library = root / SOURCE / "lib.rs"
    if "mod mutant;" not in library.read_text():
        # Faults whose panic the compiler foresees are faults all the same.
        foreseen = "#![allow(unconditional_panic, arithmetic_overflow)]\n"
        text = foreseen + library.read_text() + "\n#[allow(warnings)]\npub(crate) mod mutant;\n"
        library.write_text(text)


def cargo(root, *arguments):
    """Messages of a Cargo command as parsed JSON."""
    command = ["cargo", *arguments, "--locked", "--workspace", "--message-format=json"]
    ran = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def wrong(root, messages):
    """Numbers of the faults that do not compile."""
    found = set()
    for message in messages:
        if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
            continue
        for span in message["message"]["spans"]:
            path = root / span["file_name"]
            if not path.is_file() or not span["is_primary"]:
                continue
            text = path.read_bytes()[: span["byte_start"]].decode()
            # The last switch before the place whose branch is still open.
            for switch in reversed(list(re.finditer(r"/\* (\d+) \*/ ", text))):
                if blanked(text[switch.end() :]).count("{") > blanked(text[switch.end() :]).count("}"):
                    found.add(int(switch.group(1)))
                    break
    return found


def sample(root, seed, count):
    """The first `count` faults of a random order that compile, planted."""
    if (root / SOURCE / "mutant.rs").exists():
        sys.exit(f"{root} has faults already: git -C {root} checkout . && git -C {root} clean -f")
    every = list(faults(root))
    random.Random(seed).shuffle(every)
    originals = {f.file: (root / SOURCE / f.file).read_text() for f in every}
    chosen, at = list(enumerate(every[:count])), count
    while True:
        for file, text in originals.items():
            (root / SOURCE / file).write_text(text)
        plant(root, chosen)
        messages = cargo(root, "check", "--lib")
        bad = wrong(root, messages)
        if not bad and any(m.get("success") is False for m in messages):
            sys.exit("it does not compile, and no fault is to blame")
        print(f"{len(every)} faults, {at} drawn, {len(bad)} do not compile", file=sys.stderr)
        if not bad:
            break
        # Another one takes the place, and the number, of each.
        chosen = [
            (n, f) if n not in bad else (n, every[at + sorted(bad).index(n)]) for n, f in chosen
        ]
        at += len(bad)
    with open(root / "mutants.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["mutant", "file", "line", "function", "was", "is"])
        for number, f in chosen:
            writer.writerow([number, f.file, f.line, f.function, f.old.strip(), f.new.strip()])


def binaries(root):
    """(path, folder of its crate) of the test binaries: of each crate the library's own, and `main`."""
    messages = cargo(root, "test", "--no-run", "--lib", "--test", "main")
    tests = [m for m in messages if m.get("executable") and m.get("profile", {}).get("test")]
    return [(m["executable"], Path(m["manifest_path"]).parent) for m in tests]


def attempt(binary, test, limit, **environment):
    """Whether a test passes within so many seconds of processor time, and how many it takes."""
    path, folder = binary

    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = used()
    try:
        ran = subprocess.run(
            [path, "--exact", test, "--test-threads", "1"],
            cwd=folder,
            env={**os.environ, "RAYON_NUM_THREADS": "1", "FALIGN_FUZZ_SECONDS": "1", **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
            # One that waits uses no processor.
            timeout=60 + 20 * limit,
        )
        passed = ran.returncode == 0
    except subprocess.TimeoutExpired:
        passed = False
    return passed, used() - start


def reach(root, longest):
    """(seconds, binary, test) of the tests that reach each mutant, the quickest first."""
    reached = defaultdict(list)
    note = root / "reached"
    for binary in binaries(root):
        listed = subprocess.run([binary[0], "--list"], stdout=subprocess.PIPE, text=True, check=True)
        for test in re.findall(r"^(\S+): test$", listed.stdout, re.M):
            note.unlink(missing_ok=True)
            noted = {"FALIGN_REACHED": str(note.absolute())}
            passed, seconds = attempt(binary, test, longest, **noted)
            if not passed:
                print(f"left out, for it fails or takes {longest} s: {test}", file=sys.stderr)
                continue
            for number in set(note.read_text().split()) if note.exists() else ():
                reached[int(number)].append((seconds, binary, test))
    return {number: sorted(tests) for number, tests in reached.items()}


def run(root, count, longest):
    """Prints which test kills each mutant."""
    reached = reach(root, longest)
    with open(root / "mutants.csv", newline="") as file:
        rows = list(csv.DictReader(file))[:count]
    writer = csv.writer(sys.stdout)
    writer.writerow([*rows[0], "tests", "killed by"])
    killed = 0
    for row in rows:
        number = int(row["mutant"])
        killer = ""
        for seconds, binary, test in reached.get(number, []):
            limit = 10 + 5 * math.ceil(seconds)
            fails = not attempt(binary, test, limit, FALIGN_MUTANT=str(number))[0]
            # One that fails now and then would take the credit.
            if fails and attempt(binary, test, limit)[0]:
                killer = f"{binary[1].name} {test}"
                break
        killed += bool(killer)
        writer.writerow([*row.values(), len(reached.get(number, [])), killer])
        sys.stdout.flush()
    print(f"{killed} of {len(rows)} killed", file=sys.stderr)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["plant", "run"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--longest", type=int, default=600, help="most seconds of processor time for a test")
    parser.add_argument("copy", type=Path)
    given = parser.parse_args()
    if given.command == "plant":
        sample(given.copy, given.seed, given.count)
    else:
        run(given.copy, given.count, given.longest)


if __name__ == "__main__":
    main()
