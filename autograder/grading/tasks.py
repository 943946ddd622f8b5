"""What a worker is asked to do, by name. Light to import: the engine is loaded where it is done.

Texts in, a text out, so that any ``concurrent.futures.Executor`` may call them, in any process on
any machine that has this package.
"""

from __future__ import annotations

from collections.abc import Iterable


def work(text: str) -> str:
    """The verdict on a job, both as text. Raises nothing: a fault of our own is a verdict too."""
    from autograder.grading import work as engine

    return engine.work(text)


def probe(walls: str) -> str:
    """Why there can be no sandbox here; empty where there can. ``walls`` is empty for none."""
    from autograder.grading import zygotes
    from autograder.sandbox.client import Ended, SandboxUnavailable

    try:
        with zygotes.get((), bool(walls)).sandbox() as sandbox:
            sandbox.run("pass", 10)
    except (SandboxUnavailable, Ended, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def warm(
    sets: Iterable[Iterable[str]], walls: bool, assignments: Iterable[str] = (), seed: str = ""
) -> None:
    """Load now what jobs will need, rather than at the first.

    sets         the libraries that sandboxes may have: one zygote for each set
    assignments  what jobs will be about
    """
    from autograder.grading import zygotes

    zygotes.start(sets, walls)
    from autograder.grading import work as engine  # while they warm up

    engine.warm(assignments, seed)
    zygotes.ready()
