"""Notebooks whose cells are not where or what they were, by accident or on purpose."""

import copy
import json
from collections.abc import Callable
from typing import Any

from hostile.case import FULL, OTHERS, TARGET, Case

Notebook = dict[str, Any]
FORGED = "print('4.0')\n4.0"


def name_of(cell: Any) -> str:
    """A cell's grade_id."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def tests(notebook: Notebook) -> list[Any]:
    """The graded cells."""
    return [cell for cell in notebook["cells"] if name_of(cell).startswith("test-")]


def changed(name: str, change: Callable[[Notebook], Any], **more: Any) -> list[Case]:
    """The same change to a right submission, which loses nothing, and to one that earns nothing."""

    def made(notebook: Notebook) -> Any:
        given = change(notebook)
        return notebook if given is None else given

    more.setdefault("ran", False)
    return [
        Case(f"{name}: an accident", solved=True, score=FULL, change=made, **more),
        Case(f"{name}: an attack", change=made, **more),
    ]


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code", "execution_count": None, "id": "x", "metadata": metadata,
        "outputs": [], "source": source,
    }  # fmt: skip


def deleted(notebook: Notebook) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in tests(notebook)]


def edited(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["source"] = FORGED


def moved(notebook: Notebook) -> None:
    found = tests(notebook)
    notebook["cells"] = found + [cell for cell in notebook["cells"] if cell not in found]


def doubled(notebook: Notebook) -> None:
    notebook["cells"] += [copy.deepcopy(cell) for cell in tests(notebook) for _ in range(3)]


def doubled_and_edited(notebook: Notebook) -> None:
    for cell in tests(notebook):
        notebook["cells"].append({**copy.deepcopy(cell), "source": FORGED})


def markdown(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["cell_type"] = "markdown"


def every(**metadata: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            cell["metadata"].update(copy.deepcopy(metadata))

    return change


def nbgrader(**fields: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for cell in tests(notebook):
            cell["metadata"]["nbgrader"].update(fields)

    return change


def answers_and_tests(**fields: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            if name_of(cell):
                cell["metadata"]["nbgrader"].update(fields)

    return change


def outputs(*found: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = list(copy.deepcopy(found))

    return change


def stored(notebook: Notebook, size: int) -> Notebook:
    """Output of so many bytes in one cell."""
    text = ("x" * 99 + "\n") * (size // 100)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    return notebook


def same_ids(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["id"] = "same"


def scripts(notebook: Notebook) -> None:
    evil = "<script>alert('@TOKEN@')</script><img src=x onerror=\"alert('@TOKEN@')\">[x](javascript:alert(1))"
    notebook["cells"].append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": evil})
    notebook["cells"].append(
        code(f"from IPython.display import HTML, Javascript\nprint({evil!r})\nHTML({evil!r})")
    )
    notebook["cells"].append(code(f"raise ValueError({evil!r})"))
    notebook["metadata"]["title"] = evil


def text(change: Callable[[str], str]) -> Callable[[Notebook], str]:
    return lambda notebook: change(json.dumps(notebook))


RESULT = {
    "output_type": "execute_result", "execution_count": 1, "metadata": {},
    "data": {"text/plain": "100.0", "application/vnd.autograder.verdict+json": {"passed": True}},
}  # fmt: skip

CASES: list[Case] = [
    *changed("tests deleted", deleted),
    *changed("tests edited", edited),
    *changed("tests moved to the top", moved),
    *changed("tests doubled", doubled),
    *changed("tests doubled and edited", doubled_and_edited),
    *changed("tests turned to markdown", markdown),
    *changed("cells tagged skip-execution", every(tags=["skip-execution", "raises-exception"])),
    *changed("cells tagged as parameters", every(tags=["parameters", "hide_cell", "remove_input"])),
    *changed("more points claimed", nbgrader(points=1000)),
    *changed("negative points claimed", nbgrader(points=-5)),
    *changed("points that are no number", nbgrader(points="NaN")),
    *changed("tests claimed to be solutions", nbgrader(solution=True, grade=False, locked=False)),
    *changed("tests claimed to be tasks", nbgrader(task=True, grade=False)),
    *changed("an old schema claimed", answers_and_tests(schema_version=1)),
    *changed("a new schema claimed", answers_and_tests(schema_version=99)),
    *changed("a schema that is no number", answers_and_tests(schema_version={"a": [1]})),
    *changed("checksums that are wrong", answers_and_tests(checksum="0" * 32)),
    *changed("unknown nbgrader fields", answers_and_tests(cell_type="raw", extra={"deep": [1]})),
    *changed(
        "metadata with strange things in it",
        every(nested={"a": [None, {"b": "<b>"}]}, collapsed="no"),
    ),
    *changed("cell ids all the same", same_ids),
    *changed("outputs that say full points", outputs(RESULT)),
    *changed(
        "outputs of the wrong shape", outputs(1, None, "x", {"output_type": 5}, {"data": []}, [[]])
    ),
    Case(
        "60 MB of stored output",
        solved=True,
        change=lambda n: stored(n, 60_000_000),
        outcome="unreadable",
        says="clear the outputs",
        ran=False,
    ),
    Case(
        "15 MB of stored output",
        solved=True,
        change=lambda n: stored(n, 15_000_000),
        score=FULL,
    ),
    *changed("scripts everywhere", scripts),
    *changed(
        "an unknown kernel",
        lambda n: n["metadata"].update(kernelspec={"name": "../../bash", "display_name": "<b>"}),
    ),
    *changed("no kernel", lambda n: n["metadata"].clear()),
    *changed("metadata of the wrong type", lambda n: n.update(metadata=[1, "x"])),
    *changed("a newer minor version", lambda n: n.update(nbformat_minor=99)),
    *changed("an older minor version", lambda n: n.update(nbformat_minor=0)),
    *changed("a version that is no number", lambda n: n.update(nbformat_minor="five")),
    *changed(
        "sources in lists of lines",
        lambda n: [c.update(source=c["source"].splitlines(True)) for c in n["cells"]] and None,
    ),
    *changed(
        "cells that are none",
        lambda n: n["cells"].extend(
            [1, None, "cell", [], {}, {"cell_type": "code"}, {"cell_type": "code", "source": 5}]
        ),
    ),
    *changed(
        "cells of an unknown type",
        lambda n: n["cells"].extend([{"cell_type": "heading", "source": "x", "metadata": {}}]),
    ),
    *changed(
        "lone surrogates", text(lambda t: t.replace('"# 1 ', '"\\ud800\\udfff \\udc80 # 1 ', 1))
    ),
    *changed("a byte order mark", lambda n: b"\xef\xbb\xbf" + json.dumps(n).encode()),
    *changed(
        "metadata nested five hundred deep",
        text(
            lambda t: t.replace(
                '"metadata": {}', '"metadata": {"x": ' + "[" * 500 + "]" * 500 + "}", 1
            )
        ),
    ),
    *changed(
        "a cell of the notebook nested in itself",
        lambda n: n["cells"][0]["metadata"].update(
            nbgrader={"grade_id": copy.deepcopy(n["cells"][0])}
        ),
    ),
    *changed(
        "widgets and attachments",
        lambda n: n["metadata"].update(
            widgets={"application/vnd.jupyter.widget-state+json": {"state": {"x": "<script>"}}}
        ),
    ),
    *changed("keys given twice", text(lambda t: t[:-1] + ', "nbformat": 4, "nbformat": 4}')),
    *changed("%reset in a cell", lambda n: n["cells"].insert(0, code("%reset -f"))),
    *changed("a shell command", lambda n: n["cells"].insert(1, code("!touch /tmp/x\n%cd /"))),
    *changed("input() in a cell", lambda n: n["cells"].insert(1, code("input('your name?')"))),
    *changed(
        "a warning in a cell",
        lambda n: n["cells"].insert(
            1, code("import warnings, logging\nwarnings.warn('x')\nlogging.error('x')")
        ),
    ),
    *changed(
        "a syntax error in a cell", lambda n: n["cells"].insert(1, code("def broken(:\n  pass"))
    ),
    *changed(
        "brackets ten thousand deep",
        lambda n: n["cells"].insert(1, code("x = " + "(" * 10_000 + ")" * 10_000)),
    ),
    *changed("null characters in a cell", lambda n: n["cells"].insert(1, code("x = 1\0"))),
    *changed(
        "a cell of fifteen thousand lines", lambda n: n["cells"].insert(1, code("x = 1\n" * 15_000))
    ),
    *changed(
        "an empty cell of every kind",
        lambda n: n["cells"].extend(
            [code(""), code("\n \n"), code("# only"), code("%%html\n<script>alert(1)</script>")]
        ),
    ),
    Case(
        "an answer that is gone is an answer not given",
        solved=True,
        score=OTHERS,
        change=lambda n: {**n, "cells": [c for c in n["cells"] if name_of(c) != TARGET]},
        ran=True,
    ),
    Case("three thousand cells", cells=("x = 1",) * 3000, solved=True, score=FULL),
    Case(
        "a stub is said to be one",
        score=0.0,
    ),
]
