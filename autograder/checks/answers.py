"""The right answers to the calls of a set of cases: asked of a judge, or as one gave them earlier.

Where the same cases are judged again and again, in one grading run after the other, somebody keeps
the answers (``KEEP``), and torch need not be loaded for them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

from autograder.checks.call import Call

Oracle = Callable[[Call], Any]
# The name of a set of cases, and how its judge is come by -> the judge, for as long as the cases
# are made: it is asked for the same calls in the same order each time.
Keeper = Callable[[str, Callable[[], Oracle]], AbstractContextManager[Oracle]]

KEEP: ContextVar[Keeper | None] = ContextVar("keep", default=None)


def answers(name: str, judge: Callable[[], Oracle]) -> AbstractContextManager[Oracle]:
    """The judge of a set of cases, or what was kept of it."""
    keep = KEEP.get()
    return keep(name, judge) if keep else contextlib.nullcontext(judge())
