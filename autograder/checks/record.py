"""Writes the stored cases: every visible configuration as a call with its expected result.

The reference computes them, torch confirms them where it is at hand, and a test holds the files
against both. They are plain JSON, so that a browser can read them too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.checks.call import doubled, encode
from autograder.checks.cases import generator
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.oracles import judges

FOLDER = Path(__file__).parent / "cases"


def recorded() -> dict[str, str]:
    """File name -> text of the file of stored cases, one for each assignment."""
    files: dict[str, dict[str, list[Any]]] = {}
    for exercise in EXERCISES.values():
        if exercise.family is not None and exercise.family.holds is None:
            files.setdefault(exercise.assignment, {})[exercise.id] = _cases(exercise)
    return {f"{name}.json": _text(content) for name, content in files.items()}


def write(directory: Path = FOLDER) -> list[Path]:
    """Bring the stored cases up to date; returns the files that changed."""
    directory.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in recorded().items():
        path = directory / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def stale(directory: Path = FOLDER) -> list[str]:
    """Names of the files of stored cases that are not what ``write`` would write."""
    return [
        name
        for name, text in recorded().items()
        if not (directory / name).is_file()
        or (directory / name).read_text(encoding="utf-8") != text
    ]


def _cases(exercise: Exercise) -> list[Any]:
    assert exercise.family is not None
    right = judges(exercise)
    rng = generator("visible", exercise.id)
    stored = []
    for config in exercise.visible:
        call = replace(exercise.family.build(config, rng), driver=exercise.family.driver)
        stored.append(
            {
                "about": config["about"],
                "args": [encode(value) for value in call.args],
                "kwargs": {name: encode(value) for name, value in call.kwargs.items()},
                "expected": encode(right(call)),
                **({"again": encode(right(call.mapped(doubled)))} if config.get("twice") else {}),
            }
        )
    return stored


def _text(content: dict[str, list[Any]]) -> str:
    # One case a line: a changed case is one changed line.
    blocks = []
    for exercise_id, cases in content.items():
        lines = ",\n".join("  " + json.dumps(case, separators=(", ", ": ")) for case in cases)
        blocks.append(f"{json.dumps(exercise_id)}: [\n{lines}\n ]")
    return "{\n " + ",\n ".join(blocks) + "\n}\n"
