"""Decides what the self-study edition adds: a page of worked solutions for each assignment.

`EDITION=self-study jupyter-book build book --path-output _build/self-study` (or
`make book EDITION=self-study`) writes those pages from solutions/*.py into book/self-study/, which
git ignores, and adds them to the contents. Without that variable nothing is read from solutions/,
and pages that are left over are not built: the default edition holds no solution text anywhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .places import ROOT

EDITIONS = ("course", "self-study")
FOLDER = "self-study"
REGION = re.compile(r"^\s*### (BEGIN|END) SOLUTION\s*$")
HIDDEN = "### BEGIN HIDDEN TESTS"

FRONT_MATTER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""


def edition() -> str:
    """The edition that the environment asks for; the default is the one without solutions."""
    name = os.environ.get("EDITION") or "course"
    if name not in EDITIONS:
        raise ExtensionError(f"EDITION={name} is not known: use {' or '.join(EDITIONS)}")
    return name


def shown(source: str) -> str:
    """A cell without nbgrader's region comments, the canary, and hidden tests."""
    from autograder.notebooks import CANARY

    visible = source.partition(HIDDEN)[0]
    kept = [line for line in visible.splitlines() if not REGION.match(line) and CANARY not in line]
    return "\n".join(kept).strip("\n")


def code_cell(source: str) -> str:
    """An executed cell in MyST. Four backticks, so that a docstring may hold three."""
    return f"````{{code-cell}} python\n{source}\n````\n"


def empty(source: str) -> bool:
    """Whether a code cell holds comments alone: a place for the student to try something."""
    return all(line.startswith("#") or not line.strip() for line in source.splitlines())


def heading(source: str) -> str | None:
    """The last second-level heading of a markdown cell."""
    found = re.findall(r"^## (.+)$", source, flags=re.MULTILINE)
    return found[-1] if found else None


def title(cells: list[dict[str, Any]], default: str) -> str:
    """The first heading of the notebook."""
    for cell in cells:
        found = re.search(r"^# (.+)$", cell["source"], flags=re.MULTILINE)
        if cell["cell_type"] == "markdown" and found:
            return found.group(1)
    return default


def solutions_page(path: Path) -> str:
    """The page for one solutions/NN-name.py: each answer as code that runs, then its verdicts."""
    from autograder.notebooks.source import read

    cells = read(path)["cells"]
    parts = [
        FRONT_MATTER,
        f"# Solutions: {title(cells, path.stem)}\n",
        "One right answer each, not the only one. Every cell ran when this page was built: the\n"
        "verdicts below the answers are what the checks said.\n",
    ]
    pending: str | None = None
    for cell in cells:
        tags = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown":
            pending = heading(cell["source"]) or pending
            if not tags.get("solution"):
                continue
        if pending:
            parts.append(f"## {pending}\n")
            pending = None
        if cell["cell_type"] == "markdown":
            parts.append(shown(cell["source"]) + "\n")
        elif not empty(cell["source"]):
            parts.append(code_cell(shown(cell["source"])))
    return "\n".join(parts)


def write_if_changed(path: Path, text: str) -> None:
    """Leave an unchanged file alone: its age decides whether Sphinx reads it again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def add_solution_pages(app: Sphinx, config: Config) -> None:
    """In the self-study edition, write the pages and a table of contents that lists them."""
    if edition() != "self-study":
        return
    folder = Path(app.srcdir, FOLDER)
    names = []
    for source in sorted((ROOT / "solutions").glob("[0-9]*.py")):
        write_if_changed(folder / f"{source.stem}.md", solutions_page(source))
        names.append(f"{FOLDER}/{source.stem}")
    contents = yaml.safe_load(Path(app.srcdir, "_toc.yml").read_text(encoding="utf-8"))
    contents.setdefault("parts", []).append(
        {"caption": "Solutions", "chapters": [{"file": name} for name in names]}
    )
    toc = folder / "_toc.yml"
    write_if_changed(toc, yaml.safe_dump(contents, sort_keys=False))
    config.external_toc_path = toc.as_posix()


def connect(app: Sphinx) -> None:
    """Change the contents before sphinx_external_toc reads them (at priority 900)."""
    app.connect("config-inited", add_solution_pages, priority=800)
