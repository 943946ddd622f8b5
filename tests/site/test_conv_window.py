"""The figure that the reader touches: its numbers are the reference's, and everyone can use it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from autograder import reference

ELEMENTS = Path(__file__).resolve().parents[2] / "book" / "_ext" / "conv_book" / "elements"
ARITHMETIC = ELEMENTS / "conv-arithmetic.js"
SCRIPTS = ("conv-arithmetic.js", "conv-state.js", "conv-words.js", "conv-window.js")
GRADIENTS = ("grad_input", "grad_weight", "grad_bias")

# Input size, kernel, stride, padding, dilation, (channels in, channels out, groups): remainders,
# gaps, padding beyond the kernel, and sizes that differ where they could be exchanged.
LAYERS = [
    ((7, 7), (2, 2), (2, 2), (0, 0), (1, 1), (1, 1, 1)),
    ((5, 6), (2, 3), (1, 1), (0, 0), (1, 1), (1, 1, 1)),
    ((6, 5), (3, 2), (2, 1), (1, 2), (1, 1), (2, 3, 1)),
    ((7, 4), (3, 2), (1, 3), (2, 0), (2, 1), (1, 2, 1)),
    ((4, 7), (2, 3), (3, 2), (2, 1), (3, 2), (4, 2, 2)),
    ((3, 5), (1, 2), (1, 2), (0, 1), (1, 3), (4, 4, 4)),
    ((5, 4), (1, 1), (2, 3), (1, 1), (1, 1), (2, 4, 2)),
]

# Compares what convArithmetic says with a case; returns the parts in which they differ.
COMPARE = """(arithmetic, cases) => cases.map(({ layer, arrays }) => {
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const { input, weight, bias, grad_output } = arrays;
  const found = arithmetic.backward(layer, input, weight, grad_output);
  found.output = arithmetic.forward(layer, input, weight, bias);
  return Object.keys(found).filter(name => !same(found[name], arrays[name]));
})"""


def case(options: tuple, seed: int) -> dict[str, Any]:
    """A layer with whole numbers: the reference's output, and the gradients by torch's autograd."""
    import torch  # here, so that only whoever runs these tests waits for it

    size, kernel, stride, padding, dilation, (c_in, c_out, groups) = options
    rng = np.random.default_rng(seed)
    layer = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(-5, 6, size=shape).astype(np.float64)

    arrays = [draw(1, c_in, *size), draw(c_out, c_in // groups, *kernel), draw(c_out)]
    output = reference("conv2d")(*arrays, **layer)
    upstream = draw(*output.shape)
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    torch.nn.functional.conv2d(*leaves, **layer).backward(torch.tensor(upstream))
    grads = dict(zip(GRADIENTS, (leaf.grad.numpy() for leaf in leaves), strict=True))
    found = dict(zip(("input", "weight", "bias"), arrays, strict=True))
    found |= {"output": output, "grad_output": upstream} | grads
    batched = ("input", "output", "grad_output", "grad_input")
    values = {name: array[0] if name in batched else array for name, array in found.items()}
    return {
        "layer": {
            "inputSize": size,
            "kernelSize": kernel,
            "inChannels": c_in,
            "outChannels": c_out,
            **layer,
        },
        "arrays": {name: array.astype(int).tolist() for name, array in values.items()},
    }


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    return [case(options, seed) for seed, options in enumerate(LAYERS)]


def test_its_arithmetic_is_the_references_in_node(cases: list, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here; the browser's test has the same cases")
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    script = (
        f"const arithmetic = require({json.dumps(str(ARITHMETIC))});"
        f"const cases = require({json.dumps(str(tmp_path / 'cases.json'))});"
        f"console.log(JSON.stringify(({COMPARE})(arithmetic, cases)));"
    )
    said = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == [[] for _ in LAYERS]


def test_every_figure_has_a_task(root: Path) -> None:
    for page in root.glob("book/*.md"):
        text = page.read_text(encoding="utf-8")
        after = re.split(r"^```\{conv-window\}$", text, flags=re.MULTILINE)[1:]
        for part in after:
            assert ":class: task" in part[:1600], f"{page.name}: {part[:60]}"


@pytest.fixture(scope="module")
def page(browser: Browser, address_without_mathjax: str) -> Iterator[Page]:
    """Chapter 1, in a window of a laptop's size."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address_without_mathjax}/01-window.html")
        yield page


@pytest.fixture
def figure(page: Page) -> Locator:
    """The first figure, as it begins."""
    found = page.locator("conv-window").first
    page.evaluate("() => history.replaceState(null, '', location.pathname)")
    found.get_by_role("button", name="Reset").click()
    page.mouse.move(0, 0)
    return found


