"""Every link inside the site leads somewhere; nothing on a page is fetched from outside."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import CATALOGUE

Parsed = Callable[[str], BeautifulSoup]
Targets = Callable[[str], set[str]]

# What a browser fetches by itself, as against what a reader follows.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}


@pytest.fixture(scope="module")
def targets(parsed: Parsed) -> Targets:
    """Gives every anchor of a page, by the page's name."""

    @functools.cache
    def find(name: str) -> set[str]:
        page = parsed(name)
        named = page.find_all("a", attrs={"name": True})
        return {e["id"] for e in page.find_all(id=True)} | {e["name"] for e in named}

    return find


def addresses(page: BeautifulSoup) -> Iterator[str]:
    """Where the page's links and its loaded files point."""
    for link in page.find_all("a", href=True):
        yield link["href"]
    for tag, attribute in FETCHED.items():
        for element in page.find_all(tag, attrs={attribute: True}):
            yield element[attribute]


def problem(site: Path, targets: Targets, page: str, address: str) -> str | None:
    """Why a reader who follows this address is lost, or None."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        known = parts.scheme in ("https", "mailto", "data")
        return None if known else f"{address}: neither a page of ours nor https"
    path = unquote(parts.path) or f"{page}.html"
    file = (site / path).resolve()
    if site.resolve() not in file.parents:
        return f"{address}: outside the site"
    if not file.is_file():
        return f"{address}: no such file"
    if parts.fragment and file.suffix == ".html":
        name = file.relative_to(site.resolve()).with_suffix("").as_posix()
        if unquote(parts.fragment) not in targets(name):
            return f"{address}: no such place on that page"
    return None


def test_links_lead_somewhere(site: Path, parsed: Parsed, targets: Targets, name: str) -> None:
    found = {problem(site, targets, name, address) for address in addresses(parsed(name))}
    assert found - {None} == set()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nowhere.html", "no such file"),
        ("intro.html#nowhere", "no such place"),
        ("../../README.md", "outside the site"),
        ("http://example.org/", "neither"),
    ],
)
def test_a_lost_link_would_be_found(site: Path, targets: Targets, address: str, why: str) -> None:
    assert why in (problem(site, targets, "intro", address) or "")


def test_nothing_is_fetched_from_outside(parsed: Parsed, name: str) -> None:
    fetched = {
        element[attribute]
        for tag, attribute in FETCHED.items()
        for element in parsed(name).find_all(tag, attrs={attribute: True})
    }
    assert {address for address in fetched if urlsplit(address).netloc} == set()


@pytest.mark.parametrize(
    "section",
    sorted({e.section for e in EXERCISES.values()} | {m.section for m in CATALOGUE.values()}),
)
def test_the_section_that_a_verdict_names_exists(
    site: Path, targets: Targets, section: str
) -> None:
    page, _, label = section.partition("#")
    assert (site / f"{page}.html").is_file()
    assert label in targets(page)


def test_each_chapter_offers_its_notebook(site: Path, root: Path, parsed: Parsed) -> None:
    for assignment in {exercise.assignment for exercise in EXERCISES.values()}:
        offered = [
            site / link["href"]
            for link in parsed(assignment).find_all("a", class_="download")
            if link["href"].endswith(f"/{assignment}.ipynb")
        ]
        assert offered, f"{assignment} links to no notebook"
        released = root / "exercises" / assignment / f"{assignment}.ipynb"
        # The page itself may be offered as a notebook of the same name, too.
        assert released.read_bytes() in [file.read_bytes() for file in offered]
