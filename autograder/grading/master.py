"""The course's own copy of a notebook, with the texts that nbgrader's gradebook holds.

Knows the gradebook's entries and the course's file. Students' files are not seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.notebooks.files import Notebook, grade_id, is_answer, load, nbgrader


@dataclass(frozen=True)
class Master:
    """One notebook of the course.

    registered  its cells with the texts that the gradebook holds: stubs, and tests with hidden ones
    tests       the course's own notebook, its tests as in ``registered``
    """

    registered: Notebook
    tests: Notebook

    @classmethod
    def of(cls, book: Any, file: Path, assignment: str, name: str) -> Master:
        """The notebook called ``name``. MissingEntry where the gradebook has none."""
        registered = book.find_notebook(name, assignment)
        cells = {cell.name: cell for cell in registered.source_cells}
        points = {cell.name: float(cell.max_score) for cell in registered.grade_cells}
        notebook = load(file)
        kept, full = [], []
        for cell in notebook["cells"]:
            identity = grade_id(cell)
            entry = cells.get(identity)
            if identity and entry is None:
                continue  # nbgrader has not been told of it, and could record nothing for it
            stub = cell
            if entry is not None:
                claims = {**nbgrader(cell), "locked": entry.locked, "checksum": entry.checksum}
                if identity in points:
                    claims["points"] = points[identity]
                metadata = {**cell["metadata"], "nbgrader": claims}
                stub = {**cell, "source": entry.source, "metadata": metadata}
            kept.append(stub)
            full.append(cell if is_answer(cell) else stub)
        metadata = {
            key: notebook["metadata"][key]
            for key in ("kernelspec", "language_info")
            if key in notebook["metadata"]
        }
        return cls({**notebook, "cells": kept, "metadata": metadata}, {**notebook, "cells": full})
