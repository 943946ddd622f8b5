"""Every package that the source imports is pinned, and nothing else about the machine is."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

OPTIONAL = {"distributed", "psycopg", "psycopg-binary"}  # their tests are skipped without them
SOURCES = ("autograder", "benchmarks", "book", "solutions", "tests")


def normal(name: str) -> str:
    """The form in which package names are compared: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, str]:
    """Package -> version, of a requirements file in which every line is `name==version`."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if not line or line == "-c constraints.txt":
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!]+)", line)
        assert match, f"{path.name}: not an exact pin: {line!r}"
        assert normal(match[1]) not in found, f"{path.name}: {match[1]} is pinned twice"
        found[normal(match[1])] = match[2]
    return found


@pytest.fixture(scope="module")
def direct(root: Path) -> dict[str, str]:
    return pins(root / "requirements.txt")


@pytest.fixture(scope="module")
def indirect(root: Path) -> dict[str, str]:
    return pins(root / "constraints.txt")


def test_no_package_is_pinned_in_both_files(
    direct: dict[str, str], indirect: dict[str, str]
) -> None:
    assert not direct.keys() & indirect.keys()


def test_each_direct_dependency_says_why_it_is_there(root: Path) -> None:
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "==" in line and not re.search(r"  # \w", line)] == []


def test_what_the_source_imports_is_a_direct_dependency(root: Path, direct: dict[str, str]) -> None:
    missing = {folder: sorted(foreign(root, folder) - direct.keys()) for folder in SOURCES}
    assert not any(missing.values()), missing


def test_what_the_package_imports_it_asks_for(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["dependencies"] + project["optional-dependencies"]["cluster"]
    assert (
        foreign(root, "autograder") - {normal(Requirement(line).name) for line in groups} == set()
    )


def test_what_the_package_asks_for_is_pinned(root: Path, direct: dict[str, str]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {normal(Requirement(line).name) for group in groups for line in group}
    assert names - direct.keys() == set()


def test_everything_they_bring_along_is_pinned(
    direct: dict[str, str], indirect: dict[str, str]
) -> None:
    pinned = direct | indirect
    # torch's own pins say which of the vendor's libraries it wants, and not every machine's torch
    # wants any.
    vendor = re.compile(r"nvidia-|cuda-|triton$")
    unpinned = [
        f"{name} ({version})"
        for name, version in reachable(set(direct)).items()
        if pinned.get(name) != version and not vendor.match(name)
    ]
    assert unpinned == []


def foreign(root: Path, folder: str) -> set[str]:
    """The packages, by their names on an index, that the modules in a folder import."""
    ours = {path.stem for source in SOURCES for path in (root / source).rglob("*")} | set(SOURCES)
    modules = set()
    for path in (root / folder).rglob("*.py"):
        modules |= imported_modules(path)
    packages = importlib.metadata.packages_distributions()
    names = (packages.get(name, [name]) for name in modules - ours - sys.stdlib_module_names)
    return {normal(name) for several in names for name in several}


@pytest.mark.parametrize("python", ["3.11.2", "3.12.3", "3.13.5"], ids=lambda v: f"Python {v}")
def test_no_pin_refuses_the_python_of_a_current_debian_or_ubuntu(
    python: str, direct: dict[str, str]
) -> None:
    refusing = []
    for name in reachable(set(direct)):
        wanted = importlib.metadata.metadata(name).get("Requires-Python")
        if wanted and not SpecifierSet(wanted).contains(python):
            refusing.append(f"{name} wants {wanted}")
    assert refusing == []


def imported_modules(path: Path) -> set[str]:
    """The first names of all modules that the file imports from elsewhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def reachable(names: set[str]) -> dict[str, str]:
    """Package -> installed public version, of these packages and all that they require here.

    A package for optional groups alone may be missing.
    """
    found: dict[str, str] = {}
    asked: dict[str, set[str]] = {}
    there = {normal(str(found.name)) for found in importlib.metadata.distributions()}
    waiting = [(name, frozenset({""})) for name in sorted(names - (OPTIONAL - there))]
    while waiting:
        name, extras = waiting.pop()
        if name in asked and extras <= asked[name]:
            continue
        asked.setdefault(name, set()).update(extras)
        distribution = importlib.metadata.distribution(name)
        found[name] = distribution.version.partition("+")[0]
        for line in distribution.requires or []:
            wanted = Requirement(line)
            marker = wanted.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((normal(wanted.name), frozenset(wanted.extras | {""})))
    return found
