"""The first engine: nbgrader's own autograde, in process, with a plain Jupyter kernel.

Knows nbgrader's converter. Offers no protection from what it runs: the kernel can read what its
user can. nbgrader's converter writes the gradebook and ``autograded/`` itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.grading import executed
from autograder.grading.course import Course
from autograder.grading.jobs import Job, Verdict
from autograder.grading.settings import SEED_VARIABLE
from autograder.notebooks import nbgrader
from autograder.notebooks.files import load

LOCKED_TRIES = 3


class EngineError(Exception):
    """nbgrader gave up on a submission; ``log`` is what it said."""

    def __init__(self, reason: str, log: str) -> None:
        super().__init__(reason, log)
        self.reason, self.log = reason, log

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class PlainEngine:
    """Grades into the gradebook of the course folder ``root``, by way of a ``scratch`` folder."""

    root: Path
    scratch: Path

    def grade(self, job: Job) -> Verdict:
        """Stage the notebook, let nbgrader autograde it, and read what came of it."""
        course = Course(self.root)
        started = time.monotonic()
        # One thread each: workers run side by side, and sums come out the same.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
        os.environ[SEED_VARIABLE] = job.seed
        with tempfile.TemporaryDirectory(dir=self.scratch) as stage:
            folder = Path(stage) / job.student / job.assignment
            folder.mkdir(parents=True)
            (folder / f"{job.assignment}.ipynb").write_text(job.notebook, encoding="utf-8")
            if _is_timestamp(job.stamp):
                (folder / "timestamp.txt").write_text(job.stamp)
            for attempt in range(1, LOCKED_TRIES + 1):
                result = _autograde(course, Path(stage), job)
                log = result.get("log", "") + result.get("error", "")
                if result["success"] or "OperationalError" not in log or attempt == LOCKED_TRIES:
                    break
                time.sleep(attempt)
        seconds = time.monotonic() - started
        if not result["success"]:
            raise EngineError(_reason(log), log)
        notebook = load(course.autograded_notebook(job.student, job.assignment))
        outcome, detail = executed.ended(notebook)
        detail = f"{detail[0].upper()}{detail[1:]}." if detail else ""
        return Verdict(outcome, detail, executed.mistakes(notebook), seconds)


def _autograde(course: Course, stage: Path, job: Job) -> dict[str, Any]:
    """Run nbgrader's converter on one staged submission. Returns success, log and error."""
    nbgrader.make_ready()
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log, rmtree

    class AutogradeOne(Autograde):
        """nbgrader finds submissions by glob patterns; a student's id may look like one."""

        def init_notebooks(self) -> None:
            folder = self._format_source(job.assignment, job.student)
            found = os.path.join(folder, f"{job.assignment}.ipynb")
            self.assignments = {folder: [found]}

        def init_destination(self, assignment_id: str, student_id: str) -> bool:
            destination = self._format_dest(assignment_id, student_id)
            if os.path.isdir(destination):
                rmtree(destination)
            return True

    config = nbgrader.config(course.root)
    config.CourseDirectory.submitted_directory = str(stage)
    config.CourseDirectory.assignment_id = job.assignment
    config.CourseDirectory.student_id = "*"
    coursedir = CourseDirectory(config=config)
    converter = AutogradeOne(coursedir=coursedir, config=config)
    converter.log.propagate = False
    result: dict[str, Any] = capture_log(converter)
    return result


def _is_timestamp(text: str) -> bool:
    """Whether nbgrader can read it: it stops at one that it cannot."""
    from nbgrader.utils import parse_utc

    try:
        return bool(text) and parse_utc(text) is not None
    except Exception:  # dateutil raises many kinds, and none of them is our concern
        return False


def _reason(log: str) -> str:
    """The last line that names an exception, but for nbgrader's own summary."""
    lines = [
        line.strip()
        for line in log.splitlines()
        if "Error: " in line or ("Exception: " in line and "NbGraderException" not in line)
    ]
    return lines[-1][:300] if lines else "nbgrader gave no reason"


def remove_autograded(course: Course, student: str, assignment: str) -> None:
    """Take away the notebook of an earlier run: it is not what the submission is now."""
    shutil.rmtree(course.autograded_notebook(student, assignment).parent, ignore_errors=True)
