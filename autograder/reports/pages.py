"""Fills the page templates. Every value is escaped; a page holds no script and asks for no file.

Knows Jinja and where templates lie. Knows nothing of grades.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"

# Nothing may run and nothing may be fetched, whatever a student wrote: the browser is told so too.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def fill(template: str, **values: Any) -> str:
    """The text of one page."""
    return str(_environment().get_template(template).render(policy=POLICY, **values))


def points(value: float | None) -> str:
    """Points as people write them: 4, 2.5, and a dash where there are none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = points
    return environment
