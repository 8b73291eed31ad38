#!/usr/bin/env python3
"""Times `falign` against PyTorch and JAX programs that do the same work, and prints the ratios.

    python bench/compare.py [--cases linear relu tanh mnist lenet] [--precisions f32 f64] ...
    python bench/compare.py --against PROGRAM --rounds 9 ...

Every program reads the same data, start and feedback weights. First each trains for the same few
steps and must reach the same loss and alignment; then `falign` and a peer take short turns, A B A
B, so that other work on the machine meets both. docs/performance.md says what is and what is not
compared. Needs NumPy; a peer whose packages are not installed is listed as missing. `--against`
takes another build of `falign` in place of the peers.

Exit status: 0, also with missing peers; 1 if a program failed or computed something else, or if
this build is slower than the other by more than 5 % in the median of a case.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np

import builds
import cases
import machine
import problem
import programs
import ratios

ROOT = Path(__file__).resolve().parent.parent
# Runs of a check for peers that do a run after the other.
CHECKED_RUNS = 2
# A call of no more steps than this is within the limits of any case.
MOST_STEPS = 100_000_000


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--cases", nargs="+", choices=["linear", "relu", "tanh", *cases.ON_IMAGES],
        default=["linear", "relu", "tanh", *cases.ON_IMAGES], help="what to compare")
    add("--precisions", nargs="+", choices=["f32", "f64"], default=["f32", "f64"],
        help="images are compared in f32 only")
    add("--runs", type=int, default=50, help="runs of a two-layer case")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every program")
    add("--rounds", type=int, default=5, help="turns of each pair")
    add("--turn", type=float, default=2.0, help="length of a turn in seconds")
    add("--falign", type=Path, default=ROOT / "target/release/falign", help="the program")
    add("--against", type=Path, help="another build of falign, timed in place of the peers")
    add("--mnist", type=Path, default=os.environ.get("FALIGN_DATA"),
        help="folder of MNIST's four files")
    add("--python", default=sys.executable, help="interpreter of the peers")
    add("--override", choices=["auto", "always", "never"], default="auto",
        help="time PyTorch also with its libraries told the processor; auto: on AMD")
    add("--json", type=Path, help="write all turns to this file")
    return parser.parse_args()


def note(text):
    print(f"compare: {text}", file=sys.stderr, flush=True)


def steps_for(seconds, seconds_per_step):
    """Steps that fill a turn, at least 1."""
    return max(1, min(MOST_STEPS, round(seconds / seconds_per_step)))


def compare(case, options, folder, variants, confine):
    """The result of every peer in one case."""
    falign = programs.Falign(options.falign, case, folder, options.threads, confine)
    arrays = problem.write_data(case, folder, options.mnist)
    start = problem.read_start(case, falign.start())
    np.savez(folder / "problem.npz", **arrays, **start)
    del start
    expected = falign.check()
    our_steps = falign.steps_for(options.turn)
    results = []
    for name, (file, mode, at_once) in programs.PEERS[case.family].items():
        for suffix, variables in variants.items():
            if suffix and "torch" not in file:
                continue
            result = ratios.Result(name + suffix)
            results.append(result)
            note(f"{case.name} {case.precision}: {result.program}")
            try:
                peer = programs.Peer(
                    options.python, file, mode, case, folder, options.threads, confine, variables
                )
            except programs.Missing as error:
                result.missing = str(error)
                continue
            except programs.Failed as error:
                result.failed = str(error)
                continue
            try:
                options.about.update(peer.about["versions"])
                take_turns(case, options, falign, our_steps, peer, at_once, expected, result)
            except (programs.Failed, OSError) as error:
                result.failed = str(error)
            finally:
                peer.close()
    return results


def take_turns(case, options, falign, our_steps, peer, at_once, expected, result):
    """Checks one peer, and times it in turns with `falign`."""
    is_single = case.name in cases.ON_IMAGES
    runs = case.runs if at_once else 1 if is_single else min(CHECKED_RUNS, case.runs)
    got = peer.ask(steps=case.check_steps, runs=runs, check=True)
    result.loss_difference, result.alignment_difference = ratios.differences(got, expected)
    if result.disagrees(case.precision):
        return
    runs = case.runs if at_once else 1
    per_call = got["wall"] / case.check_steps * runs / len(got["loss"])
    steps = steps_for(options.turn, per_call)
    peer.ask(steps=steps, runs=runs, check=False)  # compiles this length
    for _ in range(options.rounds):
        ours = falign.time_per_step(our_steps)
        got = peer.ask(steps=steps, runs=runs, check=False)
        wall, processor = (got[name] / (steps * runs) for name in ("wall", "processor"))
        result.turns.append(ratios.Turn(wall, ours[0], processor, ours[1]))


def variants(options, cpu, folder):
    """Environment variables of PyTorch by suffix of its name, and a sentence about them."""
    wanted = options.override == "always" or (
        options.override == "auto" and machine.needs_override(cpu)
    )
    if not wanted:
        reason = "switched off" if options.override == "never" else "not an AMD processor"
        return {"": {}}, f"not told their processor ({reason}: as they come)"
    variables, said = machine.override(cpu, folder)
    return {"": {}, " (told)": variables}, f"as they come, and told: {said}"


def main():
    options = arguments()
    chosen = cases.chosen(options.cases, options.precisions, options.runs, options.threads)
    if not options.falign.exists():
        raise SystemExit(f"compare: no {options.falign}; run cargo build --release -p falign-cli")
    if options.mnist is None and any(case.name in cases.ON_IMAGES for case in chosen):
        raise SystemExit("compare: --mnist DIR, or other --cases")
    if options.against is not None and not options.against.exists():
        raise SystemExit(f"compare: no {options.against}")
    options.about = {"numpy": np.__version__, "python": sys.version.split()[0]}
    cpu = machine.processor()
    confine = machine.confine(options.threads)
    begun = machine.load()
    stored = []
    print(builds.HEADER if options.against else ratios.HEADER, flush=True)
    status = 0
    with tempfile.TemporaryDirectory(prefix="falign-compare-") as folder:
        kinds, said = variants(options, cpu, Path(folder))
        for number, case in enumerate(chosen):
            inner = Path(folder) / str(number)
            inner.mkdir()
            if options.against:
                results = [builds.compare(case, options, inner, confine)]
                table = [builds.row(case.name, case.precision, results[0])]
                status = max(status, int(builds.is_slower(results[0])))
            else:
                results = compare(case, options, inner, kinds, confine)
                table = ratios.rows(case.name, case.precision, results)
            print("\n".join(table), flush=True)
            for result in results:
                stored.append({"case": case.name, "precision": case.precision, **asdict(result)})
                if result.failed or result.disagrees(case.precision):
                    status = 1
    versions = ", ".join(f"{name} {version}" for name, version in sorted(options.about.items()))
    print(f"\n{date.today()}, {cpu['model']} (model {cpu['number']}, AVX-512: "
          f"{'yes' if cpu['avx512'] else 'no'}), {options.threads} thread(s) for each program; "
          f"load {begun:.1f} at the start, {machine.load():.1f} at the end.")
    if options.against:
        print(f"{programs.version(options.falign)} against {options.against}: "
              f"{programs.version(options.against)}.")
    else:
        print(f"{programs.version(options.falign)}, {versions}. BLAS libraries: {said}.")
    print(f"{options.rounds} pairs of turns of {options.turn:g} s; {options.runs} runs in "
          f"two-layer cases, {options.threads} on images.")
    if options.json:
        options.json.write_text(json.dumps({"versions": options.about, "results": stored}))
    return status


if __name__ == "__main__":
    sys.exit(main())
