"""The names that a test cell has for itself: what the course's own cells import and define.

Knows a source notebook as text. Whatever needs something that the student defines is left out: in
the judge it would run with a stand-in, at a moment at which the student's cells have not run.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from autograder.diagnosis.display import PUBLISH
from autograder.notebooks.files import Cell, Notebook, is_answer, is_test
from autograder.sandbox.agent import Shell, transformed
from autograder.sandbox.remote import Namespace


def fill(names: Namespace, source: Notebook) -> None:
    """Execute in ``names``, which has no sandbox yet, what the course's own cells say.

    Imports, functions and classes always; other assignments only where the answers do not mention
    what is assigned: an answer may be meant to change it.
    """
    # What a notebook has without importing it.
    names.update({"__name__": "__test__", "get_ipython": Shell, "display": _display})
    answers = [cell for cell in source["cells"] if _is_code(cell) and is_answer(cell)]
    mentioned = frozenset().union(*(_mentioned(cell["source"]) for cell in answers))
    for statement in _own_statements(source):
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            if not _assigned(statement).isdisjoint(mentioned):
                continue
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if statement.name in names.asked:
                continue
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        # What fails here failed in the course's notebook too, or needs what the student defines.
        with contextlib.suppress(Exception):
            exec(compile(ast.Module([statement], []), "<course>", "exec"), names)
    if "IPython.display" in sys.modules:  # else no statement has imported it
        from IPython.display import display

        for name in [name for name, value in names.items() if value is display]:
            names[name] = _display


def asked(source: Notebook) -> frozenset[str]:
    """The names that the answer cells define: what the student is asked for."""
    found: set[str] = set()
    for cell in source["cells"]:
        if _is_code(cell) and is_answer(cell):
            for statement in _statements(cell["source"]):
                found |= _assigned(statement)
    return frozenset(found)


def parsed(source: str) -> ast.Module:
    """A cell as Python, magics turned into calls. Raises SyntaxError where it is none."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.parse(transformed(source), "<test>")


@lru_cache(maxsize=4096)  # the course's cells are the same for every submission
def _statements(source: str) -> tuple[ast.stmt, ...]:
    with contextlib.suppress(SyntaxError, ValueError):
        return tuple(parsed(source).body)
    return ()


@lru_cache(maxsize=4096)
def _mentioned(source: str) -> frozenset[str]:
    nodes = (node for statement in _statements(source) for node in ast.walk(statement))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def _display(*things: Any, raw: bool = False, **_: Any) -> None:
    """IPython's display, for a test cell that runs without IPython."""
    from IPython.core.formatters import DisplayFormatter

    publish = PUBLISH.get()
    if publish is not None:
        for thing in things:
            publish(thing if raw else DisplayFormatter().format(thing)[0])


def _own_statements(source: Notebook) -> Iterator[ast.stmt]:
    for cell in source["cells"]:
        if _is_code(cell) and not is_test(cell) and not is_answer(cell):
            yield from _statements(cell["source"])


def _is_code(cell: Cell) -> bool:
    return bool(cell["cell_type"] == "code")


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds, inside an ``if`` or ``for`` too."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return set()
    found: set[str] = set()
    for node in ast.iter_child_nodes(statement):
        if isinstance(node, ast.stmt):
            found |= _assigned(node)
        else:
            found |= {
                name.id
                for name in ast.walk(node)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
    return found
