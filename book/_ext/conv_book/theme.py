"""Mends the theme's HTML where a test in the browser found a fault, and nothing else.

Templates in `templates/` replace the theme's of the same name; each says what it changes.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.writers.html5 import HTML5Translator

TEMPLATES = Path(__file__).with_name("templates")
# Written by the theme, asked for by no page of ours.
UNUSED = ("_static/scripts/fontawesome.js", "_static/scripts/fontawesome.js.map")


def put_templates_first(app: Sphinx, config: Config) -> None:
    """Sphinx takes the first template of a name that it finds."""
    config.templates_path = [str(TEMPLATES), *config.templates_path]


def remove_unused(app: Sphinx, error: Exception | None) -> None:
    """Leave no file in the site that no page loads."""
    for name in UNUSED:
        Path(app.outdir, name).unlink(missing_ok=True)


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry of the bibliography as what it is, an item of a list.

    docutils gives it the role doc-biblioentry, which its own role="list" around it may not hold.
    """
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Close the entry, and the list after its last one."""
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


def connect(app: Sphinx) -> None:
    """Put the templates in front, mend the bibliography, tidy up at the end."""
    app.connect("config-inited", put_templates_first)
    app.connect("build-finished", remove_unused)
    # For HTML only: the other builders keep docutils' way.
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
