"""Runs one notebook file as it is, for the student who wrote it. No course folder, no gradebook.

Knows how to run a notebook in a plain kernel. The tests that run are those in the file itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.grading import executed
from autograder.grading.scores import settle
from autograder.notebooks.errors import UsageError, suggestion
from autograder.notebooks.files import Cell, Notebook, is_test, nbgrader
from autograder.notebooks.nbgrader import skip_slow_import
from autograder.notebooks.restore import MAX_BYTES, Unreadable, parse
from autograder.sandbox.limits import KERNEL_START_SECONDS, LIMITS


@dataclass(frozen=True)
class Checked:
    """A test cell after the run. ``points`` is what it earned, ``max`` what it is worth."""

    shown: executed.Shown
    points: float
    max: float


def check(path: Path, progress: Callable[[int, int], None] = lambda n, of: None) -> list[Checked]:
    """Run the notebook at ``path`` and say what every test in it shows.

    Raises UsageError where there is no such file, no notebook in it, or no test in that.
    """
    notebook = _read(path)
    tests = [cell for cell in notebook["cells"] if is_test(cell)]
    if not tests:
        raise UsageError(
            "this notebook has no graded cell",
            where=str(path),
            do="Take the one from exercises/: its checks are missing here.",
        )
    ran = _execute(notebook, path.resolve().parent, progress)
    return [_checked(cell) for cell in ran["cells"] if is_test(cell)]


def _read(path: Path) -> Notebook:
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path), do=_offer(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        plain = parse(data)
    except Unreadable as error:
        raise UsageError(str(error), where=str(path), do="Name an .ipynb file.") from None
    cells: list[Cell] = []
    for number, cell in enumerate(plain):
        kept: Cell = {
            "cell_type": cell["cell_type"],
            "id": f"cell-{number}",
            "metadata": {},
            "source": cell["source"],
        }
        if cell["claims"]:
            kept["metadata"]["nbgrader"] = cell["claims"]
        if cell["cell_type"] == "code":
            kept.update(execution_count=None, outputs=[])
        cells.append(kept)
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _offer(path: Path) -> str:
    """Near names in the same folder, else anything like it further down."""
    folder = path.parent if path.parent.is_dir() else Path(".")
    names = sorted(str(p) for p in folder.glob("*.ipynb"))
    names += sorted(str(p) for p in folder.glob("exercises/*/*.ipynb"))
    return suggestion(str(path), names) if names else "Name an .ipynb file."


def _execute(notebook: Notebook, folder: Path, progress: Callable[[int, int], None]) -> Notebook:
    skip_slow_import()
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    node = nbformat.from_dict(notebook)
    total = sum(cell.cell_type == "code" for cell in node.cells)
    done = 0

    def finished(cell: Any, cell_index: int) -> None:
        nonlocal done
        if cell.cell_type == "code":
            progress(done, total)
            done += 1

    client = NotebookClient(
        node,
        timeout=LIMITS.cell_seconds,
        startup_timeout=KERNEL_START_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        error_on_timeout={
            "ename": "Stopped",
            "evalue": f"This cell took more than {LIMITS.cell_seconds} seconds.",
            "traceback": [],
        },
        interrupt_on_timeout=True,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],
        on_cell_start=finished,
    )
    trouble = ""
    try:
        client.execute()
    except DeadKernelError:
        trouble = "Python itself ended while the notebook ran: exit(), os._exit or a crash."
    except CellTimeoutError:
        trouble = "A cell did not stop, and the notebook could not go on."
    if trouble:
        for cell in node.cells:
            if cell.cell_type == "code" and not cell.outputs:
                error = nbformat.v4.new_output(
                    "error", ename="Stopped", evalue=trouble, traceback=[]
                )
                cell.outputs = [error]
    progress(total, total)
    ran: Notebook = json.loads(json.dumps(node))
    return ran


def _checked(cell: Cell) -> Checked:
    worth = nbgrader(cell).get("points", 0)
    worth = float(worth) if isinstance(worth, (int, float)) else 0.0
    shown = executed.of(cell)
    earned = 0.0
    settle(cell)
    for output in cell.get("outputs", []):
        if output.get("output_type") == "execute_result" and not executed.error(cell):
            earned = float(output["data"]["text/plain"])
    return Checked(shown, earned, worth)
