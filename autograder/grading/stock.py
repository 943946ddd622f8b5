"""Judge and sandbox as steps of stock nbgrader: its exporter and its preprocessors, ours.

Knows how nbgrader's Autograde works on a submission: it reads the file, sanitizes the notebook,
writes it to ``autograded/``, reads it again, executes it, saves the scores. No kernel is started.

The tests that run are those in nbgrader's gradebook; the course's own notebook says in which order
its cells stand and what they import and define. ``autograder.plugin`` puts these into a course.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import threading
from dataclasses import fields
from glob import glob
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer

from autograder.grading import executed, gradebook, intake
from autograder.grading.executors import LocalPool, WorkerEnded
from autograder.grading.jobs import Job, Verdict, sentence
from autograder.grading.master import Master
from autograder.grading.settings import SEED_VARIABLE
from autograder.grading.tasks import work
from autograder.notebooks.errors import UsageError
from autograder.notebooks.files import Notebook, dumps, is_test, loads
from autograder.notebooks.restore import restore
from autograder.sandbox.limits import LIMITS, Limits

# Where a notebook's metadata say how it ended: read by ``executed``, by people, by nobody else.
NOTE = "autograder"


class SubmissionExporter(NotebookExporter):
    """nbgrader's reader of notebooks. What is no notebook comes as far as ``RestoreTests``.

    nbgrader's converter makes it once it has found the submissions. Those of which nothing may be
    opened, or nothing is there, are recorded then and taken off nbgrader's list: it would copy what
    a link points to, and wait for a pipe for ever.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, Autograde):
            _settle_what_cannot_run(self.parent)

    def from_file(self, file_stream: Any, resources: Any = None, **kwargs: Any) -> Any:
        """Read a notebook; an empty one where there is none in the file."""
        try:
            notebook = nbformat.read(file_stream, as_version=4)
        except Exception:  # nbformat, JSON and the decoder raise many kinds
            notebook = nbformat.v4.new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **kwargs)


class RestoreTests(NbGraderPreprocessor):
    """The student's text, the course's tests: what the file says of anything else is not asked."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Read the submitted file again, as bytes, and restore it."""
        where = resources["metadata"]
        folder, name = Path(where["path"]), where["name"]
        wanted = f"{name}.ipynb"
        found, cells = intake.opened(intake.look(folder, wanted), wanted)
        master = _master(self, resources)
        restored = restore(cells, master.registered)
        if found.outcome:
            restored["metadata"][NOTE] = {"outcome": found.outcome, "detail": found.detail}
        else:
            restored["metadata"].pop(NOTE, None)
        return nbformat.from_dict(restored), resources


class JudgeFailed(RuntimeError):
    """Our own fault, or the machine's: nbgrader records nothing and names the submission."""


