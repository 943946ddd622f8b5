"""Where things lie in a checkout of this project. Knows paths, not what is in the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.notebooks.errors import UsageError, suggestion

SOURCE_NAME = "[0-9][0-9]-*.py"


@dataclass(frozen=True)
class Repository:
    """A checkout: ``solutions/`` with the sources, ``exercises/`` with what students receive."""

    root: Path

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        return self.root / "exercises"

    @property
    def book(self) -> Path:
        """The built site, there or not."""
        return self.root / "_build" / "html"

    def sources(self) -> dict[str, Path]:
        """Every assignment's text source, by the assignment's name, in order."""
        return {path.stem: path for path in sorted(self.solutions.glob(SOURCE_NAME))}

    def chosen(self, names: list[str] | None) -> dict[str, Path]:
        """The sources named, or all of them. UsageError for a name that has no source."""
        sources = self.sources()
        if not sources:
            raise UsageError(
                "no assignment here",
                where=str(self.solutions),
                do="A source is called like 02-layer.py.",
            )
        for name in names or []:
            if name not in sources:
                raise UsageError(
                    f"no assignment is called {name!r}",
                    where=str(self.solutions),
                    do=suggestion(name, sources),
                )
        return {name: path for name, path in sources.items() if not names or name in names}


def find(start: Path | None = None) -> Repository:
    """The checkout around ``start`` (the working directory), else the one we run from."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "solutions").is_dir() and (folder / "nbgrader_config.py").is_file():
            return Repository(folder)
    raise UsageError(
        "this is not a checkout of the course: no solutions/ beside an nbgrader_config.py",
        where=str(start),
        do="Run the command inside the checkout, or name it with --repository DIR.",
    )
