"""How a submission can end. Data for people to edit; code that uses it knows no entry but by name.

Knows the words. Does not decide which outcome a submission has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One way to end.

    ``sentence`` is for the student: what happened, what to do. ``flagged`` asks a person to look.
    ``recorded`` says whether points are in the gradebook.
    """

    name: str
    sentence: str
    flagged: bool = False
    recorded: bool = True


_ALL = (
    Outcome("graded", "Your notebook ran to the end."),
    Outcome(
        "timed-out",
        "A cell did not finish in its time and was stopped. Cells that did answer count. "
        "Look for a loop that does not end.",
    ),
    Outcome(
        "out-of-memory",
        "Your notebook needed more memory than there is for it. Cells that did answer count.",
    ),
    Outcome(
        "out-of-disk",
        "Your notebook wrote more files than there is room for. Cells that did answer count.",
    ),
    Outcome(
        "too-many-processes",
        "Your notebook started more processes than are allowed. Cells that did answer count.",
    ),
    Outcome(
        "too-much-output",
        "Your notebook printed more than is kept. Take out the prints. "
        "Cells that did answer count.",
    ),
    Outcome(
        "died",
        "Python itself ended while your notebook ran (exit(), os._exit or a crash). "
        "The other cells went on in a fresh Python, and count.",
    ),
    Outcome(
        "unreadable",
        "The file that you handed in could not be read as a notebook. Hand it in again.",
        flagged=True,
    ),
    Outcome(
        "missing",
        "The notebook of this assignment is not in what you handed in. "
        "Hand it in under its own name.",
        flagged=True,
    ),
    Outcome(
        "rejected",
        "Your submission holds links or special files, which are not followed. "
        "Hand in plain files.",
        flagged=True,
    ),
    Outcome(
        "failed-internally",
        "The grader itself failed on this submission. That is not your fault, "
        "and nothing was recorded.",
        flagged=True,
        recorded=False,
    ),
)

OUTCOMES: dict[str, Outcome] = {outcome.name: outcome for outcome in _ALL}
