"""Puts a badge into each notebook that opens it in Google Colab: python3 release/badges.py OWNER/NAME [FOLDER]

OWNER/NAME is the repository's place on GitHub, where a service for notebooks finds them; it is asked for because no
file of the repository names it. Run again, it replaces the badges. FOLDER is that of the notebooks.
"""

import json
import re
import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[1] / "bindings" / "python" / "notebooks"
SERVICE = "https://colab.research.google.com"


def badge(place: str, name: str) -> str:
    page = f"{SERVICE}/github/{place}/blob/main/bindings/python/notebooks/{name}"
    return f"[![Open in Colab]({SERVICE}/assets/colab-badge.svg)]({page})"


def main(place: str, folder: Path) -> None:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", place):
        sys.exit(f"{place}: give OWNER/NAME")
    for path in sorted(folder.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        first = notebook["cells"][0]
        # The title comes first.
        title, *rest = first["source"]
        if len(rest) > 1 and SERVICE in rest[1]:
            rest = rest[2:]
        first["source"] = [title, "\n", badge(place, path.name) + "\n", *rest]
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) == 3 else NOTEBOOKS)
