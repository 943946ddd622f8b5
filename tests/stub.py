"""Work without students' code, for tests of who hands it out and records it. Takes no time."""

import hashlib
import json
import os
import time
from pathlib import Path

from autograder.grading.jobs import Job, Verdict
from autograder.notebooks.files import dumps, is_test, loads, nbgrader
from autograder.notebooks.restore import parse, restore

# Where the students whose jobs were begun are noted, one a line.
LOG = "AUTOGRADER_STUB_LOG"


def probe(walls: str) -> str:
    """There can be anything."""
    return ""


def work(text: str) -> str:
    """A verdict whose points come from the student's name and the length of what they handed in."""
    job = Job.loads(text)
    with Path(os.environ[LOG]).open("a") as file:
        file.write(job.student + "\n")
    time.sleep(0.002)
    notebook = restore(parse(job.data), loads(job.released))
    for number, cell in enumerate(filter(is_test, notebook["cells"])):
        drawn = hashlib.sha256(f"{job.student} {number} {len(job.data)}".encode()).digest()[0]
        score = float(nbgrader(cell)["points"]) * (drawn % 5) / 4
        data = {"text/plain": json.dumps(score)}
        cell["outputs"] = [
            {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
        ]
    return Verdict("graded", notebook=dumps(notebook)).dumps(0.0)
