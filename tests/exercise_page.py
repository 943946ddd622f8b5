"""A page of the book whose exercises are solved in it, and what it said. Knows no exercise."""

from playwright.sync_api import Locator, Page

PATIENCE = 60_000  # milliseconds; a verdict takes a fraction of a second where there is time


class Seen:
    """A page with its Python, and what it asked the network for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        self.address = address
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda m: m.type in ("error", "warning") and self.said.append(m.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def go(self, name: str) -> None:
        self.page.goto(f"{self.address}/{name}.html")
        self.page.wait_for_selector("py-cell textarea")

    def cell(self, exercise: str) -> Locator:
        return self.page.locator(f'py-cell[exercise="{exercise}"]')

    def write(self, exercise: str, code: str) -> None:
        self.cell(exercise).locator("textarea").fill(code)

    def press(self, exercise: str, button: str) -> str:
        """Press it, and wait for what the cell says in the end."""
        cell = self.cell(exercise)
        cell.get_by_role("button", name=button, exact=True).click()
        return self.ended(exercise)

    def ended(self, exercise: str) -> str:
        self.page.wait_for_function(
            "id => document.querySelector(`py-cell[exercise='${id}']`).dataset.state",
            arg=exercise,
            timeout=PATIENCE,
        )
        return self.cell(exercise).locator(".pc-state").inner_text()

    def output(self, exercise: str) -> str:
        return self.cell(exercise).locator(".pc-output").inner_text()
