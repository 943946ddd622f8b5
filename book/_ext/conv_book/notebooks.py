"""Puts the released notebooks into the site at addresses that stay: `notebooks/02-layer.ipynb`.

Knows the folder exercises/ and nothing of what is in a notebook.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

from .places import ROOT


def address(assignment: str) -> str:
    """Where an assignment's notebook lies in the site."""
    return f"notebooks/{assignment}.ipynb"


def copy(app: Sphinx) -> None:
    """Copy every released notebook."""
    if app.builder.format != "html":
        return
    for notebook in sorted((ROOT / "exercises").glob("*/*.ipynb")):
        target = Path(app.outdir, address(notebook.stem))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, target)


def connect(app: Sphinx) -> None:
    """Copy them when the builder is known."""
    app.connect("builder-inited", copy)
