"""Sees to it that every picture has a description, a caption and a size, and costs little to load.

A picture without description or caption is a warning, so `-W` refuses it. The size of a drawing
stands in the page, so that text does not jump when the drawing arrives, which it does when the
reader (or the printer) comes near. Its coordinates are rounded to what an eye can see. This module
sees pictures from Markdown and from executed cells; HTML that a cell prints itself is looked at by
the tests in the browser.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

# What Sphinx, myst-nb or a hurried author writes where a description should stand.
EMPTY_WORDS = {"", "image", "figure", "plot", "png", "svg", "output"}

# In pixels: shrunk from more than this to a phone, a drawing's letters are too small to read. The
# style sheet lets such a drawing scroll there, by its class "wide".
PHONE_TAKES = 540


def problem(image: nodes.image) -> str | None:
    """What is wrong with this picture, or None."""
    alt = " ".join(image.get("alt", "").split())
    name = image.get("uri", "?").rsplit("/", 1)[-1]
    if alt.lower() in EMPTY_WORDS or alt == image.get("uri"):
        return f"the picture {name} has no alt text: say in a sentence what it shows"
    if "decoration" in image.get("classes", []):
        return None
    figure = image.parent
    while figure is not None and not isinstance(figure, nodes.figure):
        figure = figure.parent
    if figure is None or not any(isinstance(child, nodes.caption) for child in figure):
        return f"the picture {name} has no caption: make it a figure"
    return None


def check(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn about each picture of a page that lacks its description or caption."""
    for image in doctree.findall(nodes.image):
        message = problem(image)
        if message:
            logger.warning(message, location=docname, type="conv_book", subtype="alt")


def drawn_size(path: Path) -> tuple[int, int] | None:
    """Width and height of an SVG file in pixels; None if it is another file or does not say."""
    if path.suffix != ".svg" or not path.is_file():
        return None
    head = path.read_text(encoding="utf-8")[:2000]
    tag = re.search(r"<svg\b[^>]*>", head)
    found = [
        re.search(rf'\s{side}="([\d.]+)(pt|px)?"', tag.group() if tag else "")
        for side in ("width", "height")
    ]
    width, height = (
        round(float(side.group(1)) * (4 / 3 if side.group(2) == "pt" else 1)) if side else 0
        for side in found
    )
    return (width, height) if width and height else None


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write the picture as Sphinx does, loaded when needed, in its own size unless one is given."""
    size = drawn_size(Path(self.builder.srcdir, node["uri"]))
    if size and size[0] > PHONE_TAKES:
        node["classes"].append("wide")
    before = len(self.body)
    HTML5Translator.visit_image(self, node)
    extra = 'loading="lazy"'
    if size and not {"width", "height", "scale"} & set(node.attributes):
        extra += f' width="{size[0]}" height="{size[1]}"'
    self.body[before:] = [part.replace("<img ", f"<img {extra} ", 1) for part in self.body[before:]]


def depart_image(self: HTML5Translator, node: nodes.image) -> None:
    """End the picture as Sphinx does."""
    HTML5Translator.depart_image(self, node)


def slim(drawing: str) -> str:
    """The same drawing without editor's notes, line breaks and digits that nobody sees.

    A coordinate of a path keeps one decimal: matplotlib's unit is 1/72 inch, and it writes six.
    Other numbers stay as they are: letters are scaled by less than a tenth.
    """
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(
        r'(?<= d=")[^"]*', lambda path: re.sub(r"(\d\.\d)\d+", r"\1", path[0]), drawing
    )
    return re.sub(r">\s+<", "><", re.sub(r"[ \n]+", " ", drawing))


def slim_drawings(app: Sphinx, error: Exception | None) -> None:
    """Make every drawing of the finished site small."""
    for file in Path(app.outdir, "_images").glob("*.svg"):
        file.write_text(slim(file.read_text(encoding="utf-8")), encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Look at each page once its cell outputs are in place; write images our way, in HTML only."""
    app.connect("doctree-resolved", check)
    app.connect("build-finished", slim_drawings)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
