"""This build of `falign` against another, in turns: is any case slower?"""

from statistics import median

import problem
import programs
import ratios

# A case whose median turn takes this much longer is slower.
SLOWER = 1.05

HEADER = (
    "| case | precision | a step | of the other build | wall time over the other's, median (range) "
    "| processor time over the other's | loss, alignment differ by |\n|---|---|---|---|---|---|---|"
)


def compare(case, options, folder, confine):
    """The result of the other build in one case."""
    result = ratios.Result(str(options.against))
    builds = []
    for name, binary in (("this", options.falign), ("other", options.against)):
        inner = folder / name
        inner.mkdir()
        builds.append(programs.Falign(binary, case, inner, options.threads, confine))
        problem.write_data(case, inner, options.mnist)
    ours, other = builds
    try:
        for build in builds:
            build.start()
        checked = other.check(), ours.check()
        result.loss_difference, result.alignment_difference = ratios.differences(*checked)
        if result.disagrees(case.precision):
            return result
        steps = ours.steps_for(options.turn)
        for _ in range(options.rounds):
            (our_wall, our_processor) = ours.time_per_step(steps)
            (wall, processor) = other.time_per_step(steps)
            result.turns.append(ratios.Turn(wall, our_wall, processor, our_processor))
    except programs.Failed as error:
        result.failed = str(error)
    return result


def ratios_of_turns(result):
    """Wall time over that of the other build for each pair of turns, ascending."""
    return sorted(turn.our_wall / turn.wall for turn in result.turns)


def is_slower(result):
    """Whether the median turn is slower by more than is tolerated."""
    return bool(result.turns) and median(ratios_of_turns(result)) > SLOWER


def row(case, precision, result):
    """Line of the table for one case. Times are the least."""
    if result.failed:
        return f"| {case} | {precision} | failed: {result.failed} | | | | |"
    difference = f"{result.loss_difference:.0e}, {result.alignment_difference:.0e}"
    if result.disagrees(precision):
        return f"| {case} | {precision} | DISAGREES, not timed | | | | {difference} |"
    walls = ratios_of_turns(result)
    ours = ratios.time_text(min(turn.our_wall for turn in result.turns))
    other = ratios.time_text(min(turn.wall for turn in result.turns))
    verdict = " SLOWER" if is_slower(result) else ""
    return (
        f"| {case} | {precision} | {ours} | {other} "
        f"| {median(walls):.3f} ({walls[0]:.3f} to {walls[-1]:.3f}){verdict} "
        f"| {1 / result.processor_ratio():.3f} | {difference} |"
    )
