"""Decides what the self-study edition adds: a page of solutions for each chapter.

The default edition holds no solution text anywhere.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def connect(app: Sphinx) -> None:
    """Nothing yet."""
