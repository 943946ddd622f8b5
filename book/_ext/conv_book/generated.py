"""Writes the parts of pages that are made from the autograder's own lists.

`{exercise-card}`, `{exercise-table}` and `{syllabus}` come from its exercises, `{wrong-answers}`
and `{mistake-table}` from its catalogue of mistakes. So a page cannot disagree with the checks.
This module knows how such a part looks, and no exercise or mistake by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import notebooks, released

KINDS = {
    "A": ("code", "a function of yours, judged call by call"),
    "Q": ("answer", "values that you work out"),
    "P": ("probes", "what you choose, judged by what it exposes or deceives"),
}


def exercises() -> dict[str, Any]:
    """The registry of exercises, by id."""
    from autograder.checks.exercises import EXERCISES

    return EXERCISES


def mistakes() -> dict[str, Any]:
    """The catalogue of mistakes, by id."""
    from autograder.diagnosis.catalogue import CATALOGUE

    return CATALOGUE


def in_scope(exercise: str) -> list[Any]:
    """The catalogued mistakes of one exercise."""
    from autograder.diagnosis import catalogue

    return list(catalogue.in_scope(exercise))


def dots(difficulty: int) -> str:
    """Difficulty as filled and empty dots, for the eye; the words beside them say it too."""
    return "●" * difficulty + "○" * (5 - difficulty)


def starred(text: str, mistake: Any) -> str:
    """The text, with a star that stays on its line if the mistake is a common one."""
    return f"{text}\N{NO-BREAK SPACE}★" if mistake.star else text


def sentence_case(text: str) -> str:
    """The text with a capital first letter, unless it begins with a name of the code."""
    first = text.split(" ", 1)[0]
    code = "_" in first or (len(first) == 1 and first != "a")
    return text if code else text[:1].upper() + text[1:]


def link(section: str, text: str) -> str:
    """MyST for a link to `page#label`; labels are unique in the book."""
    return f"{{ref}}`{text} <{section.partition('#')[2]}>`"


def notebook(assignment: str) -> str:
    """MyST for the download of an assignment's notebook."""
    return f"{{download}}`{assignment}.ipynb <../exercises/{assignment}/{assignment}.ipynb>`"


class Generated(SphinxDirective):
    """A directive whose content is MyST that it writes itself."""

    has_content = False

    def markdown(self) -> Iterable[str]:
        """The lines of MyST."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        lines = list(self.markdown())
        container = nodes.container(classes=["generated"])
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children

    def known(self, ids: Iterable[str], among: dict[str, Any], what: str) -> list[Any]:
        """The entries of these ids; an unknown id is the author's error."""
        entries = []
        for name in ids:
            if name not in among:
                raise self.error(f"there is no {what} {name!r}; there are {', '.join(among)}")
            entries.append(among[name])
        return entries


class ExerciseCard(Generated):
    """`{exercise-card} conv2d.groups`: what is asked, how hard, how long, and a place to do it."""

    required_arguments = 1

    def markdown(self) -> list[str]:
        (exercise,) = self.known(self.arguments, exercises(), "exercise")
        kind, meaning = KINDS[exercise.kind]
        minutes = f"about {exercise.minutes} minutes"
        hardness = f"difficulty {exercise.difficulty} of 5"
        found = released.find(exercise)
        self.env.note_dependency(str(released.path(exercise.assignment)))
        asked = found.statement if found else ""
        if found and not asked:
            asked = (
                f"Go on with `{exercise.function}`: it keeps what you wrote for the stage before."
            )
        here = []
        if found and found.in_page:
            here = ["````{py-cell} " + exercise.id, "````", ""]
        elif found:
            here = ["````python", *found.stub.splitlines(), "````", ""]
        # Paper and book readers have no cell to solve it in: book.css leaves the word out there.
        place = "Solve it [here or]{.in-page} in" if found and found.in_page else "Solve it in"
        places = notebooks.elsewhere(self.config.conv_book_launch, exercise.assignment)
        opened = "".join(f" · [open it in {name}]({where})" for name, where in places.items())
        return [
            f":::::{{admonition}} Exercise: {exercise.title}",
            ":class: exercise",
            f"`{exercise.id}` [{dots(exercise.difficulty)}]{{.dots}} {hardness} · {minutes} · "
            f"{kind} ({meaning})",
            "",
            *asked.splitlines(),
            "",
            f"{place} {notebook(exercise.assignment)}; there you check it with "
            f'`check({exercise.function}, "{exercise.id}")`{opened}.',
            "",
            *here,
            ":::::",
        ]


