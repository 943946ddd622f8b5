"""Starts nbgrader's own machinery in a course folder. Knows its configuration, decides nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast


def config(course: Path) -> Any:
    """nbgrader's configuration: the course's nbgrader_config.py, with the course as root."""
    from traitlets.config import Config, PyFileConfigLoader

    loaded = Config()
    if (course / "nbgrader_config.py").is_file():
        loaded = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    loaded.CourseDirectory.root = str(course)
    if "db_url" not in loaded.CourseDirectory:
        # SQLite waits 5 s for a lock unless told otherwise: too short for several writers.
        loaded.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}?timeout=60"
    return loaded


def api(course: Path) -> Any:
    """nbgrader's NbGraderAPI for a course folder, quiet: its log comes with each result."""
    make_ready()
    from nbgrader.apps.api import NbGraderAPI

    started = NbGraderAPI(config=config(course))
    started.log.propagate = False
    return started


def skip_slow_import() -> None:
    """Keep jsonschema from compiling a grammar of internationalised addresses when imported.

    It takes half of the time that nbformat and nbgrader need to start, and no notebook has such
    addresses. jsonschema does without the package where it is not installed. Call this first.
    """
    if "jsonschema" not in sys.modules:
        sys.modules.setdefault("rfc3987_syntax", cast(ModuleType, None))


def make_ready() -> None:
    """What has to be done before nbgrader is imported."""
    skip_slow_import()
    _skip_server()
    # nbgrader calls alembic by name for a new gradebook: have our interpreter's folder on PATH.
    folder = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if folder not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, [folder, path]))


def _skip_server() -> None:
    """Keep ``import nbgrader`` from loading Jupyter's web server.

    Its ``__init__`` imports four extensions of that server, for which grading has no use, and which
    take longer than all the rest. Each has one name there that is wanted.
    """
    if "nbgrader" in sys.modules:
        return
    for name in ("assignment_list", "course_list", "validate_assignment", "formgrader"):
        full = f"nbgrader.server_extensions.{name}"
        stand_in = ModuleType(full)
        stand_in.load_jupyter_server_extension = lambda app: None  # type: ignore[attr-defined]
        sys.modules[full] = stand_in
    try:
        import nbgrader  # noqa: F401
    finally:
        for name in ("assignment_list", "course_list", "validate_assignment", "formgrader"):
            del sys.modules[f"nbgrader.server_extensions.{name}"]
