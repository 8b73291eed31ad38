#!/usr/bin/env python3
"""Counts the public items of the library that its users can reach, by what rustdoc shows of them, and fails
where there are too many or a type has no example.

    cargo doc --locked --no-deps --workspace && python3 tools/public_items.py [--list]

An item is a function, a method, a type, a trait or a constant outside `falign::internal`. Methods of
traits that a type implements are the traits'. Examples are tests, so what is there runs.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

MOST = 300
DOC = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "doc/falign"
OWN = re.compile(r'id="(method|tymethod|associatedconstant|associatedtype)\.')
OTHERS = ('id="foreign-impls"', 'id="deref-methods', 'id="trait-implementations"', 'id="synthetic-implementations"', 'id="implementors"')
TYPES = ("struct", "enum", "trait", "union", "type")


def own_items(text):
    """Methods and constants that the page of a type or trait declares itself."""
    for end in OTHERS:
        text = text.split(end)[0]
    return sum(1 for _ in OWN.finditer(text))


def main():
    listing = "--list" in sys.argv
    index = (DOC / "all.html").read_text(encoding="utf-8")
    count, bare, groups = Counter(), [], Counter()
    for href in sorted(set(re.findall(r'href="([\w/]+\.[\w.]+\.html)"', index))):
        if href.startswith("internal/"):
            continue
        kind, name = Path(href).name.split(".")[:2]
        folder = Path(href).parent
        found = 1
        if kind in TYPES:
            text = (DOC / href).read_text(encoding="utf-8")
            found += own_items(text)
            if 'class="rust rust-example-rendered"' not in text:
                bare.append(href)
        count[kind] += 1
        count["methods and constants"] += found - 1
        groups[str(folder)] += found
        if listing:
            print(f"{found:4} {kind:8} {folder / name}")
    for group, found in groups.most_common():
        print(f"{found:5}  {'falign' if group == '.' else group}")
    total = groups.total()
    print(f"{total:5}  in all, of {MOST} at most: " + ", ".join(f"{n} {kind}" for kind, n in count.most_common()))
    for href in bare:
        print(f"no example: {href}")
    return 1 if total > MOST or bare else 0


if __name__ == "__main__":
    sys.exit(main())
