"""Where a worker's sandboxes come from: one warm zygote for each set of libraries, kept until it
goes down. Light to import, so that zygotes warm up while whoever starts them loads the rest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from autograder.sandbox.client import SandboxUnavailable, Zygote

# For each set of libraries that sandboxes may have, with walls or without.
_zygotes: dict[tuple[tuple[str, ...], bool], Zygote] = {}


def start(sets: Iterable[Iterable[str]], walls: bool) -> None:
    """Start one for each set of libraries now, rather than when it is first needed."""
    for wanted in sets:
        get(tuple(wanted), walls)


def ready() -> None:
    """Wait until all that were started are warm, or cannot be."""
    for zygote in _zygotes.values():
        with contextlib.suppress(SandboxUnavailable):  # said when one is asked for a sandbox
            zygote.ready()


def get(wanted: tuple[str, ...], walls: bool) -> Zygote:
    """The one for this set of libraries."""
    if (wanted, walls) not in _zygotes:
        _zygotes[wanted, walls] = Zygote(wanted, walls)
    return _zygotes[wanted, walls]


def another(wanted: tuple[str, ...], walls: bool) -> Zygote:
    """A new one in the place of one that is gone: not closed, for other workers may share it."""
    del _zygotes[wanted, walls]
    return get(wanted, walls)