def status(figure: Locator) -> str:
    return figure.get_by_role("status").inner_text()


def cell(figure: Locator, key: str) -> Locator:
    return figure.locator(f'[data-key="{key}"]')


@pytest.mark.browser
class TestInTheBrowser:
    def test_its_arithmetic_is_the_references(self, page: Page, cases: list) -> None:
        found = page.evaluate(f"cases => ({COMPARE})(convArithmetic, cases)", cases)
        assert found == [[] for _ in LAYERS]
        spoilt = json.loads(json.dumps(cases[:1]))
        spoilt[0]["arrays"]["grad_input"][0][6][6] += 1
        again = page.evaluate(f"cases => ({COMPARE})(convArithmetic, cases)", spoilt)
        assert again == [["grad_input"]]

    def test_it_begins_with_the_chapters_example(self, figure: Locator) -> None:
        grid = figure.get_by_role("grid", name="y: 3 by 3")
        shown = [int(text) for text in grid.locator(".value").all_text_contents()]
        assert shown == [65, 85, 105, 205, 225, 245, 345, 365, 385]
        assert status(figure) == "y[1,1] reads input rows 2, 3 and columns 2, 3. It is 225."
        assert "17·1 + 18·2 + 24·3 + 25·4 = 225" in figure.locator(".cw-sum").inner_text()

    def test_a_click_chooses(self, figure: Locator) -> None:
        cell(figure, "input.0.2.3").click()
        assert status(figure) == "input[2,3] is read once: by y[1,1] with weight[0,1]."
        cell(figure, "input.0.6.6").click()
        assert status(figure) == "No window reads input[6,6]."
        cell(figure, "weight.0.0.0.1").click()
        assert "meets input rows 0, 2, 4 and columns 1, 3, 5" in status(figure)

    def test_arrow_keys_choose(self, figure: Locator, page: Page) -> None:
        cell(figure, "output.0.0.0").focus()
        for key, place in [
            ("ArrowRight", "y[0,1]"),
            ("ArrowDown", "y[1,1]"),
            ("End", "y[1,2]"),
            ("ArrowRight", "y[1,2]"),
            ("Control+Home", "y[0,0]"),
        ]:
            page.keyboard.press(key)
            assert status(figure).startswith(place)
        assert cell(figure, "output.0.0.0").get_attribute("aria-selected") == "true"
        focused = page.evaluate("() => document.activeElement.dataset.key")
        assert focused == "output.0.0.0"

    def test_each_grid_is_one_stop_of_the_tab_key(self, figure: Locator) -> None:
        for grid in figure.get_by_role("grid").all():
            assert grid.locator('[tabindex="0"]').count() == 1

    def test_a_slider_changes_the_layer(self, figure: Locator, page: Page) -> None:
        figure.get_by_role("slider", name="stride").focus()
        page.keyboard.press("ArrowLeft")
        assert figure.get_by_role("grid", name="y: 6 by 6").is_visible()
        assert "/ 1⌋ + 1 = 6 rows" in figure.locator(".cw-size").inner_text()
        figure.get_by_role("slider", name="kernel height").focus()
        page.keyboard.press("End")
        figure.get_by_role("slider", name="height H", exact=True).focus()
        page.keyboard.press("Home")
        assert "does not fit" in status(figure)

    def test_it_steps_through_the_outputs(self, figure: Locator) -> None:
        step = figure.get_by_role("button", name="Step")
        step.click()
        step.click()
        assert status(figure).startswith("Step 2 of 9. y[0,1]")
        assert cell(figure, "output.0.0.2").get_attribute("aria-label").endswith("not computed yet")
        figure.get_by_role("button", name="Show all").click()
        assert cell(figure, "output.0.0.2").get_attribute("aria-label") == "y[0,2] is 105"

    def test_it_plays_and_pauses(self, figure: Locator, page: Page) -> None:
        figure.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "() => document.querySelector('.cw-status').textContent.startsWith('Step 2')"
        )
        figure.get_by_role("button", name="Pause").click()
        assert figure.get_by_role("button", name="Play").is_visible()

    def test_a_link_restores_the_state(self, figure: Locator, page: Page) -> None:
        cell(figure, "weight.0.0.1.0").click()
        before = status(figure)
        link = figure.get_by_role("link", name="Link").get_attribute("href")
        figure.get_by_role("button", name="Reset").click()
        assert status(figure) != before
        page.evaluate("link => { location.hash = link }", link)
        page.wait_for_function(
            "said => document.querySelector('.cw-status').textContent === said", arg=before
        )

    def test_nonsense_in_a_link_is_ignored(self, figure: Locator, page: Page) -> None:
        name = figure.get_attribute("id")
        link = (
            f"#{name}?size=9x1&kernel=<b>&kernel=1&groups=4&at=grad_input.7&mode=sideways&step=999"
        )
        page.evaluate("link => { location.hash = link }", link)
        page.wait_for_function(
            "() => document.querySelector('.cw-status').textContent.startsWith('Step')"
        )
        assert figure.get_by_role("grid", name="input: 7 by 1").is_visible()


