"""Turns a picture without a description or without a caption into a warning, so `-W` refuses it.

It sees pictures from Markdown and from executed cells. HTML that a cell prints itself (an inline
drawing) is looked at by the tests in the browser.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

# What Sphinx, myst-nb or a hurried author writes where a description should stand.
EMPTY_WORDS = {"", "image", "figure", "plot", "png", "svg", "output"}


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


def connect(app: Sphinx) -> None:
    """Look at each page once its cell outputs are in place."""
    app.connect("doctree-resolved", check)
