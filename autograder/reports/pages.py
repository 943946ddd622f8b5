"""Fills the page templates. Every value is escaped; a page holds no script and asks for no file.

Knows Jinja and where templates lie. Knows nothing of grades.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"

# Nothing may run and nothing may be fetched, whatever a student wrote: the browser is told so too.
# What a terminal would obey, what turns the reading direction, and halves of characters.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def fill(template: str, **values: Any) -> str:
    """The text of one page."""
    return str(_environment().get_template(template).render(policy=POLICY, **values))


def points(value: float | None) -> str:
    """Points as people write them: 4, 2.5, and a dash where there are none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def inert(text: str) -> str:
    """The text with a sign for each character that would do something instead of being read."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _shown(value: Any) -> Any:
    # Of the same type: a template's own markup stays markup.
    return type(value)(inert(value)) if isinstance(value, str) else value


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["points"] = points
    return environment