class ExerciseTable(Generated):
    """`{exercise-table}`: every exercise there is; book.css stacks its cells on a phone."""

    def markdown(self) -> list[str]:
        rows = [
            f"| `{e.id}` | {link(e.section, e.title)} | {e.assignment} | {KINDS[e.kind][0]} "
            f"| {e.difficulty} | {e.minutes} |"
            for e in exercises().values()
        ]
        return [
            "::::{div} exercise-table",
            "| exercise | what | notebook | kind | difficulty | minutes |",
            "|---|---|---|---|---:|---:|",
            *rows,
            "::::",
        ]


class WrongAnswers(Generated):
    """`{wrong-answers} conv2d conv2d.pairs`: the catalogued mistakes of these exercises, once each.

    Each unfolds to its tell-tale and its question, never to the fix. `:derived-on: 06-columns`
    leaves out those that another page derives, and lists.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"derived-on": directives.unchanged_required}

    def markdown(self) -> list[str]:
        found: dict[str, Any] = {}
        for exercise in self.known(self.arguments[0].split(), exercises(), "exercise"):
            found |= {mistake.id: mistake for mistake in in_scope(exercise.id)}
        page = self.options.get("derived-on")
        if page is not None:
            found = {i: m for i, m in found.items() if m.section.partition("#")[0] == page}
        lines = []
        for mistake in sorted(found.values(), key=lambda m: (not m.star, m.id)):
            lines += [
                f"::::{{dropdown}} {starred(sentence_case(mistake.name), mistake)}",
                ":class-container: wrong-answer",
                f"**Tell-tale.** {mistake.telltale}",
                "",
                f"**Ask yourself.** {mistake.question}",
                "",
                f"Derived in {link(mistake.section, 'this section')}; entry {mistake.id}.",
                "::::",
                "",
            ]
        return lines


class MistakeTable(Generated):
    """`{mistake-table}`: the whole catalogue on one page."""

    def markdown(self) -> list[str]:
        rows = [
            f"| {starred(m.id, m)} | {link(m.section, sentence_case(m.name))} | {m.telltale} |"
            for m in mistakes().values()
        ]
        return ["| id | mistake | tell-tale |", "|---|---|---|", *rows]


class Syllabus(Generated):
    """`{syllabus}`: weeks with their chapters; a line each: `01-window 02-layer: what it is for`.

    The minutes are those of the chapters' exercises, added up from the exercises themselves.
    """

    has_content = True

    def markdown(self) -> list[str]:
        rows, total = [], 0
        for week, line in enumerate(filter(None, self.content), start=1):
            names, _, purpose = line.partition(":")
            found = [e for e in exercises().values() if e.assignment in names.split()]
            unknown = set(names.split()) - {e.assignment for e in found}
            if unknown:
                raise self.error(f"no chapter has the exercises of {', '.join(sorted(unknown))}")
            minutes = sum(e.minutes for e in found)
            total += minutes
            pages = "<br/>".join(f"{{doc}}`/{name}`" for name in names.split())
            rows.append(f"| {week} | {pages} | {purpose.strip()} | {hours(minutes)} |")
        return [
            "| week | chapters | what it is for | exercises |",
            "|---:|---|---|---:|",
            *rows,
            f"| | | in all | {hours(total)} |",
        ]


def hours(minutes: int) -> str:
    """A time as people say it: `45 min`, `3 h`, `3 h 45`."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return f"{rest} min"
    return f"{whole} h {rest:02d}" if rest else f"{whole} h"


DIRECTIVES = {
    "syllabus": Syllabus,
    "exercise-card": ExerciseCard,
    "exercise-table": ExerciseTable,
    "wrong-answers": WrongAnswers,
    "mistake-table": MistakeTable,
}


def connect(app: Sphinx) -> None:
    """Register the directives."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
