"""A course of one tiny assignment with checks of its own: quick to run, no torch, no reference."""

import copy
import json
import shutil
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from autograder.grading import create, run, tasks
from autograder.grading.course import Course
from autograder.grading.executors import WorkerEnded
from autograder.grading.jobs import Result
from autograder.notebooks import release
from autograder.notebooks.files import dumps, grade_id, load
from autograder.notebooks.repository import Repository

ROOT = Path(__file__).resolve().parent.parent
NAME = "01-tiny"

SOURCE = '''\
# %% [markdown]
# # Tiny

# %%
import numpy as np
from IPython.display import display

KEY = "application/vnd.autograder.verdict+json"


def check(function, exercise, *, points, hidden=False):
    """Twice or three times, and nothing else. One wrong answer has a name."""
    factor = {"double": 2, "triple": 3}[exercise.partition(".")[0]]
    inputs = (5, 7) if hidden else (1, 3)
    try:
        cases = [(x, function(x) == factor * x) for x in inputs]
        adds = all(function(x) == x + factor for x in inputs)
    except NotImplementedError:
        cases, adds = [(x, False) for x in inputs], None
    passed = all(right for _, right in cases)
    message = "right" if passed else "not attempted yet" if adds is None else "wrong <b>here</b>"
    verdict = {
        "exercise": exercise,
        "passed": passed,
        "fraction": float(passed),
        "mistakes": ["F01"] if adds else [],
        "message": message,
        "diagnosis": "",
        "cases": [{"name": f"x = {x}", "passed": p, "message": ""} for x, p in cases],
    }
    display({"text/plain": message, "text/html": message, KEY: verdict}, raw=True)
    score = points * float(passed)
    return np.float64(score) if exercise.endswith(".numpy") else score

# %% solution="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return 2 * x
    ### END SOLUTION

# %% test="double" points=4
check(double, "double", points=4)
### BEGIN HIDDEN TESTS
check(double, "double", hidden=True, points=4)
### END HIDDEN TESTS

# %% solution="triple"
def triple(x):
    """Three times x."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return 3 * x
    ### END SOLUTION

# %% test="triple" points=2
check(triple, "triple", points=2)

# %% test="triple.numpy" points=1
check(triple, "triple.numpy", points=1)
'''

RIGHT = {"double": "def double(x):\n    return x + x", "triple": "def triple(x):\n    return 3 * x"}
FULL = 7.0


def repository(folder: Path) -> Repository:
    """A checkout with the tiny assignment and this project's nbgrader_config.py."""
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions" / f"{NAME}.py").write_text(SOURCE)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return Repository(folder)


def course(folder: Path, settings: str = "", database: str = "") -> Course:
    """A course folder of it. ``settings`` are appended to its nbgrader_config.py."""
    checkout = repository(folder / "checkout")
    create.create(folder / "course", checkout, release.sources(checkout), database=database)
    made = Course((folder / "course").resolve())
    with (made.root / "nbgrader_config.py").open("a") as file:
        file.write(settings)
    return made


def notebook(made: Course, **answers: str) -> dict[str, Any]:
    """The released notebook with these answers in it."""
    filled = copy.deepcopy(load(made.released_notebook(NAME)))
    for cell in filled["cells"]:
        if grade_id(cell) in answers:
            cell["source"] = answers[grade_id(cell)]
    return filled


def hand_in(made: Course, student: str, content: dict[str, Any] | str | bytes) -> Path:
    """Put a notebook under submitted/ and return its path."""
    path = made.submission(student, NAME) / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """A code cell of the student's own."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "mine",
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def index(content: dict[str, Any], name: str) -> int:
    """Where the cell of this grade_id is."""
    return next(n for n, cell in enumerate(content["cells"]) if grade_id(cell) == name)


class InProcess(Executor):
    """Runs a job where it is submitted: this process has a zygote after the first."""

    def submit(self, function: Any, /, *arguments: Any) -> Future[str]:  # type: ignore[override]
        """Run it now."""
        future: Future[str] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class Dropping(InProcess):
    """Loses the jobs of one student, so many times, as if their worker had been killed."""

    def __init__(self, student: str, times: int) -> None:
        self.student, self.times = student, times

    def submit(self, function: Any, /, *arguments: Any) -> Future[str]:  # type: ignore[override]
        """Run it now, or lose it."""
        if f'"student": "{self.student}"' in arguments[0] and self.times:
            self.times -= 1
            lost: Future[str] = Future()
            lost.set_exception(WorkerEnded("the worker process ended"))
            return lost
        return super().submit(function, *arguments)


class Broken(InProcess):
    """Fails on every job, as our own machinery might."""

    def submit(self, function: Any, /, *arguments: Any) -> Future[str]:  # type: ignore[override]
        """Fail."""
        if function is not tasks.work:
            return super().submit(function, *arguments)
        future: Future[str] = Future()
        future.set_exception(OSError(28, "No space left on device"))
        return future


def grade(
    made: Course, students: list[str], executor: Executor | None = None, **options: Any
) -> list[Result]:
    """Grade them, in this process unless there is another executor."""
    return run.grade(made, [NAME], students, executor or InProcess(), **options)


def results(path: Path) -> dict[str, dict[str, Any]]:
    """A grade --json file by student."""
    return {entry["student"]: entry for entry in json.loads(path.read_text())}
