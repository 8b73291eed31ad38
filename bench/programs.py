"""The programs that are timed: `falign` as a command, peers as processes that answer requests."""

import csv
import json
import os
import resource
import subprocess
from pathlib import Path

import problem

PEERS = {
    # program: (file, mode, whether one call does all runs at once)
    "two_layer": {
        "PyTorch eager, autograd.Function": ("two_layer_torch.py", "eager", False),
        "PyTorch compile": ("two_layer_torch.py", "compile", False),
        "PyTorch eager, all runs in one product": ("two_layer_torch.py", "batched", True),
        "JAX scan": ("two_layer_jax.py", "scan", False),
        "JAX scan + vmap over runs": ("two_layer_jax.py", "vmap", True),
    },
    "classes": {
        "PyTorch eager, autograd.Function": ("classes_torch.py", "eager", False),
        "PyTorch compile": ("classes_torch.py", "compile", False),
        "JAX jitted step": ("classes_jax.py", "step", False),
        "JAX scan": ("classes_jax.py", "scan", False),
    },
    "layers": {
        "PyTorch eager, autograd.Function": ("layers_torch.py", "eager", False),
        "PyTorch eager, channels last": ("layers_torch.py", "channels_last", False),
        "PyTorch compile": ("layers_torch.py", "compile", False),
        "JAX jitted step": ("layers_jax.py", "step", False),
    },
}
# Calls of `falign` without steps, of which the fastest is the time of its set-up; and how many
# times that a turn lasts at least, for its noise would show otherwise.
SETUPS, SETUPS_IN_A_TURN = 3, 4


class Missing(Exception):
    """A package that a peer needs is not installed."""


class Failed(Exception):
    """A program ended or answered with an error."""


class Falign:
    """`falign run` on one case; each call is a process of its own."""

    def __init__(self, binary, case, folder, threads, confine):
        self.binary, self.case, self.folder = binary, case, folder
        self.threads, self.confine, self.calls = threads, confine, 0
        self.setup, self.on_images = None, case.family != "two_layer"
        self.experiment = folder / "compare.toml"
        self.experiment.write_text(case.experiment())

    def run(self, steps, *settings):
        """Trains and returns the run folder and the seconds that `falign` itself reports."""
        self.calls += 1
        out = self.folder / f"run{self.calls}"
        command = [self.binary, "run", self.experiment, "--quiet", "--json", "--out", out]
        command += ["--threads", str(self.threads), "--set", f"run.steps={steps}"]
        if self.on_images:
            command += ["--set", f"data.labelled_data={self.folder / 'data.npz'}"]
        else:
            command += ["--train-data", self.folder / "data.npz"]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=self.confine)
        if done.returncode:
            raise Failed(f"falign: {done.stderr.strip()}")
        return out, json.loads(done.stdout)["seconds"]

    def start(self):
        """A run folder with the weights at the start, in double precision."""
        precision = () if self.on_images else ('run.precision="f64"',)
        out = self.run(0, 'run.save_weights="final"', *precision)[0]
        self.first_start = problem.weights_path(self.case, out, 0)
        return out

    def check(self):
        """Loss and alignment of each run after the steps of the check.

        Images: on the first batch alone, so that the order of samples does not enter; the loss
        is the mean over the steps, alignment is measured on the test images, not of LeNet.
        """
        settings, measured = [], ("loss", "alignment")
        if self.on_images:
            settings = [f"data.train_limit={self.case.batch}"]
            measured = ("loss",) if self.case.family == "layers" else measured
            settings += [f"run.quantities={json.dumps(measured)}"]
        out, _ = self.run(self.case.check_steps, *settings)
        with open(out / "runs.csv", newline="") as file:
            lines = [line for line in csv.DictReader(file) if int(line["step"])]
        found = {name: [float(line[name]) for line in lines] for name in measured}
        return {"alignment": [], **found}

    def time_per_step(self, steps):
        """Wall and processor seconds for a step of a run, the least of the set-up taken off.

        All runs of a two-layer case start from the weights of run 0, so that drawing them is
        not timed.
        """
        pairs = zip(self.timed(steps), self.setup_times())
        return [max(time - setup, 1e-9) / (steps * self.case.runs) for time, setup in pairs]

    def setup_times(self):
        """The least wall and processor seconds of calls without steps."""
        if self.setup is None:
            self.setup = [min(times) for times in zip(*(self.timed(0) for _ in range(SETUPS)))]
        return self.setup

    def steps_for(self, seconds):
        """Steps of a turn of so many seconds on an idle machine, found from processor time."""
        setup = self.setup_times()[1]
        wanted = max(seconds * self.threads, SETUPS_IN_A_TURN * setup)
        steps = self.case.check_steps
        while True:
            spent = max(self.timed(steps)[1] - setup, wanted / 100)
            if spent > wanted / 2:
                return steps
            steps = round(steps * wanted / spent)

    def timed(self, steps):
        """Wall seconds that `falign` reports, and processor seconds of its process."""
        if self.on_images:
            setting = 'run.quantities=["loss"]'
        else:
            setting = f"network.initial_weights={self.first_start}"
        before = processor_seconds()
        wall = self.run(steps, setting)[1]
        return wall, processor_seconds() - before


def processor_seconds():
    """What all children that have ended have spent, user and system, on all their threads."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Peer:
    """A peer's process: a request and an answer are a line of JSON each."""

    def __init__(self, python, file, mode, case, folder, threads, confine, variables):
        script = Path(__file__).parent / "peers" / file
        command = [python, script, "--mode", mode, "--problem", folder / "problem.npz"]
        command += ["--precision", case.precision, "--step-size", repr(case.step_size)]
        command += ["--threads", str(threads)]
        if case.family != "two_layer":
            command += ["--batch", str(case.batch)]
        else:
            command += ["--activation", case.activation]
        counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self.log = open(folder / "peer.log", "w+")
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, preexec_fn=confine,
            env={**os.environ, **counts, **variables},
        )
        try:
            self.about = self.answer()
        except Exception:
            self.close()
            raise

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            last = self.log.read().strip().splitlines()[-1:] or ["ended without a word"]
            raise Failed(last[0][:200])
        answer = json.loads(line)
        if "missing" in answer:
            raise Missing(answer["missing"])
        if "failed" in answer:
            raise Failed(answer["failed"][:200])
        return answer

    def ask(self, **request):
        """The answer to a request: `wall`, `processor`, `loss`, `alignment` of `runs` runs."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


def version(binary):
    """What `falign --version` says."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
