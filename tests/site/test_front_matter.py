"""What the pages around the chapters say is so."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import CATALOGUE

Parsed = Callable[[str], BeautifulSoup]


def test_the_front_picture_shows_the_seeds_numbers(parsed: Parsed) -> None:
    picture = parsed("intro").find(class_="front-picture")
    shown = [int(text.get_text()) for text in picture.find_all("text", class_=["plain", "strong"])]
    for number in (65, 85, 105, 205, 225, 245, 345, 365, 385):
        assert number in shown
    assert "17·1 + 18·2 + 24·3 + 25·4 = 225" in picture.get_text()


def test_the_front_page_shows_a_real_verdict_that_names_the_mistake(parsed: Parsed) -> None:
    output = parsed("intro").find(class_="cell_output").get_text()
    assert "cross_correlate2d" in output
    assert CATALOGUE["F01"].name in output
    assert "F01" in output


def test_the_map_links_to_the_chapters_that_exist_and_to_no_other(
    parsed: Parsed, site: Path
) -> None:
    cards = parsed("intro").find(class_="chapter-map").find_all(class_="sd-card")
    assert len(cards) == 10
    for card in cards:
        chapter = f"{int(card.get_text().split('·')[0]):02d}"
        written = bool(list(site.glob(f"{chapter}-*.html")))
        assert bool(card.find("a")) == written, card.get_text()
        assert ("to-come" in card["class"]) != written


def test_every_exercise_stands_in_the_table(parsed: Parsed) -> None:
    rows = {row.td.get_text() for row in parsed("how-to-use").find_all("tr") if row.td}
    assert set(EXERCISES) <= rows


def letters(text: str) -> str:
    """The text without marks: a page has typographic quotes where the source has plain ones."""
    return "".join(character for character in text if character.isalnum())


def test_every_mistake_stands_in_the_catalogue(parsed: Parsed) -> None:
    text = letters(parsed("mistakes").find("article").get_text())
    missing = [
        mistake.id
        for mistake in CATALOGUE.values()
        if mistake.id not in text or letters(mistake.telltale) not in text
    ]
    assert missing == []


def test_every_exercise_has_its_card_in_its_chapter(parsed: Parsed) -> None:
    for exercise in EXERCISES.values():
        cards = parsed(exercise.assignment).find_all(class_="exercise")
        shown = {code.get_text() for card in cards for code in card.find_all("code")}
        assert exercise.id in shown, f"{exercise.assignment} has no card for {exercise.id}"


# A command, at the start of a line of code or in backticks; prose may begin a line with "make".
MAKE = r"(?:^|`)make ([a-z-]+)(?=`|\s*$|\s+#| [A-Z]+=)"


def commands(root: Path) -> set[str]:
    """The subcommands of autograder that the book and the README tell people to run."""
    texts = [*root.glob("book/*.md"), root / "README.md", root / "CONTRIBUTING.md"]
    return {
        found
        for path in texts
        for found in re.findall(
            r"(?:^|/|`)autograder ([a-z]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    }


def test_every_command_that_is_named_exists(root: Path) -> None:
    cli = pytest.importorskip("autograder.cli")
    from typer.main import get_command

    known = set(get_command(cli.app).commands)
    assert {"init", "grade", "feedback", "report", "export"} <= commands(root) <= known


def test_every_make_target_that_is_named_exists(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+)(?: [a-z -]+)?:", makefile, flags=re.MULTILINE))
    for page in root.glob("book/*.md"):
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(MAKE, text, flags=re.MULTILINE))
        assert named <= known, page.name
