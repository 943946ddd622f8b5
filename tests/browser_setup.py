"""Sees to it that the tests have a browser. Knows Debian's packages and Playwright's download.

Run by `make test`. Always exits 0: without a browser the tests that need one are skipped and say
so, and the rest of the suite is worth running.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from browser import find_chromium, why_not

# A download that does not come must not hold up the tests for longer than this.
PATIENCE_SECONDS = 300


# Chromium itself, a font for it, and what Playwright's driver links to.
DEBIAN_PACKAGES = ["chromium", "fonts-dejavu-core", "libatomic1"]


def main() -> None:
    """Find a browser, else install one, else say loudly that there is none and why."""
    reasons: list[str] = []
    # Whoever names a browser wants that one.
    ways = () if os.environ.get("CHROMIUM") else (_from_debian, _from_playwright)
    for install in ways:
        if not why_not():
            break
        reasons.append(install())
        find_chromium.cache_clear()
    left = why_not()
    if not left:
        print(f"browser: {find_chromium()}")
        return
    line = "=" * 88
    print(
        f"{line}\nNO BROWSER: every test marked `browser` will be skipped.",
        *(f"  - {reason}" for reason in [*reasons, left] if reason),
        f"`make test` as root on Debian installs {', '.join(DEBIAN_PACKAGES)}.",
        line,
        sep="\n",
        flush=True,
    )


def _from_debian() -> str:
    """Install what is needed through apt; return why that was not to be had."""
    if not shutil.which("apt-get") or _distribution() != "debian":
        # Ubuntu's package of that name is an empty shell around a snap.
        return "not a Debian, so apt has no Chromium to give"
    if os.geteuid() != 0:
        return "not root, so apt cannot be asked for Debian's chromium"
    print("browser: installing Debian's chromium with apt-get (a minute, once)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *DEBIAN_PACKAGES]
    return _try(["apt-get", "update", "-q"], environment) or _try(install, environment)


def _from_playwright() -> str:
    """Let Playwright download its own Chromium; return why that was not to be had."""
    print("browser: asking Playwright for its own Chromium (a minute, once)", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        # Also the system libraries that it links to, through apt.
        command.append("--with-deps")
    return _try(command, dict(os.environ))


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
