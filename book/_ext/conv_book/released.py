"""Finds an exercise in the notebook that students receive: what is asked, and the stub.

Reads exercises/, where nothing is that a student should not see. Knows nbgrader's marks on cells
and no exercise by name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import notebooks
from .places import ROOT

TITLE = re.compile(r"\A\s*#+ .*\n")
EFFORT = re.compile(r"^\*Difficulty [^*]*\*\n", flags=re.MULTILINE)  # the card says it, too


@dataclass(frozen=True)
class Released:
    """One exercise as students receive it.

    statement  what is asked, in Markdown; empty for a stage whose function was described before
    stub       the answer cell as it is handed out
    cell       its name: stages of one function share it
    setup      the notebook's own code before it, such as imports
    in_page    whether a page can run it: no browser has torch
    """

    statement: str
    stub: str
    cell: str
    setup: tuple[str, ...]
    in_page: bool


def path(assignment: str) -> Path:
    """Where an assignment's notebook lies."""
    return ROOT / notebooks.path(assignment)


def find(exercise: Any) -> Released | None:
    """The exercise in its notebook; None where no code is asked for."""
    file = path(exercise.assignment)
    if not file.is_file():
        return None
    cells = _cells(file, file.stat().st_mtime_ns)
    code = "\n".join(_text(cell) for cell in cells if cell["cell_type"] == "code")
    torch = re.search(r"^\s*(import|from) torch\b", code, flags=re.MULTILINE)
    wanted = f"test-{exercise.id.replace('.', '-')}"
    tests = [number for number, cell in enumerate(cells) if _mark(cell, "grade_id") == wanted]
    if not tests:
        return None
    before = cells[: tests[0]]
    answers = [cell for cell in before if cell["cell_type"] == "code" and _mark(cell, "solution")]
    defining = re.compile(rf"^(def|class) {exercise.function}\b", flags=re.MULTILINE)
    answers = [cell for cell in answers if defining.search(_text(cell))]
    if not answers:
        return None
    answer = answers[-1]
    return Released(
        statement=_statement(before),
        stub=_text(answer),
        cell=f"{exercise.assignment}/{_mark(answer, 'grade_id')}",
        setup=tuple(_setup(cells[: cells.index(answer)])),
        in_page=torch is None,
    )


def _statement(before: list[dict[str, Any]]) -> str:
    # What stands between the last graded cell and this one.
    parts: list[str] = []
    for cell in reversed(before):
        if _mark(cell, "grade"):
            break
        if cell["cell_type"] == "markdown":
            parts.insert(0, EFFORT.sub("", TITLE.sub("", _text(cell))).strip())
            if TITLE.match(_text(cell)):
                break
    return "\n\n".join(part for part in parts if part)


def _setup(before: list[dict[str, Any]]) -> list[str]:
    # Code that is not an answer and not a check; comments alone are a place to try something.
    code = [
        _text(cell)
        for cell in before
        if cell["cell_type"] == "code" and not _mark(cell, "solution") and not _mark(cell, "grade")
    ]
    return [
        text
        for text in code
        if any(line.strip() and not line.startswith("#") for line in text.splitlines())
    ]


@cache
def _cells(file: Path, changed: int) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return cells


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _mark(cell: dict[str, Any], key: str) -> Any:
    return cell["metadata"].get("nbgrader", {}).get(key)
