"""Packs what a student takes home: every notebook, and the checks as a package to install.

The package holds the rooms that a check needs and no others, so it needs NumPy alone: no nbgrader,
no torch, no solution. The same selection is what the book's pages run in a browser. The same
sources give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.notebooks import CANARY
from autograder.notebooks.repository import Repository

# The rooms that judge and diagnose; what only an author does with them stays at home.
ROOMS = (
    "__init__.py",
    "checks/**/*.py",
    "checks/cases/*.json",
    "checks/data/*",
    "diagnosis/**/*.py",
)
LEFT_OUT = ("checks/record.py", "diagnosis/audit.py")
NAME = "autograder_checks"
FOLDER = "convolution-exercises"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip knows

INSTRUCTIONS = """CONVOLUTION, FORWARD AND BACKWARD: THE EXERCISES

You need Python 3.11 or newer. In this folder, in a terminal:

    python3 -m venv env
    env/bin/python -m pip install jupyterlab {wheel}
    env/bin/jupyter lab

(On Windows it is env\\Scripts\\python and env\\Scripts\\jupyter.)

Open a notebook, write where it says YOUR CODE HERE, and run the cell below: it says what is right,
and what is not and why. Nothing is sent anywhere.
{torch}
The notebooks, in the order of the book:

{notebooks}

Hand a notebook in under the name that it has.
"""
TORCH = """
These need PyTorch, too (env/bin/python -m pip install torch): {names}.
"""


def checks(package: Path) -> dict[str, bytes]:
    """The files of the package that a check needs, by their path in it: ``autograder/…``."""
    found = {path for room in ROOMS for path in package.glob(room)}
    names = {path.relative_to(package).as_posix(): path for path in found}
    return {
        f"autograder/{name}": names[name].read_bytes()
        for name in sorted(names)
        if name not in LEFT_OUT
    }


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files that depends on nothing else, not even on when it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            target.writestr(info, data)
    return buffer.getvalue()


def wheel(repository: Repository) -> tuple[str, bytes]:
    """The checks as a wheel: its file name and its bytes."""
    project = tomllib.loads((repository.root / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["version"]
    info = f"{NAME}-{version}.dist-info"
    files = checks(repository.root / "autograder") | {
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {version}\n"
            f"Summary: The checks of the course's exercises\n"
            f"Requires-Python: {project['requires-python']}\nRequires-Dist: numpy\n"
        ).encode(),
        f"{info}/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    record = f"{info}/RECORD"
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    return f"{NAME}-{version}-py3-none-any.whl", packed(files)


def bundle(repository: Repository) -> bytes:
    """The zip for students: instructions, the notebooks of exercises/, and the wheel."""
    name, data = wheel(repository)
    notebooks = {
        path.stem: path.read_bytes() for path in sorted(repository.exercises.glob("*/*.ipynb"))
    }
    needing = [stem for stem, text in notebooks.items() if _imports_torch(text)]
    words = INSTRUCTIONS.format(
        wheel=name,
        torch=TORCH.format(names=", ".join(needing)) if needing else "",
        notebooks="\n".join(f"    {stem}.ipynb" for stem in notebooks),
    )
    files = {"README.txt": words.encode(), name: data}
    files |= {f"{stem}.ipynb": text for stem, text in notebooks.items()}
    leaks = [path for path, text in files.items() if CANARY.encode() in text]
    assert not leaks, f"a solution in {leaks}"
    return packed({f"{FOLDER}/{path}": text for path, text in files.items()})


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _imports_torch(notebook: bytes) -> bool:
    cells = json.loads(notebook)["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in cell["source"]]
    return any(line.split()[:2] in (["import", "torch"], ["from", "torch"]) for line in lines)
