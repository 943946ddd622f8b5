"""Judges one notebook file by its visible checks, for the student who wrote it.

The way of a submission through ``grade``, without a course folder and a gradebook: the student's
cells run in the sandbox, the tests are the course's own. None of the file's text runs outside.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.checks.exercises import EXERCISES
from autograder.grading import executed
from autograder.grading.scores import settle
from autograder.grading.walled import run
from autograder.notebooks import repository
from autograder.notebooks.errors import UsageError, suggestion
from autograder.notebooks.files import (
    Cell,
    Notebook,
    exercise_of,
    is_test,
    load,
    loaded,
    nbgrader,
    test_id,
)
from autograder.notebooks.restore import MAX_BYTES, Unreadable, parse, restore
from autograder.sandbox.client import SandboxUnavailable, Zygote

IMPORTS = "import numpy as np\n\nfrom autograder import check"


@dataclass(frozen=True)
class Checked:
    """A test cell after the run. ``points`` is what it earned, ``max`` what it is worth."""

    shown: executed.Shown
    points: float
    max: float


def check(
    path: Path, usual: Zygote, progress: Callable[[int, int], None] = lambda n, of: None
) -> list[Checked]:
    """Run the notebook at ``path`` and say what every test of its assignment shows.

    Raises UsageError where there is no such file, no notebook in it, or no exercise in that.

    usual  gives sandboxes that have no library of their own: most notebooks need no other, and it
           warms up while the rest of this is loaded
    """
    cells = _read(path)
    released = _released(cells, path)
    notebook = restore(cells, released)
    wanted = loaded(released, notebook)
    try:
        with Zygote(wanted) if wanted else contextlib.nullcontext(usual) as zygote:
            ran = run(notebook, released, zygote, progress=progress)
    except (SandboxUnavailable, OSError):
        # It is the student's own work on the student's own machine.
        with Zygote(wanted, walls=False) as zygote:
            ran = run(notebook, released, zygote, progress=progress)
    return [_checked(cell) for cell in ran.notebook["cells"] if is_test(cell)]


def _read(path: Path) -> list[Cell]:
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path), do=_offer(path))
    try:
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1))
    except Unreadable as error:
        raise UsageError(str(error), where=str(path), do="Name an .ipynb file.") from None


def _offer(path: Path) -> str:
    """Near names in the same folder, else anything like it further down."""
    folder = path.parent if path.parent.is_dir() else Path(".")
    names = sorted(str(p) for p in folder.glob("*.ipynb"))
    names += sorted(str(p) for p in folder.glob("exercises/*/*.ipynb"))
    return suggestion(str(path), names) if names else "Name an .ipynb file."


def _released(cells: list[Cell], path: Path) -> Notebook:
    """The assignment's notebook as it was handed out: this checkout's, else one made up for it."""
    known = [name for cell in cells if (name := exercise_of(cell["grade_id"])) in EXERCISES]
    homes = [EXERCISES[name].assignment for name in known]
    if not homes:
        raise UsageError(
            "this notebook has no exercise of the course",
            where=str(path),
            do="Take the one from exercises/: what names its cells is missing here.",
        )
    assignment = max(sorted(set(homes)), key=homes.count)
    try:
        file = repository.find().exercises / assignment / f"{assignment}.ipynb"
    except UsageError:
        return _made_up(cells, assignment)
    return load(file) if file.is_file() else _made_up(cells, assignment)


def _made_up(cells: list[Cell], assignment: str) -> Notebook:
    claims = {cell["grade_id"]: cell["claims"] for cell in cells}
    made = [_cell(IMPORTS)]
    for exercise in EXERCISES.values():
        if exercise.assignment != assignment:
            continue
        function, test = exercise.function, test_id(exercise.id)
        if not exercise.stage:
            made.append(_cell("", grade_id=function, grade=False, solution=True))
        worth = claims.get(test, {}).get("points")
        points = float(worth) if type(worth) in (int, float) else 1.0
        made.append(
            _cell(
                f"check({function}, {exercise.id!r}, points={points!r})",
                grade_id=test,
                grade=True,
                solution=False,
                points=points,
            )
        )
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _cell(source: str, **claims: object) -> Cell:
    metadata = {"nbgrader": claims} if claims else {}
    return {"cell_type": "code", "metadata": metadata, "source": source}


def _checked(cell: Cell) -> Checked:
    settle(cell)
    shown = executed.of(cell)
    results = [o for o in cell["outputs"] if o["output_type"] == "execute_result"]
    earned = (
        float(results[0]["data"]["text/plain"]) if results and not executed.error(cell) else 0.0
    )
    return Checked(shown, earned, float(nbgrader(cell)["points"]))
