"""The course's own answer to every exercise in a page passes there, in the page's Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from exercise_page import Seen
from playwright.sync_api import Browser

from autograder.checks.exercises import EXERCISES
from autograder.notebooks.source import read

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The pages of all chapters get one Python, that of the page which opened them: to start one takes
# longer than to check a chapter's answers.
SHARE_PYTHON = """if (globalThis.opener) {
  const { Worker } = opener;
  globalThis.Worker = function (address) { return (opener.python ??= new Worker(address)); };
}"""
WRITE = """answers => {
  for (const cell of document.querySelectorAll('py-cell')) {
    const area = cell.querySelector('textarea');
    area.value = answers[cell.getAttribute('exercise')];
    area.dispatchEvent(new Event('input'));
  }
}"""


def answers(root: Path, assignment: str) -> dict[str, str]:
    """The course's own answer to each exercise of an assignment: every answer cell, in order."""
    found = {}
    for cell in read(root / "solutions" / f"{assignment}.py")["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        if tags.get("solution") and cell["cell_type"] == "code":
            found[tags["grade_id"]] = cell["source"]
    return found


@pytest.fixture(scope="module")
def reader(browser: Browser, address_without_mathjax: str, python: Path) -> Iterator[Seen]:
    """A page that goes from chapter to chapter while another one keeps the Python."""
    with browser.new_context() as context:
        context.add_init_script(SHARE_PYTHON)
        keeper = context.new_page()
        keeper.goto(f"{address_without_mathjax}/genindex.html")
        with keeper.expect_popup() as opened:
            keeper.evaluate("() => { open('search.html', 'reader') }")
        yield Seen(opened.value, address_without_mathjax)


def forget(reader: Seen, exercise: str) -> None:
    """Have Python begin anew, without what the chapters before have defined."""
    reader.write(exercise, "__import__('cell').prepare()")
    assert reader.press(exercise, "Run").startswith("Done.")


@pytest.mark.parametrize("assignment", sorted({e.assignment for e in EXERCISES.values()}))
def test_the_courses_answers_pass_in_the_browser(reader: Seen, root: Path, assignment: str) -> None:
    given = answers(root, assignment)
    reader.said.clear()
    reader.page.goto(f"{reader.address}/{assignment}.html")
    found = reader.page.locator("py-cell").evaluate_all(
        "all => all.map(c => [c.getAttribute('exercise'), c.getAttribute('cell')])"
    )
    if found:
        forget(reader, found[0][0])
    reader.page.evaluate(WRITE, {e: given[cell.partition("/")[2]] for e, cell in found})
    said = {exercise: reader.press(exercise, "Check") for exercise, _ in found}
    wrong = {e: reader.output(e)[:500] for e, words in said.items() if words != "All checks hold."}
    assert wrong == {}
    assert reader.said == []


def test_no_chapter_lives_on_what_an_earlier_one_has_defined(reader: Seen) -> None:
    reader.go("01-window")
    reader.write("convolve2d", "kept = 1")
    reader.press("convolve2d", "Run")
    reader.go("02-layer")
    reader.write("pad2d", "kept")
    assert reader.press("pad2d", "Run") == "Done."  # it is one Python
    forget(reader, "pad2d")
    reader.write("pad2d", "kept")
    assert "error" in reader.press("pad2d", "Run")
