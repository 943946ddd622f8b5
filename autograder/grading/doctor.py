"""Looks at the machine and says in plain words what is there. Changes nothing anywhere.

Knows how to look, and what to do about what is missing. The walls of the sandbox are not looked at
but tried, by ``sandbox.probes``.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.grading import course as courses
from autograder.grading import gradebook
from autograder.notebooks import repository
from autograder.notebooks.errors import UsageError

NEEDED = ("nbgrader", "numpy", "jupytext", "nbclient", "nbconvert", "ipykernel", "jinja2")
USEFUL = {
    "torch": "hidden tests judge with it",
    "jupyter-book": "builds the book",
    "jupyterlab": "students solve exercises in it",
}


@dataclass(frozen=True)
class Probe:
    """One thing looked at: ``state`` is "good", "bad" (something will not work) or "note"."""

    name: str
    state: str
    found: str


def examine(folder: Path | None = None) -> Iterator[Probe]:
    """Every probe, one after the other. ``folder`` is where to look for a course."""
    yield _python()
    yield from _packages()
    yield _kernel()
    yield _solutions()
    yield from _course(folder)
    yield _browser()
    yield from _protections(folder)


def _python() -> Probe:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Probe("Python", "good" if good else "bad", version + ("" if good else "; needs 3.11"))


def _packages() -> Iterator[Probe]:
    for name in (*NEEDED, *USEFUL):
        try:
            yield Probe(name, "good", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            state = "bad" if name in NEEDED else "note"
            why = f" ({USEFUL[name]})" if name in USEFUL else ""
            yield Probe(name, state, f"not installed{why}: pip install -r requirements.txt")


def _kernel() -> Probe:
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        spec = KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:  # whatever keeps Jupyter from answering is the finding
        return Probe("kernel python3", "bad", f"not found ({error}): pip install ipykernel")
    return Probe("kernel python3", "good", spec.display_name)


def _solutions() -> Probe:
    try:
        found = repository.find()
    except UsageError as error:
        return Probe(
            "solutions", "note", f"{error.what}; needed for init, release and hidden tests"
        )
    names = list(found.sources())
    state = "good" if names else "bad"
    return Probe("solutions", state, f"{', '.join(names) or 'none'} in {found.solutions}")


def _course(folder: Path | None) -> Iterator[Probe]:
    try:
        course = courses.find(folder)
    except UsageError as error:
        state = "bad" if folder else "note"  # who names one means it
        yield Probe("course folder", state, f"{error.what} ({error.where})")
        return
    yield Probe("course folder", "good", f"{course.root}: {', '.join(course.assignments())}")
    if not course.seed_file.is_file():
        yield Probe("secret seed", "bad", "none: hidden tests draw what everybody can draw")
    elif course.seed_file.stat().st_mode & 0o077:
        yield Probe("secret seed", "bad", f"others may read it: chmod 600 {course.seed_file}")
    else:
        yield Probe("secret seed", "good", "there, for its owner alone")
    try:
        with gradebook.opened(course) as book:
            names = [assignment.name for assignment in book.assignments]
        yield Probe(
            "gradebook",
            "good",
            f"answers; {len(names)} assignments, {len(course.students())} students handed in",
        )
    except Exception as error:  # a database can fail in any way; say which
        yield Probe("gradebook", "bad", f"does not answer: {error}")


def _browser() -> Probe:
    for name in ("chromium", "chromium-browser", "google-chrome", "firefox"):
        path = shutil.which(name)
        if path:
            return Probe("browser", "good", path)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    found = sorted(cache.glob("chromium*")) if cache.is_dir() else []
    if found:
        return Probe("browser", "good", str(found[-1]))
    return Probe("browser", "note", "none found; only the tests of the book need one")


def _protections(folder: Path | None) -> Iterator[Probe]:
    """What keeps a student's code in. Tried from inside a sandbox, not guessed."""
    if sys.platform != "linux":
        yield Probe("sandbox", "bad", f"{sys.platform} has none of Linux's walls. {NO_WALLS}")
        return
    from autograder.sandbox import probes
    from autograder.sandbox.client import SandboxUnavailable

    secret = [*_home(), Path(__file__).resolve().parents[1]]
    with contextlib.suppress(UsageError):
        secret.append(courses.find(folder).root)
    try:
        for wall in probes.protections(secret):
            yield Probe(wall.name, "good" if wall.held else "bad", wall.found)
    except SandboxUnavailable as error:
        yield Probe("sandbox", "bad", f"cannot be made: {error}. {_advice()}. {NO_WALLS}")


def _home() -> Iterator[Path]:
    # Python itself may live in the home folder, and can be seen.
    shown = [Path(sys.base_prefix), Path(sys.prefix)]
    with contextlib.suppress(OSError):
        for path in Path.home().iterdir():
            if not any(other.is_relative_to(path) for other in shown):
                yield path


NO_WALLS = (
    "grade refuses to run submissions here unless it is told --no-sandbox; "
    "do that only with code that you trust, or in a machine that holds nothing else."
)
# A setting of the kernel that takes the walls away, the value that does, and what to do.
SETTINGS = (
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)


def _advice() -> str:
    for name, value, mend in SETTINGS:
        path = Path("/proc/sys", name)
        if path.is_file() and path.read_text().strip() == value:
            return f"An administrator can allow it ({mend})"
    return (
        "In a container, it must be allowed to make namespaces (Docker: "
        "--security-opt seccomp=unconfined --security-opt systempaths=unconfined)"
    )
