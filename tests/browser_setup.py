"""Sees to it that the tests have a browser. Knows Debian's packages and Playwright's download.

Run by `make test`, with `chromium` and with `firefox`. Always exits 0: without a browser the tests
that need one are skipped and say so, and the rest of the suite is worth running. Most want
Chromium; a few want Firefox, too.
"""

import os
import sys

import debian
from browser import find_chromium, why_not
from firefox import find_firefox

# Chromium itself, a font for it, and what Playwright's driver links to.
DEBIAN_PACKAGES = ["chromium", "fonts-dejavu-core", "libatomic1"]


def main() -> None:
    """Find the browser that is named, else install it, else say loudly what is missing and why."""
    {"chromium": _chromium, "firefox": _firefox}[sys.argv[1]]()


def _chromium() -> None:
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
    debian.say_loudly(
        "NO BROWSER: every test marked `browser` will be skipped.",
        *(f"  - {reason}" for reason in [*reasons, left] if reason),
        f"`make test` as root on Debian installs {', '.join(DEBIAN_PACKAGES)}.",
    )


def _firefox() -> None:
    reason = ""
    if find_firefox() is None and not os.environ.get("FIREFOX"):
        if debian.distribution() == "debian":
            print(
                "browser: installing Debian's firefox-esr with apt-get (a minute, once)", flush=True
            )
            reason = debian.install("firefox-esr")
        else:
            reason = "not a Debian, so apt has no Firefox to give"
        find_firefox.cache_clear()
    found = find_firefox()
    if found:
        print(f"browser: {found}")
    else:
        debian.say_loudly(
            "NO FIREFOX: tests/site/test_firefox.py will be skipped.",
            f"  - {reason or 'FIREFOX does not start'}",
        )


def _from_debian() -> str:
    """Install what is needed through apt; return why that was not to be had."""
    if debian.distribution() != "debian":
        # Ubuntu's package of that name is an empty shell around a snap.
        return "not a Debian, so apt has no Chromium to give"
    print("browser: installing Debian's chromium with apt-get (a minute, once)", flush=True)
    return debian.install(*DEBIAN_PACKAGES)


def _from_playwright() -> str:
    """Let Playwright download its own Chromium; return why that was not to be had."""
    print("browser: asking Playwright for its own Chromium (a minute, once)", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        # Also the system libraries that it links to, through apt.
        command.append("--with-deps")
    return debian.attempt(command, dict(os.environ))


if __name__ == "__main__":
    main()
