"""Exercises solved in the page: a Python in the browser says what the notebook would say."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from accessibility import THEME_CAME, faults
from bs4 import BeautifulSoup
from exercise_page import Seen
from playwright.sync_api import Browser

from autograder.checks.exercises import EXERCISES
from autograder.notebooks import CANARY

FIRST = "01-window"
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
MIRRORED = """def cross_correlate2d(input, weight, stride=1):
    kH, kW = weight.shape
    rows = conv_output_size(input.shape[0], kH, stride)
    columns = conv_output_size(input.shape[1], kW, stride)
    output = np.zeros((rows, columns), dtype=np.result_type(input, weight))
    for i in range(rows):
        for j in range(columns):
            window = input[i * stride : i * stride + kH, j * stride : j * stride + kW]
            output[i, j] = (window * weight[::-1, ::-1]).sum()
    return output
"""
COUNT = """def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
"""


def cells(parsed: Callable[[str], BeautifulSoup], name: str) -> list[Any]:
    return parsed(name).find_all("py-cell")


def test_every_exercise_that_needs_no_torch_is_solved_in_its_page(
    parsed: Callable[[str], BeautifulSoup], root: Path
) -> None:
    for assignment in {exercise.assignment for exercise in EXERCISES.values()}:
        notebook = (root / "exercises" / assignment / f"{assignment}.ipynb").read_text("utf-8")
        asked = {e.id for e in EXERCISES.values() if e.assignment == assignment}
        found = {cell["exercise"] for cell in cells(parsed, assignment)}
        assert found == (set() if "import torch" in notebook else asked)


def test_the_stub_is_the_released_one(parsed: Callable[[str], BeautifulSoup], root: Path) -> None:
    notebook = json.loads((root / "exercises" / FIRST / f"{FIRST}.ipynb").read_text("utf-8"))
    released = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    shown = {cell["cell"].partition("/")[2]: cell.pre.get_text() for cell in cells(parsed, FIRST)}
    assert shown and shown == {name: released[name] for name in shown}


def test_what_is_asked_stands_beside_it(parsed: Callable[[str], BeautifulSoup]) -> None:
    card = parsed(FIRST).find("py-cell", exercise="conv_output_size").find_parent(class_="exercise")
    assert "moves on by stride, as long as it fits as a whole" in card.get_text()


def test_the_checks_in_the_site_hold_no_answer(python: Path, root: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO((python / "course.zip").read_bytes()))
    texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert "autograder/diagnosis/examine.py" in texts and "cell.py" in texts
    assert any(name.endswith(f"{FIRST}.json") for name in texts)
    for mark in (CANARY, "### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS"):
        quoted = f'"{mark}"'  # the package may name a mark, as a word
        assert [name for name, text in texts.items() if mark in text.replace(quoted, "")] == []


@pytest.fixture(scope="module")
def seen(browser: Browser, address_without_mathjax: str, python: Path) -> Iterator[Seen]:
    """Chapter 1, in a browser that keeps what it loads."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        found = Seen(context.new_page(), address_without_mathjax)
        found.go(FIRST)
        yield found


