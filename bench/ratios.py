"""From turns to ratios, and from results to verdicts and a table."""

from dataclasses import dataclass, field
from statistics import median

# Largest differences that count as the same numbers: of the loss, relative, and of the
# alignment, absolute. They leave room for another order of summation over the steps of the
# check, and none for another update: leaving out one step changes the loss by 1 % and more.
LOSS_TOLERANCE = {"f32": 1e-4, "f64": 1e-11}
ALIGNMENT_TOLERANCE = {"f32": 1e-5, "f64": 1e-12}


@dataclass
class Turn:
    """Seconds for a step of a run: of a peer, and of `falign` just before."""

    wall: float
    our_wall: float
    # Of the processor, over all threads.
    processor: float
    our_processor: float


@dataclass
class Result:
    """What came of one program in one case."""

    program: str
    turns: list = field(default_factory=list)
    loss_difference: float | None = None
    alignment_difference: float | None = None
    # Why there are no numbers: what is missing, or what failed.
    missing: str | None = None
    failed: str | None = None

    def disagrees(self, precision):
        """Whether it computed something else than `falign`; NaN is something else."""
        if self.loss_difference is None:
            return False
        return not (
            self.loss_difference <= LOSS_TOLERANCE[precision]
            and self.alignment_difference <= ALIGNMENT_TOLERANCE[precision]
        )

    def wall_ratios(self):
        """Time over `falign`'s for each pair of turns, ascending."""
        return sorted(turn.wall / turn.our_wall for turn in self.turns)

    def processor_ratio(self):
        """Least processor time over `falign`'s least."""
        least = min(turn.processor for turn in self.turns)
        return least / min(turn.our_processor for turn in self.turns)


def differences(peer, ours):
    """Largest relative difference of losses and absolute one of alignments.

    Both are `{"loss": [...], "alignment": [...]}` with an entry for each run; a peer may have
    done only the first runs, and cases may have no alignments, which differ by 0.
    """
    runs = len(peer["loss"])
    if runs == 0 or runs > len(ours["loss"]):
        raise ValueError(f"{runs} runs against {len(ours['loss'])}")
    pairs = zip(peer["loss"], ours["loss"])
    loss = worst([abs(a - b) / abs(b) for a, b in pairs])
    pairs = zip(peer["alignment"], ours["alignment"])
    return loss, worst([abs(a - b) for a, b in pairs])


def worst(values):
    """The maximum, NaN if any is: `max` alone may pass over it."""
    return next((v for v in values if v != v), max(values, default=0.0))


def time_text(seconds):
    """A time with three figures and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def ratio_text(ratio):
    """A ratio with two figures below 10, none after the point above."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


HEADER = (
    "| case | precision | program | wall time of a step | processor time | ratio of wall times, "
    "median (range) | ratio of processor times | loss, alignment differ by |\n"
    "|---|---|---|---|---|---|---|---|"
)


def rows(case, precision, results):
    """Lines of the table for one case: `falign` first, then each program. Times are the least."""
    turns = [turn for result in results for turn in result.turns]
    lines = []
    if turns:
        wall = time_text(min(turn.our_wall for turn in turns))
        processor = time_text(min(turn.our_processor for turn in turns))
        lines.append(f"| {case} | {precision} | falign | {wall} | {processor} | 1 | 1 | |")
    for result in results:
        lines.append(f"| {case} | {precision} | {result.program} | {numbers(result, precision)} |")
    return lines


def numbers(result, precision):
    """The columns of a program from its times on, or why there are none."""
    if result.missing:
        return f"missing: {result.missing} | | | |"
    if result.failed:
        return f"failed: {result.failed} | | | |"
    difference = f"{result.loss_difference:.0e}, {result.alignment_difference:.0e}"
    if result.disagrees(precision):
        return f"DISAGREES, not timed | | | | {difference}"
    walls = result.wall_ratios()
    return (
        f"{time_text(min(turn.wall for turn in result.turns))} "
        f"| {time_text(min(turn.processor for turn in result.turns))} "
        f"| {ratio_text(median(walls))} ({ratio_text(walls[0])} to {ratio_text(walls[-1])}) "
        f"| {ratio_text(result.processor_ratio())} | {difference}"
    )
