"""The same submissions get the same verdicts, byte for byte, in any order and by any workers."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading.course import Course
from autograder.grading.create import create
from autograder.grading.demonstration import CLASS, submissions
from autograder.grading.executors import LocalPool
from autograder.grading.jobs import Job, Verdict
from autograder.grading.work import work
from autograder.notebooks import release
from autograder.notebooks.files import dumps, load
from autograder.notebooks.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
NAME = "02-layer"
WARM = [("autograder.grading.tasks", "warm", [[[]], True])]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the demonstration's class hands in, accidents apart: right, wrong, and untouched."""
    course = Course(tmp_path_factory.mktemp("course"))
    checkout = Repository(ROOT)
    create(course.root, checkout, release.sources(checkout, [NAME]), seed="same")
    texts = dumps(load(course.source_notebook(NAME))), dumps(load(course.released_notebook(NAME)))
    ordinary = {student.name for student in CLASS if not student.accident}
    return [
        Job(student, NAME, files[f"{NAME}.ipynb"], *texts, "same").dumps()
        for student, _, files in submissions(course)
        if student in ordinary
    ]


def verdicts(jobs: list[str], workers: int) -> list[Verdict]:
    with LocalPool(workers, WARM) as pool:
        waiting = [pool.submit(work, job) for job in jobs]
        found = [Verdict.loads(future.result()) for future in waiting]
    return [replace(verdict, seconds=0.0, student_seconds=0.0) for verdict in found]


def test_neither_order_nor_workers_nor_hashes_nor_kept_answers_show(
    jobs: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = verdicts(jobs, workers=1)
    assert {verdict.outcome for verdict in one} == {"graded"}
    assert len({verdict.notebook for verdict in one}) == len(jobs)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # torch is asked again
    assert verdicts(jobs[::-1], workers=3)[::-1] == one
