"""Every page in a real browser: it asks nobody for anything and breaks nowhere; all can read it.

Each page is loaded once, from disk, and looked at from all sides; the tests then read what was
seen. What only a web server can show is in `test_answers.py`, which visits every chapter that way.
Pictures of what was seen are left in `_build/screenshots`.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from accessibility import THEME_CAME, faults
from conftest import ROOT
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Response

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_BYTES = 2_000_000  # of a page and all that it loads before the reader scrolls, uncompressed
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# The second theme differs in colours alone.
RULES = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
# What axe need not see twice, or at all, is taken out of the page first, since it is slow on
# large ones: a formula is hundreds of elements in the colour of the text around it. Of code, enough
# stay to see every kind of word in every kind of block; of our elements, the first of a kind. What
# begins above this height is left as it is.
THIN_OUT = """height => {
  const below = kind => [...document.querySelectorAll(kind)]
    .filter(element => element.getBoundingClientRect().top >= height);
  below('mjx-container').forEach(formula => { formula.textContent = 'x'; });
  const seen = new Set();
  for (const block of below('pre')) {
    const around = block.closest('.cell_input, .cell_output, .highlight, .pc')?.className;
    const kinds = [block, ...block.querySelectorAll('*')].map(e => `${around} ${e.className}`);
    if (kinds.every(kind => seen.has(kind))) block.replaceChildren();
    kinds.forEach(kind => seen.add(kind));
  }
  for (const kind of ['conv-window', 'py-cell']) below(kind).slice(1).forEach(e => e.remove());
}"""
# Left as pictures, for people: how the page begins.
PICTURES = ROOT / "_build" / "screenshots"

TITLE = "main h1 >> visible=true"  # the theme has another one, for print
RAW_MATH = """() => [...document.querySelectorAll('.math')]
    .filter(formula => !formula.querySelector('mjx-container')).length"""
NEXT_FRAME = "() => new Promise(requestAnimationFrame)"
ALL_LOADED = "() => document.readyState === 'complete'"
MATH_DONE = "async () => { if (window.MathJax?.startup?.promise) await MathJax.startup.promise; }"
# Folded text is unfolded, pictures that wait for the reader to scroll come at once, and colours do
# not fade from one theme to the other: thousands of letters take their time to.
SHOW_ALL = """async () => {
  const still = document.head.appendChild(document.createElement('style'));
  still.textContent = '* { transition: none !important }';
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  const pictures = [...document.images];
  pictures.forEach(picture => { picture.loading = 'eager'; });
  await Promise.all(pictures.map(picture => picture.decode()));
}"""
# What reaches past the right edge of the screen, unless a box around it scrolls.
TOO_WIDE = """() => {
  const scrolls = element => {
    for (let e = element; e && e !== document.body; e = e.parentElement)
      if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  const seen = element => getComputedStyle(element).visibility !== 'hidden';
  const wide = [...document.querySelectorAll('main *')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e) && seen(e));
  const what = wide.slice(0, 5).map(e => e.outerHTML.slice(0, 120));
  return [document.documentElement.scrollWidth - innerWidth, what];
}"""

# Formulas that a reader has to scroll.
SCROLLED = """() => [...document.querySelectorAll('div.math, mjx-container[display=true]')]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim().slice(0, 80))"""
# The exercises whose code is wider than the box in which it is written.
CUT_OFF = """() => [...document.querySelectorAll('py-cell')].filter(cell => {
  const editor = cell.querySelector('.pc-editor');
  return editor.scrollWidth > editor.clientWidth;
}).map(cell => cell.getAttribute('exercise'))"""


@dataclass
class Visit:
    """What was seen of one page."""

    strangers: list[str] = field(default_factory=list)  # requests to anywhere else
    refused: list[str] = field(default_factory=list)  # answers of 400 and more, broken requests
    said: list[str] = field(default_factory=list)  # errors and warnings on the console
    faults: dict[str, list[str]] = field(default_factory=dict)  # theme -> what axe found
    loaded: list[str] = field(default_factory=list)
    weighed: list[str] = field(default_factory=list)  # what it loads before anybody scrolls
    title: bool = False
    raw_math: int = 0
    math_errors: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    scrolled: list[str] = field(default_factory=list)
    sticking_out: tuple[int, list[str]] = (0, [])


@contextmanager
def watched(page: Page, home: str) -> Iterator[Visit]:
    """Note every request that leaves home, every failure, every complaint, while it lasts."""
    visit = Visit()
    asked: set[Request] = set()  # what the page before has still under way is none of ours

    def request(request: Request) -> None:
        asked.add(request)
        near = request.url.startswith((home, "data:", "blob:"))
        (visit.loaded if near else visit.strangers).append(request.url)

    def failed(request: Request) -> None:
        if request in asked:
            visit.refused.append(f"failed {request.url}")

    def response(answer: Response) -> None:
        if answer.status >= 400:
            visit.refused.append(f"{answer.status} {answer.url}")

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.said.append(f"{message.type}: {message.text}")

    def pageerror(error: Error) -> None:
        visit.said.append(str(error))

    handlers: dict[Any, Callable] = {
        "request": request,
        "requestfailed": failed,
        "response": response,
        "console": console,
        "pageerror": pageerror,
    }
    for event, handler in handlers.items():
        page.on(event, handler)
    try:
        yield visit
    finally:
        for event, handler in handlers.items():
            page.remove_listener(event, handler)


def settle(page: Page) -> None:
    """Wait until the page is loaded and its formulas are set."""
    page.wait_for_function(ALL_LOADED)
    page.evaluate(MATH_DONE)


def look(page: Page, site: Path, known: list[str], name: str) -> Visit:
    """Load the page once and look at it on a phone and in both themes.

    `known` are the looks of texts that other pages had, whose contrast is known: see `faults`.
    """

    def picture(how: str) -> None:
        page.screenshot(path=PICTURES / f"{name}-{how}.png")

    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    with watched(page, "file://") as visit:
        page.goto((site / f"{name}.html").as_uri())
        settle(page)
        visit.title = page.locator(TITLE).is_visible()
        visit.weighed = list(visit.loaded)
        visit.raw_math = page.evaluate(RAW_MATH)
        visit.math_errors = page.locator("mjx-merror").all_inner_texts()
        picture("light")
        page.evaluate(SHOW_ALL)
        visit.cut_off = page.evaluate(CUT_OFF)
        page.set_viewport_size(PHONE)
        page.evaluate(NEXT_FRAME)
        visit.sticking_out = tuple(page.evaluate(TOO_WIDE))
        visit.scrolled = page.evaluate(SCROLLED)
        picture("phone")
        page.evaluate(THIN_OUT, 3 * PHONE["height"])  # more than a desktop's screen holds
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="dark")
        page.evaluate(THEME_CAME, "dark")
        picture("dark")
        page.evaluate(THIN_OUT, 0)
        visit.faults["dark"] = faults(page, RULES["dark"], known=known)
        page.emulate_media(color_scheme="light")
        page.evaluate(THEME_CAME, "light")
        visit.faults["light"] = faults(page, RULES["light"], known=known)
    return visit


@pytest.fixture(scope="session")
def seen(browser: Browser, site: Path) -> Iterator[Callable[[str], Visit]]:
    """Each page is visited once, however many tests ask: one after another, as a reader does."""
    with browser.new_context() as context:
        yield functools.cache(functools.partial(look, context.new_page(), site, []))


@pytest.fixture(scope="session")
def plain(browser: Browser) -> Iterator[Page]:
    """A browser that runs no JavaScript."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def test_it_asks_no_other_server_for_anything(seen, name: str) -> None:
    assert seen(name).strangers == []