BACKWARD = "mode=backward&size=7x7&kernel=3x3&stride=2&padding=0"


@pytest.fixture(scope="module")
def bare(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the element alone, in backward mode, for a reader who wants no motion."""
    folder = tmp_path_factory.mktemp("element")
    scripts = "".join(
        f'<script src="{(ELEMENTS / name).as_uri()}"></script>' for name in (*SCRIPTS, SCRIPTS[-1])
    )
    element = f'<conv-window id="w" state="{BACKWARD.replace("&", "&amp;")}"><p>words</p>'
    (folder / "page.html").write_text(
        f"<!doctype html><meta charset=utf-8>{element}</conv-window>{scripts}"
    )
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto((folder / "page.html").as_uri())
        yield page


@pytest.mark.browser
class TestBackward:
    def test_a_gradient_says_what_it_collects(self, bare: Page) -> None:
        figure = bare.locator("conv-window")
        cell(figure, "grad_input.0.2.3").click()
        assert status(figure).startswith(
            "grad_input[2,3] collects grad_output[0,1]·weight[2,1] + grad_output[1,1]·weight[0,1]. "
        )
        cell(figure, "grad_weight.0.0.0.1").click()
        assert figure.locator("[data-cells='grad_output.0.2.2 input.0.4.5']").count() == 1
        assert status(figure).startswith("grad_weight[0,1] collects grad_output[0,0]·input[0,1] + ")
        cell(figure, "grad_bias.0").click()
        assert status(figure).startswith("grad_bias[0] collects every grad_output: ")

    def test_what_it_says_adds_up(self, bare: Page) -> None:
        figure = bare.locator("conv-window")
        for key in ("grad_input.0.2.2", "grad_weight.0.0.2.1", "grad_bias.0"):
            cell(figure, key).click()
            text = figure.locator(".cw-sum").inner_text().replace("−", "-").replace("·", "*")
            terms, total = text.partition("=")[2].rsplit("=", 1)
            assert eval(terms) == int(total)
            said = int(re.search(r"It is (\S+)\.$", status(figure)).group(1).replace("−", "-"))
            assert said == int(total)

    def test_an_upstream_gradient_scatters(self, bare: Page) -> None:
        figure = bare.locator("conv-window")
        cell(figure, "grad_output.0.0.1").click()
        assert "grad_input rows 0, 1, 2 and columns 2, 3, 4" in status(figure)
        landed = figure.locator(".result").evaluate_all("all => all.map(e => e.dataset.key)")
        assert len([key for key in landed if key.startswith("grad_input")]) == 9
        assert len([key for key in landed if key.startswith("grad_weight")]) == 9
        assert "grad_bias.0" in landed

    def test_the_loop_adds_up_to_the_gradients(self, bare: Page) -> None:
        figure = bare.locator("conv-window")
        figure.get_by_role("button", name="Reset").click()
        values = figure.locator("[data-key^='grad_input'] .value")
        whole = values.all_text_contents()
        step = figure.get_by_role("button", name="Step")
        step.click()
        assert values.all_text_contents() != whole
        assert status(figure).startswith("Step 1 of 9. grad_output[0,0]")
        for _ in range(8):
            step.click()
        assert values.all_text_contents() == whole

    def test_there_is_no_play_where_motion_is_unwanted(self, bare: Page) -> None:
        assert not bare.locator("[data-do=play]").is_visible()


@pytest.mark.browser
def test_without_a_script_it_is_its_description(browser: Browser, site: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((site / "01-window.html").as_uri())
        words = page.locator("conv-window").first.inner_text()
    assert words.startswith("The seven by seven ramp") and "JavaScript" in words


@pytest.mark.browser
def test_a_finger_chooses_and_may_still_scroll(
    browser: Browser, address_without_mathjax: str
) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{address_without_mathjax}/01-window.html")
        figure = page.locator("conv-window").first
        cell(figure, "input.0.2.3").tap()
        assert status(figure) == "input[2,3] is read once: by y[1,1] with weight[0,1]."
        cell(figure, "output.0.2.2").tap()
        assert status(figure).startswith("y[2,2] reads")
        # Swiping over the grids moves the page: nothing there takes the finger's way for its own.
        held = figure.evaluate(
            "f => [f, ...f.querySelectorAll('*')].map(e => getComputedStyle(e).touchAction)"
        )
        assert {*held} <= {"auto", "manipulation", "pan-y"}
