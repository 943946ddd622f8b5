"""Reading a text source: what becomes of its tags, and what an author is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import tiny

from autograder.notebooks import CANARY, source
from autograder.notebooks.errors import AuthorError
from autograder.notebooks.files import exercise_of, grade_id, libraries, loaded, nbgrader
from autograder.notebooks.files import test_id as id_of_test
from autograder.notebooks.repository import find


def read(tmp_path: Path, text: str, exercises: dict[str, str] | None = None) -> dict:
    path = tmp_path / "01-tiny.py"
    path.write_text(text)
    return source.read(path, exercises, shown="solutions/01-tiny.py")


def test_tags_become_full_metadata(tmp_path: Path) -> None:
    cells = {grade_id(c): c for c in read(tmp_path, tiny.SOURCE)["cells"] if grade_id(c)}
    assert list(cells) == ["double", "test-double", "triple", "test-triple", "test-triple-numpy"]
    assert nbgrader(cells["double"]) == {
        "grade": False,
        "grade_id": "double",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert nbgrader(cells["test-double"]) == {
        "grade": True,
        "grade_id": "test-double",
        "locked": True,
        "points": 4,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_every_real_source_keeps_tags_points_and_text() -> None:
    for name, path in find().sources().items():
        notebook = source.read(path)
        lines = path.read_text().splitlines()
        tags = [line for line in lines if line.startswith(("# %% solution=", "# %% test="))]
        graded = [cell for cell in notebook["cells"] if grade_id(cell)]
        assert len(tags) == len(graded) > 0, name
        for tag, cell in zip(tags, graded, strict=True):
            value = tag.split('"')[1]
            if "solution=" in tag:
                assert grade_id(cell) == value
            else:
                assert grade_id(cell) == id_of_test(value)
                assert nbgrader(cell)["points"] == float(tag.rpartition("points=")[2])


def test_cell_ids_are_the_same_each_time_and_an_edit_changes_one(tmp_path: Path) -> None:
    first = [cell["id"] for cell in read(tmp_path, tiny.SOURCE)["cells"]]
    assert first == [cell["id"] for cell in read(tmp_path, tiny.SOURCE)["cells"]]
    assert len(set(first)) == len(first)
    edited = [cell["id"] for cell in read(tmp_path, tiny.SOURCE.replace("# Tiny", "# T"))["cells"]]
    assert [a == b for a, b in zip(first, edited, strict=True)].count(False) == 1


def test_a_stage_keeps_its_name_through_nbgraders_alphabet() -> None:
    assert id_of_test("conv2d.groups") == "test-conv2d-groups"
    assert exercise_of(id_of_test("conv2d.groups")) == "conv2d.groups"


FAULTS = {
    "unknown exercise id": (
        "",
        {"doubel": "01-tiny"},
        '# %% solution="double"',
        "no exercise is called 'double'",
        "Did you mean doubel?",
    ),
    "another assignment's exercise": (
        "",
        {"double": "02-other"},
        '# %% solution="double"',
        "belongs to 02-other",
        "Move the cell there",
    ),
    "duplicate tag": (
        ('solution="triple"', 'solution="double"'),
        None,
        'solution="double"\ndef triple',
        "'double' was used before, in line",
        "a tag of its own",
    ),
    "missing points": (
        ('test="double" points=4', 'test="double"'),
        None,
        '# %% test="double"',
        "has no points",
        "points=4",
    ),
    "unclosed region": (
        ("    ### END SOLUTION\n\n# %% test", "\n# %% test"),
        None,
        "### BEGIN SOLUTION",
        "the SOLUTION region is not closed",
        "Add ### END SOLUTION",
    ),
    "region begun twice": (
        ("    # canary-6b1f0e9d\n", "    ### BEGIN SOLUTION\n"),
        None,
        "    ### BEGIN SOLUTION\n    return 2",
        "SOLUTION begins inside SOLUTION",
        "End SOLUTION first",
    ),
    "no canary": (
        (f"    # {CANARY}\n", ""),
        None,
        "### BEGIN SOLUTION",
        "without the canary",
        f"# {CANARY}",
    ),
    "points that disagree": (
        ("hidden=True, points=4", "hidden=True, points=3"),
        None,
        "hidden=True, points=3",
        "points=3) but the tag says points=4",
        "Make them equal",
    ),
    "misspelt tag": (
        ('solution="double"', 'solutoin="double"'),
        None,
        "solutoin",
        "unknown cell tag 'solutoin'",
        "Did you mean solution?",
    ),
    "region in a plain cell": (
        ("KEY = ", "### BEGIN SOLUTION\n### END SOLUTION\nKEY = "),
        None,
        "### BEGIN SOLUTION",
        "a SOLUTION region in a cell that is no solution",
        'solution="…"',
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_line_and_remedy(tmp_path: Path, fault: str) -> None:
    change, exercises, place, what, remedy = FAULTS[fault]
    text = tiny.SOURCE.replace(*change, 1) if change else tiny.SOURCE
    line = text[: text.index(place)].count("\n") + 1
    with pytest.raises(AuthorError) as caught:
        read(tmp_path, text, exercises)
    message = str(caught.value)
    assert message.startswith(f"solutions/01-tiny.py:{line}: ")
    assert what in message
    assert remedy in message


def test_an_exercise_without_a_graded_cell_is_named(tmp_path: Path) -> None:
    names = ("double", "triple", "triple.numpy", "halve")
    with pytest.raises(AuthorError, match="'halve' has no graded cell"):
        read(tmp_path, tiny.SOURCE, dict.fromkeys(names, "01-tiny"))


def test_the_source_is_a_notebook_that_jupyter_takes(tmp_path: Path) -> None:
    import nbformat

    from autograder.notebooks.files import dumps

    notebook = read(tmp_path, tiny.SOURCE)
    parsed = nbformat.reads(dumps(notebook), as_version=4)
    nbformat.validate(parsed)
    assert nbformat.writes(parsed) + "\n" == dumps(notebook)
    assert json.loads(dumps(notebook))["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import numpy as np", ("torch",)),
        ("import matplotlib.pyplot as plt", ("matplotlib", "torch")),
        ("from pylab import plot", ("matplotlib", "torch")),
    ],
)
def test_what_few_need_is_loaded_for_those_who_name_it(code: str, wanted: tuple[str, ...]) -> None:
    def notebook(*cells: dict[str, str]) -> dict[str, Any]:
        return {"cells": [*cells], "metadata": {"autograder": {"libraries": ["torch"]}}}

    words = {"cell_type": "markdown", "source": "You may use matplotlib."}
    handed_in = notebook(words, {"cell_type": "code", "source": code})
    assert loaded(notebook(), handed_in) == wanted


def test_the_header_says_which_libraries_answers_may_import(root: Path) -> None:
    asked = {
        path.stem: libraries(source.read(path))
        for path in sorted((root / "solutions").glob("[0-9][0-9]-*.py"))
    }
    assert asked.pop("08-autograd") == ("torch",)
    assert not any(asked.values())
