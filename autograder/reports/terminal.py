"""Tables for the terminal. Knows rich and how results read; computes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.reports.book import Book, title
from autograder.reports.pages import inert, points

if TYPE_CHECKING:
    from autograder.diagnosis.audit import ExerciseAudit
    from autograder.grading.doctor import Probe
    from autograder.grading.jobs import Result
    from autograder.grading.student import Checked

STYLES = {"good": "green", "note": "yellow", "bad": "bold red"}


def console(stderr: bool = False) -> Console:
    """Where commands print: tables keep their width in a pipe or a file."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=120)


def class_table(results: list[Result]) -> Table:
    """One row per submission."""
    table = Table(title="Grades", title_justify="left", row_styles=["", "dim"])
    for name in ("student", "assignment"):
        table.add_column(name, no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("mistakes")
    table.add_column("what happened")
    for result in results:
        ordinary = result.outcome == "graded"
        style = "" if ordinary else "red" if result.flagged else "yellow"
        table.add_row(
            escape(inert(result.student).replace("\n", " ")),
            escape(result.assignment),
            Text(result.outcome, style=style),
            f"{points(result.score)} / {points(result.max_score)}",
            escape(" ".join(result.mistakes)),
            "" if ordinary else escape(inert(result.message)),
        )
    return table


def summary(results: list[Result], fresh: int) -> str:
    """One line under the table."""
    flagged = sum(result.flagged for result in results)
    kept = len(results) - fresh
    parts = [f"{len(results)} submissions", f"{fresh} graded now"]
    if kept:
        parts.append(f"{kept} unchanged")
    if flagged:
        parts.append(f"{flagged} flagged for a person")
    return ", ".join(parts) + "."


def verdicts(checked: Iterable[Checked]) -> Group:
    """A student's own verdicts, exercise by exercise."""
    lines: list[Any] = []
    for entry in checked:
        shown = entry.shown
        mark, style = ("✓", "green") if shown.passed else ("✗", "red")
        head = f"{mark} {shown.exercise}"
        worth = f"{points(entry.points)} of {points(entry.max)} points"
        lines.append(Text.assemble((head, f"bold {style}"), f"  {title(shown.exercise)}  ", worth))
        for text in dict.fromkeys(filter(None, (shown.message, shown.diagnosis))):
            if not shown.passed:
                lines.append(Text("\n".join(f"  {line}" for line in text.splitlines())))
        for name in shown.mistakes:
            lines.append(Text(f"  {name}: {Book().mistake(name).name}", style="cyan"))
    return Group(*lines)


def kill_table(audits: Iterable[ExerciseAudit]) -> Table:
    """What the checks reject and accept, exercise by exercise."""
    table = Table(title="Checks of the checks", title_justify="left")
    table.add_column("exercise", no_wrap=True)
    table.add_column("mistakes rejected", justify="right")
    table.add_column("right answers accepted", justify="right")
    table.add_column("short of")
    for audit in audits:
        short = [f"lets {name} through" for name in audit.survivors]
        short += [f"refuses {name}" for name in audit.refused]
        short += [] if audit.enough else ["too few right answers to try"]
        table.add_row(
            audit.exercise,
            f"{audit.rejected} / {audit.in_scope}",
            f"{audit.accepted} / {audit.right}",
            Text(", ".join(short), style="red"),
        )
    return table


def probes(found: Iterable[Probe]) -> Table:
    """What ``doctor`` found."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for probe in found:
        table.add_row(Text(probe.state, style=STYLES[probe.state]), probe.name, escape(probe.found))
    return table
