"""Turns what a student handed in into a notebook that nbgrader can take: their cells, our tests.

Knows the master notebook (with the course's own cells) and trusts nothing in the submission but
the text of its cells. Does not touch files and runs nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from autograder.notebooks import CANARY
from autograder.notebooks.files import Cell, Notebook, grade_id, is_answer, is_test, nbgrader

# A notebook of this course is a few hundred kB with its figures. Ten times the largest seen.
MAX_BYTES = 20_000_000
MAX_CELLS = 10_000
# Names that a cell defines, as far as can be told from its lines without parsing them.
DEFINED = re.compile(
    r"^(?:(?:async +)?def +|class +|(?=\w+ *(?::[^\n=]*)?=(?!=)))(\w+)", re.MULTILINE
)


class Unreadable(Exception):
    """The bytes are no notebook; the text says why, in words for the student."""


def parse(data: bytes) -> list[Cell]:
    """The cells of a submitted file: cell_type, source, grade_id, and all that it claims in
    nbgrader's metadata. Raises Unreadable.

    Forgives what a student did not do: a byte order mark, a newer minor version, no kernel named,
    sources that are lists, metadata of any shape.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(
            f"the file has more than {MAX_BYTES / 1e6:.0f} MB, which no notebook of this course "
            "needs; clear the outputs and save it again"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8 text; save it from JupyterLab again") from None
    if not text.strip():
        raise Unreadable("the file is empty")
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise Unreadable("the file is nested too deeply to be a notebook") from None
    except ValueError as error:
        raise Unreadable(f"the file is not valid JSON ({error})") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise Unreadable("the file is JSON but no notebook")
    if notebook["nbformat"] != 4:
        raise Unreadable(
            f"the notebook has format {notebook['nbformat']}, not 4; save it from JupyterLab"
        )
    if not isinstance(notebook.get("cells"), list):
        raise Unreadable("the notebook has no list of cells")
    if len(notebook["cells"]) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    return [cell for cell in map(_cell, notebook["cells"]) if cell]


def _cell(raw: Any) -> Cell | None:
    """One cell reduced to its type, its text and the name that it claims; None if it is no cell."""
    if not isinstance(raw, dict):
        return None
    kind, source = raw.get("cell_type"), raw.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        return None
    metadata = raw.get("metadata")
    claims = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    claims = claims if isinstance(claims, dict) else {}
    identity = claims.get("grade_id")
    return {
        "cell_type": kind,
        # A lone surrogate is legal JSON and cannot be written as UTF-8.
        "source": source.encode("utf-8", "replace").decode("utf-8"),
        "grade_id": identity if isinstance(identity, str) else "",
        "claims": claims,
    }


def restore(cells: list[Cell], master: Notebook) -> Notebook:
    """The student's cells in their order, with the master's tests in place of theirs.

    ``master`` is the released notebook, never the source: a missing answer gets the master's stub.
    Every test of the master is there exactly once, after everything that the master puts before it.
    An answer cell keeps the student's text and gets the master's metadata. Of two cells that claim
    the same answer the last is graded and the other one still runs, as in the student's own kernel.
    An answer that no cell claims, because a tool dropped its metadata or it was written anew, is
    with the last cell that defines what it asks for.
    """
    if any(CANARY in cell["source"] for cell in master["cells"]):
        raise ValueError("the master holds solutions; restore from the released notebook")
    known = {grade_id(cell): cell for cell in master["cells"] if grade_id(cell)}
    tests = {name for name, cell in known.items() if is_test(cell)}
    last = {cell["grade_id"]: n for n, cell in enumerate(cells) if cell["grade_id"] in known}
    unclaimed = [cell for name, cell in known.items() if name not in last and is_answer(cell)]
    last |= {grade_id(c): n for c in unclaimed if (n := _defining(c, cells, tests)) is not None}
    owners = {n: name for name, n in last.items() if name not in tests}
    owners |= {n: c["grade_id"] for n, c in enumerate(cells) if c["grade_id"] in known}

    # (position, order within the position, cell); a test goes behind the cell at its position.
    placed: list[tuple[int, int, Cell]] = []
    for n, cell in enumerate(cells):
        name = cell["grade_id"]
        if name in tests:
            continue
        name = owners.get(n, "")
        mine = known[name] if last.get(name) == n else None
        placed.append((n, 0, _restored(cell, mine)))
    earliest = -1
    for order, cell in enumerate(master["cells"], start=1):
        name = grade_id(cell)
        if not name:
            continue
        earliest = max(earliest, last.get(name, -1))
        if name in tests:
            placed.append((earliest, order, _copy(cell)))
        elif name not in last:
            # An answer that is gone is an answer not given: the stub stands in for it.
            placed.append((earliest, order, _copy(cell)))

    ordered = [cell for _, _, cell in sorted(placed, key=lambda item: item[:2])]
    for number, cell in enumerate(ordered):
        cell["id"] = f"cell-{number}"
    return {
        "cells": ordered,
        "metadata": json.loads(json.dumps(master["metadata"])),
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _defining(answer: Cell, cells: list[Cell], tests: set[str]) -> int | None:
    """The place of the last code cell, tests apart, that defines something that a stub defines."""
    if answer["cell_type"] != "code":
        return None
    asked = set(DEFINED.findall(answer["source"]))
    places = [
        n
        for n, cell in enumerate(cells)
        if cell["cell_type"] == "code" and cell["grade_id"] not in tests
        if not asked.isdisjoint(DEFINED.findall(cell["source"]))
    ]
    return max(places, default=None)


def _restored(cell: Cell, mine: Cell | None) -> Cell:
    kind = mine["cell_type"] if mine else cell["cell_type"]
    restored: Cell = {"cell_type": kind, "metadata": {}, "source": cell["source"]}
    if mine:
        restored["metadata"]["nbgrader"] = dict(nbgrader(mine))
        if nbgrader(mine).get("locked"):
            restored["source"] = mine["source"]
    if kind == "code":
        restored.update(execution_count=None, outputs=[])
    return restored


def _copy(cell: Cell) -> Cell:
    copied: Cell = json.loads(json.dumps(cell))
    if copied["cell_type"] == "code":
        copied.update(execution_count=None, outputs=[])
    return copied
