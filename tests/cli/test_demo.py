"""The demonstration class: graded for real, once, and looked at from every side."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tiny import ROOT

from autograder.diagnosis.catalogue import CATALOGUE
from autograder.grading.course import Course
from autograder.grading.demonstration import CLASS, SEED, submissions
from autograder.grading.planted import marker
from autograder.notebooks import CANARY
from autograder.notebooks.repository import Repository

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Demo:
    """What two runs of the command left: the folder, the results, and what each run printed."""

    folder: Path
    results: list[dict[str, Any]]
    first: str
    second: str

    @property
    def course(self) -> Course:
        return Course(self.folder / "course")

    def of(self, student: str, assignment: str) -> dict[str, Any]:
        return next(
            r for r in self.results if (r["student"], r["assignment"]) == (student, assignment)
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    printed = []
    for _ in range(2):
        done = subprocess.run(
            [str(BIN / "autograder"), "demo", "--out", str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed.append(done.stdout)
    results = json.loads((folder / "grades.json").read_text())
    return Demo(folder, results, *printed)


def test_the_whole_class_and_every_assignment_is_there(demo: Demo) -> None:
    assignments = list(Repository(ROOT).sources())
    assert len(CLASS) >= 12
    assert [(r["assignment"], r["student"]) for r in demo.results] == [
        (assignment, student.name) for assignment in assignments for student in CLASS
    ]


def test_right_answers_and_honest_accidents_get_every_point(demo: Demo) -> None:
    for student in CLASS:
        if student.wrong or student.accident not in ("", "warns", "moved cells"):
            continue
        for result in demo.results:
            if result["student"] == student.name:
                assert result["score"] == result["max_score"] > 0, result
                assert result["mistakes"] == []


def test_every_planted_mistake_costs_points_and_most_are_named(demo: Demo) -> None:
    planted = named = 0
    for student, assignment, files in submissions(demo.course):
        text = b"".join(files.values()).decode("utf-8", "replace")
        result = demo.of(student, assignment)
        ids = {name for name in CATALOGUE if marker(name) in text}
        if result["outcome"] != "graded" or not ids:
            continue
        assert result["score"] < result["max_score"], (student, assignment, ids)
        planted += len(ids)
        named += len(ids & set(result["mistakes"]))
    assert planted >= 12
    # Two slips in one function may only be explained together, or be hidden one by the other.
    assert named >= 0.8 * planted


def test_each_accident_has_its_outcome(demo: Demo) -> None:
    outcomes = {(r["student"], r["assignment"]): r["outcome"] for r in demo.results}
    unusual = {name: outcome for name, outcome in outcomes.items() if outcome != "graded"}
    assert unusual == {
        ("mira", "02-layer"): "missing",
        ("nuno", "01-window"): "unreadable",
        ("olga", "02-layer"): "died",
    }
    assert demo.of("kofi", "02-layer")["score"] == 0
    lena = demo.of("lena", "02-layer")
    assert 0 < lena["score"] < lena["max_score"]


def test_an_untouched_stub_says_so_and_shows_no_traceback(demo: Demo) -> None:
    page = demo.course.feedback_page("kofi", "02-layer").read_text()
    assert "not attempted yet" in page
    assert "Traceback" not in page


def test_a_second_run_does_nothing_and_says_so(demo: Demo) -> None:
    assert f"{len(demo.results)} submissions, {len(demo.results)} graded now" in demo.first
    assert f"0 graded now, {len(demo.results)} unchanged" in demo.second
    assert "0 files of theirs changed" in demo.second
    assert "feedback: 0 pages changed" in demo.second
    assert "report/index.html (unchanged)" in demo.second


def test_no_solution_leaves_the_source_folder(demo: Demo) -> None:
    for folder in ("release", "submitted", "feedback"):
        for path in (demo.course.root / folder).rglob("*"):
            if path.is_file():
                assert CANARY.encode() not in path.read_bytes(), path


def test_stock_nbgrader_gives_the_same_scores(demo: Demo, tmp_path: Path) -> None:
    """In a folder of nbgrader alone, with the same secret: right, wrong and untouched."""
    name, students = "02-layer", ("ada", "chen", "kofi")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    shutil.copytree(demo.course.source / name, tmp_path / "source" / name)
    for student in students:
        shutil.copytree(
            demo.course.submission(student, name), tmp_path / "submitted" / student / name
        )
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "AUTOGRADER_SEED": SEED,
    }
    for command in ("generate_assignment", "autograde"):
        done = subprocess.run(
            [str(BIN / "nbgrader"), command, name, "--Execute.timeout=120"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "gradebook.db") as database:
        scores = dict(
            database.execute(
                "SELECT s.student_id, SUM(g.auto_score) FROM grade g"
                " JOIN submitted_notebook n ON g.notebook_id = n.id"
                " JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
            ).fetchall()
        )
    assert scores == pytest.approx(
        {student: demo.of(student, name)["score"] for student in students}
    )


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


@pytest.mark.browser
@pytest.mark.parametrize("which", ["report", "wrong answers", "died", "unreadable"])
def test_pages_read_well_for_everybody(
    demo: Demo, browser: "Browser", scheme: str, which: str
) -> None:
    """No request, no console message, no sideways scrolling on a phone, nothing for axe to find."""
    from axe_playwright_python.sync_playwright import Axe

    path = {
        "report": demo.folder / "report" / "index.html",
        "wrong answers": demo.course.feedback_page("jonas", "02-layer"),
        "died": demo.course.feedback_page("olga", "02-layer"),
        "unreadable": demo.course.feedback_page("nuno", "01-window"),
    }[which]
    requests: list[str] = []
    messages: list[str] = []
    with browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 800},
        bypass_csp=True,  # axe is a script of ours
    ) as context:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(message.text))
        page.goto(path.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        found = Axe().run(page).response["violations"]
    assert requests == [path.as_uri()]
    assert messages == []
    assert width <= 390
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


@pytest.mark.browser
def test_links_of_the_report_lead_somewhere(demo: Demo) -> None:
    """Those to feedback pages: the book's own are the book's to test."""
    import re
    from urllib.parse import unquote

    report = demo.folder / "report" / "index.html"
    links = re.findall(r'href="([^"#]+)', report.read_text())
    pages = [link for link in links if "feedback" in link]
    assert len(pages) == len(demo.results)
    for link in pages:
        assert (report.parent / unquote(link)).is_file()
