"""Counts the instructions of three small kernels with Valgrind, against the counts in the repository.

A step of each kernel (crates/falign/benches/instructions.rs, on the AVX2 path, for Valgrind knows no
AVX-512) must not need 5 % more instructions than bench/instructions.json says: unlike times, counts
do not depend on what else a machine is doing. They depend on the compiler, whose version stands
beside them; with another one nothing is judged.

    python3 bench/instructions.py            # compare; status 1 if a kernel needs more
    python3 bench/instructions.py --write    # make these counts the ones to compare with
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNTS = ROOT / "bench" / "instructions.json"
# Steps of a short and of a long run: their difference has no start and no end in it.
KERNELS = {
    "sample_space_tanh_f32": (5, 25),
    "sample_space_relu_f64": (5, 25),
    "mini_batch_listed_f32": (3, 8),
}
TOLERANCE = 0.05


def compiler() -> str:
    text = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout
    return text.split()[1]


def build() -> Path:
    # Of the whole workspace, as the tests are built: one set of features, one build.
    command = ["cargo", "build", "--locked", "--quiet", "--workspace", "--example", "instructions"]
    subprocess.run(command, check=True, cwd=ROOT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "examples" / "instructions"


def instructions(program: Path, kernel: str, steps: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
            str(program), kernel, str(steps),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{kernel}: {done.stderr.strip().splitlines()[-1]}")
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        sys.exit(f"{kernel}: Valgrind printed no count")
    return int(found[1])


def step_of(program: Path, kernel: str) -> int:
    few, many = KERNELS[kernel]
    return (instructions(program, kernel, many) - instructions(program, kernel, few)) // (many - few)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep these counts")
    write = parser.parse_args().write
    program = build()
    probe = subprocess.run([str(program), next(iter(KERNELS)), "1"], capture_output=True, text=True)
    if "no AVX2" in probe.stderr:
        print("not judged: this processor has no AVX2")
        return 0
    counts = {kernel: step_of(program, kernel) for kernel in KERNELS}
    if write:
        COUNTS.write_text(json.dumps({"rustc": compiler(), "instructions": counts}, indent=2) + "\n")
        print(f"wrote {COUNTS.relative_to(ROOT)}")
        return 0
    kept = json.loads(COUNTS.read_text())
    judged = kept["rustc"] == compiler()
    worse = False
    for kernel, count in counts.items():
        ratio = count / kept["instructions"][kernel]
        worse |= ratio > 1 + TOLERANCE
        print(f"{kernel:<24} {count:>12} instructions a step, {ratio:.3f} of those kept")
    if not judged:
        print(f"not judged: the counts are of rustc {kept['rustc']}, this is {compiler()}")
        return 0
    if worse:
        print("a kernel needs more than 5 % more: mend it, or keep the new counts with --write and say why")
    return int(worse)


if __name__ == "__main__":
    sys.exit(main())
