"""Two steps of nbgrader's autograde, ours: run the cells to the end, and settle what each scored.

Knows nbgrader's preprocessors and a plain Jupyter kernel. What a student's code does inside that
kernel is out of reach here: keeping it in is the sandbox's task.
"""

from __future__ import annotations

import time
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Integer

from autograder.grading.scores import settled
from autograder.sandbox.limits import LIMITS

# Where PlainExecute leaves (in the notebook's metadata) how the run ended.
NOTE = "autograder"


class PlainExecute(Execute):
    """nbgrader's Execute, which records a kernel's death or a time limit instead of giving up.

    Cells that are not run get an error as their output: nbgrader reads no output as full points.
    """

    submission_timeout = Integer(
        LIMITS.submission_seconds, help="Seconds that one notebook may take in all."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> Any:
        self._started, self._ended = time.monotonic(), ""
        nb.metadata[NOTE] = {"outcome": "graded", "detail": ""}
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        if cell.cell_type != "code":
            return cell, resources
        if not self._ended and time.monotonic() - self._started > self.submission_timeout:
            self._end("timed-out", f"the notebook took more than {self.submission_timeout} seconds")
        if self._ended:
            cell.outputs = [_error("NotRun", f"This cell was not run: {self._ended}.")]
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self._end("died", f"Python ended in {_name(cell, index)}")
        except CellTimeoutError:
            # The kernel did not even answer the interrupt: nothing more can run in it.
            self._end(
                "timed-out",
                f"{_name(cell, index)} did not stop after {self.timeout} seconds",
            )
        cell.outputs.append(_error("Stopped", f"{self._ended[0].upper()}{self._ended[1:]}."))
        return cell, resources

    def on_cell_executed(self, **kwargs: Any) -> None:
        super().on_cell_executed(**kwargs)
        content = kwargs["execute_reply"]["content"]
        if content.get("ename") == self.error_on_timeout["ename"] and not content.get("evalue"):
            name = _name(kwargs["cell"], kwargs["cell_index"])
            self._note("timed-out", f"{name} took more than {self.timeout} seconds")

    def _end(self, outcome: str, detail: str) -> None:
        self._ended = detail
        self._note(outcome, detail)

    def _note(self, outcome: str, detail: str) -> None:
        self.nb.metadata[NOTE] = {"outcome": outcome, "detail": detail}


class SettleScores(NbGraderPreprocessor):
    """Makes a test cell say one thing to nbgrader: a number between 0 and its points.

    What is on stderr (a warning, a log line) costs nothing: it is kept as plain output.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
            return cell, resources
        points = float(cell.metadata.nbgrader["points"])
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"
            if output.output_type == "execute_result":
                output.data["text/plain"] = repr(settled(output.data.get("text/plain"), points))
        return cell, resources


def _name(cell: Any, index: int) -> str:
    identity = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"cell {index + 1} ({identity})" if identity else f"cell {index + 1}"


def _error(name: str, text: str) -> Any:
    return new_output("error", ename=name, evalue=text, traceback=[text])
