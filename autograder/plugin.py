"""Puts judge and sandbox behind stock nbgrader: two lines in any course's ``nbgrader_config.py``.

    from autograder.plugin import install
    install(c)

From then on ``nbgrader autograde`` and formgrader's button run students' code in the sandbox and
the course's tests outside of it. Only names are set here, through nbgrader's own options: nbgrader
reads its configuration on every command, so nothing heavy is imported.
"""

from __future__ import annotations

from typing import Any

STOCK = "autograder.grading.stock"

SANITIZE = [
    f"{STOCK}.RestoreTests",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
AUTOGRADE = [
    f"{STOCK}.JudgeTests",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    f"{STOCK}.RecordOutcome",
    "nbgrader.preprocessors.CheckCellMetadata",
]


def install(c: Any) -> None:
    """Set nbgrader's options for it. ``c`` is the configuration that nbgrader_config.py gets."""
    c.Autograde.exporter_class = f"{STOCK}.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = SANITIZE
    c.Autograde.autograde_preprocessors = AUTOGRADE
