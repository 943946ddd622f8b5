"""Where the project is, seen from the extension."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
