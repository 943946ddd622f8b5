"""The parts of the book's extension that can be tried without building a book."""

import io
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

from conv_book import (
    browser_python,
    editions,
    epub,
    freshness,
    icons,
    mathjax,
    notebooks,
    pictures,
    released,
    shown_links,
    wasm,
    window_picture,
)
from sphinx.errors import ExtensionError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file of code that pages import."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "figures.py").write_text("GREY = 1\n")
    return tmp_path


def test_a_change_in_code_changes_its_digest(project: Path) -> None:
    before = freshness.code_digest(project)
    assert freshness.code_digest(project) == before
    (project / "book" / "figures.py").write_text("GREY = 2\n")
    assert freshness.code_digest(project) != before


def test_new_code_changes_the_digest_and_prose_does_not(project: Path) -> None:
    before = freshness.code_digest(project)
    (project / "book" / "intro.md").write_text("# Prose\n")
    assert freshness.code_digest(project) == before
    (project / "autograder" / "checks").mkdir(parents=True)
    (project / "autograder" / "checks" / "cases.json").write_text("{}")
    assert freshness.code_digest(project) != before


def test_every_part_of_mathjax_that_is_wanted_is_in_the_package() -> None:
    for pattern in mathjax.WANTED:
        assert list(mathjax.library().glob(pattern)), pattern


def test_a_solution_is_shown_without_its_marks() -> None:
    region = "    ### BEGIN SOLUTION\n    # canary-6b1f0e9d\n    return 1\n    ### END SOLUTION"
    assert editions.shown(f"def f():\n{region}") == "def f():\n    return 1"


def test_hidden_tests_are_not_shown() -> None:
    source = "check(f)\n### BEGIN HIDDEN TESTS\ncheck(f, hidden=True)\n### END HIDDEN TESTS"
    assert editions.shown(source) == "check(f)"


def test_the_default_edition_is_the_one_without_solutions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDITION", raising=False)
    assert editions.edition() == "course"


def test_the_front_picture_computes_what_it_shows() -> None:
    output = window_picture.cross_correlate(window_picture.INPUT, window_picture.WEIGHT, 2)
    assert output == [[65, 85, 105], [205, 225, 245], [345, 365, 385]]


def test_the_front_picture_is_a_drawing_in_the_epub_too() -> None:
    # A page of an EPUB is XML: without its namespace a drawing is a row of words.
    figure = ElementTree.fromstring(window_picture.picture())
    assert figure.find("{http://www.w3.org/2000/svg}svg") is not None


def test_a_page_that_a_book_reader_would_cut_off_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.xhtml").write_text('<p>one<br/><a download="" href="two">two</a></p>')
    (tmp_path / "bad.xhtml").write_text("<p>one<br>two</p>")
    (found,) = epub.malformed(tmp_path)
    assert found.startswith("bad.xhtml: mismatched tag")


def test_a_dead_link_in_the_epub_is_found(tmp_path: Path) -> None:
    page = '<p id="top"><a href="#top"/><a href="two.xhtml#here"/><a href="https://a.b/c"/>{}</p>'
    (tmp_path / "two.xhtml").write_text('<p id="here"/>')
    (tmp_path / "one.xhtml").write_text(page.format(""))
    assert epub.dead(tmp_path) == []
    lost = ["notebooks/exercises.zip", "two.html#here", "two.xhtml#there", "#nowhere", "http://a.b"]
    (tmp_path / "one.xhtml").write_text(
        page.format("".join(f'<a href="{address}"/>' for address in lost))
    )
    assert epub.dead(tmp_path) == [f"one.xhtml: {address}" for address in lost]


@pytest.mark.parametrize(
    ("builder", "address"),
    [("html", "./01-a.html#flip"), ("epub", "01-a.xhtml#flip"), ("singlehtml", "#flip")],
)
def test_a_verdicts_link_leads_there_in_every_format(builder: str, address: str) -> None:
    shown = '<a href="./01-a.html#flip">a</a><a href="other.html">b</a>'
    wanted = f'<a href="{address}">a</a><a href="other.html">b</a>'
    assert shown_links.led(shown, builder, {"01-a"}) == wanted


