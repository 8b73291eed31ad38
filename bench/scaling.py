"""Draws what a step costs as sizes grow, and the roofline, from the rows of the `scaling` benchmark.

    cargo bench -p falign --bench scaling > scaling.csv
    python3 bench/scaling.py scaling.csv docs/scaling.svg     # needs matplotlib; prints a table
"""

import csv
import sys

PANELS = [("p", "p, hidden units"), ("n", "n, samples"), ("d", "d, inputs"), ("k", "k, outputs")]
COLOURS = {"relu": "#0072b2", "tanh": "#d55e00"}


def rows_of(path):
    """The benchmark's rows, numbers as numbers."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if "," in line]
    numbers = ("value", "threads", "seconds", "operations", "bytes", "peak", "memory")
    rows = []
    for row in csv.DictReader(lines):
        rows.append(row | {name: float(row[name]) for name in numbers})
    return rows


def chosen(rows, grows, activation):
    """Those of one growing size and one activation."""
    return [row for row in rows if row["grows"] == grows and row["activation"] == activation]


def intensity(row):
    """Operations to a byte of Z."""
    return row["operations"] / row["bytes"]


def cost(axes, rows, grows, label):
    """Microseconds of a step against one size."""
    for activation, colour in COLOURS.items():
        line = chosen(rows, grows, activation)
        x = [row["value"] for row in line]
        axes.loglog(x, [1e6 * row["seconds"] for row in line], "o-", color=colour, label=activation)
    axes.set(xlabel=label, ylabel="a step, µs")
    low, high = axes.get_ylim()
    if high < 100 * low:
        middle = (low * high) ** 0.5
        axes.set_ylim(middle / 10, middle * 10)
    axes.legend(frameon=False)


def roofline(axes, rows):
    """Operations per second against operations to a byte, below what the machine can do."""
    peak, memory = rows[0]["peak"], rows[0]["memory"]
    x = [0.5, peak / memory, 500.0]
    limits = f"{1e-9 * peak:.0f} GFLOP/s, {1e-9 * memory:.0f} GB/s"
    axes.loglog(x, [1e-9 * min(peak, memory * i) for i in x], "k-", lw=1, label=limits)
    for grows, marker, where in (("n", "o", "p = 3200"), ("n_wide", "s", "p n = 20 million")):
        for activation, colour in COLOURS.items():
            line = chosen(rows, grows, activation)
            done = [1e-9 * row["operations"] / row["seconds"] for row in line]
            x = [intensity(row) for row in line]
            axes.loglog(x, done, marker, color=colour, mfc="none", label=f"{activation}, {where}")
    axes.set(xlabel="n/4, operations to a byte of Z", ylabel="GFLOP/s", ylim=(5, 2e-9 * peak))
    axes.legend(frameon=False, fontsize=7, loc="lower right")


def table(rows):
    """One line for each size, in Markdown."""
    print("| grows | value | activation | a step | share of the peak | of the memory's rate |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        share = row["operations"] / row["seconds"] / row["peak"] / row["threads"]
        traffic = row["bytes"] / row["seconds"] / row["memory"]
        print(
            f"| {row['grows']} | {row['value']:.0f} | {row['activation']} "
            f"| {1e6 * row['seconds']:.3g} µs | {share:.2f} | {traffic:.2f} |"
        )


def main():
    """Reads rows, draws, and prints."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "falign", "font.size": 9})
    from matplotlib import pyplot

    source, target = sys.argv[1:]
    rows = rows_of(source)
    figure, axes = pyplot.subplots(2, 3, figsize=(11, 6.2), layout="constrained")
    for panel, (grows, label) in zip(axes.flat, PANELS):
        cost(panel, rows, grows, label)
    threads = axes[1, 1]
    for activation, colour in COLOURS.items():
        line = chosen(rows, "threads", activation)
        x = [row["threads"] for row in line]
        gain = [line[0]["seconds"] / row["seconds"] for row in line]
        threads.plot(x, gain, "o-", color=colour, label=activation)
    threads.plot(x, x, "k:", lw=1)
    threads.set(xlabel="threads, p = 102 400", ylabel="times as fast as one", xticks=x)
    roofline(axes[1, 2], rows)
    figure.savefig(target, metadata={"Date": None})
    table(rows)


if __name__ == "__main__":
    main()
