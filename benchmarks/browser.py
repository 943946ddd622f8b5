"""Times verdicts in the book's pages: how long after a click on Check the reader has an answer.

Each round is a browser that has kept nothing: its first verdict fetches and starts Python; the
next page's first starts it again, out of the browser's store; further ones only check. Prints
medians, in seconds as the page itself counts them, and judges nothing. The book must be built.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import threading
from collections import defaultdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from autograder.notebooks.source import read

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "tests"))

from browser import FLAGS, find_chromium, why_not  # noqa: E402

# Page by page, what a reader checks: the course's answer with a slip in it, and then without.
SLIPS = {
    "01-window": {
        "cross_correlate2d": ("* weight)", "* weight[::-1, ::-1])"),
        "convolve2d": ("weight[::-1, ::-1]", "weight"),
    },
    "04-backward": {
        "conv2d_weight": ("grad_weight[..., u, v]", "grad_weight[..., -1 - u, v]"),
        "conv2d_input.groups": ("] += np.einsum", "] = np.einsum"),
        "conv2d_input.contract": ("(top, left), (height", "top = left = 0; _, (height"),
    },
    "06-columns": {
        "unfold": ("0, 1, 4, 5, 2, 3", "0, 4, 5, 1, 2, 3"),
        "fold": ("] += blocks", "] = blocks"),
    },
}
PATIENCE = 120_000  # milliseconds


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    """Print a line for each kind of verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="browsers, one after another")
    rounds = parser.parse_args().rounds
    if reason := why_not():
        sys.exit(f"no browser: {reason}")
    if not (SITE / "_static" / "python" / "python.bin").is_file():
        sys.exit("no Python in the page: run `make book` first")
    took: dict[str, list[float]] = defaultdict(list)
    handler = functools.partial(Quiet, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(rounds):
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            for kind, seconds in visit(chromium, f"http://127.0.0.1:{server.server_port}"):
                took[kind].append(seconds)
            chromium.close()
        server.shutdown()
    for kind, found in took.items():
        print(
            f"{kind:40} {statistics.median(found):5.2f} s"
            f"   ({min(found):.2f} to {max(found):.2f}, {len(found)} times)"
        )


def visit(chromium: Browser, address: str) -> list[tuple[str, float]]:
    """One reader goes from page to page: what each verdict was, and its seconds."""
    page = chromium.new_page()
    found = []
    start = "first verdict"
    for name, slips in SLIPS.items():
        page.goto(f"{address}/{name}.html")
        given = answers(name)
        for cell in page.locator("py-cell").all():  # an exercise may call an earlier one
            cell.locator("textarea").fill(given[identity(cell)])
        for number, (exercise, (right, slip)) in enumerate(slips.items()):
            cell = page.locator(f'py-cell[exercise="{exercise}"]')
            answer = given[identity(cell)]
            assert right in answer, f"{exercise}: no {right!r} in the course's answer"
            kind = f"further: a slip in {exercise}" if number else start
            found.append((kind, check(page, exercise, answer.replace(right, slip), "failed")))
            found.append(("further: a right answer", check(page, exercise, answer, "passed")))
        start = "the next page's first"
    return found


def answers(assignment: str) -> dict[str, str]:
    """The course's own answers, by the name of their cells."""
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in read(ROOT / "solutions" / f"{assignment}.py")["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }


def identity(cell: Locator) -> str:
    """The name of a cell in its notebook."""
    return (cell.get_attribute("cell") or "").partition("/")[2]


def check(page: Page, exercise: str, code: str, expected: str) -> float:
    """Write the code, click on Check; the seconds until the verdict."""
    cell = page.locator(f'py-cell[exercise="{exercise}"]')
    cell.locator("textarea").fill(code)
    cell.get_by_role("button", name="Check").click()
    page.wait_for_function(
        "id => document.querySelector(`py-cell[exercise='${id}']`).dataset.state",
        arg=exercise,
        timeout=PATIENCE,
    )
    state = cell.get_attribute("data-state")
    assert state == expected, f"{exercise}: {state}, not {expected}"
    return int(cell.get_attribute("data-took")) / 1000


if __name__ == "__main__":
    main()
