"""Files and names that are not what a grader expects."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile.case import FULL, Case

NAME = "01-window.ipynb"


def put(name: str, write: Callable[[Path, bytes], Any], outcome: str, **more: Any) -> Case:
    """A folder that ``write(folder, notebook)`` fills itself."""
    more = {"solved": True, "ran": False, **more}
    return Case(
        name, put=lambda folder, data: write(folder, data) and None, outcome=outcome, **more
    )


def only(data: bytes) -> Callable[[Path, bytes], Any]:
    """Other bytes in its place."""
    return lambda folder, _: (folder / NAME).write_bytes(data)


def beside(name: str, data: bytes) -> Callable[[Path, bytes], Any]:
    """The notebook, and something beside it."""

    def write(folder: Path, notebook: bytes) -> None:
        (folder / NAME).write_bytes(notebook)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return write


def link(target: str, name: str = NAME, notebook_too: bool = False) -> Callable[[Path, bytes], Any]:
    """A symbolic link."""

    def write(folder: Path, notebook: bytes) -> None:
        if notebook_too:
            (folder / NAME).write_bytes(notebook)
        (folder / name).symlink_to(target.replace("@COURSE@", str(folder.parents[2])))

    return write


def pipe(name: str, notebook_too: bool) -> Callable[[Path, bytes], Any]:
    """A named pipe."""

    def write(folder: Path, notebook: bytes) -> None:
        if notebook_too:
            (folder / NAME).write_bytes(notebook)
        os.mkfifo(folder / name)

    return write


def local_socket(folder: Path, data: bytes) -> None:
    (folder / NAME).write_bytes(data)
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)


def sparse(folder: Path, data: bytes) -> None:
    with (folder / NAME).open("wb") as file:
        file.write(data)
        file.truncate(25_000_000)


def in_folder(inner: str, name: str) -> Callable[[Path, bytes], Any]:
    """The notebook one folder too deep."""

    def write(folder: Path, data: bytes) -> None:
        (folder / inner).mkdir()
        (folder / inner / name).write_bytes(data)

    return write


def renamed(name: str) -> Callable[[Path, bytes], Any]:
    """The notebook under another name."""
    return lambda folder, notebook: (folder / name).write_bytes(notebook)


def many(folder: Path, notebook: bytes) -> None:
    (folder / NAME).write_bytes(notebook)
    for n in range(2000):
        (folder / f"{n}.txt").write_text("x")


def deep(folder: Path, notebook: bytes) -> None:
    (folder / NAME).write_bytes(notebook)
    (folder / "/".join("d" * 200)).mkdir(parents=True)


def stamp(text: bytes) -> Callable[[Path, bytes], Any]:
    return beside("timestamp.txt", text)


def bomb(folder: Path, notebook: bytes) -> None:
    (folder / NAME).write_bytes(notebook)
    (folder / "numpy.py").write_text("open('@CANARY@', 'w').write('run')\n1 / 0\n")
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text("1 / 0\n")
    (folder / "sitecustomize.py").write_text("1 / 0\n")
    (folder / "nbgrader_config.py").write_text("1 / 0\n")
    (folder / "autograder.py").write_text("check = lambda *a, **k: 4.0\n")


def unreadable(folder: Path, notebook: bytes) -> None:
    (folder / NAME).mkdir()


def student(name: str, solved: bool = True) -> Case:
    """A student's id that is the attack. Honest work under it is graded as any other."""
    return Case(f"a student called {name!r}", student=name, solved=solved, score=FULL, ran=True)


