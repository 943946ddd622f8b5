"""Writes formulas into the EPUB as MathML, which readers of books set themselves; proves it XML.

The pages of the site load MathJax; a book reader runs no script. Knows TeX only
through latex2mathml.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

NAME = "mathml"
# What latex2mathml does not know -> what says nearly the same.
PLAINER = (
    (r"\\\\\[[^\]]*\]", r"\\\\"),
    (r"\{aligned\}", "{align*}"),
    (r"\{gathered\}", "{matrix}"),
)


def mathml(tex: str, display: str = "inline") -> str:
    """The formula as MathML."""
    from latex2mathml.converter import convert  # no other builder needs it

    for pattern, plainer in PLAINER:
        tex = re.sub(pattern, plainer, tex)
    return convert(tex, display=display).replace("\\_", "_")


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line."""
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})</span>')
    self.body.append(mathml(node.astext(), "block"))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def choose(app: Sphinx) -> None:
    """Take it for the EPUB alone; Sphinx on its own would prefer it everywhere."""
    app.config.html_math_renderer = NAME if app.builder.name == "epub" else "mathjax"


def malformed(folder: Path) -> list[str]:
    """The pages that are no XML, with the place: a book reader shows such a page up to there."""
    found = []
    for page in sorted(folder.glob("**/*.xhtml")):
        try:
            ElementTree.parse(page)
        except ElementTree.ParseError as error:
            found.append(f"{page.relative_to(folder)}: {error}")
    return found


def prove(app: Sphinx, error: Exception | None) -> None:
    """Refuse an EPUB that book readers would cut off."""
    found = malformed(Path(app.outdir)) if app.builder.name == "epub" and not error else []
    if found:
        raise ExtensionError("the EPUB is not well-formed: " + "; ".join(found))


def connect(app: Sphinx) -> None:
    """Register the renderer; it is chosen when the builder is known."""
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_display, None))
    app.connect("builder-inited", choose)
    app.connect("build-finished", prove)
