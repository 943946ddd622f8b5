"""Has links in HTML that a cell shows lead to the same place in every format.

A verdict names the section that derives a mistake, as `./01-window.html#flip`: an address of the
site. In the EPUB that page is another file, and on the one page of the PDF it is a place. Knows how
such an address is written, and nothing of who wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

ADDRESS = re.compile(r'href="(?:\./)?([\w-]+)\.html(#[\w-]+)?"')


def led(text: str, builder: str, pages: Container[str]) -> str:
    """The HTML with its links to these pages as the builder names them."""

    def named(link: re.Match[str]) -> str:
        page, place = link[1], link[2] or ""
        if page not in pages:
            return link[0]
        if builder == "singlehtml":
            return f'href="{place or f"#document-{page}"}"'
        return f'href="{page}.xhtml{place}"' if builder == "epub" else link[0]

    return ADDRESS.sub(named, text)


class ShownLinks(SphinxPostTransform):
    """Rewrites them, once the cells' outputs are on the page."""

    default_priority = 600

    def run(self, **kwargs: Any) -> None:
        builder = self.app.builder.name
        for node in self.document.findall(nodes.raw):
            if "html" in node.get("format", "").split():
                written = led(node.astext(), builder, self.env.found_docs)
                node.children[:] = [nodes.Text(written)]


def connect(app: Sphinx) -> None:
    """Register what rewrites them."""
    app.add_post_transform(ShownLinks)
