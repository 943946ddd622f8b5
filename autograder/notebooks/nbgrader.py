"""Starts nbgrader's own machinery in a course folder. Knows its configuration, decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
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


@cache
def step(name: str) -> ModuleType:
    """A module of ``nbgrader.preprocessors``, such as "saveautogrades".

    Where that package is not loaded yet, the module comes without the others of it, and without
    nbconvert's exporters, for which grading has no use, and which take longer than all the rest.
    """
    make_ready()
    if "nbgrader.preprocessors" in sys.modules:
        return import_module(f"nbgrader.preprocessors.{name}")
    packages = ("nbconvert", "nbconvert.preprocessors", "nbconvert.exporters")
    with _bare(*packages, "nbgrader.preprocessors"):
        for package, wanted in (
            ("nbconvert.preprocessors", "Preprocessor"),
            ("nbgrader.preprocessors", "NbGraderPreprocessor"),
        ):
            setattr(sys.modules[package], wanted, getattr(import_module(f"{package}.base"), wanted))
        return import_module(f"nbgrader.preprocessors.{name}")


@contextmanager
def _bare(*packages: str) -> Iterator[None]:
    """Have modules of these packages imported without what the packages' ``__init__`` import."""
    before = {*sys.modules}
    for package in packages:
        if package not in before:
            spec = find_spec(package)  # of what is inside another: that is bare by now
            module = sys.modules[package] = ModuleType(package)
            module.__path__ = list(spec.submodule_search_locations or ()) if spec else []
    try:
        yield
    finally:
        # Whoever wants the packages gets them whole.
        for name in {*sys.modules} - before:
            if name.startswith(packages):
                del sys.modules[name]


def skip_slow_import() -> None:
    """Keep jsonschema from compiling a grammar of internationalised addresses when imported.

    It takes half of the time that nbformat and nbgrader need to start, and no notebook has such
    addresses. jsonschema does without the package where it is not installed. Call this first.
    """
    if "jsonschema" not in sys.modules:
        sys.modules.setdefault("rfc3987_syntax", cast(ModuleType, None))


def make_ready() -> None:
    """What has to be done before nbgrader is used."""
    skip_slow_import()
    _import_lightly()
    import nbgrader.api

    nbgrader.api.get_alembic_version = _newest_schema


@cache
def _newest_schema() -> str:
    """The name of a new gradebook's schema, for which nbgrader calls alembic.

    In a process of its own, which imports nbgrader whole to read one line of a file.
    """
    import nbgrader.api
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(nbgrader.api.__file__).with_name("alembic")))
    return str(scripts.get_current_head())


def _import_lightly() -> None:
    """Import nbgrader without what grading has no use for, which takes longer than all the rest.

    Its ``__init__`` imports four extensions of Jupyter's web server, of each of which it wants one
    name; its ``utils`` imports setuptools for opening archives.
    """
    if "nbgrader" in sys.modules:
        return
    stand_ins = {
        f"nbgrader.server_extensions.{name}": {"load_jupyter_server_extension": lambda app: None}
        for name in ("assignment_list", "course_list", "validate_assignment", "formgrader")
    }
    openers = ("unpack_archive", "unpack_tarfile", "unpack_zipfile")
    stand_ins["setuptools.archive_util"] = {name: partial(_unpack, name) for name in openers}
    wanted = {name: names for name, names in stand_ins.items() if name not in sys.modules}
    for name, names in wanted.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(names)
    try:
        import nbgrader.utils  # noqa: F401
    finally:
        for name in wanted:
            del sys.modules[name]


def _unpack(name: str, *arguments: Any, **options: Any) -> Any:
    return getattr(import_module("setuptools.archive_util"), name)(*arguments, **options)
