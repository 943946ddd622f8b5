"""Takes the two pictures of the README from the built book. Run it by `make pictures`."""

from browser import FLAGS, find_chromium
from conftest import ROOT, SITE
from playwright.sync_api import Page, sync_playwright

FOLDER = ROOT / "book" / "_static" / "readme"
VERDICT = ".cell_output [role=status]"


def open_page(page: Page, name: str) -> None:
    """Show a page of the site in its light theme, with its formulas set."""
    page.goto((SITE / name).as_uri())
    page.evaluate("async () => { await window.MathJax?.startup?.promise }")


def main() -> None:
    """Write page.png, the top of the first figure's surroundings, and verdict.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
        open_page(page, "01-window.html")
        page.locator("main figure").first.scroll_into_view_if_needed()
        page.screenshot(path=FOLDER / "page.png")
        open_page(page, "intro.html")
        page.locator(VERDICT).first.screenshot(path=FOLDER / "verdict.png")
        chromium.close()
    for picture in sorted(FOLDER.glob("*.png")):
        print(picture.relative_to(ROOT), f"{picture.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
