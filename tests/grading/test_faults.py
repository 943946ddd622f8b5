"""What the machine does to a run: a second one finishes it, with the scores of an undisturbed one.

The class is graded by ``stub``, which takes no time, in processes that are killed for real.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stub
import tiny
from tiny import NAME, RIGHT

from autograder.grading import gradebook, run
from autograder.grading.course import Course
from autograder.grading.executors import LocalPool
from autograder.grading.jobs import Result
from autograder.notebooks.errors import UsageError

pytestmark = pytest.mark.slow

CALLS = 900_000  # a whole run makes nearly twice as many, a sixth of them before the first result
STUDENTS = [f"student-{number:02}" for number in range(24)]
ENTRIES = (
    "SELECT s.student_id, b.name, g.auto_score, g.manual_score, g.needs_manual_grade, n.flagged"
    " FROM grade g JOIN base_cell b ON g.cell_id = b.id"
    " JOIN submitted_notebook n ON g.notebook_id = n.id"
    " JOIN submitted_assignment s ON n.assignment_id = s.id ORDER BY 1, 2",
    "SELECT s.student_id, b.name, c.auto_comment, c.manual_comment"
    " FROM comment c JOIN base_cell b ON c.cell_id = b.id"
    " JOIN submitted_notebook n ON c.notebook_id = n.id"
    " JOIN submitted_assignment s ON n.assignment_id = s.id ORDER BY 1, 2",
)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class that has handed in and was not graded yet. Copy it."""
    made = tiny.course(tmp_path_factory.mktemp("faults"))
    for student in STUDENTS:
        tiny.hand_in(made, student, tiny.notebook(made, **RIGHT))
    return made


@pytest.fixture(autouse=True)
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Jobs go to ``stub``; the file that notes them."""
    monkeypatch.setattr(run, "work", stub.work)
    monkeypatch.setattr(run, "probe", stub.probe)
    monkeypatch.setenv("PYTHONPATH", str(Path(stub.__file__).parent))
    monkeypatch.setenv(stub.LOG, str(tmp_path / "begun"))
    (tmp_path / "begun").touch()
    return tmp_path / "begun"


def copied(pristine: Course, folder: Path) -> Course:
    shutil.copytree(pristine.root, folder)
    return Course(folder.resolve())


def recorded(course: Course) -> list[object]:
    """All that a run leaves, but for times: the gradebook's entries, the notebooks, the ledger."""
    with sqlite3.connect(course.gradebook) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        entries = [database.execute(query).fetchall() for query in ENTRIES]
    folder = course.root / "autograded"
    notebooks = {path.relative_to(folder): path.read_text() for path in folder.rglob("*.*")}
    results = [
        {**json.loads(path.read_text())["result"], "seconds": 0}
        for path in sorted((course.own / "results" / NAME).glob("*.json"))
    ]
    return [entries, notebooks, results]


def settled(course: Course) -> set[str]:
    """The students whose results are in the ledger."""
    results = (course.own / "results" / NAME).glob("*.json")
    return {json.loads(path.read_text())["result"]["student"] for path in results}


@pytest.fixture(scope="module")
def undisturbed(pristine: Course, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What a run leaves that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    os.environ[stub.LOG] = str(folder / "begun")
    course = copied(pristine, folder / "course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "work", stub.work)
        patch.setattr(run, "probe", stub.probe)
        tiny.grade(course, STUDENTS)
    return recorded(course)


def die_after(calls: int) -> None:
    """Kill this process before or after so many calls of any function, C's own included."""
    left = calls

    def count(*event: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


def complete(course: Course) -> list[Result]:
    results = tiny.grade(course, STUDENTS)
    assert {result.outcome for result in results} == {"graded"}
    return results


def test_a_coordinator_killed_at_any_moment_loses_nothing(
    pristine: Course, undisturbed: list[object], tmp_path: Path, stubbed: Path
) -> None:
    with gradebook.opened(pristine):
        pass  # imports nbgrader here, once, and not in each of the processes below
    when, kills, rounds = random.Random(0), 0, 0
    while kills < 45:
        rounds += 1
        course = copied(pristine, tmp_path / f"round-{rounds}")
        finished = False
        while not finished:
            before = settled(course)
            stubbed.write_text("")
            calls = when.randrange(CALLS)
            child = os.fork()
            if child == 0:
                try:
                    die_after(calls)
                    tiny.grade(course, STUDENTS)
                finally:
                    os._exit(0)
            _, status = os.waitpid(child, 0)
            finished = not os.WIFSIGNALED(status)
            kills += not finished
            assert before.isdisjoint(stubbed.read_text().split())
        assert recorded(course) == undisturbed


def test_workers_killed_at_random_moments_lose_nothing(
    pristine: Course, undisturbed: list[object], tmp_path: Path
) -> None:
    course = copied(pristine, tmp_path / "course")
    when, kills = random.Random(1), 0

    def kill(step: run.Step) -> None:
        nonlocal kills
        nursery = pool._nursery.pid
        children = Path(f"/proc/{nursery}/task/{nursery}/children").read_text().split()
        if children and when.random() < 0.7:
            os.kill(int(when.choice(children)), signal.SIGKILL)
            kills += 1

    while kills < 12:
        with LocalPool(2) as pool:
            tiny.grade(course, STUDENTS, pool, force=True, progress=kill)
    complete(course)
    assert recorded(course) == undisturbed


def test_a_locked_gradebook_is_waited_for_and_else_taken_up_again(
    pristine: Course, undisturbed: list[object], tmp_path: Path
) -> None:
    course = copied(pristine, tmp_path / "course")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = 'sqlite:///{course.gradebook}?timeout=0.2'\n")
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    some = STUDENTS[:3]
    for result in tiny.grade(course, some):
        assert result.outcome == "failed-internally"
        assert "database is locked" in result.message
    other.execute("COMMIT")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UsageError, match="locked"):
        tiny.grade(course, some)
    other.execute("COMMIT")
    other.close()
    complete(course)
    assert recorded(course) == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount one")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "small", str(folder)])
    if mounted.returncode:
        pytest.skip("this machine does not let us mount one")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_nothing(
    pristine: Course, undisturbed: list[object], small_disk: Path
) -> None:
    course = copied(pristine, small_disk / "course")
    rest = shutil.disk_usage(small_disk).free - 250_000
    (small_disk / "filler").write_bytes(b"x" * rest)
    outcomes = [result.outcome for result in tiny.grade(course, STUDENTS)]
    assert "failed-internally" in outcomes
    assert "graded" in outcomes
    (small_disk / "filler").unlink()
    complete(course)
    assert recorded(course) == undisturbed


def test_a_second_coordinator_is_kept_out(pristine: Course, tmp_path: Path) -> None:
    course = copied(pristine, tmp_path / "course")
    with run._alone(course), pytest.raises(UsageError, match="another process"):
        tiny.grade(course, STUDENTS)
