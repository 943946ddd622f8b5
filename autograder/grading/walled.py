"""The engine: students' code behind walls, test cells in a judge that trusts nothing it returns.

Knows notebooks, the sandbox and the course's test cells. Touches no file of the course and no
gradebook: a job goes in, an executed notebook and an outcome come out.

The judge is this process. It runs the test cells from the course's own source, hidden tests too;
a name that the student defined is there a stand-in that calls into the sandbox. Everything else in
the notebook runs in the sandbox.
"""

from __future__ import annotations

import ast
import contextlib
import io
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.diagnosis.display import PUBLISH, CheckFailed
from autograder.diagnosis.examine import PLAIN
from autograder.diagnosis.remembered import remembering
from autograder.grading import executed
from autograder.grading.names import asked, fill, parsed
from autograder.notebooks.files import Notebook, grade_id, is_test
from autograder.sandbox.client import (
    Ended,
    Raised,
    Sandbox,
    SandboxUnavailable,
    Zygote,
    storable,
)
from autograder.sandbox.codec import NotPlain
from autograder.sandbox.limits import LIMITS, Limits
from autograder.sandbox.remote import Namespace, StudentError

PACKAGE = Path(__file__).resolve().parents[1]
RESTARTS = 12  # times that a submission whose sandbox ended gets a new one
RESULT_CHARACTERS = 4000
CELLS_OF_OUTPUT = 8  # a notebook keeps so many times what one cell may print
# Of several things that went wrong, the one that is told: the first of these that happened.
SEVERITY = (
    "died",
    "out-of-memory",
    "out-of-disk",
    "too-many-processes",
    "too-much-output",
    "timed-out",
)


class JudgeFault(Exception):
    """A check of the course failed in a way that no submission should make it fail."""


@dataclass
class Run:
    """One submission's way through the engine."""

    notebook: Notebook
    outcome: str = "graded"
    detail: str = ""
    seconds: float = 0.0
    student_seconds: float = 0.0  # of those, spent in the student's code


