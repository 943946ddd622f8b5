"""What a worker does: one job, from its text to its verdict's. Keeps warm what jobs have in common.

``work`` is the whole seam between the coordinator and those who judge (who name it by ``tasks``).
It depends on nothing but its argument. Reads no file of a course and no gradebook.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache, lru_cache

from autograder.checks.answers import KEEP, Oracle
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.examine import HIDDEN, PARITY, prepare
from autograder.diagnosis.remembered import RECALL
from autograder.grading import executed, kept, zygotes
from autograder.grading.intake import Intake, opened
from autograder.grading.jobs import Job, Verdict
from autograder.grading.scores import settle
from autograder.grading.settings import SEED_VARIABLE
from autograder.grading.walled import Run, run
from autograder.notebooks.files import Notebook, dumps, is_test, loaded, loads
from autograder.notebooks.restore import restore
from autograder.sandbox.client import SandboxUnavailable

# Seconds beyond a submission's limit after which a worker takes itself for stuck, and ends.
STUCK = 300

_shelves: dict[str, kept.Shelf] = {}  # what the catalogue does, by exercise


def work(text: str) -> str:
    """The verdict on a job, both as text. Raises nothing: a fault of our own is a verdict too."""
    job = Job.loads(text)
    started = time.monotonic()
    faulthandler.dump_traceback_later(job.limits.submission_seconds + STUCK, exit=True)
    try:
        verdict = judged(job)
    except Exception as error:
        log = traceback.format_exc()
        reason = f"{type(error).__name__}: {error}".rstrip(": ")[:300]
        verdict = Verdict("failed-internally", f"Reason: {reason}.", log=log)
    finally:
        faulthandler.cancel_dump_traceback_later()
    return verdict.dumps(time.monotonic() - started)


def judged(job: Job) -> Verdict:
    """Open what was handed in, run it, and say what came of it."""
    found, cells = opened(Intake(data=job.data), f"{job.assignment}.ipynb")
    if found.outcome:
        return Verdict(found.outcome, found.detail)
    source, released = _master(job.source), _master(job.released)
    if job.seed:
        os.environ[SEED_VARIABLE] = job.seed
    else:
        os.environ.pop(SEED_VARIABLE, None)
    with _keeping():
        ran = _run(restore(cells, released), source, job)
    for cell in filter(is_test, ran.notebook["cells"]):
        settle(cell)
    detail = f"{ran.detail[0].upper()}{ran.detail[1:]}." if ran.detail else ""
    ran.notebook["metadata"]["autograder"] = {"outcome": ran.outcome, "detail": detail}
    return Verdict(
        ran.outcome,
        detail,
        executed.mistakes(ran.notebook),
        dumps(ran.notebook, brief=True),
        student_seconds=ran.student_seconds,
    )


def warm(assignments: Iterable[str], seed: str) -> None:
    """Make the cases of these assignments now, which every submission is judged by."""
    exercises = [e for e in EXERCISES.values() if e.assignment in assignments and e.family]
    if not all(kept.is_kept(name) for e in exercises for name in _answered(e, seed)):
        _load_torch()
    with _keeping():
        for exercise in exercises:
            _shelf(exercise.id)
            with contextlib.suppress(Exception):  # told when somebody is judged by them
                prepare(exercise, seed or None)


def _answered(exercise: Exercise, seed: str) -> Iterator[str]:
    # The names of its sets of cases that have a judge.
    yield HIDDEN.format(exercise.id, seed)
    if exercise.family is not None and exercise.family.torch:
        yield PARITY.format(exercise.id)


@contextlib.contextmanager
def _keeping() -> Iterator[None]:
    def keep(name: str, judge: Callable[[], Oracle]) -> AbstractContextManager[Oracle]:
        def with_torch() -> Oracle:
            _load_torch()
            return judge()

        return kept.keep(name, with_torch)

    token, other = KEEP.set(keep), RECALL.set(_shelf)
    try:
        yield
    finally:
        KEEP.reset(token)
        RECALL.reset(other)
        for shelf in _shelves.values():
            shelf.keep()


def _shelf(exercise_id: str) -> kept.Shelf:
    if exercise_id not in _shelves:
        _shelves[exercise_id] = kept.Shelf(f"catalogue {exercise_id}")
    return _shelves[exercise_id]


def _run(notebook: Notebook, source: Notebook, job: Job) -> Run:
    wanted = loaded(source, notebook)
    try:
        return run(notebook, source, zygotes.get(wanted, job.walls), job.limits)
    except (OSError, SandboxUnavailable):
        # Its zygote may have gone down, with every sandbox of it: try once with a new one.
        return run(notebook, source, zygotes.another(wanted, job.walls), job.limits)


@cache
def _load_torch() -> None:
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)


@lru_cache(maxsize=64)
def _master(text: str) -> Notebook:
    return loads(text)
