"""Compares the run folders that two falign programs make of the same experiments, on this machine.

    python3 tools/same_results.py path/to/falign-before target/debug/falign

For changes that move code and should change no number. Every experiment runs with both programs; their
exit statuses and every file must be equal, byte for byte, but for times in `meta.json`. Fails where one
is not. `--keep DIR` keeps the folders. Bits that are promised on every machine are pinned by hashes in
`crates/falign/tests/unchanged`; this covers what may differ between machines.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

# Built-in experiments, and what makes them short.
SHORT = ["run.runs=2", "run.steps=30"]
BUILTIN = {
    "quickstart": SHORT,
    "dropout": SHORT,
    "learned_feedback": SHORT,
    "theory/theorem_4_6": SHORT,
    "theory/lemmas": SHORT,
    "theory/rich_lazy": SHORT,
    "theory/phase": ["run.runs=1", "run.steps=200"],
    "future/multilayer": ["run.runs=1", "run.steps=30"],
    "future/hebbian_feedback": ["run.runs=2", "run.epochs=1"],
}

DEEP = """
name = "deep"
[data]
labelled = "generated_images"
samples = 60
held_out = 31
input_dim = 49
outputs = 4
[network]
hidden_widths = [13, 9]
biases = true
initialisation = "xavier"
[learning]
batch = 16
step_size = 0.05
ridge = 0.01
[run]
seed = 3
runs = 2
epochs = 2
record = { every = 3 }
save_weights = "both"
per_run_table = true
quantities = ["epoch", "loss", "train_accuracy", "test_accuracy", "alignment", "update_angle", "weight_angle",
    "norm_ratio_layer_1", "output_norm"]
"""

RULES = """
[sweep]
"learning.rule" = ["backpropagation", "feedback_alignment", "direct_feedback_alignment", "kolen_pollack",
    "weight_mirror", "hebbian_feedback", "uniform_sign_symmetry", "node_perturbation", "last_layer_only"]
"run.precision" = ["f64", "f32"]
"""

KINDS = """
[sweep]
"network.activation" = ["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu"]
"learning.optimiser" = ["sgd", "momentum", "nesterov", "rmsprop", "adam"]
"learning.loss" = ["softmax_cross_entropy", "squared_error"]
"""

# Wide enough for products in blocks, and images of which most pixels are zero.
IMAGES = DEEP.replace("input_dim = 49", "input_dim = 784").replace("[13, 9]", "[257, 65]") + """
[sweep]
"learning.rule" = ["backpropagation", "feedback_alignment", "direct_feedback_alignment"]
"run.precision" = ["f64", "f32"]
"""

FILES = {"rules": DEEP + RULES, "kinds": DEEP + KINDS, "images": IMAGES}


def comparable(path: Path) -> bytes:
    """A file's content without what depends on the time."""
    content = path.read_bytes()
    if path.name == "meta.json":
        meta = json.loads(content)
        del meta["wall_seconds"]
        content = json.dumps(meta, sort_keys=True).encode()
    return content


def run(program: Path, experiment: str, overrides: list[str], out: Path) -> int:
    command = [program, "run", experiment, "--quiet", "--out", out]
    for override in overrides:
        command += ["--set", override]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(f"{experiment}: {program}: {done.stderr.strip()}")
    return done.returncode


def differences(before: Path, after: Path) -> list[str]:
    files = {path.relative_to(root) for root in (before, after) for path in root.rglob("*") if path.is_file()}
    found = []
    for file in sorted(files):
        one, other = before / file, after / file
        if not (one.is_file() and other.is_file()):
            found.append(f"{file} is in one folder only")
        elif comparable(one) != comparable(other):
            found.append(f"{file} differs")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        root.mkdir(parents=True, exist_ok=True)
        experiments = dict(BUILTIN)
        for name, text in FILES.items():
            file = root / f"{name}.toml"
            file.write_text(text)
            experiments[str(file)] = []
        failed = False
        for experiment, overrides in experiments.items():
            name = Path(experiment).stem
            folders = [root / name / side for side in ("before", "after")]
            programs = [arguments.before.resolve(), arguments.after.resolve()]
            status = [run(program, experiment, overrides, out) for program, out in zip(programs, folders)]
            found = differences(*folders)
            if status[0] != status[1]:
                found.insert(0, f"exit status {status[1]}, was {status[0]}")
            count = sum(path.is_file() for path in folders[1].rglob("*"))
            print(f"{name}: {count} files, {'; '.join(found) or 'equal'}", flush=True)
            failed |= bool(found) or count == 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
