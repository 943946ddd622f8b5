"""Starts nbgrader's own machinery in a course folder. Knows its configuration, decides nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


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
    make_tools_reachable()
    from nbgrader.apps.api import NbGraderAPI

    started = NbGraderAPI(config=config(course))
    started.log.propagate = False
    return started


def make_tools_reachable() -> None:
    """Put our interpreter's folder on PATH: nbgrader calls ``alembic`` for a new gradebook."""
    folder = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if folder not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, [folder, path]))