def test_everything_it_loads_is_there(seen, name: str) -> None:
    assert seen(name).refused == []


def test_the_console_stays_silent(seen, name: str) -> None:
    assert seen(name).said == []


def test_it_weighs_less_than_two_megabytes(seen, name: str) -> None:
    files = {Path(unquote(urlsplit(url).path)) for url in seen(name).weighed if url[:5] == "file:"}
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


def test_it_works_from_disk(seen, name: str) -> None:
    assert seen(name).title


def test_the_small_font_holds_every_icon(seen, name: str) -> None:
    fonts = {address.rpartition("/")[2] for address in seen(name).loaded if "/_static/" in address}
    assert "icons.woff" in fonts
    assert "fa-solid-900.woff2" not in fonts


def test_every_formula_is_set(seen, name: str) -> None:
    assert seen(name).raw_math == 0
    assert seen(name).math_errors == []


@pytest.mark.parametrize("theme", RULES)
def test_everyone_can_read_it(seen, name: str, theme: str) -> None:
    assert seen(name).faults[theme] == []


def test_no_stub_is_cut_off_on_a_laptop(seen, name: str) -> None:
    assert seen(name).cut_off == []


def test_nothing_sticks_out_on_a_phone(seen, name: str) -> None:
    too_much, what = seen(name).sticking_out
    assert (too_much, what) == (0, [])


