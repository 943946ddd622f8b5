"""Puts the released notebooks into the site, and links that open one elsewhere.

They lie at addresses that stay, `notebooks/02-layer.ipynb`, and all of them with the checks in
`notebooks/exercises.zip`. The setting `conv_book_launch` in _config.yml names places that can open
one, as addresses with `{path}` in them, the notebook's path in the repository:

    conv_book_launch:
      Colab: https://colab.research.google.com/github/OWNER/REPOSITORY/blob/BRANCH/{path}

It is empty unless somebody publishes the course. Knows nothing of what is in a notebook.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .places import ROOT, SITES


def address(assignment: str) -> str:
    """Where an assignment's notebook lies in the site."""
    return f"notebooks/{assignment}.ipynb"


def path(assignment: str) -> str:
    """Where it lies in the repository."""
    return f"exercises/{assignment}/{assignment}.ipynb"


def elsewhere(places: dict[str, str], assignment: str) -> dict[str, str]:
    """The addresses at which other places open a notebook, by the place's name."""
    return {name: where.replace("{path}", path(assignment)) for name, where in places.items()}


def check(app: Sphinx, config: Config) -> None:
    """Refuse a setting that would make links to nowhere."""
    for name, where in config.conv_book_launch.items():
        if "{path}" not in where or not where.startswith("https://"):
            raise ExtensionError(f"conv_book_launch: {name} needs an https address with {{path}}")


def copy(app: Sphinx) -> None:
    """Copy every released notebook, and pack them with the checks."""
    if app.builder.name not in SITES:
        return
    from autograder.notebooks.bundle import bundle
    from autograder.notebooks.repository import Repository

    folder = Path(app.outdir, "notebooks")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exercises.zip").write_bytes(bundle(Repository(ROOT)))
    for notebook in sorted((ROOT / "exercises").glob("*/*.ipynb")):
        shutil.copyfile(notebook, Path(app.outdir, address(notebook.stem)))


def connect(app: Sphinx) -> None:
    """Copy them when the builder is known."""
    app.add_config_value("conv_book_launch", {}, "env", dict)
    app.connect("config-inited", check)
    app.connect("builder-inited", copy)
