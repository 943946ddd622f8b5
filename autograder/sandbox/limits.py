"""What one submission may use. Every limit has its unit in its name. Enforces nothing itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SandboxLimits:
    """The defaults leave a plain loop in Python room: the slowest reference cell takes seconds."""

    memory_bytes: int = 2 * 2**30  # address space of each process, and of all together in a cgroup
    disk_bytes: int = 64 * 2**20  # the private /tmp, in memory
    file_count: int = 4096
    file_bytes: int = 64 * 2**20
    open_files: int = 128
    processes: int = 32
    cpu_seconds: int = 300
    output_bytes: int = 2**20  # printed in all
