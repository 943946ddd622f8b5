"""A class whose gradebook is in PostgreSQL: a real server, the real commands, the same results."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import postgres
import pytest
import tiny
from tiny import FULL, NAME, RIGHT, hand_in, notebook

from autograder.grading.course import Course
from autograder.grading.jobs import Result
from autograder.grading.run import standing
from autograder.reports import classreport, feedback
from autograder.reports.export import to_csv

psycopg = pytest.importorskip("psycopg")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("zygote"),
    pytest.mark.skipif(
        postgres.programs() is None,
        reason="no PostgreSQL: `make test` as root on Debian installs its package",
    ),
]

ADDS = "def double(x):\n    return x + 2"
SCORES = {"right": FULL, "adds": 3.0, "untouched": 0.0, "empty": 0.0}


@dataclass(frozen=True)
class Graded:
    course: Course
    results: dict[str, Result]

    def written(self) -> dict[str, str]:
        """What the commands wrote for people, by path."""
        folders = ("feedback", "report")
        pages = [page for f in folders for page in (self.course.root / f).rglob("*.html")]
        return {str(page.relative_to(self.course.root)): page.read_text() for page in pages}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def graded(folder: Path, database: str = "") -> Graded:
    """A class of four, graded, with feedback, report and table."""
    made = tiny.course(folder, database=database)
    hand_in(made, "right", notebook(made, **RIGHT))
    hand_in(made, "adds", notebook(made, **{**RIGHT, "double": ADDS}))
    hand_in(made, "untouched", notebook(made))
    hand_in(made, "empty", b"")
    results = tiny.grade(made, made.students())
    feedback.write(made, results)
    classreport.write(made, results, made.root / "report" / "index.html")
    return Graded(made, {result.student: replace(result, seconds=0) for result in results})


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    with postgres.server() as folder:
        yield folder


@pytest.fixture(scope="module")
def url(socket: str) -> str:
    with psycopg.connect(f"host={socket} user=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE conv")
    return f"postgresql+psycopg://postgres@/conv?host={socket}"


@pytest.fixture(scope="module")
def there(url: str, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The class with its gradebook in PostgreSQL."""
    return graded(tmp_path_factory.mktemp("there"), url)


def test_the_scores_are_in_the_database_and_in_no_file(there: Graded, socket: str) -> None:
    assert {student: result.score for student, result in there.results.items()} == SCORES
    assert not there.course.gradebook.exists()
    with psycopg.connect(f"host={socket} user=postgres dbname=conv") as connection:
        rows = connection.execute(
            "SELECT s.student_id, SUM(g.auto_score) FROM grade g"
            " JOIN submitted_notebook n ON g.notebook_id = n.id"
            " JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
        ).fetchall()
    assert dict(rows) == SCORES


def test_everything_written_is_what_a_gradebook_in_a_file_gives(
    there: Graded, tmp_path: Path
) -> None:
    here = graded(tmp_path)
    assert there.results == here.results
    assert there.written() == here.written() != {}
    stood = [standing(one.course, [NAME]) for one in (here, there)]
    assert to_csv(stood[0]) == to_csv(stood[1])


def test_the_command_grading_again_changes_nothing_and_keeps_grades_by_hand(
    there: Graded, socket: str, tmp_path: Path
) -> None:
    by_hand = (
        "UPDATE grade SET manual_score = {} FROM base_cell b, submitted_notebook n,"
        " submitted_assignment s WHERE grade.cell_id = b.id AND b.name = 'test-double'"
        " AND grade.notebook_id = n.id AND n.assignment_id = s.id AND s.student_id = 'adds'"
    )
    with psycopg.connect(f"host={socket} user=postgres dbname=conv") as connection:
        connection.execute(by_hand.format(1.5))
    try:
        done = run("grade", "--course", there.course.root, "--json", tmp_path / "again.json")
        assert "0 graded now" in done.stdout, done.stderr
        again = tiny.results(tmp_path / "again.json")
        assert {student: result["score"] for student, result in again.items()} == {
            **SCORES,
            "adds": 4.5,
        }
    finally:
        with psycopg.connect(f"host={socket} user=postgres dbname=conv") as connection:
            connection.execute(by_hand.format("NULL"))


def test_init_keeps_what_is_there_and_refuses_another_database(there: Graded, url: str) -> None:
    from autograder.grading import create
    from autograder.notebooks import release
    from autograder.notebooks.errors import UsageError

    checkout = tiny.Repository(there.course.root.parent / "checkout")
    sources = release.sources(checkout)
    made = create.create(there.course.root, checkout, sources, database=url)
    assert {entry.state for entry in made} == {"kept"}
    with pytest.raises(UsageError, match="another gradebook"):
        create.create(there.course.root, checkout, sources, database="sqlite:///other.db")


def test_a_database_that_does_not_answer_is_said_in_a_line_without_its_password(
    there: Graded, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    (course / "source").mkdir(parents=True)
    nowhere = f"postgresql+psycopg://ada:secret@/conv?host={tmp_path}"
    (course / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {nowhere!r}\n"
    )
    done = run("grade", "--course", course)
    assert done.returncode == 2
    assert "the gradebook's database does not answer" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert json.dumps(str(tmp_path)).strip('"') in done.stderr
