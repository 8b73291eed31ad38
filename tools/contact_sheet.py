"""Contact sheet: the picture of every built-in experiment on one page, to be looked at.

    python3 tools/contact_sheet.py PROGRAM OUT [--data-dir MNIST]

Experiments whose runs come with the program have the pictures of the documentation, which are drawn from those.
Of every other three runs are carried out, and of those on images two, on a part of the samples for ten epochs at
most: enough for curves at the widths of the experiment, over the range that so few steps reach. The page marks what
was shortened. Without `--data-dir` experiments on images are left out, and the page says so. OUT/index.html shows
all pictures; an experiment of which no picture comes is an error. Takes some minutes on two cores.
"""

import argparse
import html
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXPERIMENTS = ROOT / "experiments"

# Pictures of whole runs that the documentation has.
STORED = {
    "figure2": "docs/figure2.svg",
    "figure3": "docs/figure3_readings.svg",
    "published/akrout2019": "docs/gallery/akrout2019.svg",
    "published/bartunov2018": "docs/gallery/bartunov2018.svg",
    "published/biotorch_lenet": "docs/gallery/biotorch_lenet.svg",
    "published/lillicrap2016": "docs/gallery/lillicrap2016.svg",
}

# Of experiments on images: epochs at most, and samples. Less work than one epoch of all of three runs.
MOST_EPOCHS = 10
SAMPLES = {"data.train_limit": 6000, "data.test_limit": 2000}

STYLE = "body{font:14px sans-serif;margin:1em}figure{display:inline-block;margin:.5em;width:30em;vertical-align:top}img{width:100%}"


def names(program):
    """Names of the built-in experiments: the first words of what `falign list` prints to a pipe."""
    listed = subprocess.run([program, "list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def shortened(text, on_images):
    """Options that shorten an experiment, by its file."""
    if not on_images:
        return ["run.runs=3"]
    options = ["run.runs=2", *(f"{key}={count}" for key, count in SAMPLES.items())]
    epochs = re.search(r"^epochs = (\d+)", text, re.MULTILINE)
    if int(epochs[1]) > MOST_EPOCHS:
        options.append(f"run.epochs={MOST_EPOCHS}")
    return options


def draw(program, name, out, data):
    """Draws an experiment; the picture and what is to be said of it, or `None` and the reason."""
    text = (EXPERIMENTS / f"{name}.toml").read_text(encoding="utf-8")
    on_images = re.search(r"labelled = \"(?!generated)", text) is not None
    if name in STORED:
        return ROOT / STORED[name], "stored runs"
    if on_images and data is None:
        return None, "left out: it needs --data-dir"
    options = shortened(text, on_images)
    asked, words = name, "shortened: " + ", ".join(options)
    if on_images:
        asked = out / f"{name.replace('/', '_')}.toml"
        asked.write_text(re.sub(r"^y_min = .*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
        words += ", without y_min"
    command = [program, "run", asked, "--quiet", "--out", out / name]
    for option in options:
        command += ["--set", option]
    if on_images:
        command += ["--data-dir", data]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    picture = out / name / "figure.svg"
    if not picture.exists():
        return None, f"FAILED: {done.stderr.strip()[-500:]}"
    return picture, words


def main():
    """Draws all and writes the page; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data-dir", type=pathlib.Path)
    asked = parser.parse_args()
    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    figures, failed = [], []
    for name in names(asked.program.resolve()):
        picture, words = draw(asked.program.resolve(), name, out, asked.data_dir)
        print(f"{name}: {words}", flush=True)
        if words.startswith("FAILED"):
            failed.append(name)
        image = ""
        if picture is not None:
            copy = out / f"{name.replace('/', '_')}.svg"
            copy.write_bytes(picture.read_bytes())
            image = f'<img src="{copy.name}" alt="{html.escape(name)}">'
        caption = f"<b>{html.escape(name)}</b> ({html.escape(words)})"
        figures.append(f"<figure><figcaption>{caption}</figcaption>{image}</figure>")
    page = f"<!doctype html><meta charset=utf-8><title>Contact sheet</title><style>{STYLE}</style>"
    (out / "index.html").write_text(page + "\n".join(figures) + "\n", encoding="utf-8")
    if failed:
        sys.exit(f"no picture of {', '.join(failed)}")


if __name__ == "__main__":
    main()
