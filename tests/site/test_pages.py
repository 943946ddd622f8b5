"""Every page in a real browser: it asks nobody for anything, breaks nowhere, and everyone can read it.

Each page is loaded once over http and looked at from all sides; the tests then read what was seen.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MOST_BYTES = 2_000_000  # of one page with everything that it loads, uncompressed
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# Faults of the theme that are not worth a template of our own: axe's rule -> where, and why.
ALLOWED: dict[str, dict[str, str]] = {}

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TITLE = "main h1 >> visible=true"  # the theme has another one, for print
ALL_LOADED = "() => document.readyState === 'complete'"
MATH_DONE = "async () => { if (window.MathJax?.startup?.promise) await MathJax.startup.promise; }"
BYTES = """() => performance.getEntriesByType('navigation')
    .concat(performance.getEntriesByType('resource'))
    .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
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
    weight: int = 0
    raw_math: int = 0
    math_errors: list[str] = field(default_factory=list)
    sticking_out: tuple[int, list[str]] = (0, [])
    themes: dict[str, str] = field(default_factory=dict)  # asked for -> shown


def watch(page: Page, visit: Visit, home: str) -> None:
    """Note every request that leaves home, every failure, every complaint."""

    def request(route) -> None:
        if route.request.url.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            visit.strangers.append(route.request.url)
            route.abort()

    page.route("**/*", request)
    page.on("response", lambda r: visit.refused.append(f"{r.status} {r.url}") if r.status > 399 else 0)
    page.on("requestfailed", lambda r: visit.refused.append(f"failed {r.url}"))
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on(
        "console",
        lambda m: visit.said.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else 0,
    )


def settle(page: Page) -> None:
    """Wait until the page is loaded and its formulas are set."""
    page.wait_for_function(ALL_LOADED)
    page.evaluate(MATH_DONE)


def axe_faults(page: Page) -> list[str]:
    """What axe finds wrong, one line a place, but for what is allowed."""
    # preload is axe reading style sheets by itself, from addresses that it gets wrong.
    options = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
    results = Axe().run(page, options=options)
    faults = []
    for violation in results.response["violations"]:
        allowed = ALLOWED.get(violation["id"], {})
        for node in violation["nodes"]:
            target = " ".join(str(part) for part in node["target"])
            if target not in allowed:
                faults.append(f"{violation['id']}: {target}: {node['html'][:200]}")
    return faults


def look(browser: Browser, address: str, name: str) -> Visit:
    """Load the page once and look at it in both themes and on a phone."""
    visit = Visit()
    with browser.new_context(viewport=DESKTOP, color_scheme="light") as context:
        page = context.new_page()
        watch(page, visit, address)
        page.goto(f"{address}/{name}.html")
        settle(page)
        visit.weight = page.evaluate(BYTES)
        visit.raw_math = page.evaluate(
            "() => [...document.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container')).length"
        )
        visit.math_errors = page.locator("mjx-merror").all_inner_texts()
        # What is folded must be readable, too.
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(400)  # colours fade from one theme to the other
            visit.themes[theme] = page.evaluate("() => document.documentElement.dataset.theme")
            visit.faults[theme] = axe_faults(page)
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(100)
        visit.sticking_out = tuple(page.evaluate(TOO_WIDE))
    return visit


@pytest.fixture(scope="session")
def seen(browser: Browser, address: str) -> Callable[[str], Visit]:
    """Each page is visited once, however many tests ask."""
    return functools.cache(functools.partial(look, browser, address))


def test_it_asks_no_other_server_for_anything(seen, name: str) -> None:
    assert seen(name).strangers == []


def test_everything_it_loads_is_there(seen, name: str) -> None:
    assert seen(name).refused == []


def test_the_console_stays_silent(seen, name: str) -> None:
    assert seen(name).said == []


def test_it_weighs_less_than_two_megabytes(seen, name: str) -> None:
    assert seen(name).weight < MOST_BYTES


def test_every_formula_is_set(seen, name: str) -> None:
    assert seen(name).raw_math == 0
    assert seen(name).math_errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everyone_can_read_it(seen, name: str, theme: str) -> None:
    assert seen(name).themes[theme] == theme
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


def test_it_works_from_disk(browser: Browser, site: Path, name: str) -> None:
    visit = Visit()
    with browser.new_context() as context:
        page = context.new_page()
        watch(page, visit, "file://")
        page.goto((site / f"{name}.html").as_uri())
        settle(page)
        assert page.locator(TITLE).is_visible()
    assert (visit.strangers, visit.refused, visit.said) == ([], [], [])


@pytest.mark.parametrize("from_disk", [True, False], ids=["disk", "server"])
def test_search_finds_a_chapter(browser: Browser, site: Path, address: str, from_disk: bool) -> None:
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
