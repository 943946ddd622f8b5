"""Sees to it that the tests have a browser. Knows Debian's packages and Playwright's download.

Run by `make test`. Always exits 0: without a browser the tests that need one are skipped and say
so, and the rest of the suite is worth running.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from browser import find_chromium

# A download that does not come must not hold up the tests for longer than this.
PATIENCE_SECONDS = 300


def main() -> None:
    """Find a browser, else install one, else say loudly that there is none and why."""
    reasons: list[str] = []
    path = find_chromium()
    if path is None:
        for install in (_from_debian, _from_playwright):
            reason = install()
            find_chromium.cache_clear()
            path = find_chromium()
            if path is not None:
                break
            reasons.append(reason)
    if path is not None:
        print(f"browser: {path}")
        return
    line = "=" * 88
    print(
        f"{line}\nNO BROWSER: every test marked `browser` will be skipped.",
        *(f"  - {reason}" for reason in reasons),
        "Install the package `chromium`, or name an executable in the environment variable",
        f"CHROMIUM, and run `make test` again.\n{line}",
        sep="\n",
        flush=True,
    )


def _from_debian() -> str:
    """Install Debian's chromium through apt; return why that did not give a browser."""
    if os.environ.get("CHROMIUM"):
        return f"CHROMIUM={os.environ['CHROMIUM']} does not start"
    if not shutil.which("apt-get") or _distribution() != "debian":
        # Ubuntu's package of that name is an empty shell around a snap.
        return "not a Debian, so apt has no Chromium to give"
    if os.geteuid() != 0:
        return "not root, so apt cannot be asked for Debian's chromium"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("browser: installing Debian's chromium with apt-get (a minute, once)", flush=True)
    packages = ["chromium", "fonts-dejavu-core"]
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    ):
        reason = _try(command, environment)
        if reason:
            return reason
    return "Debian's chromium was installed but does not start"


def _from_playwright() -> str:
    """Let Playwright download its own Chromium; return why that did not give a browser."""
    if os.environ.get("CHROMIUM"):
        return "Playwright was not asked, since CHROMIUM names a browser"
    print("browser: asking Playwright for its own Chromium (a minute, once)", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        # Also the system libraries that it links to, through apt.
        command.append("--with-deps")
    return _try(command, dict(os.environ)) or "Playwright's Chromium does not start"


def _try(command: list[str], environment: dict[str, str]) -> str:
    """Run a command in view of the user; return what went wrong, or an empty string."""
    said = " ".join(command)
    try:
        code = subprocess.run(command, env=environment, timeout=PATIENCE_SECONDS).returncode
    except subprocess.TimeoutExpired:
        return f"`{said}` gave no answer in {PATIENCE_SECONDS} s"
    return f"`{said}` ended with status {code}" if code else ""


def _distribution() -> str:
    """The ID in /etc/os-release: `debian`, `ubuntu`, …, or an empty string."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    return named.get("ID", "").strip('"')


if __name__ == "__main__":
    main()
