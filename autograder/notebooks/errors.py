"""Errors written for the person who meets them: what happened, where, and what to do.

Knows how to word them and how to suggest a near name. Does not know who prints them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class Complaint(Exception):
    """Something a person can mend. ``status`` is the exit status of a command that meets it."""

    status = 2

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.do = what, where, do

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"\n  {self.do}" if self.do else "")


class UsageError(Complaint):
    """The command was asked for something that is not there."""


class AuthorError(Complaint):
    """A text source under ``solutions/`` cannot become a notebook."""

    status = 1

    def __init__(self, file: Path | str, line: int, what: str, do: str) -> None:
        super().__init__(what, where=f"{file}:{line}" if line else str(file), do=do)
        self.file, self.line = Path(file), line


def suggestion(name: str, options: Iterable[str]) -> str:
    """A sentence that offers near names, or all of them when none is near and they are few."""
    options = list(options)
    near = difflib.get_close_matches(name, options, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if not options:
        return "There are none yet."
    if len(options) <= 12:
        return f"There are: {', '.join(options)}."
    return f"There are {len(options)}, for example {', '.join(options[:3])}."
