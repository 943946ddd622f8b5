"""Opens what a student handed in, without following it anywhere.

Knows folders, links and near misses of file names. Does not run anything and does not write.
"""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.course import Course
from autograder.notebooks.files import Cell
from autograder.notebooks.restore import MAX_BYTES, Unreadable, parse

MAX_FILES = 10_000


@dataclass(frozen=True)
class Intake:
    """A submission as found.

    ``outcome`` is empty when all is well. ``data`` is the notebook file's bytes, None when there is
    nothing to run. ``stamp`` is the text of timestamp.txt.
    """

    outcome: str = ""
    detail: str = ""
    data: bytes | None = None
    stamp: str = ""


def take(course: Course, student: str, assignment: str) -> Intake:
    """Look at one submission. Never raises for anything that a student can hand in."""
    return look(course.submission(student, assignment), f"{assignment}.ipynb")


def look(folder: Path, wanted: str) -> Intake:
    """Look at the notebook ``wanted`` in a submission's folder, STUDENT/ASSIGNMENT."""
    if folder.parent.is_symlink() or folder.is_symlink():
        return Intake("rejected", "The folder itself is a link.")
    if not folder.is_dir():
        return Intake("missing", f"{folder.name} is a file, not a folder.")
    try:
        files, refused = _walk(folder)
    except OSError as error:
        return Intake("unreadable", f"The folder cannot be read: {error.strerror}.")

    trouble = f"Not followed: {_names(sorted(refused)[:5])}." if refused else ""
    if wanted in refused:
        return Intake("rejected", trouble)
    if wanted not in files:
        return Intake("missing", " ".join(filter(None, [_near_misses(wanted, files), trouble])))

    stamp = _stamp(folder) if "timestamp.txt" in files else ""
    try:
        data = _read(folder / wanted, MAX_BYTES + 1)
    except OSError as error:
        return Intake("unreadable", f"{wanted} cannot be opened: {error.strerror}.", stamp=stamp)
    return Intake("rejected" if refused else "", trouble, data, stamp)


def opened(found: Intake, wanted: str) -> tuple[Intake, list[Cell]]:
    """What was found, and the notebook's cells: none where there are none to be read."""
    if found.data is None:
        return found, []
    try:
        return found, parse(found.data)
    except Unreadable as error:
        return Intake("unreadable", f"{wanted}: {error}.", found.data, found.stamp), []


def _walk(folder: Path) -> tuple[set[str], set[str]]:
    """Names relative to ``folder``: plain files, and what is neither file nor folder."""
    files: set[str] = set()
    refused: set[str] = set()
    pending = [folder]
    while pending and len(files) + len(refused) < MAX_FILES:
        for entry in os.scandir(pending.pop()):
            name = os.path.relpath(entry.path, folder)
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                files.add(name)
            else:
                refused.add(name)
    return files, refused


def _read(path: Path, at_most: int) -> bytes:
    """The file's bytes. Opened so that a link or a pipe put there meanwhile is not followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no plain file")
        return file.read(at_most)


def _stamp(folder: Path) -> str:
    try:
        return _read(folder / "timestamp.txt", 200).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _near_misses(wanted: str, files: set[str]) -> str:
    """Names what the student may have meant: a copy, another spelling, a notebook in a folder."""
    notebooks = sorted(name for name in files if name.lower().endswith(".ipynb"))
    notebooks = [name for name in notebooks if ".ipynb_checkpoints" not in name]
    near = difflib.get_close_matches(wanted, notebooks, n=3, cutoff=0.5) or notebooks[:3]
    if near:
        return f"Expected {wanted}; found {_names(near)}."
    return f"Expected {wanted}; found no notebook at all."


def _names(found: list[str]) -> str:
    # Names are anything that a file system takes; what a terminal would obey is not shown.
    return ", ".join("".join(c if c.isprintable() else "\ufffd" for c in name) for name in found)
