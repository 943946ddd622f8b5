"""Where the tests' browser is and how to start it. Knows Chromium; installs nothing.

`browser_setup.py` beside this file is what installs one. A test that needs the browser carries
`@pytest.mark.browser` and takes the fixture `browser` (see `conftest.py`).
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Headless, as root in a container too, and silent: a browser that phones home on its own would be
# indistinguishable from a page that does.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOW_TO_GET_ONE = (
    "no Chromium was found: run `make test` as root on Debian, install the package `chromium` "
    "yourself, or name an executable in the environment variable CHROMIUM"
)

_ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


@functools.cache
def find_chromium() -> Path | None:
    """The first Chromium that starts: $CHROMIUM, then the system's, then Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        # Somebody chose; a wrong choice is theirs to see, not ours to paper over.
        return Path(named) if _starts(named) else None
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path and _starts(path):
            return Path(path)
    path = _playwrights_own()
    return Path(path) if path and _starts(path) else None


def _playwrights_own() -> str:
    """The path at which Playwright keeps its download, whether or not there is one."""
    # In a process of its own, because Playwright refuses to start inside a running event loop.
    answer = subprocess.run(
        [sys.executable, "-c", _ASK_PLAYWRIGHT], capture_output=True, text=True, timeout=60
    )
    return answer.stdout.strip()


def _starts(path: str) -> bool:
    """Whether it is a browser: Ubuntu's `chromium-browser` may be a stub that only says snap."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
