"""Every picture says in words what it shows, and carries a caption."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

Parsed = Callable[[str], BeautifulSoup]

FEWEST_WORDS = 5


def pictures(page: BeautifulSoup) -> list[Tag]:
    """The pictures of a page's text: files and inline drawings, but not icons or hidden ones."""
    article = page.find("article")
    assert isinstance(article, Tag)
    return [
        element
        for element in article.find_all(["img", "svg"])
        if element.get("aria-hidden") != "true" and not element.find_parent("svg")
    ]


def description(picture: Tag) -> str:
    """What a screen reader says for it."""
    if picture.name == "img":
        return str(picture.get("alt", ""))
    named = str(picture.get("aria-labelledby", "")).split()
    inside = [element.get_text() for element in picture.find_all(id=named)] if named else []
    return " ".join([str(picture.get("aria-label", "")), *inside]).strip()


def caption(picture: Tag) -> str:
    """The text under it, without its number."""
    figure = picture.find_parent("figure")
    under = figure.find("figcaption") if figure else None
    if under is None:
        return ""
    number = under.find(class_="caption-number")
    return under.get_text().removeprefix(number.get_text() if number else "").strip(" \n#")


def test_every_picture_has_alt_text(parsed: Parsed, written: str) -> None:
    short = [
        str(picture)[:200]
        for picture in pictures(parsed(written))
        if len(description(picture).split()) < FEWEST_WORDS
    ]
    assert short == []


def test_every_picture_has_a_caption(parsed: Parsed, written: str) -> None:
    bare = [description(picture) for picture in pictures(parsed(written)) if not caption(picture)]
    assert bare == []


def test_the_chapters_have_pictures(parsed: Parsed) -> None:
    for chapter in ("01-window", "02-layer"):
        assert len(pictures(parsed(chapter))) >= 3


@pytest.fixture(scope="module")
def style(root: Path) -> str:
    return (root / "book" / "_static" / "book.css").read_text(encoding="utf-8")


def test_figures_and_style_sheet_share_one_palette(root: Path, style: str) -> None:
    drawn = (root / "book" / "figures.py").read_text(encoding="utf-8")
    light = style[style.index('html[data-theme="light"]') : style.index('html[data-theme="dark"]')]
    for table, suffix in (("LINE", ""), ("TILE", "-tile"), ("STRONG", "-strong")):
        colours = dict(re.findall(r'"(\w+)": "(#\w+)"', re.search(rf"{table} = .*", drawn).group()))
        for role, variable in (("input", "input"), ("kernel", "weight"), ("output", "output")):
            assert f"--conv-{variable}{suffix}: {colours[role]};" in light, (table, role)
