"""Times stock ``nbgrader autograde`` and ``autograder grade`` on the same class, in turns.

Knows how to make one class twice and how to start both commands. Measures whole commands from the
outside, and stops if the two do not give the same scores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.grading.course import Course
from autograder.grading.create import create
from autograder.grading.demonstration import CLASS, SEED, submissions
from autograder.grading.executors import LocalPool
from autograder.grading.run import Step, grade
from autograder.notebooks import release, repository

BIN = Path(sys.executable).parent


def main() -> int:
    """Make the class, run both in turns, print what came of it."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        ours, stock = classes(Path(folder), options.assignment, options.students)
        jobs = ["--jobs", str(options.jobs)]
        both = {
            "nbgrader autograde": Timed(
                [BIN / "nbgrader", "autograde", options.assignment, "--force"], stock
            ),
            "autograder grade": Timed(
                [BIN / "autograder", "grade", options.assignment, "--force", *jobs], ours
            ),
        }
        for number in range(1, options.runs + 1):
            for name, timed in both.items():
                print(f"run {number} of {options.runs}: {name:20} {timed.run():6.1f} s", flush=True)
        same = scores(stock) == scores(ours)
        return report(both, options, same, share(ours, options.assignment, options.jobs))


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", default="02-layer")
    parser.add_argument("--students", type=int, default=24, help="how many hand in (default 24)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    return parser.parse_args()


class Timed:
    """One command in one folder, and how long each of its runs took, in seconds."""

    def __init__(self, command: list[str | Path], folder: Path) -> None:
        self.command, self.folder = [str(part) for part in command], folder
        self.seconds: list[float] = []

    def run(self) -> float:
        """Run it once. Stops the benchmark if it fails."""
        path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path, "AUTOGRADER_SEED": SEED}
        started = time.perf_counter()
        done = subprocess.run(
            self.command, cwd=self.folder, env=environment, capture_output=True, text=True
        )
        self.seconds.append(time.perf_counter() - started)
        if done.returncode:
            sys.exit(f"{' '.join(self.command)} failed:\n{done.stdout}{done.stderr}")
        return self.seconds[-1]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def classes(folder: Path, assignment: str, students: int) -> tuple[Path, Path]:
    """The same class in a course of ours and in a stock nbgrader course: their folders."""
    checkout = repository.find(Path(__file__).parent)
    ours = Course(folder / "ours")
    create(ours.root, checkout, release.sources(checkout, [assignment]), seed=SEED)
    # Submissions that run to the end: stock nbgrader records no grade for the others.
    ordinary = {student.name for student in CLASS if not student.accident}
    handed_in = [files for student, _, files in submissions(ours) if student in ordinary]
    for number in range(students):
        target = ours.submission(f"student-{number:03}", assignment)
        target.mkdir(parents=True)
        for name, data in handed_in[number % len(handed_in)].items():
            (target / name).write_bytes(data)
    stock = folder / "stock"
    for step in ("source", "submitted", "release"):
        shutil.copytree(ours.root / step, stock / step)
    shutil.copyfile(ours.gradebook, stock / "gradebook.db")
    (stock / "nbgrader_config.py").write_text("c = get_config()\n")
    return ours.root, stock


def scores(course: Path) -> dict[str, float]:
    """Every student's score in a gradebook, rounded: sums may be in another order."""
    query = (
        "SELECT s.student_id, SUM(g.auto_score) FROM grade g"
        " JOIN submitted_notebook n ON g.notebook_id = n.id"
        " JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
    )
    with sqlite3.connect(course / "gradebook.db") as database:
        return {student: round(score, 9) for student, score in database.execute(query)}


def share(folder: Path, assignment: str, jobs: int) -> float:
    """The part of the workers' time in which students' code ran, 0 to 1."""
    course = Course(folder)
    steps: list[Step] = []
    with LocalPool(jobs, [("autograder.grading.tasks", "warm", [[[]], True])]) as pool:
        grade(course, [assignment], course.students(), pool, force=True, progress=steps.append)
    spent = sum(step.result.seconds for step in steps)
    return sum(step.student_seconds for step in steps) / spent


def report(both: dict[str, Timed], options: argparse.Namespace, same: bool, part: float) -> int:
    """Print medians and ratio; return the exit status."""
    print(f"\n{options.students} x {options.assignment}, {options.runs} runs each, medians:")
    for name, timed in both.items():
        each = timed.median / options.students
        print(f"  {name:20} {timed.median:7.1f} s   {each:6.2f} s a submission")
    stock, ours = (timed.median for timed in both.values())
    print(f"  ratio                {stock / ours:7.2f}   with --jobs {options.jobs}")
    print(f"  students' code       {part:7.0%}   of the workers' time")
    print(f"  scores               {'the same' if same else 'DIFFERENT'}")
    if options.json:
        figures = {
            "assignment": options.assignment,
            "students": options.students,
            "jobs": options.jobs,
            "seconds": {name: timed.seconds for name, timed in both.items()},
            "ratio": stock / ours,
            "students_share": part,
            "same_scores": same,
        }
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
