"""What a worker does: one job, from its text to its verdict's. Keeps warm what jobs have in common.

``work`` is the whole seam between the coordinator and those who judge. It depends on nothing but
its argument, so any ``concurrent.futures.Executor`` may call it, in any process on any machine
that has this package. Reads no file of a course and no gradebook.
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
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.examine import HIDDEN, PARITY
from autograder.grading import executed, kept
from autograder.grading.intake import Intake, opened
from autograder.grading.jobs import Job, Verdict
from autograder.grading.scores import settle
from autograder.grading.settings import SEED_VARIABLE
from autograder.grading.walled import Run, run
from autograder.notebooks.files import Notebook, dumps, is_test, libraries, loads
from autograder.notebooks.restore import restore
from autograder.sandbox.client import Ended, SandboxUnavailable, Zygote

# Seconds beyond a submission's limit after which a worker takes itself for stuck, and ends.
STUCK = 300

# For each set of libraries that sandboxes may have, with walls or without: where they come from.
_zygotes: dict[tuple[tuple[str, ...], bool], Zygote] = {}


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


def probe(walls: str) -> str:
    """Why there can be no sandbox here; empty where there can. ``walls`` is empty for none."""
    try:
        with _zygote((), bool(walls)).sandbox() as sandbox:
            sandbox.run("pass", 10)
    except (SandboxUnavailable, Ended, OSError) as error:
        return str(error) or type(error).__name__
    return ""


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


def warm(
    sets: Iterable[Iterable[str]], walls: bool, assignments: Iterable[str] = (), seed: str = ""
) -> None:
    """Start zygotes now rather than at the first job; load torch if jobs will need it.

    sets         the libraries that sandboxes may have: one zygote for each set
    assignments  what jobs will be about; torch is needed where the answers to one are not kept yet
    """
    for wanted in sets:
        _zygote(tuple(wanted), walls)
    if not all(kept.is_kept(name) for name in _answered(assignments, seed)):
        _load_torch()
    for zygote in _zygotes.values():
        with contextlib.suppress(SandboxUnavailable):  # said when one is asked for a sandbox
            zygote.ready()


def _answered(assignments: Iterable[str], seed: str) -> Iterator[str]:
    # The names of all sets of cases that have a judge.
    for exercise in EXERCISES.values():
        if exercise.assignment in assignments and exercise.family is not None:
            yield HIDDEN.format(exercise.id, seed)
            if exercise.family.torch:
                yield PARITY.format(exercise.id)


@contextlib.contextmanager
def _keeping() -> Iterator[None]:
    def keep(name: str, judge: Callable[[], Oracle]) -> AbstractContextManager[Oracle]:
        def loaded() -> Oracle:
            _load_torch()
            return judge()

        return kept.keep(name, loaded)

    token = KEEP.set(keep)
    try:
        yield
    finally:
        KEEP.reset(token)


def _run(notebook: Notebook, source: Notebook, job: Job) -> Run:
    wanted = libraries(source)
    try:
        return run(notebook, source, _zygote(wanted, job.walls), job.limits)
    except (OSError, SandboxUnavailable):
        # Its zygote may have gone down, with every sandbox of it: try once with a new one. The old
        # one is not closed here: other workers may share it.
        del _zygotes[wanted, job.walls]
        return run(notebook, source, _zygote(wanted, job.walls), job.limits)


def _zygote(wanted: tuple[str, ...], walls: bool) -> Zygote:
    if (wanted, walls) not in _zygotes:
        _zygotes[wanted, walls] = Zygote(wanted, walls)
    return _zygotes[wanted, walls]


@cache
def _load_torch() -> None:
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)


@lru_cache(maxsize=64)
def _master(text: str) -> Notebook:
    return loads(text)
