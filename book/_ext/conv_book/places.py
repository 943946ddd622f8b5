"""Where the project is, and what kinds of output there are, for the rest of the extension."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Builders whose pages a browser shows: the site, and the one page that the PDF is printed from.
SITES = ("html", "singlehtml")
