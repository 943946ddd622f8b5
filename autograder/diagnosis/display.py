"""Shows a verdict in a notebook, or in a terminal where there is none; and what `check` returns.

The HTML holds no script and no link but the book's. The verdict travels as JSON beside it, which is
where grading and reports read it from.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from autograder.checks.exercises import EXERCISES
from autograder.checks.verdict import Verdict
from autograder.diagnosis.catalogue import CATALOGUE
from autograder.diagnosis.examine import examine

VERDICT_TYPE = "application/vnd.autograder.verdict+json"
# Set by a judge who runs test cells without IPython: takes what would be displayed.
PUBLISH: ContextVar[Callable[[dict[str, Any]], None] | None] = ContextVar("publish", default=None)
SHOWN = 4  # failing cases listed; the rest are counted


class CheckFailed(AssertionError):
    """What ``check`` raises when something is wrong and no points were asked for."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: a line is enough, the verdict stands above it.
        return [f"CheckFailed: {self.verdict.message}"]


def check(
    function: Any, exercise: str | None = None, *, hidden: bool = False, points: float | None = None
) -> float | None:
    """Examine ``function`` as ``exercise`` (its name, when left out) and show the verdict.

    Without points: returns None, and raises CheckFailed when something is wrong.
    With points: returns the points earned, 0.0 to ``points``, which nbgrader reads as the score.
    """
    verdict = examine(function, exercise, hidden=hidden)
    show(verdict, hidden=hidden)
    if points is not None:
        return float(points) * verdict.fraction
    if not verdict.passed:
        raise CheckFailed(verdict)
    return None


def show(verdict: Verdict, hidden: bool = False) -> None:
    """Display a verdict: rich in a notebook, as text elsewhere."""
    publish = PUBLISH.get()
    if publish is not None:
        publish(bundle(verdict, hidden))
        return
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(as_text(verdict, hidden))
    else:
        display(bundle(verdict, hidden), raw=True)


def bundle(verdict: Verdict, hidden: bool = False) -> dict[str, Any]:
    """The verdict in every form that a notebook's output may hold, by MIME type."""
    return {
        "text/plain": as_text(verdict, hidden),
        "text/html": as_html(verdict, hidden),
        VERDICT_TYPE: verdict.as_json(),
    }


def as_text(verdict: Verdict, hidden: bool = False) -> str:
    """The verdict for a terminal, a few lines."""
    lines = [_headline(verdict, hidden)]
    failed = [case for case in verdict.cases if not case.passed]
    lines += [f"  ✗ {case.name}: {case.message}" for case in failed[:SHOWN]]
    if len(failed) > SHOWN:
        lines.append(f"  … and {len(failed) - SHOWN} more")
    diagnosis = verdict.diagnosis
    if diagnosis is not None:
        lines += ["", f"  {diagnosis.message}"]
        lines += [f"  Read: {place}" for place, _ in _sections(verdict)]
        if diagnosis.counterexample is not None and diagnosis.counterexample.small:
            lines.append(f"  The smallest call that fails: {diagnosis.counterexample.source()}")
        elif diagnosis.counterexample is not None:
            lines.append(f"  A call that fails: {diagnosis.counterexample}")
        if diagnosis.picture is not None:
            lines += ["", *(f"    {line}" for line in diagnosis.picture.text.splitlines())]
    return "\n".join(lines)


def as_html(verdict: Verdict, hidden: bool = False) -> str:
    """The verdict for a notebook: inert HTML that is readable in light and dark."""
    colour = "#009e73" if verdict.passed else "#d55e00"
    parts = [f"<strong>{html.escape(_headline(verdict, hidden))}</strong>"]
    failed = [case for case in verdict.cases if not case.passed]
    if failed:
        items = [
            f"<li>{html.escape(case.name)}: <code>{html.escape(case.message)}</code></li>"
            for case in failed[:SHOWN]
        ]
        if len(failed) > SHOWN:
            items.append(f"<li>… and {len(failed) - SHOWN} more</li>")
        parts.append(f"<ul>{''.join(items)}</ul>")
    diagnosis = verdict.diagnosis
    if diagnosis is not None:
        parts.append(f"<p>{html.escape(diagnosis.message)}</p>")
        links = [_link(place, address) for place, address in _sections(verdict)]
        if links:
            parts.append(f"<p>Read: {', '.join(links)}</p>")
        call = diagnosis.counterexample
        if call is not None:
            title, code = (
                ("The smallest call that fails", call.source())
                if call.small
                else ("A call that fails", str(call))
            )
            parts.append(f"<p>{title}:</p><pre>{html.escape(code)}</pre>")
        if diagnosis.picture is not None:
            parts.append(diagnosis.picture.html)
    return (
        f'<div role="status" style="border-left:4px solid {colour};padding:.3em 1em;'
        f'margin:.5em 0">{"".join(parts)}</div>'
    )


def _headline(verdict: Verdict, hidden: bool) -> str:
    if not verdict.cases:
        return verdict.message
    count, passed = len(verdict.cases), sum(case.passed for case in verdict.cases)
    which = "hidden " if hidden else ""
    title = EXERCISES[verdict.exercise].title
    if not verdict.passed:
        return f"✗ {verdict.exercise} ({title}): {passed} of {count} {which}checks hold"
    held = f"the {which}check holds" if count == 1 else f"all {count} {which}checks hold"
    return f"✓ {verdict.exercise} ({title}): {held}"


def _sections(verdict: Verdict) -> list[tuple[str, str]]:
    # (words, address) of the parts of the book to read; the address is empty when not known.
    exercise = EXERCISES[verdict.exercise]
    named = verdict.diagnosis.mistakes if verdict.diagnosis else ()
    sections = dict.fromkeys([CATALOGUE[i].section for i in named] or [exercise.section])
    book = os.environ.get("AUTOGRADER_BOOK", "").rstrip("/")
    places = []
    for section in sections:
        page, _, label = section.partition("#")
        address = f"{book}/{page}.html#{label}" if book else ""
        places.append((f"the book's chapter {page}, section “{label}”", address))
    return places


def _link(words: str, address: str) -> str:
    if not address:
        return html.escape(words)
    return f'<a href="{html.escape(address, quote=True)}">{html.escape(words)}</a>'