def run(
    notebook: Notebook,
    source: Notebook,
    zygote: Zygote,
    limits: Limits = LIMITS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Execute a restored notebook; its cells get their outputs.

    notebook  the student's cells with the released tests in their places
    source    the course's own notebook, whose test cells are the ones that run
    progress  told how many cells are done, of how many
    """
    started = time.monotonic()
    tests = {grade_id(cell): cell for cell in source["cells"] if is_test(cell)}
    session = _Session(zygote, limits, started, source)
    with contextlib.closing(session):
        for number, cell in enumerate(notebook["cells"], start=1):
            progress(number, len(notebook["cells"]))
            if cell["cell_type"] != "code":
                continue
            cell["execution_count"] = None
            name = f"cell {number} ({grade_id(cell)})" if grade_id(cell) else f"cell {number}"
            if is_test(cell):
                outputs = session.judge(tests[grade_id(cell)]["source"], name)
            else:
                outputs = session.execute(cell["source"], name, number)
            cell["outputs"] = storable(outputs)
    result = Run(notebook, seconds=time.monotonic() - started)
    result.student_seconds = session.student_seconds
    session.notice()
    for outcome in SEVERITY:
        told = [detail for kind, detail in session.troubles if kind == outcome]
        if told:
            result.outcome, result.detail = outcome, told[0]
            break
    return result


class _Session:
    """The sandbox of one submission, and what has to be run again where it ended."""

    def __init__(
        self,
        zygote: Zygote,
        limits: Limits,
        started: float,
        source: Notebook,
    ) -> None:
        self.names = Namespace(None, self._left_of_cell, {}, asked(source))
        fill(self.names, source)
        self.zygote, self.limits = zygote, limits
        self.end = started + limits.submission_seconds
        self.waited = 0.0  # for the sandbox, when the cell began
        self.sandbox: Sandbox | None = zygote.sandbox(limits)
        self.names.attach(self.sandbox)
        self.good: list[tuple[str, int]] = []  # the cells that a new sandbox has to run again
        self.restarts = 0
        self.room = CELLS_OF_OUTPUT * limits.output_kb * 1024
        self.troubles: list[tuple[str, str]] = []
        self.student_seconds = 0.0

    def close(self) -> None:
        if self.sandbox is not None:
            self.sandbox.close()

    def notice(self) -> None:
        """Keep what limits the sandbox met, by its own account or by ours."""
        if self.sandbox is not None:
            with contextlib.suppress(Ended):
                self.sandbox.look()
            self.troubles += self.sandbox.noticed.items()

    def execute(self, source: str, name: str, number: int) -> list[dict[str, Any]]:
        """Run one of the student's cells in the sandbox; its outputs."""
        sandbox = self._alive()
        if sandbox is None or self._left() <= 0:
            return self._not_run(name)
        self.waited = sandbox.waited
        try:
            error = sandbox.run(source, self._left_of_cell(), number)
        except Ended as ended:
            return [*self._kept(_printed(sandbox), name), self._trouble(ended, name)]
        finally:
            self.student_seconds += sandbox.waited - self.waited
        self.good.append((source, number))
        outputs = _printed(sandbox)
        if error is not None:
            outputs.append(_error(error.name, error.text, error.lines))
        return self._kept(outputs, name)

    def _kept(self, outputs: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
        # What a cell shows, as long as there is room for it in the notebook.
        self.room -= sum(len(text) for output in outputs for text in _texts(output))
        if self.room >= 0:
            return outputs
        most = CELLS_OF_OUTPUT * self.limits.output_kb
        told = f"{name}: the cells together printed more than {most} kB, of which the rest is lost"
        self.troubles.append(("too-much-output", told))
        return [_error("NotKept", "What this cell printed was not kept: all of it was too much.")]

    def judge(self, source: str, name: str) -> list[dict[str, Any]]:
        """Run a test cell of the course in this process; its outputs."""
        sandbox = self._alive()
        if sandbox is None or self._left() <= 0:
            return self._not_run(name)
        self.waited = sandbox.waited
        outputs: list[dict[str, Any]] = []

        def publish(bundle: dict[str, Any]) -> None:
            outputs.append({"output_type": "display_data", "data": bundle, "metadata": {}})

        token, plain = PUBLISH.set(publish), PLAIN.set(True)
        printed = io.StringIO()
        sandbox.errors.clear()
        try:
            with (
                remembering(),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
            ):
                value = _evaluated(source, self.names)
        except Ended as ended:
            return [self._trouble(ended, name)]
        except BaseException as error:
            if _is_ours(error):
                raise JudgeFault(f"{name}: {type(error).__name__}: {error}") from error
            lines = error.lines if isinstance(error, StudentError) else _own_lines(error)
            outputs.append(_error(type(error).__name__, str(error), lines))
        else:
            if value is not None:
                data = {"text/plain": repr(value)[:RESULT_CHARACTERS]}
                outputs.append(_result(data))
        finally:
            PUBLISH.reset(token)
            PLAIN.reset(plain)
            self.names.forget()
            self.student_seconds += sandbox.waited - self.waited
        _printed(sandbox)  # what the student's function prints while it is tested is not shown
        if printed.getvalue():
            outputs.insert(0, _stream(printed.getvalue()))
        told = _where_it_raised(outputs, sandbox.errors)
        return [*outputs[:-1], *told, *outputs[-1:]]

    def _not_run(self, name: str) -> list[dict[str, Any]]:
        if self._left() <= 0:  # it may have run out between two cells, with nobody to say so
            seconds = self.limits.submission_seconds
            what = f"{name}: not run, the {seconds} seconds of the whole notebook were used up"
            self.troubles.append(("timed-out", what))
        return [_error("NotRun", "This cell was not run: the time or the tries were used up.")]

    def _left(self) -> float:
        return self.end - time.monotonic()

    def _left_of_cell(self) -> float:
        # What the judge itself needs, to find the cause of a mistake, is not taken from the cell.
        waited = self.sandbox.waited - self.waited if self.sandbox else 0.0
        return max(min(self.limits.cell_seconds - waited, self._left()), 0.01)

    def _alive(self) -> Sandbox | None:
        # A new sandbox in which everything that went well before has been run again.
        if self.sandbox is not None or self.restarts >= RESTARTS:
            return self.sandbox
        self.restarts += 1
        self.sandbox = self.zygote.sandbox(self.limits)
        self.names.attach(self.sandbox)
        try:
            for source, number in self.good:
                seconds = max(min(self.limits.cell_seconds, self._left()), 0.01)
                self.sandbox.run(source, seconds, number)
            self.sandbox.output()
        except Ended as ended:
            self._trouble(ended, "a cell that was run again")
        return self.sandbox

    def _trouble(self, ended: Ended, name: str) -> dict[str, Any]:
        if ended.outcome == "failed-internally":
            raise SandboxUnavailable(ended.detail)
        detail = ended.detail
        if ended.outcome == "timed-out":
            cell, notebook = self.limits.cell_seconds, self.limits.submission_seconds
            detail += f" (a cell has {cell} seconds, the whole notebook {notebook})"
        self.troubles.append((ended.outcome, f"{name}: {detail}"))
        if self.sandbox is not None and self.sandbox.over:
            self.notice()
            self.sandbox.close()
            self.sandbox = None
        return _error("Stopped", f"{detail[0].upper()}{detail[1:]}.")


def _evaluated(source: str, names: Namespace) -> Any:
    tree = parsed(source)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, "<test>", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<test>", "eval"), names)
    return None


def _is_ours(error: BaseException) -> bool:
    """Is it a fault of the course's checks, which must not cost the student anything?

    What a test cell itself finds wrong (an assertion, a result of which it expected more) is not,
    nor is what the student's code raised or did not define.
    """
    if isinstance(error, StudentError | CheckFailed | NotPlain | NameError):
        return False
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    return any(path.is_relative_to(PACKAGE) and path != Path(__file__) for path in frames)


def _where_it_raised(outputs: list[dict[str, Any]], errors: list[Raised]) -> list[dict[str, Any]]:
    """For the first case that failed with an exception, the student's own lines of it."""
    for verdict in executed.verdicts({"outputs": outputs}):
        for case in verdict.get("cases", []):
            for error in () if case["passed"] else errors:
                first = (error.text.splitlines() or [""])[0][:200]
                if error.lines and f"raised {error.name}: {first}".rstrip(": ") in case["message"]:
                    lines = [*error.lines, f"{error.name}: {first}"]
                    return [_stream("Your code raised it here:\n" + "\n".join(lines) + "\n")]
    return []


def _own_lines(error: BaseException) -> list[str]:
    return [line.rstrip() for line in traceback.format_exception_only(error)][-3:]


def _printed(sandbox: Sandbox) -> list[dict[str, Any]]:
    with contextlib.suppress(Ended):
        text = sandbox.output()
        return [_stream(text)] if text else []
    return []


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _texts(output: dict[str, Any]) -> list[str]:
    return [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]


def _result(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}


def _error(name: str, text: str, lines: list[str] | None = None) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": name,
        "evalue": text,
        "traceback": [*(lines or []), f"{name}: {text}"],
    }
