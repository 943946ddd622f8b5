"""Reads an executed notebook: what every test cell showed. Believes nothing of a wrong shape.

Knows notebooks' outputs and the verdict's JSON. Does not know the gradebook.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from autograder.grading.outcomes import OUTCOMES
from autograder.notebooks.files import Cell, Notebook, exercise_of, grade_id, is_test

VERDICT = "application/vnd.autograder.verdict+json"
MAX_TEXT = 4000


@dataclass(frozen=True)
class Case:
    """One case of a verdict."""

    name: str
    passed: bool
    message: str


@dataclass(frozen=True)
class Shown:
    """What a test cell showed about its exercise."""

    id: str
    exercise: str
    passed: bool
    message: str
    diagnosis: str = ""
    mistakes: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()


def ended(notebook: Notebook) -> tuple[str, str]:
    """(outcome, detail) as the run left them in the notebook's metadata."""
    from_run = notebook.get("metadata", {}).get("autograder", {})
    outcome = from_run.get("outcome", "graded")
    return (outcome if outcome in OUTCOMES else "graded"), str(from_run.get("detail", ""))


def shown(notebook: Notebook) -> list[Shown]:
    """One entry for every test cell, in order."""
    return [of(cell) for cell in notebook["cells"] if is_test(cell)]


def mistakes(notebook: Notebook) -> tuple[str, ...]:
    """Every catalogued mistake that a verdict names, in order, once."""
    return tuple(dict.fromkeys(name for cell in shown(notebook) for name in cell.mistakes))


def verdicts(cell: Cell) -> list[dict[str, Any]]:
    """The verdicts among a cell's outputs. Anything malformed is left out."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {}).get(VERDICT)
        if isinstance(data, (str, list)):
            try:
                data = json.loads("".join(data))
            except (ValueError, TypeError):
                continue
        if isinstance(data, dict) and isinstance(data.get("message", ""), str):
            found.append(data)
    return found


def error(cell: Cell) -> str:
    """The last line of the cell's error, empty where it has none."""
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error":
            name, value = str(output.get("ename", "")), str(output.get("evalue", ""))
            return value if name in ("NotRun", "Stopped") else f"{name}: {value}".rstrip(": ")
    return ""


def of(cell: Cell) -> Shown:
    """What one test cell showed."""
    found = verdicts(cell)
    # A graded cell shows the visible verdict and then the hidden one: the one that fails matters.
    data = next((v for v in found if v.get("passed") is not True), found[-1] if found else {})
    failure = error(cell)
    return Shown(
        id=grade_id(cell),
        exercise=exercise_of(grade_id(cell)),
        passed=data.get("passed") is True and not failure,
        message=_short(failure or str(data.get("message") or "")),
        diagnosis=_short(str(data.get("diagnosis") or "")),
        mistakes=tuple(m for m in _list(data.get("mistakes")) if isinstance(m, str))[:5],
        cases=tuple(
            Case(
                _short(str(c.get("name", ""))),
                c.get("passed") is True,
                _short(str(c.get("message") or "")),
            )
            for c in _list(data.get("cases"))[:200]
            if isinstance(c, dict)
        ),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _short(value: str) -> str:
    return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + " …"
