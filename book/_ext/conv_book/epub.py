"""Writes formulas into the EPUB as MathML, which readers of books set themselves; proves that its
pages are XML and its links lead somewhere.

The pages of the site load MathJax; a book reader runs no script. Knows TeX only
through latex2mathml.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
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


def dead(folder: Path) -> list[str]:
    """The addresses in pages that are no file of the EPUB, or no place in it. Pages must be XML."""
    trees = {page: ElementTree.parse(page) for page in sorted(folder.glob("**/*.xhtml"))}
    places = {
        page.resolve(): {e.get("id") for e in tree.iter()} | {e.get("name") for e in tree.iter()}
        for page, tree in trees.items()
    }
    found = []
    for page, tree in trees.items():
        for element in tree.iter():
            for address in filter(None, map(element.get, ("href", "src"))):
                parts = urlsplit(address)
                if parts.scheme in ("https", "mailto", "data"):
                    continue
                file = (
                    (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
                )
                lost = parts.scheme or parts.netloc or not file.is_file()
                if not lost and parts.fragment and file in places:
                    lost = unquote(parts.fragment) not in places[file]
                if lost:
                    found.append(f"{page.relative_to(folder)}: {address}")
    return found


def prove(app: Sphinx, error: Exception | None) -> None:
    """Refuse an EPUB that book readers would cut off, or that leads them nowhere."""
    if app.builder.name != "epub" or error:
        return
    if found := malformed(Path(app.outdir)):
        raise ExtensionError("the EPUB is not well-formed: " + "; ".join(found))
    if found := dead(Path(app.outdir)):
        raise ExtensionError("the EPUB has dead links: " + "; ".join(found))


def connect(app: Sphinx) -> None:
    """Register the renderer; it is chosen when the builder is known."""
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_display, None))
    app.connect("builder-inited", choose)
    app.connect("build-finished", prove)