def test_every_formula_fits_on_a_phone(seen, name: str) -> None:
    assert seen(name).scrolled == []


def test_the_page_reads_without_javascript(plain: Page, address: str, name: str) -> None:
    plain.goto(f"{address}/{name}.html")
    assert plain.locator(TITLE).is_visible()
    ground, ink = (
        plain.locator(where).evaluate(f"e => getComputedStyle(e).{what}")
        for where, what in (("body", "backgroundColor"), (TITLE, "color"))
    )
    assert ground == "rgb(255, 255, 255)" and ink != ground


PLANTED = """() => {
  const article = document.querySelector('article');
  article.insertAdjacentHTML('afterbegin',
    '<img src="https://example.org/a.png"><p style="color: #999; background: #888">faint</p>'
    + '<p style="color: #222">words, and <a href="#" style="color: #444; text-decoration: none">'
    + 'a link</a></p>'
    + '<div style="width: 2000px">wide</div>');
  article.insertAdjacentHTML('beforeend', '<p>one</p><p>two</p><p>three</p><style>'
    + 'article > p:last-of-type { color: #999; background: #888 }</style>');
  article.style.cssText = 'position: relative; isolation: isolate';
  const under = article.appendChild(document.createElement('i'));
  const two = [...article.querySelectorAll('p')].at(-2).getBoundingClientRect();
  under.style.cssText = `position: absolute; z-index: -1; background: #333; left: 0; right: 0;
    top: ${two.top - article.getBoundingClientRect().top}px; height: ${two.height}px`;
  console.error('careless');
}"""


def test_what_is_planted_is_seen(browser: Browser, address: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        with watched(page, address) as visit:
            page.goto(f"{address}/glossary.html")
            settle(page)
            with page.expect_event("requestfailed"):
                page.evaluate(PLANTED)
            found = faults(page, RULES["light"])
            too_much, what = page.evaluate(TOO_WIDE)
    assert visit.strangers == ["https://example.org/a.png"]
    assert visit.refused == ["failed https://example.org/a.png"]
    assert "error: careless" in visit.said
    assert too_much > 0 and "wide" in what[0]
    assert any(fault.startswith("image-alt: ") for fault in found)
    assert any(fault.startswith("link-in-text-block: ") for fault in found)
    # One for each look: words alike in all but their colour, or a box below them, are looked at
    # apart.
    faint = [fault for fault in found if fault.startswith("color-contrast: ")]
    assert [
        word for fault in faint for word in ("faint", "one", "two", "three") if word in fault
    ] == ["faint", "two", "three"]


@pytest.mark.parametrize("from_disk", [True, False], ids=["disk", "server"])
def test_search_finds_a_chapter(
    browser: Browser, site: Path, address: str, from_disk: bool
) -> None:
    home = site.as_uri() if from_disk else address
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        with watched(page, "file://" if from_disk else home) as visit:
            page.goto(f"{home}/intro.html")
            page.keyboard.press("Control+k")
            page.keyboard.type("remainder")
            page.keyboard.press("Enter")
            page.wait_for_url("**/search.html?q=remainder*")
            page.wait_for_selector("#search-results li a")
            page.wait_for_function(
                "() => /found|finished/i.test(document.querySelector('#search-results').innerText)"
            )
            titles = page.locator("#search-results li a").all_inner_texts()
    assert any("Sliding a window" in title or "remainder" in title.lower() for title in titles)
    assert (visit.strangers, visit.refused, visit.said) == ([], [], [])
