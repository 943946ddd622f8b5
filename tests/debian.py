"""Asks Debian's package manager for what the tests need and pip cannot give. Knows apt-get."""

import os
import shutil
import subprocess
from pathlib import Path

# A download that does not come must not hold up the tests for longer than this.
PATIENCE_SECONDS = 300
LINE = "=" * 88


def distribution() -> str:
    """The ID in /etc/os-release: `debian`, `ubuntu`, …, or an empty string."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    return named.get("ID", "").strip('"')


def install(*packages: str) -> str:
    """Install packages, in view of the user; return why they were not to be had, or ""."""
    if not shutil.which("apt-get"):
        return "no apt-get here"
    if os.geteuid() != 0:
        return f"not root, so apt cannot be asked for {', '.join(packages)}"
    # RUNLEVEL: what is installed for the tests is not started as a service of the machine.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    return attempt(["apt-get", "update", "-q"], environment) or attempt(command, environment)


def attempt(command: list[str], environment: dict[str, str]) -> str:
    """Run a command in view of the user; return what went wrong, or an empty string."""
    said = " ".join(command)
    try:
        code = subprocess.run(command, env=environment, timeout=PATIENCE_SECONDS).returncode
    except subprocess.TimeoutExpired:
        return f"`{said}` gave no answer in {PATIENCE_SECONDS} s"
    return f"`{said}` ended with status {code}" if code else ""


def say_loudly(*lines: str) -> None:
    """What is missing, so that nobody overlooks it in a long log."""
    print(LINE, *lines, LINE, sep="\n", flush=True)
