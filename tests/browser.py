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
# indistinguishable from a page that does. No page finds another machine than this one.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

_ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def why_not() -> str:
    """What keeps a test from driving a browser here, with what to do; empty when nothing does."""
    fault = _driver_fault()
    if fault:
        return f"Playwright's driver does not start: {fault}"
    if find_chromium() is not None:
        return ""
    named = os.environ.get("CHROMIUM")
    if named:
        return f"CHROMIUM={named} does not start"
    return "no Chromium: install the package `chromium`, or name an executable in CHROMIUM"


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
    # Asked in a process of its own, since Playwright refuses to start inside a running event loop.
    path = _run(sys.executable, "-c", _ASK_PLAYWRIGHT).stdout.strip()
    return Path(path) if path and _starts(path) else None


def _driver_fault() -> str:
    """What Playwright's driver says when it fails: it is a program that links system libraries."""
    answer = _run(sys.executable, "-m", "playwright", "--version")
    return "" if answer.returncode == 0 else (answer.stderr.strip().splitlines() or ["no word"])[-1]


def _starts(path: str) -> bool:
    """Whether it is a browser: Ubuntu's `chromium-browser` may be a stub that only says snap."""
    return _run(path, "--version").returncode == 0


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """The command's answer; one that does not exist or hangs has failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
