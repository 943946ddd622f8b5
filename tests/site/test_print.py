"""A page on paper: dark ink on white, and nothing cut off that a screen would scroll."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDTH = 673  # of A4 between margins of 16 mm, in CSS pixels
COLOURS = """() => [getComputedStyle(document.body).backgroundColor,
  ...['article p', 'article .admonition p', 'article td', 'article pre', '.pc-editor pre']
    .map(kind => getComputedStyle(document.querySelector(kind)).color)]"""
# What a box hides to the right, or what leaves the paper there. Of a formula, only the whole.
CUT_OFF = """() => [...document.querySelectorAll('main *')].filter(e => {
  if (e.matches('mjx-container *, span.math') || !e.getClientRects().length) return false;
  const hides = getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1;
  return hides || e.getBoundingClientRect().right > innerWidth + 1;
}).map(e => e.outerHTML.slice(0, 120))"""
THEME = "() => document.documentElement.dataset.theme"


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A chapter of all kinds of things, before a reader who likes it dark."""
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto(f"{address}/02-layer.html")
        page.evaluate("async () => { await MathJax.startup.promise }")
        assert page.evaluate(THEME) == "dark"
        yield page


@pytest.fixture
def paper(page: Page) -> Iterator[Page]:
    """The same as it is printed."""
    page.set_viewport_size({"width": WIDTH, "height": 950})
    page.emulate_media(media="print")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    yield page
    page.emulate_media(media="screen")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")


def test_paper_is_white_and_ink_is_dark(paper: Page) -> None:
    ground, *inks = paper.evaluate(COLOURS)
    assert ground == "rgb(255, 255, 255)"
    channels = [int(part) for ink in inks for part in ink[4:-1].split(",")]
    assert max(channels) < 64


def test_nothing_is_cut_off(paper: Page) -> None:
    assert paper.evaluate(CUT_OFF) == []
    paper.evaluate("() => document.querySelector('article pre').style.whiteSpace = 'pre'")
    paper.evaluate("() => document.querySelector('article pre').append('x'.repeat(200))")
    assert paper.evaluate(CUT_OFF) != []


def test_what_only_a_screen_can_use_stays_off(paper: Page) -> None:
    # A reader on the way back up is offered the top.
    paper.evaluate("""async () => {
      for (const height of [3000, 2000]) {
        scrollTo({ top: height, behavior: 'instant' });
        await new Promise(done => addEventListener('scrollend', done, { once: true }));
      }
    }""")
    paper.wait_for_function("() => document.getElementById('pst-back-to-top').style.display")
    for kind in ("button", "input", "textarea", ".bd-sidebar-primary", ".bd-header-article"):
        assert paper.locator(kind).count() > 0
        shown = paper.locator(kind).evaluate_all("all => all.filter(e => e.checkVisibility())")
        assert len(shown) == 0, kind


def test_printing_leaves_the_screen_as_it_was(page: Page, address: str) -> None:
    page.goto(f"{address}/how-to-use.html")
    page.evaluate("""() => addEventListener('beforeprint',
      () => { globalThis.printed = document.documentElement.dataset.theme; })""")
    assert page.evaluate(THEME) == "dark"
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("() => globalThis.printed") == "light"
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
