"""The build refuses what must not reach a reader: tiny books, built with the real settings.

`_config.yml`, the extension and the style sheet are the book's; only the pages are tiny.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from tiny_books import built

pytestmark = pytest.mark.slow

HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A tiny book

"""
FIGURE = """```{code-cell} python
---
mystnb:
  image: {alt: A grey square on a white ground}
  figure: {name: fig-square, caption: A square.}
---
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>')
```

See {numref}`fig-square`.
"""
# What is wrong with a page -> the text that is wrong, and the build's complaint about it.
CARELESS = {
    "a picture without alt text": (
        FIGURE.replace("alt: A grey square on a white ground", "").replace(
            "fig-square", "fig-bare"
        ),
        "has no alt text",
    ),
    "a picture without a caption": (
        FIGURE.replace("figure: {name: fig-square, caption: A square.}", "").partition("See")[0],
        "has no caption",
    ),
    "a warning on stderr": (
        "```{code-cell} python\nimport warnings\nwarnings.warn('careless')\n```\n",
        "stderr was found in the cell outputs",
    ),
    "a link to nowhere": ("[there](nowhere.md)\n", "'nowhere.md'"),
    "a citation of nothing": ("{cite:t}`nobody1900`\n", "nobody1900"),
    "an exercise that does not exist": (
        "```{exercise-card} conv3d\n```\n",
        "there is no exercise 'conv3d'",
    ),
}


# Runs each page's cells as a kernel does, one page after another in one process: a kernel a page,
# which a build of the book would start, costs more than the cells.
RUN_PAGES = r"""
import re, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for page in map(Path, sys.argv[1:]):
    shell.reset()
    text = page.read_text(encoding="utf-8")
    for cell in re.findall(r"^````{code-cell} python\n(.*?)\n````$", text, re.M | re.S):
        shell.run_cell(cell).raise_error()
        print(page.stem, "ran")
"""


def build(
    root: Path, folder: Path, text: str, executes: str = "", **environment: str
) -> subprocess.CompletedProcess:
    """Build a book of one page with this project's settings; the site is in `_build/html`.

    `executes` names the only page of worked solutions whose cells are run.
    """
    book = folder / "book"
    book.mkdir()
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    settings["execute"]["exclude_patterns"] = [
        f"self-study/{path.stem}.md"
        for path in sorted((root / "solutions").glob("[0-9]*.py"))
        if path.stem != executes
    ]
    (folder / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    for name in ("_static", "references.bib"):
        (book / name).symlink_to(root / "book" / name)
    # A link, so that the extension still knows where the project is.
    (book / "_ext").symlink_to(root / "book" / "_ext")
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (book / "intro.md").write_text(HEAD + text, encoding="utf-8")
    return built(book, "-W", "-n", "--keep-going", environment={"EDITION": "", **environment})


@pytest.fixture(scope="module")
def good(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a good page, in the self-study edition; one page of solutions was run."""
    folder = tmp_path_factory.mktemp("good")
    result = build(root, folder, FIGURE, executes="01-window", EDITION="self-study")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return folder / "_build" / "html"


def test_a_good_page_is_built(good: Path) -> None:
    page = (good / "intro.html").read_text()
    assert "Fig. 1" in page and "A grey square" in page


def test_a_cell_that_raises_fails_the_build(root: Path, tmp_path: Path) -> None:
    result = build(root, tmp_path, "```{code-cell} python\nassert 1 + 1 == 3\n```\n")
    assert result.returncode != 0
    assert "AssertionError" in result.stderr


@pytest.fixture(scope="module")
def careless(root: Path, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess:
    """One build of a page with every fault but a raising cell."""
    text = "\n".join(text for text, _ in CARELESS.values())
    return build(root, tmp_path_factory.mktemp("careless"), text)


@pytest.mark.parametrize("fault", CARELESS)
def test_the_build_refuses(careless: subprocess.CompletedProcess, fault: str) -> None:
    assert careless.returncode != 0
    _, complaint = CARELESS[fault]
    lines = [line for line in careless.stderr.splitlines() if complaint in line]
    assert any("WARNING" in line or "ERROR" in line for line in lines), careless.stderr


def test_the_self_study_edition_has_the_solutions(good: Path) -> None:
    page = (good / "self-study" / "02-layer.html").read_text()
    assert 'check(conv2d, "conv2d.groups"' in BeautifulSoup(page, "html.parser").get_text()
    source = (good / "_sources" / "self-study" / "02-layer.md").read_text()
    assert "def conv2d(" in source
    for mark in ("BEGIN SOLUTION", "HIDDEN TESTS", "hidden=True", "canary"):
        assert mark not in source


def test_the_self_study_edition_shows_what_the_checks_said(good: Path) -> None:
    page = BeautifulSoup((good / "self-study" / "01-window.html").read_text(), "html.parser")
    said = [output.get_text() for output in page.find_all(class_="cell_output")]
    assert any("cross_correlate2d" in text for text in said)


def run_pages(root: Path, *pages: Path) -> subprocess.CompletedProcess:
    """Run the cells of these pages, where the book's cells run."""
    places = os.pathsep.join([str(root), str(root / "book")])
    return subprocess.run(
        [sys.executable, "-c", RUN_PAGES, *pages],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=root / "book",
        env={**os.environ, "PYTHONPATH": places, "MPLBACKEND": "agg", "AUTOGRADER_BOOK": "."},
    )


def test_every_cell_of_the_solution_pages_runs_and_complains_of_nothing(
    good: Path, root: Path
) -> None:
    pages = sorted((good / "_sources" / "self-study").glob("*.md"))
    assert [page.stem for page in pages] == [
        path.stem for path in sorted((root / "solutions").glob("[0-9]*.py"))
    ]
    result = run_pages(root, *pages)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout[-3000:]
    ran = result.stdout.splitlines()
    cells = sum(page.read_text(encoding="utf-8").count("{code-cell}") for page in pages)
    assert sum(ran.count(f"{page.stem} ran") for page in pages) == cells > 100


@pytest.mark.parametrize(
    ("cell", "said"), [("1 / 0", "division by zero"), ("import sys; sys.stderr.write('no')", "no")]
)
def test_a_cell_that_did_not_would_be_found(
    root: Path, tmp_path: Path, cell: str, said: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"````{{code-cell}} python\n{cell}\n````\n")
    assert said in run_pages(root, page).stderr


def test_an_unknown_edition_is_refused(root: Path, tmp_path: Path) -> None:
    result = build(root, tmp_path, "", EDITION="selfstudy")
    assert result.returncode != 0
    assert "self-study" in result.stdout + result.stderr
