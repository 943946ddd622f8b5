"""Every page in a real browser: it asks nobody for anything and breaks nowhere; all can read it.

Each page is loaded once, from disk, and looked at from all sides; the tests then read what was
seen. What only a web server can show is in `test_py_cell.py`, which visits every chapter that way.
Pictures of what was seen are left in `_build/screenshots`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route

pytestmark = pytest.mark.browser

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
# stay to see every kind of word in every kind of block; of our elements, the first of a kind.
THIN_OUT = """() => {
  document.querySelectorAll('mjx-container').forEach(e => { e.textContent = 'x'; });
  const seen = new Set();
  for (const block of document.querySelectorAll('pre')) {
    const around = block.closest('.cell_input, .cell_output, .highlight, .pc')?.className;
    const kinds = [block, ...block.querySelectorAll('*')].map(e => `${around} ${e.className}`);
    if (kinds.every(kind => seen.has(kind))) block.replaceChildren();
    kinds.forEach(kind => seen.add(kind));
  }
  for (const kind of ['conv-window', 'py-cell'])
    [...document.querySelectorAll(kind)].slice(1).forEach(e => e.remove());
}"""
# Left as pictures, for people: what of each page, where it has it.
PICTURES = ROOT / "_build" / "screenshots"
PICTURED = {"page": None, "figure": "figure.conv-window", "exercise": ".admonition.exercise"}

TITLE = "main h1 >> visible=true"  # the theme has another one, for print
RAW_MATH = """() => [...document.querySelectorAll('.math')]
    .filter(formula => !formula.querySelector('mjx-container')).length"""
ALL_LOADED = "() => document.readyState === 'complete'"
MATH_DONE = "async () => { if (window.MathJax?.startup?.promise) await MathJax.startup.promise; }"
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
    sticking_out: tuple[int, list[str]] = (0, [])


def watch(page: Page, visit: Visit, home: str) -> None:
    """Note every request that leaves home, every failure, every complaint."""

    def request(route: Route) -> None:
        if route.request.url.startswith((home, "data:", "blob:")):
            visit.loaded.append(route.request.url)
            route.continue_()
        else:
            visit.strangers.append(route.request.url)
            route.abort()

    def response(answer: Response) -> None:
        if answer.status >= 400:
            visit.refused.append(f"{answer.status} {answer.url}")

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.said.append(f"{message.type}: {message.text}")

    page.route("**/*", request)
    page.on("response", response)
    page.on("console", console)
    page.on("requestfailed", lambda request: visit.refused.append(f"failed {request.url}"))
    page.on("pageerror", lambda error: visit.said.append(str(error)))


def settle(page: Page) -> None:
    """Wait until the page is loaded and its formulas are set."""
    page.wait_for_function(ALL_LOADED)
    page.evaluate(MATH_DONE)


def axe_faults(page: Page, theme: str) -> list[str]:
    """What axe finds wrong, one line a place. Nothing is excused."""
    # preload is axe reading style sheets by itself, from addresses that it gets wrong.
    options = {"runOnly": RULES[theme], "resultTypes": ["violations"], "preload": False}
    results = Axe().run(page, options=options)
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


def picture(page: Page, name: str, how: str) -> None:
    """Leave pictures of the page as it is now."""
    for part, selector in PICTURED.items():
        what = page.locator(selector).first if selector else page
        if not selector or what.count():
            what.screenshot(path=PICTURES / f"{name}-{part}-{how}.png")


def look(browser: Browser, site: Path, name: str) -> Visit:
    """Load the page once and look at it in both themes and on a phone."""
    visit = Visit()
    with browser.new_context(viewport=DESKTOP, color_scheme="light") as context:
        page = context.new_page()
        watch(page, visit, "file://")
        page.goto((site / f"{name}.html").as_uri())
        settle(page)
        visit.title = page.locator(TITLE).is_visible()
        visit.weighed = list(visit.loaded)
        visit.raw_math = page.evaluate(RAW_MATH)
        visit.math_errors = page.locator("mjx-merror").all_inner_texts()
        picture(page, name, "light")
        # What is folded must fit and be readable, too.
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(100)
        visit.sticking_out = tuple(page.evaluate(TOO_WIDE))
        picture(page, name, "phone")
        page.set_viewport_size(DESKTOP)
        page.evaluate(THIN_OUT)
        for theme in RULES:
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(f"() => document.documentElement.dataset.theme === '{theme}'")
            page.wait_for_timeout(300)  # colours fade from one theme to the other
            visit.faults[theme] = axe_faults(page, theme)
        picture(page, name, theme)
    return visit


@pytest.fixture(scope="session")
def seen(browser: Browser, site: Path) -> Callable[[str], Visit]:
    """Each page is visited once, however many tests ask."""
    return functools.cache(functools.partial(look, browser, site))


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


def test_nothing_sticks_out_on_a_phone(seen, name: str) -> None:
    too_much, what = seen(name).sticking_out
    assert (too_much, what) == (0, [])


def test_the_page_reads_without_javascript(browser: Browser, address: str, name: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/{name}.html")
        assert page.locator(TITLE).is_visible()
        ground, ink = (
            page.locator(where).evaluate(f"e => getComputedStyle(e).{what}")
            for where, what in (("body", "backgroundColor"), (TITLE, "color"))
        )
        assert ground == "rgb(255, 255, 255)" and ink != ground


PLANTED = """() => {
  document.querySelector('article').insertAdjacentHTML('afterbegin',
    '<img src="https://example.org/a.png"><p style="color: #999; background: #888">faint</p>'
    + '<div style="width: 2000px">wide</div>');
  console.error('careless');
}"""


def test_what_is_planted_is_seen(browser: Browser, address: str) -> None:
    visit = Visit()
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        watch(page, visit, address)
        page.goto(f"{address}/glossary.html")
        settle(page)
        page.evaluate(PLANTED)
        page.wait_for_timeout(200)
        faults = axe_faults(page, "light")
        too_much, what = page.evaluate(TOO_WIDE)
    assert visit.strangers == ["https://example.org/a.png"]
    assert "error: careless" in visit.said
    assert too_much > 0 and "wide" in what[0]
    assert {fault.partition(":")[0] for fault in faults} >= {"image-alt", "color-contrast"}


@pytest.mark.parametrize("from_disk", [True, False], ids=["disk", "server"])
def test_search_finds_a_chapter(
    browser: Browser, site: Path, address: str, from_disk: bool
) -> None:
    visit = Visit()
    home = site.as_uri() if from_disk else address
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        watch(page, visit, "file://" if from_disk else home)
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
