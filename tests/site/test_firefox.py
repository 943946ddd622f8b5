"""What is most likely to work in one browser alone, tried in another: Python, and the figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import Firefox, find_firefox, started

# Write into an exercise, click on a button, and wait for what the cell says in the end.
PRESS = """new Promise(done => {
  const cell = document.querySelector(`py-cell[exercise="%s"]`);
  const area = cell.querySelector("textarea");
  area.value = %s;
  area.dispatchEvent(new Event("input"));
  cell.querySelector("[data-do=%s]").click();
  const wait = setInterval(() => {
    if (!cell.dataset.state) return;
    clearInterval(wait);
    const said = [".pc-state", ".pc-output"].map(part => cell.querySelector(part).innerText);
    done(said.join("\\n"));
  }, 20);
})"""
MIRRORED = r"""`def cross_correlate2d(input, weight, stride=1):
    return np.array([
        [(input[i:i + weight.shape[0], j:j + weight.shape[1]] * weight[::-1, ::-1]).sum()
         for j in range(0, input.shape[1] - weight.shape[1] + 1, stride)]
        for i in range(0, input.shape[0] - weight.shape[0] + 1, stride)
    ])`"""
STOP_SOON = """setTimeout(() =>
  document.querySelector(`py-cell[exercise="convolve2d"] [data-do=stop]`).click(), 300)"""
STATUS = "document.querySelector('conv-window [role=status]').innerText"


@pytest.fixture(scope="module")
def firefox(address: str) -> Iterator[Firefox]:
    """Chapter 1 in a Firefox; a skip with the reason where there is none."""
    path = find_firefox()
    if path is None:
        pytest.skip("no Firefox: install firefox-esr, or name an executable in FIREFOX")
    with started(path) as found:
        found.open(f"{address}/01-window.html")
        yield found


def test_the_figure_is_moved_by_keys(firefox: Firefox) -> None:
    firefox.run("document.querySelector('conv-window [data-key=\"output.0.0.0\"]').focus()")
    firefox.press("ArrowRight", "ArrowDown")
    assert firefox.run(STATUS) == "y[1,1] reads input rows 2, 3 and columns 2, 3. It is 225."


def test_a_mistake_is_named_and_an_endless_loop_stopped(firefox: Firefox, site: Path) -> None:
    if not (site / "_static" / "python" / "python.bin").is_file():
        pytest.skip("the book was built without Python in the page")
    said = firefox.run(PRESS % ("cross_correlate2d", MIRRORED, "check"))
    assert said.startswith("Not yet.") and "the kernel is mirrored (F01)" in said
    right = MIRRORED.replace("[::-1, ::-1]", "")
    assert firefox.run(PRESS % ("cross_correlate2d", right, "check")).startswith("All checks hold")
    firefox.run(STOP_SOON)
    assert firefox.run(PRESS % ("convolve2d", "`while True: pass`", "run")).startswith("Stopped.")
    said = firefox.run(PRESS % ("convolve2d", "`print(6 * 7)`", "run"))
    assert said.split() == ["Done.", "42"]


def test_the_console_stayed_silent(firefox: Firefox) -> None:
    assert firefox.said == []
