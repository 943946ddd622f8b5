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
        colours = dict(
            re.findall(
                r'"(\w+)": "(#\w+)"', re.search(rf"{table} = .*?\}}", drawn, re.DOTALL).group()
            )
        )
        for role, variable in (("input", "input"), ("kernel", "weight"), ("output", "output")):
            assert f"--conv-{variable}{suffix}: {colours[role]};" in light, (table, role)


def palette(style: str, theme: str) -> dict[str, str]:
    """The colours of a theme, by their variables' names."""
    start = style.index(f'html[data-theme="{theme}"] {{')
    block = style[start : style.index("}", start)]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it: 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_what_wcag_says_it_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_in_a_colour_of_ours_can_be_read(style: str, theme: str) -> None:
    colours = palette(style, theme)
    grounds = [colours.get("pst-color-background", "#ffffff")]
    grounds.append(colours.get("pst-color-on-background", "#ffffff"))
    grounds.append(colours.get("pst-color-surface", "#f3f5f7"))
    words = [
        name for name in colours if re.fullmatch(r"conv-(input|weight|output|grad)-text", name)
    ]
    words += ["pst-color-text-base", "pst-color-text-muted", "pst-color-link", "pst-color-primary"]
    faint = {
        (word, ground)
        for word in words
        for ground in grounds
        if contrast(colours[word], ground) < 4.5
    }
    tiles = [name for name in colours if re.fullmatch(r"conv-\w+-(tile|strong)", name)]
    faint |= {
        ("conv-ink", tile) for tile in tiles if contrast(colours["conv-ink"], colours[tile]) < 4.5
    }
    assert faint == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_line_of_ours_can_be_seen(style: str, theme: str) -> None:
    colours = palette(style, theme)
    ground = colours.get("pst-color-background", "#ffffff")
    lines = {
        name: colours[f"conv-{name}"] for name in ("input", "weight", "output", "grad", "wrong")
    }
    assert {name for name, line in lines.items() if contrast(line, ground) < 3} == set()
