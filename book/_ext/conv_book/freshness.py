"""Runs pages again when the code that they import has changed.

jupyter-cache compares the cells of a page and nothing else: a mended drawing function or check
would leave yesterday's picture on the page. This part keeps a digest of that code. It does not
know which page imports what: any change runs every page that has cells or generated parts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .generated import DIRECTIVES
from .places import ROOT

logger = logging.getLogger(__name__)

# What a page may import. Solutions count because the checks read the reference out of them.
CODE = (
    "book/figures.py",
    "book/charts.py",
    "autograder/__init__.py",
    "autograder/checks/**/*",
    "autograder/diagnosis/**/*",
    "solutions/*.py",
)


def code_digest(root: Path = ROOT) -> str:
    """A digest of every file in CODE: names and bytes, in a fixed order."""
    digest = hashlib.sha256()
    for pattern in CODE:
        for file in sorted(root.glob(pattern)):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(file.relative_to(root).as_posix().encode() + b"\0")
                digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def share_imports() -> None:
    """Let cells import `autograder` and `figures` from this checkout, installed or not.

    A verdict that a page shows links to sections of the same site.
    """
    os.environ["AUTOGRADER_BOOK"] = "."
    folders = [str(ROOT), str(ROOT / "book")]
    inherited = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*folders, *inherited]))
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


def forget_stale_runs(app: Sphinx) -> None:
    """Empty the cache of executed pages when the code they ran is no longer this code."""
    cache = Path(app.config.nb_execution_cache_path or Path(app.outdir).parent / ".jupyter_cache")
    stamp = cache / "code.sha256"
    now = code_digest()
    if cache.is_dir() and (not stamp.is_file() or stamp.read_text() != now):
        logger.info("conv_book: code used by pages has changed, so every cell runs again")
        shutil.rmtree(cache)
    cache.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages with cells or generated parts, when that code differs from the last build's."""
    now = code_digest()
    before = getattr(env, "conv_book_code", now)
    env.conv_book_code = now  # type: ignore[attr-defined]
    if before == now:
        return []
    marks = ["{code-cell}", *(f"{{{name}}}" for name in DIRECTIVES)]
    return [
        name
        for name in env.found_docs
        if any(mark in Path(env.doc2path(name)).read_text(encoding="utf-8") for mark in marks)
    ]


def connect(app: Sphinx) -> None:
    """Share imports at once; compare digests when the builder is known."""
    share_imports()
    # Before myst-nb opens its cache.
    app.connect("builder-inited", forget_stale_runs, priority=100)
    app.connect("env-get-outdated", outdated)
