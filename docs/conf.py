"""The documentation site: these Markdown files and the Python package, by Sphinx.

    bindings/python/check.sh environment && bindings/python/check.sh extension && bindings/python/check.sh site

The pages lie in target/python/site then. Formulas are MathML, which browsers draw by themselves: pages
need no network and no script.
"""

import re
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert

project = "falign"
author = "the falign authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
root_doc = "index"
exclude_patterns = ["build"]
html_theme = "furo"
html_title = "falign"
html_copy_source = False
html_show_copyright = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

ROOT = Path(__file__).resolve().parent.parent
# Pages of the site whose source is elsewhere in the repository.
ELSEWHERE = {
    "README.md": "readme",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "bindings/python/README.md": "python_package",
}
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def relative_links(app, docname, source):
    """Turns links to files that are no pages into their names, and links to pages elsewhere into pages."""
    path = Path(app.env.doc2path(docname))
    origin = next((ROOT / file for file, page in ELSEWHERE.items() if page == docname), path)
    if origin != path:
        source[0] = origin.read_text(encoding="utf-8")

    def page(match):
        target = (origin.parent / match[1]).resolve()
        if not target.is_relative_to(ROOT) or not target.exists():
            raise ValueError(f"{origin}: {match[1]} is no file of the repository")
        inside = target.relative_to(ROOT).as_posix()
        if inside in ELSEWHERE:
            return f"]({ELSEWHERE[inside]}.md{match[2] or ''})"
        if inside.startswith("docs/"):
            return f"]({inside.removeprefix('docs/')}{match[2] or ''})"
        return f"](file:{inside})"

    source[0] = LINK.sub(page, source[0])


def names_of_files(app, doctree):
    """Files of the repository that are no pages: their paths, without a link."""
    for reference in list(doctree.findall(nodes.reference)):
        uri = reference.get("refuri", "")
        if uri.startswith("file:"):
            text = nodes.inline("", "", *reference.children)
            text += nodes.Text(" (")
            text += nodes.literal("", uri.removeprefix("file:"))
            text += nodes.Text(")")
            reference.replace_self(text)


def inline_math(self, node):
    """A formula in a line."""
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def display_math(self, node):
    """A formula by itself."""
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app):
    """Registers the above."""
    app.connect("source-read", relative_links)
    app.connect("doctree-read", names_of_files)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


html_math_renderer = "mathml"
