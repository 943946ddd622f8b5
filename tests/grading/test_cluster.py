"""A class graded on a Dask cluster of several processes: the same results, whoever dies."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
from tiny import NAME, RIGHT, code, hand_in, index, notebook

from autograder.grading import cluster, tasks
from autograder.grading.course import Course
from autograder.grading.jobs import Job, Result
from autograder.grading.run import Step
from autograder.notebooks.errors import UsageError

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("zygote")]

SLOW = "import time\ntime.sleep(1)"


def start(workers: int) -> Any:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
    )


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    """Two workers, each a process of its own beside its nanny, which starts it again if it dies."""
    with start(2) as made:
        yield made


def command(made: Course, address: str, *options: str | Path) -> list[str]:
    program = str(Path(sys.executable).parent / "autograder")
    return [
        program,
        "grade",
        "--course",
        str(made.root),
        "--scheduler",
        address,
        *map(str, options),
    ]


def write_class(made: Course) -> None:
    hand_in(made, "right", notebook(made, **RIGHT))
    hand_in(made, "untouched", notebook(made))
    hand_in(made, "adds", notebook(made, **{**RIGHT, "double": "def double(x):\n    return x + 2"}))
    exits = "def double(x):\n    import os; os._exit(0)"
    hand_in(made, "exits", notebook(made, **{**RIGHT, "double": exits}))
    hand_in(made, "empty", b"")
    for number in range(4):
        content = notebook(made, **RIGHT)
        content["cells"].insert(index(content, "test-double"), code(SLOW))
        hand_in(made, f"slow{number}", content)


def as_json(graded: list[Result]) -> dict[str, dict[str, Any]]:
    return {result.student: json.loads(json.dumps(result.to_json())) for result in graded}


def comparable(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {student: {**result, "seconds": 0} for student, result in results.items()}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, dict[str, Any]]]:
    """The class as graded in this process."""
    made = tiny.course(tmp_path_factory.mktemp("here"))
    write_class(made)
    return made, as_json(tiny.grade(made, made.students()))


def test_a_cluster_gives_what_one_machine_gives(here: Any, dask: Any, tmp_path: Path) -> None:
    made, expected = here
    there = tiny.course(tmp_path)
    write_class(there)
    grades = tmp_path / "grades.json"
    done = subprocess.run(
        command(there, dask.scheduler_address, "--json", grades),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert comparable(tiny.results(grades)) == comparable(expected)
    for student in ("right", "adds", "exits"):
        mine, theirs = (
            course.autograded_notebook(student, NAME).read_text() for course in (made, there)
        )
        assert mine == theirs


def test_workers_that_are_killed_cost_nobody_anything(here: Any, dask: Any, tmp_path: Path) -> None:
    _, expected = here
    made = tiny.course(tmp_path)
    write_class(made)
    workers = list(dask.workers.values())

    def kill(step: Step) -> None:
        # In the middle of the slow ones, and both of them, one after the other.
        if workers and step.done % 2 == 0:
            os.kill(workers.pop().pid, signal.SIGKILL)

    joined = cluster.join(dask.scheduler_address, [], walls=True)
    graded = tiny.grade(made, made.students(), joined, progress=kill)
    joined.shutdown()
    assert not workers
    assert comparable(as_json(graded)) == comparable(expected)


def test_a_cluster_that_goes_away_loses_nothing(
    here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = here
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 2)
    made = tiny.course(tmp_path)
    write_class(made)
    with start(1) as lost:
        joined = cluster.join(lost.scheduler_address, [], walls=True)

        def first(step: Step) -> None:
            if step.result.outcome == "graded":
                lost.close()

        graded = tiny.grade(made, made.students(), joined, progress=first)
        joined.shutdown()
    outcomes = [result.outcome for result in graded]
    assert "graded" in outcomes and "failed-internally" in outcomes
    again = tiny.grade(made, made.students())
    assert {r.student: r.score for r in again} == {s: r["score"] for s, r in expected.items()}


def test_what_crosses_is_text_and_holds_no_path_of_the_course(here: Any) -> None:
    made, _ = here
    crossed: list[tuple[Any, ...]] = []

    class Recorder(tiny.InProcess):
        def submit(self, function: Any, /, *arguments: Any) -> Any:
            crossed.append((function, *arguments))
            return super().submit(function, *arguments)

    tiny.grade(made, ["right", "adds"], Recorder(), force=True)
    jobs = [arguments for function, *arguments in crossed if function is tasks.work]
    assert {Job.loads(text).student for (text,) in jobs} == {"adds", "right"}
    assert str(made.root) not in "".join(text for (text,) in jobs)
    assert "gradebook" not in "".join(text for (text,) in jobs)


def test_what_is_wrong_with_a_cluster_is_said_in_a_line(dask: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no scheduler answers"):
        cluster.Cluster("nonsense")
    with start(0) as idle, pytest.raises(UsageError, match="no workers"):
        cluster.join(idle.scheduler_address, [], walls=True)


def test_a_worker_of_another_version_is_not_believed(
    dask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "grader_version", lambda: "another")
    with pytest.raises(UsageError, match="another version of autograder"):
        cluster.join(dask.scheduler_address, [], walls=True)