CASES: list[Case] = [
    put("an empty file", only(b""), "unreadable", score=0, says="empty"),
    put("white space", only(b" \n\n"), "unreadable", score=0, says="empty"),
    put(
        "a file cut short",
        lambda f, n: (f / NAME).write_bytes(n[: len(n) // 2]),
        "unreadable",
        score=0,
        says="JSON",
    ),
    put(
        "UTF-16",
        lambda f, n: (f / NAME).write_text(n.decode(), encoding="utf-16"),
        "unreadable",
        score=0,
        says="UTF-8",
    ),
    put("Latin-1", only('{"é": 1}'.encode("latin-1")), "unreadable", score=0, says="UTF-8"),
    put("noise", only(bytes(range(256)) * 50), "unreadable", score=0),
    put("a picture", only(b"\x89PNG\r\n\x1a\n" + b"\0" * 100), "unreadable", score=0),
    put("an archive", only(b"PK\x03\x04" + b"\0" * 100), "unreadable", score=0),
    put("a list", only(b"[1, 2, 3]"), "unreadable", score=0, says="no notebook"),
    put("a number", only(b"4"), "unreadable", score=0, says="no notebook"),
    put("NaN", only(b"NaN"), "unreadable", score=0),
    put(
        "nbformat 3",
        lambda f, n: (f / NAME).write_text(
            json.dumps(
                {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
            )
        ),
        "unreadable",
        score=0,
        says="format 3",
    ),
    put(
        "nbformat 5",
        lambda f, n: (f / NAME).write_text(
            json.dumps({"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []})
        ),
        "unreadable",
        score=0,
        says="format 5",
    ),
    put(
        "a version of ten thousand digits",
        only(b'{"nbformat": ' + b"4" * 10_000 + b', "cells": []}'),
        "unreadable",
        score=0,
    ),
    put("no cells", only(b'{"nbformat": 4, "cells": {}}'), "unreadable", score=0, says="cells"),
    put(
        "nested a hundred thousand deep",
        only(b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "unreadable",
        score=0,
        says="nested",
    ),
    put(
        "30 MB of nothing",
        only(b'{"nbformat": 4, "cells": [' + b" " * 30_000_000 + b"]}"),
        "unreadable",
        score=0,
        says="MB",
    ),
    put(
        "a million cells",
        only(b'{"nbformat": 4, "cells": [' + b"{}," * 1_000_000 + b"{}]}"),
        "unreadable",
        score=0,
        says="cells",
    ),
    put("a folder in its place", unreadable, "missing", score=0),
    put(
        "a copy's name",
        renamed("01-window (1).ipynb"),
        "missing",
        score=0,
        says="01-window (1).ipynb",
    ),
    put(
        "another copy's name",
        renamed("01-window-Copy1.ipynb"),
        "missing",
        score=0,
        says="01-window-Copy1.ipynb",
    ),
    put("capital letters", renamed("01-Window.ipynb"), "missing", score=0, says="01-Window.ipynb"),
    put(
        "a name with a terminal's secrets",
        renamed("01-window\x1b[2J\x1b]0;owned\x07.ipynb"),
        "missing",
        score=0,
        says="01-window",
    ),
    put(
        "a name of markup",
        renamed("01-window<script>alert(1)<|script>.ipynb"),
        "missing",
        score=0,
        says="01-window",
    ),
    put(
        "a name that is no UTF-8",
        lambda f, n: Path(os.fsdecode(os.fsencode(f) + b"/01-window\xff\xfe.ipynb")).write_bytes(n),
        "missing",
        score=0,
    ),
    put("nothing at all", lambda f, n: None, "missing", score=0),
    put("a copy beside it", beside("01-window-Copy1.ipynb", b"{}"), "graded", score=FULL),
    put("modules that shadow others", bomb, "graded", score=FULL),
    put("two thousand files", many, "graded", score=FULL),
    put("folders two hundred deep", deep, "graded", score=FULL),
    put(
        "hidden files",
        beside(".ipynb_checkpoints/01-window-checkpoint.ipynb", b"{}"),
        "graded",
        score=FULL,
    ),
    put(
        "a link to the solutions",
        link("@COURSE@/source/01-window/01-window.ipynb"),
        "rejected",
        score=0,
    ),
    put(
        "a link to another student",
        link("../../honest-000/01-window/01-window.ipynb"),
        "rejected",
        score=0,
    ),
    put("a link to a system file", link("/etc/passwd"), "rejected", score=0),
    put("a link to a device", link("/dev/zero"), "rejected", score=0),
    put("a link to itself", link(NAME), "rejected", score=0),
    put("a link to nowhere", link("/nowhere/at/all"), "rejected", score=0),
    put("a link beside it", link("/etc", "data", notebook_too=True), "rejected", score=FULL),
    put("a pipe in its place", pipe(NAME, notebook_too=False), "rejected", score=0),
    put("a pipe beside it", pipe("data", notebook_too=True), "rejected", score=FULL),
    put("a socket beside it", local_socket, "rejected", score=FULL),
    put("a hole of 25 MB behind it", sparse, "unreadable", score=0),
    put("folders that read like markup", in_folder("[", "b] 01-window.ipynb"), "missing", score=0),
    put("letters and their accents apart", renamed("01-wi\u0301ndow.ipynb"), "missing", score=0),
    put("a date long past", stamp(b"1970-01-01 00:00:00.000000 UTC"), "graded", score=FULL),
    put("a date far ahead", stamp(b"9999-12-31 23:59:59.999999 UTC"), "graded", score=FULL),
    put("a date that is none", stamp(b"yesterday"), "graded", score=FULL),
    put("a date of noise", stamp(bytes(range(256))), "graded", score=FULL),
    put("a date of a megabyte", stamp(b"2" * 10**6), "graded", score=FULL),
    put(
        "a date that is a link",
        link("/etc/hostname", "timestamp.txt", notebook_too=True),
        "rejected",
        score=FULL,
    ),
    student("=cmd|' C calc'!A0"),
    student("=1+1"),
    student("@SUM(1+1)*cmd"),
    student("-1+1"),
    student("a*"),
    student("[a-z]"),
    student("ha?"),
    student("a\nb"),
    student("a\x1b[31m"),
    student("\u202egnp.a"),
    student("x,y;z"),
    student("a b  c"),
    student("né ☃ 学生"),
    student("<b>&amp;"),
    student("[bold red]x"),
    student("[]"),
    student("[link=file:a]b"),
    student("é in one piece"),
    student("e\u0301 in one piece"),
    student("CAPITALS"),
    student("capitals"),
    student("~root"),
    student("$(id)`id`"),
    student("{{ 7 * 7 }}"),
    student("a'b\"c;d"),
    student("{student_id}"),
    student("%s%n"),
    student("x" * 120),
]
