"""Notebook files as plain JSON: reading what we wrote ourselves, writing the same bytes every time.

Knows nbformat 4's layout of a file. Does not validate, and does not read what students hand in
(``restore`` does that). Plain dictionaries, because importing nbformat alone takes seconds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def joined(source: str | list[str]) -> str:
    """A cell's source as one string: a file may hold it as a list of lines."""
    return source if isinstance(source, str) else "".join(source)


def loads(text: str) -> Notebook:
    """A notebook of our own making, every cell's source one string."""
    notebook: Notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = joined(cell["source"])
    return notebook


def load(path: Path) -> Notebook:
    """``loads`` from a file."""
    return loads(path.read_text(encoding="utf-8"))


def dumps(notebook: Notebook, brief: bool = False) -> str:
    """The file's text: the layout that Jupyter itself writes, with a newline at the end.

    brief  all of it on one line, which takes a tenth of the time
    """
    cells = [
        {**cell, "source": joined(cell["source"]).splitlines(keepends=True)}
        for cell in notebook["cells"]
    ]
    ordered = {**notebook, "cells": cells}
    indent = None if brief else 1
    return json.dumps(ordered, indent=indent, sort_keys=True, ensure_ascii=False) + "\n"


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Write ``content``, unless the file holds it already; say whether anything was written."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def write_whole(path: Path, content: str | bytes, writer: str = "") -> None:
    """Write the whole file or nothing: a reader, or whoever comes after us, never sees half of it.

    writer  tells those apart who may write the same file at the same time
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}{writer}.new")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def nbgrader(cell: Cell) -> dict[str, Any]:
    """The cell's nbgrader metadata, empty where it has none."""
    metadata = cell.get("metadata", {}).get("nbgrader", {})
    return metadata if isinstance(metadata, dict) else {}


def is_test(cell: Cell) -> bool:
    """Whether this is a graded cell whose code is the course's own."""
    return bool(nbgrader(cell).get("grade")) and not nbgrader(cell).get("solution")


def is_answer(cell: Cell) -> bool:
    """Whether the student writes in this cell."""
    return bool(nbgrader(cell).get("solution"))


def grade_id(cell: Cell) -> str:
    """nbgrader's name of the cell, empty where it has none."""
    return str(nbgrader(cell).get("grade_id", ""))


def libraries(notebook: Notebook) -> tuple[str, ...]:
    """What its answers may import although the sandbox has it not for everybody: ``("torch",)``.

    The author says so in the header of the text notebook: ``autograder: {libraries: [torch]}``.
    """
    wanted = notebook.get("metadata", {}).get("autograder", {}).get("libraries", [])
    return tuple(sorted(str(name) for name in wanted))


def loaded(source: Notebook, notebook: Notebook) -> tuple[str, ...]:
    """What a sandbox for ``notebook`` has loaded before its first cell: the libraries of its
    ``source``, and matplotlib, which takes long and which few need, where its code names it.
    """
    code = (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    plots = any(name in text for text in code for name in ("matplotlib", "pylab"))
    return tuple(sorted({*libraries(source), *(["matplotlib"] if plots else [])}))


def test_id(exercise: str) -> str:
    """The grade_id of an exercise's test: ``test-conv2d-groups`` for ``conv2d.groups``.

    nbgrader's schema allows letters, digits, ``_`` and ``-`` only, so the dot becomes a hyphen.
    Exercises are named like Python functions, without hyphens: ``exercise_of`` is the inverse.
    """
    return "test-" + exercise.replace(".", "-")


def exercise_of(test: str) -> str:
    """The exercise of a test's grade_id."""
    return test.removeprefix("test-").replace("-", ".")
