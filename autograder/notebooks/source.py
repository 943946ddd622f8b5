"""Reads a py:percent source with short tags and gives the full nbgrader source notebook.

Knows the short tags, nbgrader's metadata (schema 3) and region comments. Does not know exercises:
the caller says which ids exist. Every fault is reported with its file, its line and what to do.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.notebooks import CANARY, nbgrader
from autograder.notebooks.errors import AuthorError, suggestion
from autograder.notebooks.files import KERNELSPEC, Cell, Notebook, exercise_of, is_test, test_id

TAGS = ("solution", "test", "points")
REGION = re.compile(r"^\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$")
MARKER = re.compile(r"^# %%")
NAME = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$", re.ASCII)


@dataclass(frozen=True)
class _Fault:
    """Makes errors about one cell; ``line`` is that of its ``# %%`` marker."""

    file: Path
    line: int

    def __call__(self, what: str, do: str, offset: int = 0) -> AuthorError:
        return AuthorError(self.file, self.line + offset, what, do)


def read(path: Path, exercises: Mapping[str, str] | None = None, shown: str = "") -> Notebook:
    """The nbgrader source notebook of one assignment.

    ``exercises`` maps every exercise id to its assignment's name; without it any id is taken.
    ``shown`` is how errors name the file. Raises AuthorError.
    """
    nbgrader.skip_slow_import()
    import jupytext

    name = Path(shown or path)
    text = path.read_text(encoding="utf-8")
    parsed = jupytext.reads(text, fmt="py:percent")
    markers = [n for n, line in enumerate(text.splitlines(), start=1) if MARKER.match(line)]
    if len(parsed.cells) > len(markers):
        raise AuthorError(name, 1, "there is text before the first '# %%'", "Put it into a cell.")

    cells: list[Cell] = []
    seen: dict[str, int] = {}
    for number, parsed_cell in zip(markers, parsed.cells, strict=False):
        fault = _Fault(name, number)
        cell = _cell(parsed_cell.cell_type, parsed_cell.source, dict(parsed_cell.metadata), fault)
        metadata = cell["metadata"].get("nbgrader")
        if metadata:
            identity = metadata["grade_id"]
            if identity in seen:
                raise fault(
                    f"the tag {identity!r} was used before, in line {seen[identity]}",
                    "Every solution and every test needs a tag of its own.",
                )
            seen[identity] = number
            exercise = exercise_of(identity) if is_test(cell) else identity
            _check_exercise(exercise, exercises, path.stem, fault)
        cells.append(cell)

    _check_complete(set(seen), exercises, path.stem, name)
    _give_ids(cells)
    head: dict[str, Any] = {
        "kernelspec": dict(KERNELSPEC),
        "language_info": {"name": "python"},
    }
    if "autograder" in parsed.metadata:
        head["autograder"] = _own(dict(parsed.metadata["autograder"]), name)
    return {
        "cells": cells,
        "metadata": head,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, source: str, tags: dict[str, Any], fault: _Fault) -> Cell:
    tags.pop("lines_to_next_cell", None)  # jupytext's note about blank lines
    for tag in tags:
        if tag not in TAGS:
            raise fault(f"unknown cell tag {tag!r}", suggestion(tag, TAGS))
    for tag in ("solution", "test"):
        if tag in tags and not NAME.match(str(tags[tag])):
            raise fault(
                f"{tag}={tags[tag]!r} is no name of an exercise",
                "Use a function's name, and a dot before a stage: conv2d or conv2d.groups.",
            )
    if kind not in ("code", "markdown"):
        raise fault(f"a {kind} cell", "Use code and [markdown] cells only.")
    if "solution" in tags and "test" in tags:
        raise fault("one cell is both solution and test", "Split it into two cells.")
    if "points" in tags and not _is_number(tags["points"]):
        raise fault(f"points={tags['points']!r} is no number", "Write points=4, for example.")

    regions = _regions(source, fault)
    cell: Cell = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        cell.update(execution_count=None, outputs=[])
    if "solution" in tags:
        _check_solution(source, regions, fault)
        graded_by_hand = "points" in tags
        if kind == "markdown" and not graded_by_hand:
            raise fault(
                "a written answer without points",
                "nbgrader wants points on it: they are given by hand. Add points=2, for example.",
            )
        cell["metadata"]["nbgrader"] = _metadata(
            str(tags["solution"]), grade=graded_by_hand, solution=True, points=tags.get("points")
        )
    elif "test" in tags:
        if kind == "markdown":
            raise fault("a test in a markdown cell", "A test is a code cell.")
        if "points" not in tags:
            raise fault(
                f"the test {tags['test']!r} has no points",
                f'Write # %% test="{tags["test"]}" points=4, for example.',
            )
        _check_points(source, float(tags["points"]), fault)
        cell["metadata"]["nbgrader"] = _metadata(
            test_id(str(tags["test"])), grade=True, solution=False, points=tags["points"]
        )
    elif "points" in tags:
        raise fault("points without solution or test", "Say what the points are for.")

    for region, start, _end in regions:
        wanted = "solution" if region == "SOLUTION" else "test"
        if wanted not in tags:
            raise fault(
                f"a {region} region in a cell that is no {wanted}",
                f'Tag the cell: # %% {wanted}="…".',
                start,
            )
    return cell


