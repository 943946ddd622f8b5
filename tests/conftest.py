"""What every test may ask for: the repository's paths, a browser, a zygote. Knows no subject."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import FLAGS, find_chromium, why_not

from autograder.notebooks.nbgrader import skip_slow_import
from autograder.sandbox.client import SandboxUnavailable, Zygote

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before anything loads torch: on arrays of a few numbers, beside other workers, its threads wait
# for each other fifteen times as long as they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")
skip_slow_import()

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
# Of the one file that visits every page, the tests of one page; of any other, all.
APART = re.compile(r"tests/site/test_pages\.py::.*\[(.+?)(-light|-dark)?\]$")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What `-n 2` hands out at a time: a file, since its tests share what is dear to make.

    The file that looks at every page takes a minute or two: it is handed out page by page.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            page = APART.match(nodeid)
            return page[1] if page else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # the order is ours, see below
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `browser`, with the reason, where there is no browser.

    Files with many slow tests come first: whoever begins the longest file last waits for it alone.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])
    marked = [item for item in items if item.get_closest_marker("browser")]
    reason = why_not() if marked else ""
    if reason:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the table of hostile submissions is, or show it where it was asked for."""
    table = ROOT / "_build" / "hostile.txt"
    ran = [report.nodeid for found in terminalreporter.stats.values() for report in found
           if isinstance(report, pytest.TestReport)]  # fmt: skip
    hostile = [nodeid for nodeid in ran if "tests/hostile/" in nodeid]
    if hostile and table.is_file():
        alone = len(hostile) == len(ran)
        text = table.read_text() if alone else f"the table is in {table.relative_to(ROOT)}"
        terminalreporter.section("hostile submissions")
        terminalreporter.write_line(text)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first (`make test` does)")
    return SITE


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A headless Chromium, one per worker. Open a context of your own in each test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A warm zygote; a skip with the reason where the kernel allows no sandbox."""
    made = Zygote()
    try:
        made.ready()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox can be made here: {error}")
    with made:
        yield made
