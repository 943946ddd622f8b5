"""What one submission may use: every limit, its unit, its default. Enforces nothing itself.

Knows nothing else, since it is loaded inside the sandbox too. ``autograder grade`` has an option of
the same name for each.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The defaults leave a plain loop in Python room: the slowest reference cell takes seconds.

    cell_seconds        by the clock, for one cell, the calls of one test cell together included
    submission_seconds  by the clock, for the whole notebook
    cpu_seconds         of processor time, for everything that the submission starts
    memory_mb           for everything that the submission starts, beyond what it finds loaded
    disk_mb, files      in its private folder, which lies in memory
    processes           at once; a thread counts as one
    open_files          of each process
    output_kb           of what a cell prints, and eight times as much of all cells together; what
                        is printed in a call by a test is not kept
    """

    cell_seconds: int = 60
    submission_seconds: int = 300
    cpu_seconds: int = 300
    memory_mb: int = 1024
    disk_mb: int = 64
    files: int = 4096
    processes: int = 32
    open_files: int = 128
    output_kb: int = 1024


LIMITS = Limits()
KERNEL_START_SECONDS = 120  # where there is no sandbox but a kernel
