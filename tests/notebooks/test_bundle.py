"""What a student takes home installs without anything else of ours, and says what is wrong."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.notebooks import CANARY, bundle
from autograder.notebooks.repository import Repository

MIRRORED = """
import sys
import numpy as np
import autograder
from autograder import CheckFailed, check

def convolve(input, weight, stride=1):
    rows, columns = ((n - k) // stride + 1 for n, k in zip(input.shape, weight.shape))
    output = np.zeros((rows, columns), dtype=np.result_type(input, weight))
    for i in range(rows):
        for j in range(columns):
            window = input[i * stride:, j * stride:][:weight.shape[0], :weight.shape[1]]
            output[i, j] = (window * FLIP).sum()
    return output

print(autograder.__file__)
try:
    check(convolve, "cross_correlate2d")
except CheckFailed:
    print("failed")
print(sorted({"torch", "nbgrader", "matplotlib", "jupyter_core"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def taken(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked zip."""
    folder = tmp_path_factory.mktemp("taken")
    zipfile.ZipFile(io.BytesIO(bundle.bundle(Repository(root)))).extractall(folder)
    return folder / bundle.FOLDER


@pytest.fixture(scope="module")
def installed(taken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = taken.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True, timeout=120)
    return folder


def test_the_same_sources_give_the_same_bytes(root: Path) -> None:
    assert bundle.bundle(Repository(root)) == bundle.bundle(Repository(root))


def test_it_holds_every_notebook_as_released(taken: Path, root: Path) -> None:
    released = {path.name: path.read_bytes() for path in root.glob("exercises/*/*.ipynb")}
    assert {path.name: path.read_bytes() for path in taken.glob("*.ipynb")} == released
    words = (taken / "README.txt").read_text(encoding="utf-8")
    assert all(name in words for name in released)
    assert all(path.name in words for path in taken.glob("*.whl"))


def test_it_holds_no_solution(installed: Path, root: Path) -> None:
    files = {path.relative_to(installed).as_posix() for path in installed.rglob("*.py")}
    assert "autograder/diagnosis/examine.py" in files
    rooms = {name.split("/")[1] for name in files if name.count("/") > 1}
    assert rooms == {"checks", "diagnosis"}
    for path in installed.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert CANARY not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("used", "said"),
    [("weight[::-1, ::-1]", ["F01", "failed"]), ("weight", ["✓ cross_correlate2d"])],
    ids=["a mistake", "a right answer"],
)
def test_it_judges_without_anything_else(
    installed: Path, tmp_path: Path, used: str, said: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(MIRRORED.replace("FLIP", used), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "mine.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.startswith(str(installed)), done.stdout
    for words in said:
        assert words in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
