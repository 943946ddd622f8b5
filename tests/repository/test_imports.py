"""Imports point one way: each room of the package knows the rooms below it and no other."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

# From the top down; see the map in autograder/README.md.
ROOMS = ("cli", "reports", "grading", "sandbox", "notebooks", "diagnosis", "checks")


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a module imports, anywhere in it: a late import is an import too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("autograder.")}
    return found & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str, root: Path) -> None:
    package = root / "autograder"
    modules = [package / f"{room}.py", *(package / room).rglob("*.py")]
    above = set(ROOMS[: ROOMS.index(room)])
    upward = {
        str(path.relative_to(root)): sorted(rooms_imported(path) & above)
        for path in modules
        if path.is_file() and rooms_imported(path) & above
    }
    assert upward == {}


@pytest.mark.parametrize("module", ["autograder.checks", "autograder.diagnosis", "autograder"])
def test_checks_and_diagnosis_load_with_numpy_alone(module: str) -> None:
    heavy = {"torch", "nbgrader", "nbformat", "nbconvert", "matplotlib", "scipy", "jupytext"}
    code = f"import sys, {module}; print(*sorted({heavy!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (answer.returncode, answer.stdout.split()) == (0, []), answer.stderr


def test_saving_grades_loads_no_exporter_and_leaves_nbconvert_whole() -> None:
    code = (
        "import sys; from autograder.notebooks import nbgrader;"
        "saved = nbgrader.step('saveautogrades').SaveAutoGrades;"
        "late = nbgrader.step('latesubmissions').AssignLatePenalties;"
        "assert not {'mistune', 'jinja2', 'setuptools', 'nbclient'} & set(sys.modules);"
        "assert not [name for name in sys.modules if name.startswith('nbconvert')];"
        "import nbconvert, nbgrader.preprocessors;"
        "assert nbconvert.HTMLExporter and nbgrader.preprocessors.Execute;"
        "print(saved.__name__, late.__name__)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.split() == ["SaveAutoGrades", "AssignLatePenalties"], answer.stderr
