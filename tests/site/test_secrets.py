"""Nothing in the site gives an answer away: not its pages, their sources, downloads or index."""

from pathlib import Path

import pytest

from autograder.notebooks import CANARY

# What only a notebook with its answers contains.
MARKS = (CANARY, "### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS")
LINES = 3  # so many lines of a solution in a row are an answer, not a coincidence


def plain(text: str) -> list[str]:
    """The lines that say something, without indentation."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def answers(path: Path) -> list[list[str]]:
    """The lines of each solution region of a source, without its comments."""
    regions: list[list[str]] = []
    inside = False
    for line in plain(path.read_text(encoding="utf-8")):
        if line == "### BEGIN SOLUTION":
            inside = True
            regions.append([])
        elif line == "### END SOLUTION":
            inside = False
        elif inside and not line.startswith("#"):
            regions[-1].append(line.split("  # ")[0])
    return regions


@pytest.fixture(scope="module")
def files(site: Path) -> dict[Path, str]:
    """Every file of the site as text, whatever it is."""
    return {
        path: path.read_bytes().decode("utf-8", errors="replace")
        for path in site.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("mark", MARKS)
def test_no_file_holds_a_mark_of_a_solution(files: dict[Path, str], mark: str) -> None:
    # A page for authors may name a mark, as a word in backticks.
    holds = [path for path, text in files.items() if mark in text.replace(f"`{mark}`", "")]
    assert [str(path) for path in holds] == []


def test_sources_and_search_index_are_among_the_files(files: dict[Path, str], site: Path) -> None:
    assert site / "searchindex.js" in files
    assert any(path.parts[-2] == "_sources" for path in files)
    assert any(path.suffix == ".ipynb" for path in files)


def test_no_page_quotes_an_answer(files: dict[Path, str], root: Path) -> None:
    sources = {
        path: "\n".join(plain(text)) for path, text in files.items() if "_sources" in path.parts
    }
    assert sources
    for solution in sorted((root / "solutions").glob("*.py")):
        for region in answers(solution):
            for start in range(len(region) - LINES + 1):
                quoted = "\n".join(region[start : start + LINES])
                found = [str(path) for path, text in sources.items() if quoted in text]
                assert found == [], f"{solution.name}: {quoted}"


def test_an_answer_would_be_found(root: Path) -> None:
    regions = answers(root / "solutions" / "02-layer.py")
    assert any(len(region) >= LINES for region in regions)


def test_the_solution_pages_are_not_there(site: Path) -> None:
    assert not (site / "self-study").exists()
