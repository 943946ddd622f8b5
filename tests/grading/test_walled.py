"""The engine on whole notebooks: what is earned, what a bad cell costs, and how it ends."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import executed
from autograder.grading.walled import JudgeFault, Run, run
from autograder.notebooks import source
from autograder.notebooks.files import grade_id, is_answer, is_test, load
from autograder.notebooks.restore import parse, restore
from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import Limits

pytest.importorskip("torch")
NAME = "01-window"


@pytest.fixture(scope="module")
def grade(zygote: Zygote, root: Path) -> Callable[..., Run]:
    master = source.read(root / "solutions" / f"{NAME}.py")
    released = load(root / "exercises" / NAME / f"{NAME}.ipynb")

    def graded(limits: Limits = Limits(cell_seconds=2), **answers: str) -> Run:
        cells = copy.deepcopy(master["cells"])
        for cell in cells:
            if is_answer(cell):
                cell["source"] = answers.get(grade_id(cell), cell["source"])
        if "stray" in answers:
            stray = {"cell_type": "code", "source": answers["stray"], "metadata": {}}
            cells.insert(1, stray)
        data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        restored = restore(parse(json.dumps(data).encode()), released)
        return run(restored, master, zygote, limits)

    return graded


def points(result: Run) -> dict[str, float]:
    return {
        executed.of(cell).exercise: sum(
            float(output["data"]["text/plain"])
            for output in cell["outputs"]
            if output["output_type"] == "execute_result"
        )
        for cell in result.notebook["cells"]
        if is_test(cell)
    }


FULL = {
    "conv_output_size": 2.0,
    "by_hand": 1.0,
    "cross_correlate2d": 4.0,
    "cross_correlate2d.stride": 2.0,
    "convolve2d": 2.0,
}


def test_right_answers_earn_everything(grade: Any) -> None:
    result = grade()
    assert (result.outcome, result.detail, points(result)) == ("graded", "", FULL)


def test_stubs_earn_nothing_and_say_so(grade: Any, root: Path) -> None:
    stub = "def {0}(*args, **kwargs):\n    raise NotImplementedError()"
    names = ("conv_output_size", "by_hand", "cross_correlate2d", "convolve2d")
    result = grade(**{name: stub.format(name) for name in names})
    assert set(points(result).values()) == {0.0}
    tests = [executed.of(cell) for cell in result.notebook["cells"] if is_test(cell)]
    assert all("not attempted" in test.message for test in tests)


BAD = {
    "hangs": ("while True: pass", "timed-out"),
    "hangs and will not be interrupted": (
        "while True:\n        try:\n            while 1: pass\n        except BaseException: pass",
        "timed-out",
    ),
    "ends the process": ("import os; os._exit(0)", "died"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "died"),
    "floods": ("print('x' * 10**8)", "too-much-output"),
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_function_costs_its_own_points_only(grade: Any, how: str) -> None:
    body, outcome = BAD[how]
    result = grade(conv_output_size=f"def conv_output_size(*args, **kwargs):\n    {body}")
    assert result.outcome == outcome
    assert points(result) == {**FULL, "conv_output_size": 0.0}


@pytest.mark.parametrize(
    "stray",
    [
        "input('name?')",
        "%reset -f",
        "!ls",
        "import warnings; warnings.warn('careful')",
        "import sys; print('log', file=sys.stderr)",
        "1 / 0",
        "raise SystemExit",
        "exit()",
        "import torch, scipy.signal",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
    ],
)
def test_honest_accidents_cost_nothing(grade: Any, stray: str) -> None:
    result = grade(stray=stray)
    assert (result.outcome, result.detail, points(result)) == ("graded", "", FULL)


def test_a_stray_cell_that_hangs_costs_no_answer(grade: Any) -> None:
    result = grade(stray="while True: pass")
    assert (result.outcome, points(result)) == ("timed-out", FULL)


def test_hidden_tests_never_enter_the_sandbox(grade: Any) -> None:
    look = """
import gc
held = (text for thing in gc.get_objects() for text in gc.get_referents(thing))
found = [text for text in held if type(text) is str and chr(72) + "IDDEN T" in text]
print("seen", len(found), [name for name in globals() if name.startswith("In")])
"""
    result = grade(stray=look)
    text = json.dumps([cell.get("outputs") for cell in result.notebook["cells"]])
    assert re.search(r"seen 0 \[\]", text)


def test_the_students_own_lines_of_an_exception_are_shown(grade: Any) -> None:
    text = "def conv_output_size(*args, **kwargs):\n    helper = 0\n    return 1 // helper"
    result = grade(conv_output_size=text)
    (number, cell), *_ = [
        (number, cell)
        for number, cell in enumerate(result.notebook["cells"], start=1)
        if grade_id(cell) == "conv_output_size"
    ]
    test = next(c for c in result.notebook["cells"] if grade_id(c) == "test-conv_output_size")
    shown = "".join(o["text"] for o in test["outputs"] if o["output_type"] == "stream")
    assert f"cell {number}, line 3, in conv_output_size\n    return 1 // helper\n" in shown
    assert "ZeroDivisionError" in shown
    assert str(Path(__file__).parents[2]) not in json.dumps(cell) + shown


def test_a_fault_of_our_checks_is_not_the_students(
    grade: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagree(*args: Any) -> Any:
        raise AssertionError("torch and the reference disagree")

    monkeypatch.setattr("autograder.checks.judge.difference", disagree)
    with pytest.raises(JudgeFault, match="disagree"):
        grade()


def test_time_that_runs_out_between_two_cells_is_told(grade: Any) -> None:
    result = grade(limits=Limits(submission_seconds=0))
    assert result.outcome == "timed-out"
    assert "the 0 seconds of the whole notebook were used up" in result.detail
    assert set(points(result).values()) == {0.0}
