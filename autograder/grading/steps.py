"""nbgrader's own steps of autograding, called in process and with a gradebook that is open already.

What they decide, they decide here too: what a cell's output is worth, and when a submission is
late. Runs no notebook.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.notebooks import nbgrader
from autograder.notebooks.files import Notebook, grade_id


def save(book: Any, root: Path, submission: Any, notebook: Notebook) -> None:
    """Put the scores and comments of an executed notebook into the gradebook.

    submission  the gradebook's, which has one notebook of the assignment's name. Manual scores and
                comments stay as they are
    """
    from nbformat import from_dict

    saveautogrades, latesubmissions = map(nbgrader.step, ("saveautogrades", "latesubmissions"))
    assignment, student = submission.assignment.name, submission.student_id
    names = {"notebook": assignment, "assignment": assignment, "student": student, "db_url": ""}
    cells = [cell for cell in notebook["cells"] if grade_id(cell)]
    node, resources = from_dict({**notebook, "cells": cells}), {"nbgrader": names}
    with _lent(book, submission, saveautogrades, latesubmissions):
        config = nbgrader.config(root)
        for step in (saveautogrades.SaveAutoGrades, latesubmissions.AssignLatePenalties):
            step(config=config).preprocess(node, resources)


@contextlib.contextmanager
def _lent(book: Any, submission: Any, *modules: Any) -> Iterator[None]:
    """While this lasts, these modules of nbgrader use ``book`` instead of opening a gradebook.

    They look for one entry at a time and commit after each. Here the entries of ``submission``, the
    only one that they ask for, are read once, and what is written waits for the end of the
    transaction.
    """

    class Lent:
        """Stands for nbgrader's class Gradebook; leaving it does not close what was lent."""

        def __init__(self, url: str) -> None:
            self.db = _Waiting(book.db)

        def __getattr__(self, name: str) -> Any:
            return getattr(book, name)

        def __enter__(self) -> Lent:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def find_submission(self, *names: str) -> Any:
            """The submission."""
            return submission

        def find_submission_notebook(self, name: str, *names: str) -> Any:
            """A notebook of it, with its score as it is by now."""
            found = notebooks[name]
            book.db.flush()
            book.db.expire(found, ["score"])
            return found

        def find_grade(self, cell: str, *names: str) -> Any:
            """The submission's points for a cell."""
            return entries(names[0])["grades", cell]

        def find_comment(self, cell: str, *names: str) -> Any:
            """The submission's comment on a cell."""
            return entries(names[0])["comments", cell]

    notebooks = {notebook.name: notebook for notebook in submission.notebooks}

    @functools.cache
    def entries(name: str) -> dict[tuple[str, str], Any]:
        return {
            (kind, entry.cell.name): entry
            for kind in ("grades", "comments")
            for entry in getattr(notebooks[name], kind)
        }

    owners = [(module, module.Gradebook) for module in modules]
    for module in modules:
        module.Gradebook = Lent
    try:
        yield
    finally:
        for module, own in owners:
            module.Gradebook = own


class _Waiting:
    """A database session of which commits wait for the end of the transaction that is under way."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def commit(self) -> None:
        """Not now."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
