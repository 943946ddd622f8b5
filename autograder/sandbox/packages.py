"""Which installed files a library needs to be imported: its own and those of what it requires.

Knows the metadata of installed packages. Imports none of them.
"""

from __future__ import annotations

import importlib.metadata
from email.parser import HeaderParser
from functools import cache
from pathlib import Path

LIBRARIES = ("numpy", "matplotlib", "ipython")  # what every student may import


class NotInstalled(LookupError):
    """A library that was asked for is not there."""


@cache
def paths(libraries: tuple[str, ...]) -> tuple[Path, ...]:
    """The files and folders in which these libraries and all that they require are installed."""
    found: set[Path] = set()
    for distribution in _required(libraries):
        for top in _tops(distribution) - {"..", "__pycache__"}:
            found.add(Path(str(distribution.locate_file(top))))
    return tuple(sorted(path for path in found if path.exists() and path.suffix != ".pth"))


def _tops(distribution: importlib.metadata.Distribution) -> set[str]:
    """The first parts of the names of its files."""
    record = distribution.read_text("RECORD") or ""
    if not record or '"' in record:  # other kinds of installation, names with a comma
        return {file.parts[0] for file in distribution.files or ()}
    # Parsed in full, it takes longer than importing the library.
    lines = filter(None, record.splitlines())
    return {line.partition(",")[0].partition("/")[0] for line in lines}


def _required(libraries: tuple[str, ...]) -> list[importlib.metadata.Distribution]:
    from packaging.requirements import Requirement

    waiting, seen, found = list(libraries), set(), []
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in libraries:
                raise NotInstalled(f"{name} is not installed: pip install {name}") from None
            continue  # what a library can do without; importing it says so
        found.append(distribution)
        for text in _requirements(distribution):
            if "extra ==" in text and " or " not in text:  # most are; reading them takes long
                continue
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def _requirements(distribution: importlib.metadata.Distribution) -> list[str]:
    """What its metadata say that it requires, as text."""
    text = distribution.read_text("METADATA")
    if text is None:  # other kinds of installation
        return distribution.requires or []
    # The rest is a description, which can be a book.
    return HeaderParser().parsestr(text.partition("\n\n")[0]).get_all("Requires-Dist") or []
