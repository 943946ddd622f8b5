"""What our grading needs in an nbgrader_config.py, so that stock ``nbgrader autograde`` has it too.

Knows names of nbgrader's options. Imports nothing heavy: nbgrader reads this on every command.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autograder.grading.course import Course
from autograder.sandbox.limits import KERNEL_START_SECONDS, LIMITS

SEED_VARIABLE = "AUTOGRADER_SEED"

PREPROCESSORS = [
    "autograder.grading.preprocessors.PlainExecute",
    "autograder.grading.preprocessors.SettleScores",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]


def configure(c: Any, root: Path | str) -> None:
    """Set nbgrader's options for the course folder ``root``. ``c`` is nbgrader's configuration."""
    course = Course(Path(root))
    if course.seed():
        # Hidden tests draw from this secret. Kernels inherit it from nbgrader's own process.
        os.environ[SEED_VARIABLE] = course.seed()
    c.Autograde.autograde_preprocessors = PREPROCESSORS
    c.PlainExecute.timeout = LIMITS.cell_seconds
    c.PlainExecute.startup_timeout = KERNEL_START_SECONDS
    c.PlainExecute.shutdown_kernel = "immediate"
