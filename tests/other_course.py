"""A course that is not made by `autograder init`: ordinary nbgrader, ordinary assert statements."""

import json
from pathlib import Path
from typing import Any

NAME = "ps1"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "other"
"""
PLUGIN = """
from autograder.plugin import install
install(c)
"""

Cell = tuple[str, str, dict[str, Any]]


def plain(source: str, kind: str = "code") -> Cell:
    """A cell that nbgrader does not look at."""
    return kind, source, {}


def answer(name: str, source: str, kind: str = "code", **claims: Any) -> Cell:
    """A cell that the student writes in."""
    return kind, source, {"grade_id": name, "solution": True, **claims}


def graded(name: str, points: float, source: str) -> Cell:
    """A cell of tests."""
    return "code", source, {"grade_id": name, "grade": True, "locked": True, "points": points}


# The exercises of nbgrader's own documentation, and what tests of many courses do.
NUMBERS = (
    plain("# Numbers", "markdown"),
    plain("%matplotlib inline\nimport math\n\nimport numpy as np"),
    plain(
        "TOLERANCE = 1e-9\n\n"
        "def agrees(function, argument, expected):\n"
        '    """A helper of the tests that takes the student\'s function."""\n'
        "    assert math.isclose(function(argument), expected, rel_tol=TOLERANCE), argument"
    ),
    answer(
        "squares",
        "def squares(n):\n"
        '    """The squares of 1 to n."""\n'
        "    ### BEGIN SOLUTION\n"
        "    if n < 1:\n"
        '        raise ValueError("n must be at least 1")\n'
        "    return [i ** 2 for i in range(1, n + 1)]\n"
        "    ### END SOLUTION",
    ),
    graded(
        "squares-right",
        2,
        "assert squares(1) == [1]\n"
        "largest = squares(3)[-1]\n"
        "assert largest == 9\n"
        "### BEGIN HIDDEN TESTS\n"
        "assert squares(4) == [1, 4, 9, 16]\n"
        "### END HIDDEN TESTS",
    ),
    graded(
        "squares-refuse",
        1,
        "try:\n"
        "    squares(0)\n"
        "except ValueError:\n"
        "    pass\n"
        "else:\n"
        '    raise AssertionError("squares(0) must be refused")',
    ),
    answer(
        "sum_of_squares",
        "def sum_of_squares(n):\n"
        "    ### BEGIN SOLUTION\n"
        "    return sum(squares(n))\n"
        "    ### END SOLUTION",
    ),
    graded(
        "sum-right",
        1,
        "assert largest == 9  # from the cell above\nagrees(sum_of_squares, 10, 385)",
    ),
    graded(
        "sum-relies",
        1,
        "kept = squares\n"
        "del squares\n"
        "try:\n"
        "    sum_of_squares(1)\n"
        "except NameError:\n"
        "    pass\n"
        "else:\n"
        '    raise AssertionError("sum_of_squares does not use squares")\n'
        "finally:\n"
        "    squares = kept",
    ),
    answer(
        "letters",
        "def letters(text):\n"
        '    """How often each letter occurs, by its number, and which ones do."""\n'
        "    ### BEGIN SOLUTION\n"
        "    return {ord(c): text.count(c) for c in text}, set(text)\n"
        "    ### END SOLUTION",
    ),
    graded("letters-right", 1, 'assert letters("aab") == ({97: 2, 98: 1}, {"a", "b"})'),
    plain("total = None"),
    answer("total", "### BEGIN SOLUTION\ntotal = sum(range(10))\n### END SOLUTION"),
    graded("total-right", 1, "assert total == 45"),
    answer(
        "mean",
        "def mean(values):\n"
        "    ### BEGIN SOLUTION\n"
        "    return np.mean(values) if values else None\n"
        "    ### END SOLUTION",
    ),
    graded(
        "mean-partly",
        3,
        "score = 0\n"
        "for values, expected in (([1], 1), ([1, 2], 1.5), ([], 0)):\n"
        "    try:\n"
        "        score += bool(mean(values) == expected)\n"
        "    except Exception:\n"
        "        pass\n"
        "score",
    ),
    answer("why", "Say why.", "markdown", grade=True, points=2),
)
FULL = {
    "squares-right": 2,
    "squares-refuse": 1,
    "sum-right": 1,
    "sum-relies": 1,
    "letters-right": 1,
    "total-right": 1,
    "mean-partly": 2,  # the reference gives no mean of nothing
}
# Its metadata ask for a package that sandboxes do not have otherwise.
LIBRARIES = {"autograder": {"libraries": ["tabulate"]}}
SECOND = (
    plain("import tabulate"),
    answer(
        "twice",
        "def twice(x):\n"
        "    ### BEGIN SOLUTION\n"
        "    return 2 * int(tabulate.tabulate([[x]], tablefmt='plain'))\n"
        "    ### END SOLUTION",
    ),
    graded("twice-right", 4, "assert twice(2) == 4"),
)


def notebook(cells: tuple[Cell, ...]) -> dict[str, Any]:
    """A source notebook as nbgrader's own tools write it."""
    written = []
    for number, (kind, source, claims) in enumerate(cells):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"c{number}", "metadata": {}}
        cell["source"] = source.splitlines(keepends=True)
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        if claims:
            defaults = {"grade": False, "solution": False, "locked": False, "task": False}
            cell["metadata"]["nbgrader"] = {**defaults, **claims, "schema_version": 3}
        written.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": written,
        "metadata": {"kernelspec": kernel, **(LIBRARIES if cells is SECOND else {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write(root: Path, config: str) -> None:
    """The course folder: two notebooks in one assignment."""
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(config)
    for name, cells in (("numbers", NUMBERS), ("second", SECOND)):
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook(cells)))


def filled(root: Path, name: str = "numbers", **answers: str) -> dict[str, Any]:
    """The released notebook with these answers in it, and the reference's where none is given."""
    content: dict[str, Any] = json.loads((root / "release" / NAME / f"{name}.ipynb").read_text())
    source = json.loads((root / "source" / NAME / f"{name}.ipynb").read_text())
    texts = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in source["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    for cell in content["cells"]:
        claims = cell["metadata"].get("nbgrader", {})
        if claims.get("solution"):
            cell["source"] = answers.get(claims["grade_id"], texts[claims["grade_id"]])
    return content


def hand_in(root: Path, student: str, content: Any, name: str = "numbers") -> Path:
    """Put a notebook under submitted/ and return its path."""
    path = root / "submitted" / student / NAME / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path
