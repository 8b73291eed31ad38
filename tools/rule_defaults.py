"""Runs `experiments/rules.toml` and prints the tables of `docs/rules.md`.

    python3 tools/rule_defaults.py --data-dir path/to/mnist

For every rule its validation accuracy, alignment and processor time; for every number that only one
rule has, the accuracy of the rule's default over that of the best of seven values. Fails where that is
below 0.98. `--program` is a falign to run in place of a release build of this repository, `--out` the
run folder: one that is finished is read, one that is not is resumed.
"""

import argparse
import csv
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXPERIMENT = ROOT / "experiments" / "rules.toml"
WANTED = 0.98

# A rule has the same defaults and, but for weight perturbation, the same step in both.
DEFAULTS, AUTOMATIC = "defaults", "automatic step"


def run(program, data_dir, out):
    """The last rows of a finished folder."""
    if not (out / "summary.csv").exists():
        resume = ["--resume"] if out.exists() else []
        command = [*program, "run", str(EXPERIMENT), "--out", str(out), "--threads", "1", *resume]
        subprocess.run([*command, *data_dir], check=True)
    with open(out / "summary.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    last = max(int(row["step"]) for row in rows)
    return [row for row in rows if int(row["step"]) == last]


def number(row, name):
    """A cell, or None where it is empty."""
    return float(row[name]) if row[name] else None


def shown(row, name, factor=1.0, digits=2):
    """Mean (standard deviation), or a dash."""
    mean, spread = number(row, f"{name}_mean"), number(row, f"{name}_std")
    if mean is None:
        return "-"
    return f"{factor * mean:.{digits}f} ({factor * spread:.{digits}f})"


def seconds(program, data_dir, out, rule):
    """Processor time of one run of a rule, program start and reading of the data included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [*program, "run", str(EXPERIMENT), "--case", DEFAULTS, "--set", f"learning.rule={rule}"]
    command += ["--set", "run.runs=1", "--threads", "1", "--out", str(out / f"time-{rule}")]
    subprocess.run([*command, *data_dir], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="where the files of MNIST are")
    parser.add_argument("--program", help="the falign to run")
    parser.add_argument("--out", type=Path, default=Path("runs/rules"), help="the run folder")
    parser.add_argument("--times", type=Path, help="an empty folder: measure processor times too")
    given = parser.parse_args()
    cargo = ["cargo", "run", "--release", "--quiet", "--locked", "-p", "falign-cli", "--"]
    program = [given.program] if given.program else cargo
    data_dir = ["--data-dir", given.data_dir] if given.data_dir else []
    rows = run(program, data_dir, given.out)
    of_case = lambda case: {row["rule"]: row for row in rows if row["case"] == case}
    defaults, automatic = of_case(DEFAULTS), of_case(AUTOMATIC)

    print("| rule | accuracy, step 0.1 | alignment | norm ratio | accuracy, automatic step | seconds |")
    print("|---|---|---|---|---|---|")
    for rule, row in defaults.items():
        time = f"{seconds(program, data_dir, given.times, rule):.1f}" if given.times else ""
        cells = [
            f"`{rule}`",
            shown(row, "validation_accuracy", 100),
            shown(row, "alignment", digits=3),
            shown(row, "norm_ratio"),
            shown(automatic[rule], "validation_accuracy", 100),
            time,
        ]
        print(f"| {' | '.join(cells)} |")

    print("\n| number | default | best of seven | at | default / best |\n|---|---|---|---|---|")
    is_good = True
    for case in dict.fromkeys(row["case"] for row in rows):
        if case in (DEFAULTS, AUTOMATIC):
            continue
        found = [row for row in rows if row["case"] == case]
        leaf, rule = case.split(": ")[1], found[0]["rule"]
        same_step = automatic if found[0]["step_size"] == "auto" else defaults
        default = number(same_step[rule], "validation_accuracy_mean") or 0.0
        best = max(found, key=lambda row: number(row, "validation_accuracy_mean") or 0.0)
        top = number(best, "validation_accuracy_mean") or 0.0
        share = default / max(top, 1e-9)
        is_good &= share >= WANTED
        print(f"| {case} | {100 * default:.2f} | {100 * top:.2f} | {best[leaf]} | {share:.3f} |")
    if not is_good:
        sys.exit(f"a default is below {WANTED} of the best")


if __name__ == "__main__":
    main()
