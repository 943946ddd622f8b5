"""What every chapter must have, read from its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import CATALOGUE

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = sorted({exercise.assignment for exercise in EXERCISES.values()})
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)

LONGEST_CELL = 15  # lines
WIDEST_LINE = 84  # characters: what a page beside its two sidebars shows without scrolling


def source(chapter: str) -> str:
    return (BOOK / f"{chapter}.md").read_text(encoding="utf-8")


def cells(chapter: str) -> list[tuple[dict, str]]:
    """The code cells of a chapter: their options and their code."""
    found = []
    for match in CELL.finditer(source(chapter)):
        text, options = match[1], {}
        if text.startswith("---\n"):
            header, text = text[4:].split("---\n", 1)
            options = yaml.safe_load(header)
        elif text.startswith(":tags: "):
            header, text = text.split("\n", 1)
            options = {"tags": yaml.safe_load(header.removeprefix(":tags: "))}
        found.append((options, text.strip("\n")))
    return found


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize(
    "section",
    sorted({e.section for e in EXERCISES.values()} | {m.section for m in CATALOGUE.values()}),
)
def test_every_section_that_a_verdict_links_to_exists(section: str) -> None:
    page, _, label = section.partition("#")
    assert re.search(rf"^\({label}\)=\n##+ ", source(page), re.MULTILINE), section


def test_cells_are_short(chapter: str) -> None:
    long = [code for _, code in cells(chapter) if len(code.splitlines()) > LONGEST_CELL]
    assert long == []


def test_lines_of_code_fit_on_the_page(chapter: str) -> None:
    lines = [line for _, code in cells(chapter) for line in code.splitlines()]
    assert [line for line in lines if len(line) > WIDEST_LINE] == []


def test_every_cell_that_draws_says_what_it_shows(chapter: str) -> None:
    drawing = [
        options.get("mystnb", {})
        for options, code in cells(chapter)
        if re.search(r"^(figures|charts)\.\w+\(", code, re.MULTILINE)
    ]
    assert len(drawing) >= 5
    for options in drawing:
        assert len(options["image"]["alt"].split()) >= 10
        assert options["figure"]["caption"].strip()


def test_figures_have_names_of_their_own() -> None:
    names = [
        options["mystnb"]["figure"]["name"]
        for chapter in CHAPTERS
        for options, _ in cells(chapter)
        if "figure" in options.get("mystnb", {})
    ]
    assert len(names) == len(set(names))


def test_every_exercise_has_a_card_and_three_hints(chapter: str) -> None:
    parts = re.split(r"^```\{exercise-card\} ", source(chapter), flags=re.MULTILINE)[1:]
    expected = [e.id for e in EXERCISES.values() if e.assignment == chapter]
    assert sorted(part.split("\n", 1)[0] for part in parts) == sorted(expected)
    for part in parts:
        hints = re.findall(r"\{dropdown\} (Hint \d: [\w ]+)", part.split("\n## ", 1)[0])
        assert hints[:3] == ["Hint 1: a question", "Hint 2: a plan", "Hint 3: nearly code"]


def test_no_graded_function_is_defined_on_a_page(chapter: str) -> None:
    graded = {exercise.function for exercise in EXERCISES.values()}
    defined = {name for _, code in cells(chapter) for name in re.findall(r"def (\w+)\(", code)}
    assert defined & graded == set()


def test_the_section_labels_of_a_chapter_are_all_there() -> None:
    promised = {
        "01-window": [
            "window",
            "output-size",
            "loop-bounds",
            "rectangular",
            "stride",
            "flip",
            "dtype",
        ],
        "02-layer": [
            *("padding", "channels", "bias", "batch", "pairs"),
            *("dilation", "groups", "contract", "counting", "probes"),
        ],
        "03-gradient-check": [
            *("gradient", "sum", "differences", "step", "relative", "directional", "adjoint"),
            "blind",
        ],
        "05-matrix": [
            *("matrix", "transpose", "transposed", "sizes", "output-padding", "checkerboard"),
            "transposed-options",
        ],
        "07-speed": ["cost", "roofline", "ladder", "fast-backward", "fourier", "winograd"],
        "06-columns": [
            *("memory", "windows", "as-strided", "einsum", "unfold", "fold", "im2col"),
            "columns-backward",
        ],
    }
    for page, labels in promised.items():
        here = re.findall(r"^\(([\w-]+)\)=\n##? ", source(page), re.MULTILINE)
        assert [label for label in labels if label not in here] == []


def test_the_first_chapter_waits_for_torch() -> None:
    importing = [code for _, code in cells("01-window") if "import torch" in code]
    assert len(importing) == 1


def test_every_numbered_formula_of_a_section_is_followed_by_an_assertion(chapter: str) -> None:
    for section in re.split(r"^## ", source(chapter), flags=re.MULTILINE)[1:]:
        *_, last = [
            0,
            *[match.end() for match in re.finditer(r"^\$\$ \(eq-", section, re.MULTILINE)],
        ]
        if last:
            title = section.splitlines()[0]
            assert "assert " in section[last:], title


@pytest.mark.parametrize("page", sorted(BOOK.glob("*.md")), ids=lambda page: page.stem)
def test_no_formula_shows_a_backslash(page: Path) -> None:
    # In \text{}, MathJax writes out the backslash of \_; in \mathrm{} it does not.
    assert re.findall(r"\\text\{[^}]*\\_[^}]*\}", page.read_text(encoding="utf-8")) == []
