"""Finds the reference solutions: the answer cells of the notebooks in ``solutions/``.

Nothing is written twice: the cells that students must fill are read from the one source. Where
that folder is not (a student's machine), ``reference`` says so.
"""

from __future__ import annotations

import os
import re
import runpy
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
SOLUTION = re.compile(r'\bsolution="([^"]+)"')
LIBRARIES = re.compile(r"^#\s+libraries: \[([\w, ]*)\]$", re.MULTILINE)  # in a notebook's header


class ReferenceMissing(LookupError):
    """The solutions folder is not here, or holds no solution of that name."""


def solutions_folder() -> Path | None:
    """The folder of the solutions: AUTOGRADER_SOLUTIONS, or the one beside the package; or None."""
    named = os.environ.get("AUTOGRADER_SOLUTIONS")
    folder = Path(named) if named else Path(__file__).parents[2] / "solutions"
    return folder if folder.is_dir() and any(folder.glob("[0-9][0-9]-*.py")) else None


def reference(exercise: str) -> Any:
    """The solution's function (or answer) of an exercise id; stages share one function.

    Raises ReferenceMissing where the solutions are not on this machine or lack that exercise.
    """
    folder = solutions_folder()
    if folder is None:
        raise ReferenceMissing(
            f"the reference of {exercise} is not here: this installation has no solutions folder. "
            "Set AUTOGRADER_SOLUTIONS to it if you are an instructor."
        )
    name = exercise.partition(".")[0]
    for path in sorted(folder.glob("[0-9][0-9]-*.py")):
        # Only the notebook that has the answer is executed: another may need torch.
        if name in SOLUTION.findall(path.read_text(encoding="utf-8")):
            return _answers(path, path.stat().st_mtime_ns)[name]
    raise ReferenceMissing(f"no cell of {folder} is tagged solution={name!r}")


def alternatives(exercise: str) -> dict[str, Any]:
    """Further right solutions of an exercise, by the name of their method.

    From ``alternatives/*.py`` in the solutions folder: a function ``conv2d__im2col`` is a solution
    of conv2d by a method called im2col.
    """
    folder = solutions_folder()
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("alternatives/*.py")) if folder else []:
        namespace = runpy.run_path(str(path))
        for name, value in namespace.items():
            function, _, method = name.partition("__")
            if method and function == exercise.partition(".")[0] and callable(value):
                found[method] = value
    return found


@cache
def _answers(path: Path, changed: int) -> dict[str, Any]:
    # Answer cells see numpy, the libraries that the notebook's header asks for, and the answers
    # before them, and nothing else of their notebook.
    import numpy as np

    text = path.read_text(encoding="utf-8")
    marks = list(CELL.finditer(text))
    namespace: dict[str, Any] = {"np": np, "__name__": f"solutions.{path.stem}"}
    for listed in LIBRARIES.findall(text):
        namespace.update({lib: import_module(lib) for lib in re.findall(r"\w+", listed)})
    names = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        tag = SOLUTION.search(mark.group(1))
        if tag is None:
            continue
        names.append(tag.group(1))
        cell = text[mark.end() : following.start() if following else len(text)]
        line = text.count("\n", 0, mark.end())
        exec(compile("\n" * line + cell, str(path), "exec"), namespace)  # so tracebacks are true
    return {name: namespace[name] for name in names}
