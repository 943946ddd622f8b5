"""A class graded once, with everything in it that happens: what comes of each submission."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny
from tiny import FULL, NAME, RIGHT, code, hand_in, index, notebook

from autograder.grading.course import Course
from autograder.grading.outcomes import OUTCOMES
from autograder.grading.run import standing
from autograder.notebooks.files import dumps, grade_id, is_test
from autograder.reports import classreport, feedback
from autograder.sandbox.limits import Limits

pytestmark = pytest.mark.slow

# Limits of seconds, so that a loop without end does not make the tests wait.
LIMITS = Limits(cell_seconds=3)
QUICK = ("--cell-seconds", 3)
BOOK = "https://book.example/conv"
GLOB = "[ab]*?"
FORMULA = '=HYPERLINK("http://x.example","y")'


def right(made: Course) -> dict[str, Any]:
    return notebook(made, **RIGHT)


def write_class(made: Course) -> None:
    """Hand in one submission for everything that a test below asks about."""

    def changed(**answers: str) -> dict[str, Any]:
        return notebook(made, **{**RIGHT, **answers})

    def with_stray(source: str, before: str) -> dict[str, Any]:
        content = right(made)
        content["cells"].insert(index(content, before), code(source))
        return content

    hand_in(made, "right", right(made))
    hand_in(made, "untouched", notebook(made))
    hand_in(made, "adds", changed(double="def double(x):\n    return x + 2"))
    hand_in(made, "syntax", changed(double="def double(x)\n    return 2 * x"))
    hand_in(made, GLOB, right(made))
    hand_in(made, FORMULA.replace("/", "_"), right(made))

    # Honest accidents: full points.
    warns = "import logging, sys, warnings\n\ndef double(x):\n    warnings.warn('slow')\n"
    warns += "    logging.warning('slow')\n    print('slow', file=sys.stderr)\n    return 2 * x"
    hand_in(made, "warns", changed(double=warns))
    hand_in(made, "bom", b"\xef\xbb\xbf" + dumps(right(made)).encode())
    newer = {**right(made), "nbformat_minor": 99, "metadata": {}}
    hand_in(made, "newer", newer)
    hand_in(made, "asks", with_stray("input('name? ')", "test-double"))
    moved = right(made)
    tests = [cell for cell in moved["cells"] if is_test(cell)]
    rest = [cell for cell in moved["cells"] if not is_test(cell)]
    hand_in(made, "moved", {**moved, "cells": [*tests, *tests, *rest]})
    hand_in(made, "deleted", {**moved, "cells": rest})
    tagged = right(made)
    for cell in tagged["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    hand_in(made, "tagged", tagged)

    # An edited test is ours again: no points for a wrong answer.
    forged = changed(double="def double(x):\n    return x + 2")
    forged["cells"][index(forged, "test-double")]["source"] = "4.0"
    hand_in(made, "forged", forged)

    # Things that end badly.
    hand_in(made, "exits", with_stray("import os\nos._exit(0)", "triple"))
    hand_in(made, "loops", changed(double="def double(x):\n    while True:\n        pass"))
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    hand_in(made, "deaf", with_stray(deaf, "triple"))
    hand_in(made, "empty", b"")
    hand_in(made, "truncated", dumps(right(made))[:500])
    hand_in(made, "utf16", dumps(right(made)).encode("utf-16"))
    hand_in(made, "format3", json.dumps({"nbformat": 3, "worksheets": []}))
    hand_in(made, "deep", "[" * 100_000)
    path = hand_in(made, "renamed", right(made))
    path.rename(path.with_name(f"{NAME} (1).ipynb"))
    made.submission("nothing", NAME).mkdir(parents=True)
    path = hand_in(made, "linked", right(made))
    path.unlink()
    path.symlink_to(made.source_notebook(NAME))
    (hand_in(made, "link-beside", right(made)).parent / "data").symlink_to("/etc/passwd")
    path = hand_in(made, "pipe", right(made))
    path.unlink()
    os.mkfifo(path)
    (made.submitted / "linked-folder").symlink_to(made.submitted / "right")

    # Text that must stay text.
    script = right(made)
    script["cells"][0]["source"] = "<script>alert(1)</script>"
    script["cells"][index(script, "double")]["source"] += "\n# </code><script>alert(2)</script>"
    script["cells"].append(
        code("from IPython.display import HTML\nHTML('<script>alert(3)</script>')")
    )
    hand_in(made, "script", script)

    # A folder that no assignment claims.
    (made.submitted / "right" / "01-tinny").mkdir()


@dataclass(frozen=True)
class Graded:
    """The course after its first grading: exit status, what was printed, and the JSON."""

    course: Course
    status: int
    output: str
    results: dict[str, dict[str, Any]]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("class")
    made = tiny.course(folder)
    write_class(made)
    out = folder / "grades.json"
    done = run("grade", "--course", made.root, "--jobs", 2, "--json", out, *QUICK)
    return Graded(made, done.returncode, done.stdout + done.stderr, tiny.results(out))


EXPECTED = {
    "right": ("graded", FULL),
    "untouched": ("graded", 0),
    "adds": ("graded", 3),
    "syntax": ("graded", 3),
    GLOB: ("graded", FULL),
    FORMULA.replace("/", "_"): ("graded", FULL),
    "warns": ("graded", FULL),
    "bom": ("graded", FULL),
    "newer": ("graded", FULL),
    "asks": ("graded", FULL),
    "moved": ("graded", FULL),
    "deleted": ("graded", FULL),
    "tagged": ("graded", FULL),
    "forged": ("graded", 3),
    "script": ("graded", FULL),
    "exits": ("died", FULL),
    "loops": ("timed-out", 3),
    "deaf": ("timed-out", FULL),
    "empty": ("unreadable", 0),
    "truncated": ("unreadable", 0),
    "utf16": ("unreadable", 0),
    "format3": ("unreadable", 0),
    "deep": ("unreadable", 0),
    "renamed": ("missing", 0),
    "nothing": ("missing", 0),
    "linked": ("rejected", 0),
    "link-beside": ("rejected", FULL),
    "pipe": ("rejected", 0),
    "linked-folder": ("rejected", 0),
}


def test_every_submission_has_one_result_and_no_other_is_there(graded: Graded) -> None:
    assert graded.status == 0, graded.output
    assert set(graded.results) == set(EXPECTED)


@pytest.mark.parametrize("student", EXPECTED)
def test_outcome_and_score(graded: Graded, student: str) -> None:
    result = graded.results[student]
    assert (result["outcome"], result["score"]) == EXPECTED[student], result["message"]
    assert result["max_score"] == FULL
    assert result["flagged"] == OUTCOMES[result["outcome"]].flagged
    assert result["message"].startswith(OUTCOMES[result["outcome"]].sentence)
    assert [cell["id"] for cell in result["cells"]] == [
        "test-double",
        "test-triple",
        "test-triple-numpy",
    ]
    assert sum(cell["points"] for cell in result["cells"]) == result["score"]
    assert set(result) == {
        *("student", "assignment", "outcome", "message", "score", "max_score"),
        *("cells", "mistakes", "seconds", "flagged"),
    }


def test_a_catalogued_mistake_is_named(graded: Graded) -> None:
    assert graded.results["adds"]["mistakes"] == ["F01"]
    assert graded.results["right"]["mistakes"] == []


def test_messages_say_where_and_what(graded: Graded) -> None:
    message = {student: result["message"] for student, result in graded.results.items()}
    assert "Expected 01-tiny.ipynb; found 01-tiny (1).ipynb." in message["renamed"]
    assert "found no notebook at all" in message["nothing"]
    assert "Cell 5: Python ended" in message["exits"]
    assert "test-double" in message["loops"] and "3 seconds" in message["loops"]
    assert "did not stop" in message["deaf"]
    assert "data" in message["link-beside"]
    assert "not UTF-8" in message["utf16"]


def test_a_folder_that_is_no_assignment_is_not_lost_in_silence(graded: Graded) -> None:
    text = " ".join(graded.output.split())
    assert "submitted/right/01-tinny belongs to no assignment" in text
    assert "Did you mean 01-tiny?" in text


def test_the_gradebook_says_the_same(graded: Graded) -> None:
    with sqlite3.connect(graded.course.gradebook) as database:
        rows = database.execute(
            "SELECT s.student_id, SUM(g.auto_score), MAX(n.flagged) FROM grade g"
            " JOIN submitted_notebook n ON g.notebook_id = n.id"
            " JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
        ).fetchall()
        comments = dict(
            database.execute(
                "SELECT s.student_id, c.auto_comment FROM comment c"
                " JOIN submitted_notebook n ON c.notebook_id = n.id"
                " JOIN submitted_assignment s ON n.assignment_id = s.id"
                " WHERE c.auto_comment LIKE '[%'"
            ).fetchall()
        )
    assert {student: score for student, score, _ in rows} == {
        student: score for student, (_, score) in EXPECTED.items()
    }
    for student, _, flagged in rows:
        assert bool(flagged) == OUTCOMES[EXPECTED[student][0]].flagged
    troubled = {student for student, (outcome, _) in EXPECTED.items() if outcome != "graded"}
    assert set(comments) == troubled
    assert all(text.startswith(f"[{EXPECTED[who][0]}]") for who, text in comments.items())


def test_links_were_not_followed(graded: Graded) -> None:
    made = graded.course
    assert not made.autograded_notebook("linked", NAME).exists()
    assert not (made.root / "autograded" / "link-beside" / NAME / "data").exists()
    assert made.submission("link-beside", NAME).joinpath("data").is_symlink()


def snapshot(made: Course) -> dict[str, bytes]:
    return {
        str(path.relative_to(made.root)): path.read_bytes()
        for path in made.root.rglob("*")
        if path.is_file() and not path.is_symlink() and not stat.S_ISFIFO(path.stat().st_mode)
    }


def test_running_twice_changes_nothing(graded: Graded, tmp_path: Path) -> None:
    before = snapshot(graded.course)
    again = run("grade", "--course", graded.course.root, "--json", tmp_path / "again.json", *QUICK)
    assert again.returncode == 0
    assert f"{len(EXPECTED)} unchanged" in again.stdout
    assert "0 graded now" in again.stdout
    assert tiny.results(tmp_path / "again.json") == graded.results
    assert snapshot(graded.course) == before


def test_only_what_changed_is_graded_again_and_grades_by_hand_stay(
    graded: Graded, tmp_path: Path
) -> None:
    made = graded.course
    with sqlite3.connect(made.gradebook) as database:
        by_hand = (
            "UPDATE grade SET manual_score = 1.5 WHERE id IN (SELECT g.id FROM grade g"
            " JOIN base_cell b ON g.cell_id = b.id AND b.name = 'test-double'"
            " JOIN submitted_notebook n ON g.notebook_id = n.id"
            " JOIN submitted_assignment s ON n.assignment_id = s.id AND s.student_id = 'adds')"
        )
        assert database.execute(by_hand).rowcount == 1
    path = hand_in(made, "untouched", right(made))
    try:
        done = run("grade", "--course", made.root, "--json", tmp_path / "g.json", *QUICK)
        assert "1 graded now" in done.stdout
        results = tiny.results(tmp_path / "g.json")
        assert results["untouched"]["score"] == FULL
        assert results["adds"]["score"] == 4.5
    finally:
        # The class is shared: put it back as it was.
        path.write_text(dumps(notebook(made)))
        with sqlite3.connect(made.gradebook) as database:
            database.execute("UPDATE grade SET manual_score = NULL")
        tiny.grade(made, ["untouched", "adds"], limits=LIMITS)


def test_stock_nbgrader_gives_honest_work_the_same_scores(graded: Graded, tmp_path: Path) -> None:
    """Stock means stock: a folder made with nbgrader alone, from what we release."""
    root = tmp_path / "stock"
    for step in ("source", "submitted"):
        (root / step).mkdir(parents=True)
    shutil.copytree(graded.course.source / NAME, root / "source" / NAME)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    honest = ("right", "untouched", "adds", "syntax")
    for student in honest:
        shutil.copytree(
            graded.course.submission(student, NAME), root / "submitted" / student / NAME
        )

    def nbgrader(*arguments: str) -> str:
        folder = Path(sys.executable).parent
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        done = subprocess.run(
            [str(folder / "nbgrader"), *arguments],
            cwd=root,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    nbgrader("generate_assignment", NAME)
    ours = json.loads(graded.course.released_notebook(NAME).read_text())["cells"]
    theirs = json.loads((root / "release" / NAME / f"{NAME}.ipynb").read_text())["cells"]
    assert ours == theirs

    validated = nbgrader("validate", str(root / "submitted" / "right" / NAME / f"{NAME}.ipynb"))
    assert "Success! Your notebook passes all the tests." in validated
    validated = nbgrader("validate", str(root / "release" / NAME / f"{NAME}.ipynb"))
    # Two of three: triple.numpy returns np.float64(0.0), which stock nbgrader reads as full points.
    assert "VALIDATION FAILED ON 2 CELL(S)" in validated

    nbgrader("autograde", NAME)
    with sqlite3.connect(root / "gradebook.db") as database:
        scores = dict(
            database.execute(
                "SELECT s.student_id, SUM(g.auto_score) FROM grade g"
                " JOIN submitted_notebook n ON g.notebook_id = n.id"
                " JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
            ).fetchall()
        )
    # For the same reason the untouched notebook has that exercise's point here.
    assert scores == {"right": FULL, "untouched": 1, "adds": 3, "syntax": 3}


def test_stock_autograde_in_our_course_folder_forgives_warnings_too(
    graded: Graded, tmp_path: Path
) -> None:
    made = tiny.course(tmp_path)
    hand_in(
        made,
        "warns",
        graded.course.submission("warns", NAME).joinpath(f"{NAME}.ipynb").read_bytes(),
    )
    folder = Path(sys.executable).parent
    done = subprocess.run(
        [str(folder / "nbgrader"), "autograde", NAME],
        cwd=made.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(made.gradebook) as database:
        assert database.execute("SELECT SUM(auto_score) FROM grade").fetchone() == (FULL,)


# What comes after grading uses the same class, so that it is graded once.


def test_feedback_pages_are_inert_and_say_everything(graded: Graded) -> None:
    made = graded.course
    done = run("feedback", "--course", made.root, "--book", BOOK)
    assert done.returncode == 0, done.stderr
    for student, (outcome, _) in EXPECTED.items():
        page = made.feedback_page(student, NAME).read_text()
        assert "<script" not in page.lower()
        assert OUTCOMES[outcome].sentence.replace("'", "&#39;") in page
    assert "alert(2)" in made.feedback_page("script", NAME).read_text()
    adds = made.feedback_page("adds", NAME).read_text()
    assert "wrong &lt;b&gt;here&lt;/b&gt;" in adds
    assert "return x + 2" in adds
    assert feedback.write(made, standing(made, [NAME]), BOOK) == 0


def test_the_class_report_is_one_inert_page(graded: Graded) -> None:
    made = graded.course
    assert run("report", "--course", made.root, "--book", BOOK).returncode == 0
    page = (made.root / "report" / "index.html").read_text()
    assert "<script" not in page.lower()
    for student in EXPECTED:
        assert student.replace('"', "&#34;") in page
    assert not classreport.write(
        made, standing(made, [NAME]), made.root / "report" / "index.html", BOOK
    )


def test_csv_is_quoted_and_nothing_in_it_is_a_formula(graded: Graded, tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    assert run("export", "csv", "--course", graded.course.root, "--out", out).returncode == 0
    text = out.read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == len(EXPECTED)
    assert not [value for row in rows for value in row.values() if value.startswith(tuple("=+-@"))]
    by_student = {row["student"]: row for row in rows}
    assert by_student["'" + FORMULA.replace("/", "_")]["score"] == "7"
    assert by_student["adds"]["double"] == "0"
    assert by_student["adds"]["mistakes"] == "F01"
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())


def test_a_worker_that_goes_down_takes_its_own_job_and_no_other(graded: Graded) -> None:
    made = graded.course
    for student in ("beside", "killer"):
        hand_in(made, student, right(made))
    try:
        for times, outcome, score in ((1, "graded", FULL), (2, "failed-internally", None)):
            with tiny.Dropping("killer", times) as executor:
                results = {
                    result.student: result
                    for result in tiny.grade(made, ["beside", "killer"], executor, force=True)
                }
            assert (results["beside"].outcome, results["beside"].score) == ("graded", FULL)
            killed = results["killer"]
            assert (killed.outcome, killed.score) == (outcome, score)
        assert killed.cells == ()
        assert "the worker process ended" in killed.message
    finally:
        for student in ("killer", "beside"):
            shutil.rmtree(made.submitted / student)


def test_our_own_failure_is_said_loudly_and_taken_up_again(graded: Graded) -> None:
    made = graded.course
    hand_in(made, "unlucky", right(made))
    try:
        with tiny.Broken() as executor:
            (failed,) = tiny.grade(made, ["unlucky"], executor)
        assert (failed.outcome, failed.score, failed.cells) == ("failed-internally", None, ())
        assert "No space left on device" in failed.message
        log = made.root / failed.message.rpartition("Log: ")[2].rstrip(".")
        assert "unlucky" in log.read_text()
        (again,) = tiny.grade(made, ["unlucky"])
        assert (again.outcome, again.score) == ("graded", FULL)
    finally:
        shutil.rmtree(made.submitted / "unlucky")


def test_a_name_that_is_no_text_is_reported_and_stops_nobody(tmp_path: Path) -> None:
    made = Course(tmp_path)
    (made.source / NAME).mkdir(parents=True)
    (made.source / NAME / f"{NAME}.ipynb").touch()
    os.makedirs(os.fsencode(made.submitted) + b"/\xff\xfe/" + NAME.encode())
    (made.submitted / "ada").mkdir()
    assert made.students() == ["ada"]
    assert "not text" in made.strangers()[0]


def test_an_interrupt_stops_at_once_and_keeps_what_is_done(graded: Graded, tmp_path: Path) -> None:
    made = graded.course
    command = [str(Path(sys.executable).parent / "autograder"), "grade", "--force", "--jobs", "1"]
    results = made.own / "results" / NAME
    started = max(path.stat().st_mtime_ns for path in results.iterdir())
    with subprocess.Popen(
        [*command, "--course", str(made.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while process.poll() is None and started == max(
            path.stat().st_mtime_ns for path in results.glob("*.json")
        ):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "what is graded is kept" in errors
    assert "Traceback" not in errors


def test_restored_notebooks_hold_the_courses_own_hidden_tests(graded: Graded) -> None:
    cells = json.loads(graded.course.autograded_notebook("forged", NAME).read_text())["cells"]
    source = next("".join(c["source"]) for c in cells if grade_id(c) == "test-double")
    assert "hidden=True" in source