@pytest.mark.browser
class TestInTheBrowser:
    """In this order: the first is about a page where nothing was pressed yet."""

    def test_nothing_is_fetched_before_it_is_needed(self, seen: Seen) -> None:
        asked = [url for url in seen.requests if re.search(r"/python/|py-worker|wasi", url)]
        assert asked == []
        assert seen.press("cross_correlate2d", "Check") == "Not yet."
        assert "not attempted yet" in seen.output("cross_correlate2d")
        assert any("python.bin" in url for url in seen.requests)
        assert all(url.startswith((seen.address, "blob:", "data:")) for url in seen.requests)

    def test_a_mistake_is_named(self, seen: Seen) -> None:
        # It calls the function of the exercise before, as it may in a notebook.
        seen.write("conv_output_size", COUNT)
        seen.write("cross_correlate2d", MIRRORED)
        assert seen.press("cross_correlate2d", "Check") == "Not yet."
        said = seen.output("cross_correlate2d")
        assert "the kernel is mirrored (F01)" in said
        assert "The smallest call that fails" in said
        link = seen.cell("cross_correlate2d").get_by_role("link", name="section “flip”")
        assert link.get_attribute("href") == "./01-window.html#flip"

    def test_a_right_answer_passes(self, seen: Seen) -> None:
        seen.write("cross_correlate2d", MIRRORED.replace("[::-1, ::-1]", ""))
        assert seen.press("cross_correlate2d", "Check") == "All checks hold."

    def test_run_shows_what_is_printed_and_the_last_value(self, seen: Seen) -> None:
        seen.write("convolve2d", "print('hello')\nnp.arange(3) * 2")
        assert seen.press("convolve2d", "Run") == "Done."
        assert seen.output("convolve2d").split() == ["hello", "array([0,", "2,", "4])"]

    def test_an_error_names_the_line(self, seen: Seen) -> None:
        seen.write("convolve2d", "a = 1\nb = a / 0")
        assert "error" in seen.press("convolve2d", "Run")
        said = seen.output("convolve2d")
        assert "line 2" in said and said.endswith("ZeroDivisionError: division by zero")
        assert "cell.py" not in said

    def test_code_that_lost_the_name_is_told_so(self, seen: Seen) -> None:
        seen.write("cross_correlate2d", "def crosscorrelate2d(): pass")
        seen.press("cross_correlate2d", "Check")
        assert "defines no cross_correlate2d" in seen.output("cross_correlate2d")

    def test_output_cannot_become_markup(self, seen: Seen) -> None:
        code = (
            "def convolve2d(input, weight):\n    raise ValueError('<img src=x onerror=alert(1)>')"
        )
        seen.write("convolve2d", code)
        seen.press("convolve2d", "Check")
        assert seen.cell("convolve2d").locator(".pc-output img").count() == 0
        assert "<img src=x" in seen.output("convolve2d")

    def test_an_endless_loop_is_stopped(self, seen: Seen) -> None:
        seen.write("convolve2d", "while True:\n    pass")
        cell = seen.cell("convolve2d")
        cell.get_by_role("button", name="Run").click()
        seen.page.wait_for_timeout(200)
        assert cell.get_by_role("button", name="Run").is_disabled()
        cell.get_by_role("button", name="Stop").click()
        assert seen.ended("convolve2d") == "Stopped."
        before = len(seen.requests)
        assert seen.press("conv_output_size", "Check") == "All checks hold."
        # The new Python came out of the browser's own store.
        assert [url for url in seen.requests[before:] if "/python/" in url] == []

    def test_what_was_written_is_there_after_a_reload(self, seen: Seen) -> None:
        code = MIRRORED + "# mine\n"
        seen.write("cross_correlate2d", code)
        seen.go(FIRST)
        area = seen.cell("cross_correlate2d").locator("textarea")
        assert area.input_value() == code
        # A later stage of the same function shows it, too.
        other = seen.cell("cross_correlate2d.stride").locator("textarea")
        assert other.input_value() == code
        seen.cell("cross_correlate2d").get_by_role("button", name="Reset").click()
        assert area.input_value().endswith(STUB) and other.input_value().endswith(STUB)
        seen.go(FIRST)
        assert seen.cell("cross_correlate2d").locator("textarea").input_value().endswith(STUB)

    def test_everything_works_by_keyboard(self, seen: Seen) -> None:
        page = seen.page
        area = seen.cell("convolve2d").locator("textarea")
        area.fill("")
        area.focus()
        page.keyboard.type("def f(x):")
        page.keyboard.press("Enter")
        page.keyboard.type("return x")
        assert area.input_value() == "def f(x):\n    return x"
        page.keyboard.press("Tab")
        assert area.input_value().endswith("return x    ")
        page.keyboard.press("Shift+Enter")
        assert seen.ended("convolve2d") == "Done. It printed nothing."
        area.focus()
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        focused = page.evaluate("() => document.activeElement.textContent")
        assert focused == "Check"

    def test_keys_between_two_frames_are_drawn_once(self, seen: Seen) -> None:
        drawn = seen.cell("convolve2d").evaluate("""async cell => {
          const { draw } = cell;
          let count = 0;
          cell.draw = function () { count += 1; draw.call(this); };
          const area = cell.querySelector('textarea');
          for (const key of 'np.ones(3)') {
            area.value += key;
            area.dispatchEvent(new Event('input'));
          }
          await new Promise(requestAnimationFrame);
          delete cell.draw;
          return [count, cell.querySelector('pre').textContent.trimEnd() === area.value];
        }""")
        assert drawn == [1, True]

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_everyone_can_read_a_verdict(self, seen: Seen, theme: str) -> None:
        seen.page.emulate_media(color_scheme=theme)
        seen.write("conv_output_size", COUNT)
        seen.write("cross_correlate2d", MIRRORED)
        seen.press("cross_correlate2d", "Check")
        seen.page.evaluate(THEME_CAME, theme)
        # The theme lets keys scroll what is too wide, soon after it has come.
        seen.page.wait_for_selector(".pc-output pre[tabindex]")
        assert faults(seen.page, within="py-cell") == []

    def test_the_console_stayed_silent(self, seen: Seen) -> None:
        assert seen.said == []


@pytest.mark.browser
def test_a_page_from_disk_says_how_to_run_it(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / f"{FIRST}.html").as_uri())
        cell = page.locator("py-cell").first
        cell.get_by_role("button", name="Check").click()
        assert "python3 -m http.server" in cell.locator(".pc-output").inner_text()
        for link in cell.locator(".pc-output a").all():
            assert (site / link.get_attribute("href")).is_file()


@pytest.mark.browser
def test_a_book_without_python_says_so(browser: Browser, address_without_mathjax: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        text = page.request.get(f"{address_without_mathjax}/{FIRST}.html").text()
        bare = re.sub(r' assets="[^"]*"', "", text)
        page.route(
            "**/01-window.html", lambda route: route.fulfill(body=bare, content_type="text/html")
        )
        page.goto(f"{address_without_mathjax}/{FIRST}.html")
        cell = page.locator("py-cell").first
        cell.get_by_role("button", name="Check").click()
        assert "built without Python" in cell.locator(".pc-output").inner_text()
