#!/usr/bin/env python3
"""Counts the public items of the library that its users can reach, by what rustdoc shows of them.

    cargo doc --locked --no-deps -p falign && python3 tools/public_items.py [--list]

An item is a function, a method, a type, a trait or a constant. Types without an example that runs are
counted, and named by --list.
"""

import re
import sys
from collections import Counter
from pathlib import Path

DOC = Path("target/doc/falign")
# Own methods and constants; those of traits that a type implements are the traits'.
OWN = re.compile(r'id="(method|tymethod|associatedconstant|associatedtype)\.')
TYPES = ("struct", "enum", "trait", "union")


def page_items(text):
    """Methods and constants that a page of a type or trait declares itself."""
    for end in ('id="deref-methods', 'id="trait-implementations"', 'id="synthetic-implementations"', 'id="implementors"'):
        text = text.split(end)[0]
    return sum(1 for _ in OWN.finditer(text))


def main():
    listing = "--list" in sys.argv
    index = (DOC / "all.html").read_text(encoding="utf-8")
    count, bare, rooms = Counter(), [], Counter()
    for href in sorted(set(re.findall(r'href="([\w/]+\.[\w.]+\.html)"', index))):
        kind, name = Path(href).name.split(".")[:2]
        room = href.partition("/")[0] if "/" in href else "falign"
        found = 1
        if kind in TYPES:
            text = (DOC / href).read_text(encoding="utf-8")
            found += page_items(text)
            if 'class="rust rust-example-rendered"' not in text:
                bare.append(href)
        count[kind] += 1
        count["methods and constants"] += found - 1
        rooms[room] += found
        if listing:
            print(f"{found:4} {kind:8} {Path(href).parent}/{name}")
    for room, found in sorted(rooms.items(), key=lambda one: -one[1]):
        print(f"{found:5}  {room}")
    print(f"{sum(rooms.values()):5}  in all: " + ", ".join(f"{n} {kind}" for kind, n in count.most_common()))
    print(f"{len(bare):5}  types without an example")
    if listing:
        print("\n".join(bare))


if __name__ == "__main__":
    main()
