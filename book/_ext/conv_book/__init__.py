"""The book's own Sphinx extension: it knows how a page is built, not what any page says.

* `mathjax`: formulas without a request to anyone
* `icons`: the few that the pages use, out of the theme's two thousand
* `pictures`: each with a description, a caption and a size
* `freshness`: a change in the code that pages run makes them run again
* `editions`: the self-study edition's solution pages
* `generated`: what is made from the lists of exercises and mistakes
* `window_picture`: the front page's drawing
* `elements`: figures that the reader touches, exercises that are solved in the page
* `notebooks`: what students receive, at addresses that stay
* `released`, `browser_python`, `wasm`: what those exercises are, and the Python that checks them
* `epub`: formulas in the EPUB, and the proof that it is whole
* `shown_links`: links in what cells show, in every format
* `streams`: printed text without accidental empty lines
* `theme`: the few places where the theme's own HTML is mended

Node visitors are for HTML alone: one for EPUB or single-page HTML would switch off Sphinx's
fallback for the others.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from . import (
    editions,
    elements,
    epub,
    freshness,
    generated,
    icons,
    mathjax,
    notebooks,
    pictures,
    shown_links,
    streams,
    theme,
    window_picture,
)

PARTS = (
    mathjax,
    icons,
    pictures,
    freshness,
    editions,
    generated,
    window_picture,
    elements,
    notebooks,
    epub,
    shown_links,
    streams,
    theme,
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect every part; Sphinx calls this once per build."""
    for part in PARTS:
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