class JudgeTests(NbGraderPreprocessor):
    """Executes a restored notebook as ``autograder grade`` does, in a worker of this process."""

    cell_seconds = Integer(LIMITS.cell_seconds, help="Seconds that one cell may take.").tag(
        config=True
    )
    submission_seconds = Integer(
        LIMITS.submission_seconds, help="Seconds that one notebook may take in all."
    ).tag(config=True)
    memory_mb = Integer(
        LIMITS.memory_mb, help="MB of memory for everything that a notebook starts."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Give every code cell its outputs and note how the notebook ended."""
        notebook: Notebook = json.loads(json.dumps(nb))
        note = notebook["metadata"].get(NOTE)
        if note:
            for cell in notebook["cells"]:
                if is_test(cell):
                    cell["outputs"] = [_not_run(note["detail"])]
            return nbformat.from_dict(notebook), resources
        master = _master(self, resources)
        entry = resources["nbgrader"]
        job = Job(
            entry["student"],
            entry["notebook"],
            dumps(notebook).encode(),
            dumps(master.tests),
            dumps(master.registered),
            os.environ.get(SEED_VARIABLE, ""),
            self._limits(),
        )
        verdict = Verdict.loads(_answer(job.dumps()))
        if not verdict.notebook:
            self.log.error(verdict.log)
            raise JudgeFailed(f"{verdict.outcome}: {verdict.detail}")
        return nbformat.from_dict(loads(verdict.notebook)), resources

    def _limits(self) -> Limits:
        names = {field.name for field in fields(Limits)}
        return Limits(**{name: getattr(self, name) for name in self.trait_names() if name in names})


class RecordOutcome(NbGraderPreprocessor):
    """Puts the outcome where formgrader shows it. After SaveAutoGrades, which empties comments."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Write a comment and the flag, where the notebook did not end as it should."""
        outcome, detail = executed.ended(nb)
        entry = resources["nbgrader"]
        with Gradebook(entry["db_url"]) as book:
            gradebook.write_outcome(
                book.find_submission(entry["assignment"], entry["student"]),
                outcome,
                sentence(outcome, detail),
                was_flagged=False,
                only=entry["notebook"],
            )
            book.db.commit()
        return nb, resources


# What nbgrader's converter must not open ----------------------------------------------------------


def _settle_what_cannot_run(converter: Any) -> None:
    """Record the submissions that are missing or hold links, and take them off the list."""
    course = converter.coursedir
    pattern = course.format_path(
        course.submitted_directory, "(?P<student>.*)", "(?P<assignment>.*)", escape=True
    )
    wanted = course.format_path(course.submitted_directory, course.student_id, course.assignment_id)
    with Gradebook(course.db_url, course.course_id) as book:
        for folder in sorted(glob(wanted)):
            names = re.match(pattern, folder)
            if names is None or names["student"] in course.student_id_exclude.split(","):
                continue
            student, assignment = names["student"], names["assignment"]
            found = _first_trouble(book, Path(folder), assignment)
            if found is None:
                continue
            converter.log.warning("%s %s: %s", student, assignment, found.detail)
            entered = gradebook.enter(book, student, assignment)
            gradebook.write_zeros(entered)
            message = sentence(found.outcome, found.detail)
            gradebook.write_outcome(entered, found.outcome, message, False)
            book.db.commit()
            # What an earlier run left is not what the submission is now.
            stale = course.format_path(course.autograded_directory, student, assignment)
            shutil.rmtree(stale, ignore_errors=True)
            converter.assignments.pop(folder, None)


def _first_trouble(book: Any, folder: Path, assignment: str) -> intake.Intake | None:
    """Why nbgrader must not open the submission; None where it may."""
    try:
        notebooks = [notebook.name for notebook in book.find_assignment(assignment).notebooks]
    except MissingEntry:
        return None  # nbgrader says so itself
    found = [intake.look(folder, f"{name}.ipynb") for name in notebooks]
    for look in found:
        if look.outcome == "rejected":
            return look
    if found and all(look.outcome == "missing" for look in found):
        return found[0]
    return None


# The course's own copy ----------------------------------------------------------------------------


def _master(step: NbGraderPreprocessor, resources: Any) -> Master:
    """The notebook that nbgrader is working on, as the course has it."""
    course = step.parent.parent.coursedir
    entry = resources["nbgrader"]
    assignment, name = entry["assignment"], entry["notebook"]
    for folder in (course.source_directory, course.release_directory):
        path = Path(course.format_path(folder, ".", assignment)) / f"{name}.ipynb"
        if path.is_file():
            break
    else:
        raise UsageError(
            f"the course's own notebook {name} of {assignment} is not there",
            where=str(path),
            do="Put it back as it was when nbgrader generate_assignment ran.",
        )
    with Gradebook(entry["db_url"]) as book:
        return Master.of(book, path, assignment, name)


# Running ------------------------------------------------------------------------------------------


_LOCK = threading.Lock()
_POOL: list[LocalPool] = []


def _answer(job: str) -> str:
    """The verdict's text, from the one worker of this process: started when it is first needed."""
    with _LOCK:
        try:
            return _pool().submit(work, job).result()
        except WorkerEnded:  # killed from outside, say: once more, with a new one
            return _pool().submit(work, job).result()


def _pool() -> LocalPool:
    if not (_POOL and _POOL[0].alive):
        _POOL[:] = [LocalPool(1)]
        atexit.register(_POOL[0].shutdown, cancel_futures=True)
    return _POOL[0]


def _not_run(why: str) -> dict[str, Any]:
    text = f"This cell was not run. {why}"
    return {"output_type": "error", "ename": "NotRun", "evalue": text, "traceback": [text]}
