"""Builds a book by `jupyter-book build`, many in one run of the tests. Knows no book.

To import Jupyter Book, Sphinx and their extensions takes longer than to build one page with them,
so they are imported once: each build is its own process, forked from one that has them.
"""

import multiprocessing
import os
import subprocess
from pathlib import Path

PATIENCE_SECONDS = 300
# What a build of the book imports, and nothing of the book's own. What is missing here is imported
# by each build; what does not exist any more is no error, and makes them slower.
IMPORTED = [
    "jupyter_book.cli.main",
    "jupyter_book.sphinx",
    "myst_nb.sphinx_ext",
    "sphinx_book_theme",
]

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(IMPORTED)


def built(
    book: Path, *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `jupyter-book build` on that folder with these options: its exit status, what it said.

    Its two streams are left beside the folder, `book.stdout` and `book.stderr`.
    """
    command = ["build", str(book), *options]
    streams = [book.with_suffix(f".{name}") for name in ("stdout", "stderr")]
    process = _forks.Process(target=_build, args=(command, environment or {}, streams))
    process.start()
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{book} was not built in {PATIENCE_SECONDS} s: see {streams[1]}")
    said = [stream.read_text(encoding="utf-8") for stream in streams]
    return subprocess.CompletedProcess(command, process.exitcode, *said)


def _build(command: list[str], environment: dict[str, str], streams: list[Path]) -> None:
    """In the new process: become that command."""
    os.environ.update(environment)
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    from jupyter_book.cli.main import main

    main(command, prog_name="jupyter-book")