def test_a_drawing_gets_smaller_and_stays_the_same(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([1, 2, 3], [1.23456789, 2.3456789, 1])
    path = tmp_path / "plot.svg"
    figure.savefig(path)
    before = path.read_text()
    after = pictures.slim(before)
    assert len(after) < 0.8 * len(before)
    assert after.count("<path") == before.count("<path")
    path.write_text(after)
    assert pictures.drawn_size(path) == (192, 96)
    assert pictures.slim(after) == after


@pytest.mark.browser
def test_a_smaller_drawing_looks_the_same(
    browser: "Browser", root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and titles too: letters are scaled by less than a tenth, and must not vanish."""
    monkeypatch.syspath_prepend(root / "book")
    import figures

    panel = figures.Panel(np.arange(6.0).reshape(2, 3), "input", "six numbers", read=([0], [1, 2]))
    drawn = str(figures.equation(panel)._repr_mimebundle_()["image/svg+xml"])
    page = browser.new_page(viewport={"width": 300, "height": 200})
    looks = []
    for drawing in (drawn, pictures.slim(drawn), "<svg></svg>"):
        page.set_content(f"<body>{drawing[drawing.index('<svg') :]}</body>")
        looks.append(matplotlib.image.imread(io.BytesIO(page.screenshot())))
    page.close()
    whole, slim, blank = looks
    assert np.abs(whole - slim).mean() < 0.02 * np.abs(whole - blank).mean()


def test_only_rules_of_other_icons_are_left_out() -> None:
    style = icons.STYLE.read_text(encoding="utf-8")
    short = icons.without_other_icons(style)
    assert len(style) - len(short) > 80_000
    assert ".fa-bars:before" in short and ".fa-sun:before" in short
    assert ".fa-hippo:before" in style and ".fa-hippo:before" not in short
    assert short.count("}") > 1000


def test_every_formula_of_the_book_can_stand_in_an_epub(root: Path) -> None:
    shown = r"\$\$(.+?)\$\$|(?<![\$\\])\$([^$\n]+)\$(?!\$)"
    count = 0
    for page in root.glob("book/*.md"):
        # A dollar in code is no formula.
        text = re.sub(
            r"```\{code-cell\}.*?\n```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S
        )
        for display, inline in re.findall(shown, text, flags=re.S):
            written = epub.mathml((display or inline).strip(), "block" if display else "inline")
            ElementTree.fromstring(written)  # a stray & would not parse
            assert "\\" not in written, (page.name, display or inline)
            count += 1
    assert count > 400


def test_every_place_opens_a_notebook_that_the_repository_holds(root: Path) -> None:
    places = {"Colab": "https://colab.example/github/somebody/course/blob/main/{path}"}
    for source in root.glob("solutions/[0-9]*.py"):
        (where,) = notebooks.elsewhere(places, source.stem).values()
        assert (root / where.partition("/blob/main/")[2]).is_file()


@pytest.mark.parametrize("where", ["https://example.org/fixed", "http://example.org/{path}"])
def test_a_place_that_would_lead_nowhere_is_refused(where: str) -> None:
    config = SimpleNamespace(conv_book_launch={"Somewhere": where})
    with pytest.raises(ExtensionError, match="Somewhere"):
        notebooks.check(None, config)


def test_the_book_names_no_place_by_itself(root: Path) -> None:
    assert "conv_book_launch: {}" in (root / "_config.yml").read_text(encoding="utf-8")


def test_an_exercise_is_found_in_its_notebook() -> None:
    from autograder.checks.exercises import EXERCISES

    base, stage = (released.find(EXERCISES[name]) for name in ("conv2d", "conv2d.groups"))
    assert base.cell == stage.cell == "02-layer/conv2d" and base.stub == stage.stub
    assert base.statement.startswith("One function in five stages") and stage.statement == ""
    assert base.setup[0].startswith("import numpy as np")


def test_an_exercise_that_needs_torch_is_described_and_not_run_in_the_page() -> None:
    from autograder.checks.exercises import EXERCISES

    names = ("Conv2dFunction", "Conv2dFunction.double", "Conv2d")
    first, stage, module = (released.find(EXERCISES[name]) for name in names)
    assert not (first.in_page or stage.in_page or module.in_page)
    assert stage.statement.startswith("The second stage") and "## " not in first.statement
    assert module.stub.startswith("class Conv2d(torch.nn.Module)")


def test_pythons_library_is_packed_without_what_nobody_uses() -> None:
    buffer = io.BytesIO()
    names = ["json/__init__.pyc", "numpy/core.pyc", "numpy/tests/test_a.pyc", "pandas/a.pyc"]
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in [*names, "_abc.pyc", "asyncio/a.pyc"]:
            archive.writestr(name, "x")
    kept = zipfile.ZipFile(io.BytesIO(browser_python.slim(buffer))).namelist()
    assert kept == ["json/__init__.pyc", "numpy/core.pyc", "_abc.pyc"]
    assert browser_python.course() == browser_python.course()


def test_functions_that_nobody_calls_lose_their_bodies_and_all_lose_their_names() -> None:
    def section(kind: int, content: bytes) -> bytes:
        return bytes([kind, len(content), *content])

    head = b"\0asm\1\0\0\0"
    types = section(1, b"\x01\x60\x00\x00")  # one type: () -> ()
    imports = section(2, b"\x01\x01m\x01f\x00\x00")  # m.f is function 0
    functions = section(3, b"\x02\x00\x00")  # 1 and 2 have that type
    kept, gone = b"\x04\x00\x01\x01\x0b", b"\x05\x00\x01\x01\x01\x0b"
    names = section(0, b"\x04name\x01\x0b\x02\x01\x02ok\x02\x03not")
    module = head + types + imports + functions + section(10, b"\x02" + kept + gone) + names
    asked = []

    def unwanted(names: Sequence[str]) -> list[bool]:
        asked.extend(names)
        return [name == "not" for name in names]

    nothing = b"\x03\x00\x00\x0b"
    smaller = head + types + imports + functions + section(10, b"\x02" + kept + nothing)
    assert wasm.without(module, unwanted) == smaller
    assert asked == ["ok", "not"]


def test_what_cython_writes_belongs_to_the_library_around_it() -> None:
    names = [
        *(
            "__Pyx_Import",
            "__pyx_pw_6pandas_x",
            "__Pyx_Import",
            "__pyx_tp_new",
            "__pyx_f_6pandas_y",
        ),
        *("__Pyx_Import", "__pyx_pw_5numpy_6random_z", "__Pyx_Import", "__pyx_pw_5scipy_w"),
        *("PyList_New", "__Pyx_Import", "xsf::cem(double)", "xmlNewNode", "XML_Parse"),
    ]
    found = browser_python.foreign(names)
    assert [name for name, gone in zip(names, found, strict=True) if not gone] == [
        *("__Pyx_Import", "__Pyx_Import", "__pyx_pw_5numpy_6random_z", "__Pyx_Import"),
        *("PyList_New", "__Pyx_Import", "XML_Parse"),
    ]
