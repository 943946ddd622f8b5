"""What is done differently from nbgrader, to be quick, and comes to the same."""

import os
import subprocess
import sys
from pathlib import Path

from autograder.notebooks import nbgrader


def test_a_new_gradebook_has_the_schema_that_nbgrader_would_give_it() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "from nbgrader.api import get_alembic_version as v; print(v())"],
        env={**os.environ, "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    nbgrader.make_ready()
    from nbgrader import api

    assert api.get_alembic_version() == answer.stdout.strip() != ""