def _metadata(identity: str, *, grade: bool, solution: bool, points: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "grade": grade,
        "grade_id": identity,
        "locked": grade and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if grade:
        metadata["points"] = points
    return metadata


def _regions(source: str, fault: _Fault) -> list[tuple[str, int, int]]:
    """Every region as (name, first line, last line), counted from 1 within the cell."""
    found: list[tuple[str, int, int]] = []
    open_name, open_line = "", 0
    for number, line in enumerate(source.splitlines(), start=1):
        match = REGION.match(line)
        if not match:
            if "BEGIN SOLUTION" in line or "END SOLUTION" in line or "HIDDEN TESTS" in line:
                raise fault(
                    f"a region comment that nbgrader may read otherwise: {line.strip()!r}",
                    "Write ### BEGIN SOLUTION (or END, or HIDDEN TESTS) alone on its line.",
                    number,
                )
            continue
        edge, name = match.groups()
        if edge == "BEGIN" and open_name:
            raise fault(f"{name} begins inside {open_name}", f"End {open_name} first.", number)
        if edge == "END" and name != open_name:
            raise fault(f"{name} ends but did not begin", f"Add ### BEGIN {name}.", number)
        if edge == "BEGIN":
            open_name, open_line = name, number
        else:
            found.append((name, open_line, number))
            open_name = ""
    if open_name:
        raise fault(f"the {open_name} region is not closed", f"Add ### END {open_name}.", open_line)
    return found


def _check_solution(source: str, regions: list[tuple[str, int, int]], fault: _Fault) -> None:
    solutions = [(start, end) for name, start, end in regions if name == "SOLUTION"]
    if not solutions:
        raise fault(
            "a solution cell without a solution region",
            "Put ### BEGIN SOLUTION and ### END SOLUTION around what students shall not see.",
        )
    lines = source.splitlines()
    for start, end in solutions:
        if not any(CANARY in line for line in lines[start - 1 : end]):
            raise fault(
                "a solution region without the canary",
                f"Add the comment # {CANARY} inside it: it proves that nothing leaked.",
                start,
            )


def _check_points(source: str, points: float, fault: _Fault) -> None:
    """The tag and every ``check(..., points=…)`` of the cell must agree, or scores would differ."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise fault(
            f"this test is no Python: {error.msg}", "Mend it.", error.lineno or 0
        ) from error
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id != "check":
            continue
        given = {k.arg: k.value for k in node.keywords}.get("points")
        if isinstance(given, ast.Constant) and given.value != points:
            raise fault(
                f"check(..., points={given.value!r}) but the tag says points={points:g}",
                "Make them equal.",
                node.lineno,
            )


def _check_exercise(
    exercise: str, exercises: Mapping[str, str] | None, assignment: str, fault: _Fault
) -> None:
    if exercises is None:
        return
    if exercise not in exercises:
        raise fault(f"no exercise is called {exercise!r}", suggestion(exercise, exercises))
    if exercises[exercise] != assignment:
        raise fault(
            f"the exercise {exercise!r} belongs to {exercises[exercise]}",
            f"Move the cell there, or change the exercise's assignment to {assignment}.",
        )


def _check_complete(
    seen: set[str], exercises: Mapping[str, str] | None, assignment: str, file: Path
) -> None:
    for exercise, home in (exercises or {}).items():
        if home == assignment and test_id(exercise) not in seen:
            raise AuthorError(
                file,
                0,
                f"the exercise {exercise!r} has no graded cell",
                f'Add a cell # %% test="{exercise}" points=4.',
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6


def _own(settings: dict[str, Any], file: Path) -> dict[str, Any]:
    """What the header says to us: ``autograder: {libraries: [torch]}``, and nothing else."""
    wanted = settings.get("libraries")
    if set(settings) != {"libraries"} or not isinstance(wanted, list):
        raise AuthorError(
            file,
            1,
            "the header's autograder: is not understood",
            "Under jupyter: write autograder:, and under that libraries: [torch], for example.",
        )
    return {"libraries": [str(name) for name in wanted]}


def _give_ids(cells: list[Cell]) -> None:
    """Ids from the tag or the text, so that an edit changes the id of the edited cell alone."""
    used: set[str] = set()
    for cell in cells:
        tag = cell["metadata"].get("nbgrader", {}).get("grade_id")
        digest = hashlib.sha256(f"{cell['cell_type']}\n{cell['source']}".encode()).hexdigest()[:12]
        base = tag[:56] if tag else digest
        identity, copy = base, 2
        while identity in used:
            identity, copy = f"{base}-{copy}", copy + 1
        used.add(identity)
        cell["id"] = identity
