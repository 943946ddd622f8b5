"""How grading grows with the class: seconds a submission and the coordinator's memory, by size.

The class is one of 01-window's. Both columns should stay as they are from the first row on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from grading import BIN, classes


def main() -> None:
    """Grade classes of growing size, each in a course of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", default="01-window")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    print(f"{'students':>8} {'seconds':>8} {'seconds each':>13} {'coordinator':>12}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="autograder-scaling-") as folder:
            course, _ = classes(Path(folder), options.assignment, size)
            command = [BIN / "autograder", "grade", "--course", course, "--jobs", options.jobs]
            started = time.perf_counter()
            process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL)
            memory = 0.0
            while process.poll() is None:
                memory = max(memory, peak(process.pid))
                time.sleep(0.1)
            seconds = time.perf_counter() - started
            if process.returncode:
                raise SystemExit(f"grading {size} students failed")
        print(f"{size:8} {seconds:8.1f} {seconds / size:13.3f} {memory:9.0f} MB", flush=True)


def peak(process: int) -> float:
    """The most memory that a process has had so far, in MB; 0 where it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return max(
        [int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line] + [0]
    )


if __name__ == "__main__":
    main()
