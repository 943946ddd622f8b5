"""What one submission may use. Every limit has its unit in its name. Enforces nothing itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The defaults leave a plain loop in Python room: the slowest reference cell takes seconds."""

    cell_seconds: int = 60
    submission_seconds: int = 300
    kernel_start_seconds: int = 120


LIMITS = Limits()
