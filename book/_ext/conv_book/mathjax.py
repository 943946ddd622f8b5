"""Puts the part of MathJax that the book needs beside the pages, so that no formula asks a CDN.

The library comes from the package sphinx-mathjax-offline, which is not used as an extension: it
would copy all 24 MB of it.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from .places import SITES

PACKAGE = "sphinx-mathjax-offline"
# Parts rather than the one big script: they leave out the pop-up menu, a third of the whole.
# Rarely used LaTeX commands are in the extensions, loaded when a page first uses one; so are fonts.
WANTED = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions/*.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "a11y/assistive-mml.js",
)


def library() -> Path:
    """The folder of the installed package that holds MathJax."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise ExtensionError(
            f"{PACKAGE} is not installed: pip install -r requirements.txt"
        ) from error
    for file in files:
        if file.name == "startup.js":
            return Path(str(file.locate())).parent
    raise ExtensionError(f"{PACKAGE} holds no startup.js: another version than the pinned one?")


def copy(app: Sphinx) -> None:
    """Copy what is wanted below _static, before pages refer to it."""
    if app.builder.name not in SITES:
        return
    source = library()
    target = Path(app.outdir, "_static", "mathjax")
    for pattern in WANTED:
        for file in sorted(source.glob(pattern)):
            destination = target / file.relative_to(source)
            if not destination.exists():
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, destination)


def connect(app: Sphinx) -> None:
    """Copy the library when the builder is known."""
    app.connect("builder-inited", copy)
