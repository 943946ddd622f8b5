"""A class's results as a CSV file that a spreadsheet opens without running any of it.

Knows CSV and spreadsheets' habits. Does not know where results come from.
"""

from __future__ import annotations

import csv
import io

from autograder.grading.jobs import Result
from autograder.reports.pages import points

COLUMNS = ("student", "assignment", "outcome", "flagged", "score", "max_score", "mistakes")
# A cell that begins so is a formula to a spreadsheet, also after a quote in the file.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(results: list[Result]) -> str:
    """One row per submission; after the common columns one per exercise, blank where not in it."""
    exercises = list(dict.fromkeys(cell.exercise for r in results for cell in r.cells))
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([safe(name) for name in (*COLUMNS, *exercises)])
    for result in results:
        earned = {cell.exercise: cell.points for cell in result.cells}
        writer.writerow(
            [
                safe(result.student),
                safe(result.assignment),
                result.outcome,
                "yes" if result.flagged else "no",
                "" if result.score is None else points(result.score),
                points(result.max_score),
                safe(" ".join(result.mistakes)),
                *("" if earned.get(e) is None else points(earned[e]) for e in exercises),
            ]
        )
    return stream.getvalue()


def safe(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) else text
