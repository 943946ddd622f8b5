"""Prints the book as one PDF, from the page that `singlehtml` builds. Run it by `make pdf`."""

import sys

from browser import FLAGS, find_chromium, why_not
from conftest import ROOT
from playwright.sync_api import sync_playwright

SOURCE = ROOT / "_build" / "singlehtml" / "intro.html"
TARGET = ROOT / "_build" / "pdf" / "convolution.pdf"
MINUTES = 60_000  # milliseconds
NUMBER = (
    '<div style="font-size: 8px; width: 100%; text-align: center">'
    '<span class="pageNumber"></span></div>'
)
# The page loads a picture when it comes near; on paper all of them are near.
LOAD_ALL = """async () => {
  const pictures = [...document.images];
  pictures.forEach(picture => { picture.loading = 'eager' });
  await Promise.all(pictures.map(picture => picture.decode().catch(() => {})));
  await window.MathJax?.startup?.promise;
}"""
# Beside a PDF there is no folder of the book: what pointed to a file there is words.
DROP_FILES = """() => {
  const here = location.href.split('#')[0];
  for (const link of document.querySelectorAll('a[href]'))
    if (link.protocol === 'file:' && link.href.split('#')[0] !== here) link.removeAttribute('href');
}"""

# Links on the paper, into the book, that lead nowhere.
DEAD = """() => {
  const here = location.href.split('#')[0];
  const place = link => decodeURIComponent(link.hash.slice(1));
  return [...document.querySelectorAll('a[href*="#"]')]
    .filter(link => link.href.split('#')[0] === here && link.checkVisibility())
    .filter(link => place(link) && !document.getElementById(place(link)))
    .map(link => link.getAttribute('href'));
}"""


def main() -> None:
    """Write the PDF: tagged for screen readers, with an outline, pages numbered."""
    reason = why_not()
    if reason:
        sys.exit(f"no browser to print with: {reason}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = chromium.new_page(color_scheme="light", reduced_motion="reduce")
        page.set_default_timeout(10 * MINUTES)
        page.goto(SOURCE.as_uri())
        page.evaluate(LOAD_ALL)
        page.evaluate(DROP_FILES)
        page.emulate_media(media="print")
        if dead := page.evaluate(DEAD):
            sys.exit(f"{SOURCE.relative_to(ROOT)} links to places that it has not: {dead}")
        page.pdf(
            path=TARGET,
            format="A4",
            margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=NUMBER,
            outline=True,
            tagged=True,
        )
        chromium.close()
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
