"""What all peers share: their arguments, and the loop that answers requests."""

import argparse
import json
import sys
import time


def arguments():
    """The command line; see `programs.Peer`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", required=True)
    parser.add_argument("--problem", required=True, help="NPZ file with data and start")
    parser.add_argument("--precision", choices=["f32", "f64"], required=True)
    parser.add_argument("--step-size", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--activation", choices=["linear", "relu", "tanh"])
    parser.add_argument("--batch", type=int)
    return parser.parse_args()


def say(answer):
    print(json.dumps(answer), flush=True)


def packages(load):
    """Calls `load`, which imports; a missing package is the answer, and the end."""
    try:
        return load()
    except ImportError as error:
        say({"missing": str(error)})
        sys.exit(0)


def serve(about, prepare, measure):
    """Answers requests until the end of input.

    `prepare(steps, runs, check)` copies the start, compiles and warms up, and returns the
    function that trains, which alone is timed; it must return only when the work is done.
    `measure(outcome)` gives the losses and alignments of a check.
    """
    say(about)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            train = prepare(request["steps"], request["runs"], request["check"])
            begin = time.perf_counter(), time.process_time()
            outcome = train()
            answer = {
                "wall": time.perf_counter() - begin[0],
                "processor": time.process_time() - begin[1],
            }
            if request["check"]:
                answer.update(measure(outcome))
        except Exception as error:  # any error of a library is the answer
            answer = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
        say(answer)
