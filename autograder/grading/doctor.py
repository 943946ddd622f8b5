"""Looks at the machine and says in plain words what is there. Changes nothing anywhere.

Knows how to probe. What a missing protection means for grading is said here too; the sandbox that
uses them comes on top.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import shutil
import subprocess
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
    yield from _protections()


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
        yield Probe("course folder", "note", f"{error.what} ({error.where})")
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


def _protections() -> Iterator[Probe]:
    """What this machine offers to keep a student's code in. Tried, not guessed."""
    if sys.platform != "linux":
        yield Probe("isolation", "note", f"{sys.platform} has none of Linux's protections")
        return
    yield _namespaces()
    yield _seccomp()
    yield _landlock()
    yield _cgroups()
    yield Probe(
        "sandbox",
        "note",
        "not used yet: grade runs notebooks in a plain kernel. Grade only work that you trust, "
        "or on a machine that holds nothing else",
    )


_UNSHARE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
# user, mount, pid, net, ipc, uts
flags = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
sys.exit(0 if libc.unshare(flags) == 0 else ctypes.get_errno())
"""


def _namespaces() -> Probe:
    name = "namespaces"
    try:
        code = subprocess.run([sys.executable, "-c", _UNSHARE], timeout=20, check=False).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return Probe(name, "note", f"could not be tried: {error}")
    if code == 0:
        return Probe(name, "good", "user, mount, pid, net, ipc and uts namespaces can be entered")
    return Probe(name, "note", f"cannot be entered here: {os.strerror(code)}")


def _seccomp() -> Probe:
    path = Path("/proc/sys/kernel/seccomp/actions_avail")
    try:
        actions = path.read_text().split()
    except OSError:
        return Probe("seccomp", "note", "this kernel does not offer system call filters")
    return Probe("seccomp", "good", f"system call filters: {', '.join(actions)}")


def _landlock() -> Probe:
    create_ruleset, version_flag = 444, 1
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(create_ruleset, None, ctypes.c_size_t(0), version_flag)
    if abi < 1:
        return Probe("landlock", "note", f"not offered: {os.strerror(ctypes.get_errno())}")
    return Probe("landlock", "good", f"file access can be limited (version {abi})")


def _cgroups() -> Probe:
    unified = Path("/sys/fs/cgroup/cgroup.controllers")
    legacy = [Path("/sys/fs/cgroup") / name for name in ("memory", "pids", "cpu")]
    if unified.is_file() and os.access("/sys/fs/cgroup", os.W_OK):
        return Probe("cgroups", "good", f"version 2: {unified.read_text().strip() or 'none'}")
    usable = [path.name for path in legacy if path.is_dir() and os.access(path, os.W_OK)]
    if usable:
        return Probe("cgroups", "good", f"version 1, writable: {', '.join(usable)}")
    return Probe("cgroups", "note", "not writable for this user; limits fall back to rlimits")
