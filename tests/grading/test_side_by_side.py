"""A verdict is the same in a student's one kernel and across the sandbox, for every exercise."""

from collections.abc import Iterator
from typing import Any

import pytest
from tiny import ROOT

from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import in_scope
from autograder.diagnosis.examine import examine
from autograder.grading import planted
from autograder.grading.walled import run
from autograder.notebooks import source
from autograder.notebooks.files import dumps, grade_id, is_test, libraries, load, nbgrader
from autograder.notebooks.repository import Repository
from autograder.notebooks.restore import parse, restore
from autograder.sandbox.client import Zygote
from autograder.sandbox.remote import Namespace

pytest.importorskip("torch")
RELEASED = "{0}/{0}.ipynb"
FUNCTIONS = [exercise for exercise in EXERCISES.values() if exercise.kind == "A"]


@pytest.fixture(scope="module")
def zygotes(zygote: Zygote) -> Iterator[dict[tuple[str, ...], Zygote]]:
    """By the libraries that a sandbox has."""
    with Zygote(("torch",)) as other:
        yield {(): zygote, ("torch",): other}


def across(zygote: Zygote, text: str, exercise: Any, hidden: bool) -> Any:
    """The verdict on what ``text`` defines, in a sandbox."""
    with zygote.sandbox() as sandbox:
        assert sandbox.run(text, 30) is None
        names = Namespace(sandbox, lambda: 60.0, {})
        return examine(names[exercise.function], exercise.id, hidden=hidden, seed="side")


def here(text: str, exercise: Any, hidden: bool) -> Any:
    """The verdict on it in this process."""
    names: dict[str, Any] = {}
    exec(compile(text, "<here>", "exec"), names)
    return examine(names[exercise.function], exercise.id, hidden=hidden, seed="side")


def mistakes(exercise: Any) -> list[Any]:
    """One of the exercise's mistakes in four, and another four for each exercise. Always K11: what
    shares its memory with an argument does so on both sides of the wall.
    """
    found = in_scope(exercise.id)
    some = found[len(exercise.id) % 4 :: 4]
    return some + [m for m in found if m.id == "K11" and m not in some]


@pytest.mark.parametrize("name", Repository(ROOT).sources())
def test_right_answers_earn_every_point_across_the_sandbox(name: str) -> None:
    master = source.read(ROOT / "solutions" / f"{name}.py")
    released = load(ROOT / "exercises" / name / f"{name}.ipynb")
    notebook = restore(parse(dumps(master).encode()), released)
    with Zygote(libraries(master)) as zygote:
        ran = run(notebook, master, zygote)
    assert (ran.outcome, ran.detail) == ("graded", "")
    for cell in filter(is_test, ran.notebook["cells"]):
        (result,) = [o for o in cell["outputs"] if o["output_type"] == "execute_result"]
        assert float(result["data"]["text/plain"]) == nbgrader(cell)["points"], grade_id(cell)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.id)
def test_catalogued_mistakes_get_the_same_verdict(
    exercise: Any, zygotes: dict[tuple[str, ...], Zygote]
) -> None:
    zygote = zygotes[libraries(load(ROOT / "exercises" / RELEASED.format(exercise.assignment)))]
    for number, mistake in enumerate(mistakes(exercise)):
        text = planted.cell(exercise.function, mistake, exercise.id)
        if text is not None:
            hidden = bool(number % 2)
            assert (
                across(zygote, text, exercise, hidden).as_json()
                == here(text, exercise, hidden).as_json()
            ), mistake.id
