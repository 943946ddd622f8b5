"""Runs in the reader's browser: cells of an exercise, and the course's checks of them.

One namespace for a page, as in a notebook. Knows the autograder's `examine` and how a verdict is
shown; not the page. Each request is answered by one line of JSON behind MARK.
"""

from __future__ import annotations

import ast
import json
import sys
import traceback
from typing import Any

MARK = "\x01answer:"
SOURCE = "<your code>"

namespace: dict[str, Any] = {}
defined: dict[str, str] = {}  # name of a cell -> its text when it last ran to its end


def prepare() -> None:
    """Begin anew, with what cells find in their namespace and what checks them. Called first."""
    defined.clear()
    namespace.clear()
    namespace["__name__"] = "__main__"
    exec("import numpy as np\nfrom autograder import check, examine", namespace)


def answer(request: str) -> None:
    """Answer one request: {"name", "code", "before": {name: code}, "check": exercise id or None}.

    Cells in `before` are run first, where they have changed since: an exercise may call an earlier
    one. What is wrong with those is left for their own cells to say.
    """
    sys.stdout.write(MARK + json.dumps(_answer(**json.loads(request))) + "\n")
    sys.stdout.flush()


def _answer(
    name: str, code: str, before: dict[str, str], check: str | None, function: str = ""
) -> dict[str, Any]:
    for other, text in before.items():
        if defined.get(other) != text and other != name:
            try:
                _run(text, shown=False)
                defined[other] = text
            except BaseException:
                defined.pop(other, None)
    namespace.pop(function, None)  # a cell that no longer defines it must not pass with the old one
    try:
        _run(code, shown=check is None)
        defined[name] = code
    except BaseException as error:
        return {"error": _traceback(error)}
    if check is None:
        return {"ran": True}
    if function not in namespace:
        return {"error": f"The code defines no {function}. Keep the name that the exercise gives."}
    from autograder.diagnosis.display import as_html
    from autograder.diagnosis.examine import examine

    verdict = examine(namespace[function], check)
    return {"verdict": as_html(verdict), "passed": verdict.passed}


def _run(code: str, shown: bool) -> None:
    """Run a cell; show its last value as a notebook does."""
    tree = ast.parse(code, SOURCE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, SOURCE, "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), SOURCE, "eval"), namespace)
        if shown and value is not None:
            print(repr(value))


def _traceback(error: BaseException) -> str:
    """The learner's own lines of it, and no others."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == SOURCE]
    lines = [f"line {frame.lineno}, in {frame.name}" for frame in frames[-3:]]
    if isinstance(error, SyntaxError):
        lines = [f"line {error.lineno}: {(error.text or '').strip()}"]
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return "\n".join([*lines, said])
