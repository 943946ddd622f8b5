"""What `make lint` checks, as tests: style, layout and types of all the source."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "tool",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=" ".join,
)
def test_source_is_tidy(tool: tuple[str, ...], root: Path) -> None:
    answer = subprocess.run([sys.executable, "-m", *tool], cwd=root, capture_output=True, text=True)
    assert answer.returncode == 0, f"\n{answer.stdout}{answer.stderr}\n`make format` mends style"
