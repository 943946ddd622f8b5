"""Mends the theme's HTML where a test in the browser found a fault, and nothing else.

Templates in `templates/` replace the theme's of the same name; each says what it changes.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

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


def connect(app: Sphinx) -> None:
    """Put the templates in front; tidy up at the end."""
    app.connect("config-inited", put_templates_first)
    app.connect("build-finished", remove_unused)
