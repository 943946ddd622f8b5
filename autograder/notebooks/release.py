"""Makes what students receive, with nbgrader's own ``generate_assignment``.

Knows how to drive nbgrader in a course folder and how to make its result the same bytes every
time. Does not know the short tags (``source`` does).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.notebooks import CANARY, nbgrader, source
from autograder.notebooks.errors import AuthorError
from autograder.notebooks.files import (
    Notebook,
    dumps,
    grade_id,
    load,
    loads,
    write_if_changed,
)
from autograder.notebooks.repository import Repository


@dataclass(frozen=True)
class Difference:
    """A file under ``exercises/`` that is not what its source gives."""

    path: Path
    reason: str


def sources(
    repository: Repository,
    names: list[str] | None = None,
    exercises: Mapping[str, str] | None = None,
) -> dict[str, Notebook]:
    """The full nbgrader source notebook of each assignment. Raises AuthorError, UsageError."""
    return {
        name: source.read(path, exercises, shown=os.path.relpath(path))
        for name, path in repository.chosen(names).items()
    }


def generate(course: Path, names: Iterable[str]) -> dict[str, str]:
    """Run nbgrader's ``generate_assignment`` in a course folder and return each release's text.

    Reads ``source/NAME/NAME.ipynb``, writes ``release/NAME/NAME.ipynb`` and registers the
    assignment in the gradebook. Raises AuthorError with nbgrader's words when it refuses.
    """
    api = nbgrader.api(course)
    texts = {}
    for name in names:
        result = api.generate_assignment(name, force=True, create=True)
        if not result["success"]:
            reason = _reason(result.get("log", "")) or "nbgrader gives no reason"
            raise AuthorError(
                f"source/{name}",
                0,
                f"nbgrader's generate_assignment refuses it: {reason}",
                "Its log says:\n" + result.get("log", "").strip(),
            )
        path = course / "release" / name / f"{name}.ipynb"
        texts[name] = dumps(_plain(load(path)))
        _check_clean(texts[name], name)
        write_if_changed(path, texts[name])
    return texts


def release(
    notebooks: Mapping[str, Notebook], progress: Callable[[str], None] = lambda name: None
) -> dict[str, str]:
    """What students receive for each source notebook, made in a temporary course folder."""
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as folder:
        course = Path(folder).resolve()
        for name, notebook in notebooks.items():
            write_if_changed(course / "source" / name / f"{name}.ipynb", dumps(notebook))
        texts = {}
        for name in notebooks:
            progress(name)
            texts.update(generate(course, [name]))
    return texts


def target(repository: Repository, name: str) -> Path:
    """Where an assignment's released notebook lies."""
    return repository.exercises / name / f"{name}.ipynb"


def differences(repository: Repository, texts: Mapping[str, str]) -> list[Difference]:
    """What is in ``exercises/`` and should not be so, or is missing there."""
    found = []
    for name, text in texts.items():
        path = target(repository, name)
        if not path.is_file():
            found.append(Difference(path, "is missing"))
        elif path.read_bytes() != text.encode("utf-8"):
            found.append(Difference(path, "is not what its source gives"))
    return found


def leftovers(repository: Repository) -> list[Difference]:
    """Folders under ``exercises/`` whose source is gone."""
    known = repository.sources()
    folders = sorted(repository.exercises.glob("*/")) if repository.exercises.is_dir() else []
    return [
        Difference(folder, "has no source in solutions/")
        for folder in folders
        if folder.name not in known
    ]


def _plain(notebook: Notebook) -> Notebook:
    """The notebook without what differs from run to run or from version to version."""
    notebook["metadata"] = {
        key: notebook["metadata"][key]
        for key in ("autograder", "kernelspec", "language_info")
        if key in notebook["metadata"]
    }
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = None, []
    return notebook


def _check_clean(text: str, name: str) -> None:
    """No canary and no hidden test may be left. AuthorError names the cell."""
    for marker in (CANARY, "HIDDEN TESTS", "BEGIN SOLUTION"):
        if marker not in text:
            continue
        cells = _cells_with(text, marker)
        raise AuthorError(
            f"release/{name}",
            0,
            f"{marker!r} is still in what students would receive, in {', '.join(cells)}",
            "It must stand inside a solution region; nothing was released.",
        )


def _cells_with(text: str, marker: str) -> list[str]:
    """How a person finds the cells of a notebook's text that hold ``marker``."""
    return [
        f"cell {number}" + (f" ({grade_id(cell)})" if grade_id(cell) else "")
        for number, cell in enumerate(loads(text)["cells"], start=1)
        if marker in cell["source"]
    ]


def _reason(log: str) -> str:
    """The first line of nbgrader's log that names an exception: the others repeat it."""
    return next(
        (line.strip() for line in log.splitlines() if re.search(r"\w(Error|Exception): ", line)), ""
    )
