"""What the tests of the built book share: its pages, a web server for it, and parsed HTML.

Knows the site as a folder of files. `_toc.yml` decides which pages there must be, so that a page
that was not built fails its tests rather than being left out of them.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]


def listed(entry: dict) -> list[str]:
    """The pages of one entry of the table of contents, in order."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [name for child in below for name in listed(child)]


WRITTEN = listed(yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")))
PAGES = [*WRITTEN, "genindex", "search"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `name` runs for every page; `written` leaves out the generated ones."""
    for argument, names in (("name", PAGES), ("written", WRITTEN)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, names, scope="session")


@pytest.fixture(scope="session")
def parsed(site: Path) -> Callable[[str], BeautifulSoup]:
    """Gives a page's HTML, parsed. Parsing once is enough; change nothing in it."""

    @functools.cache
    def parse(name: str) -> BeautifulSoup:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")

    return parse


@pytest.fixture(scope="session")
def python(site: Path) -> Path:
    """The folder of Python's files in the site; a skip where the book was built without."""
    folder = site / "_static" / "python"
    if not (folder / "python.bin").is_file():
        pytest.skip("the book was built without Python in the page: its package could not be had")
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        pass


class WithoutMathJax(Quiet):
    """Leaves every formula as it was written: to set those of a chapter takes half of its time."""

    def do_GET(self) -> None:
        if "/mathjax/" not in self.path:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def served(site: Path, how: type[Quiet]) -> Iterator[str]:
    """The address of the site behind a web server of that kind, on a free port of this machine."""
    handler = functools.partial(how, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site behind a web server."""
    with served(site, Quiet) as found:
        yield found


@pytest.fixture(scope="session")
def address_without_mathjax(site: Path) -> Iterator[str]:
    """The same, for tests that look at no formula."""
    with served(site, WithoutMathJax) as found:
        yield found
