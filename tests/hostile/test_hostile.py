"""Hostile submissions, graded by the real command: they earn nothing, reach nothing, lose nothing.

Two classes are graded: everything but ``resources`` with roomy limits, ``resources`` with low ones.
Among them sit honest students, who must not notice. A new trick is one more entry in a module here.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator

import pytest
from hostile import (
    accidents,
    chapters,
    death,
    files,
    resources,
    secrecy,
    structure,
    tampering,
    values,
)
from hostile.case import ASSIGNMENT, FULL, OTHERS, Case
from hostile.world import HONEST, ROOT, World, student_of

pytest.importorskip("torch")

WHOLE = FULL - OTHERS - 2  # what TARGET alone earns where it is right
TABLE = ROOT / "_build" / "hostile.txt"
USUAL = {"cell-seconds": 10, "submission-seconds": 60}
CLASSES: dict[str, tuple[list[Case], dict[str, int]]] = {
    "usual": (
        [
            *secrecy.CASES, *tampering.CASES, *values.CASES, *death.CASES, *structure.CASES,
            *files.CASES, *accidents.CASES, *chapters.CASES,
        ],
        USUAL,
    ),
    "low limits": ([*resources.CASES, *tampering.SLOW], resources.LOW),
}  # fmt: skip
ALL = [
    pytest.param(name, number, case, id=f"{name}: {case.name}".encode("ascii", "replace").decode())
    for name, (cases, _) in CLASSES.items()
    for number, case in enumerate(cases)
]


def test_there_are_enough_cases_and_no_name_is_given_twice() -> None:
    names = [case.name for cases, _ in CLASSES.values() for case in cases]
    assert len(names) > 300
    assert sorted(names) == sorted(set(names))


class Worlds(dict[str, World]):
    """Every class, graded when it is first asked for."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        super().__init__()
        self.folders = folders

    def __missing__(self, name: str) -> World:
        cases, limits = CLASSES[name]
        used = {ASSIGNMENT, *(case.assignment for case in cases)}
        world = self[name] = World.made(self.folders.mktemp("hostile"), sorted(used))
        world.hand_in(cases)
        world.grade(*[f"--{option}={value}" for option, value in limits.items()])
        return world


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, zygote: object) -> Iterator[dict[str, World]]:
    """Every class. Skipped where no sandbox can be made, which ``zygote`` says."""
    made = Worlds(tmp_path_factory)
    yield made
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("".join(rows(made)), encoding="utf-8")
    for world in made.values():
        world.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, zygote: object) -> Iterator[World]:
    """The honest students by themselves."""
    world = World.made(tmp_path_factory.mktemp("alone"))
    world.hand_in([])
    world.grade()
    yield world
    world.close()


def rows(worlds: dict[str, World]) -> Iterator[str]:
    """The table: case, outcome, points earned, what it reached."""
    yield f"{'case':66} {'outcome':19} {'points':>6}  reached\n"
    for name in worlds:
        for number, case in enumerate(CLASSES[name][0]):
            result = worlds[name].results.get(student_of(case, number))
            if result is None:
                yield f"{case.name!a:.66}: lost\n"
                continue
            reached = ", ".join(worlds[name].reached(result["student"])) or "nothing"
            earned = "none" if result["score"] is None else f"{result['score']:g}"
            words = case.name.encode("ascii", "backslashreplace").decode()
            yield f"{words:66.66} {result['outcome']:19} {earned:>6}  {reached}\n"


@pytest.mark.parametrize(("name", "number", "case"), ALL)
def test_a_submission(worlds: dict[str, World], name: str, number: int, case: Case) -> None:
    world, student = worlds[name], student_of(case, number)
    assert student in world.results, "it was lost"
    result = world.results[student]
    reached = world.reached(student)
    found = (result["outcome"], reached)
    assert found == (case.outcome, []), result["message"]
    if case.score is None:
        assert result["score"] < WHOLE
    else:
        assert result["score"] == case.score, result["message"]
    assert case.says in result["message"]
    if case.ran:
        shown = world.shown(student)
        assert "@@RAN" in shown, shown[-3:]


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_outside_changed_and_nobody_called(worlds: dict[str, World], name: str) -> None:
    world = worlds[name]
    assert world.changed() == []
    assert world.connected == []


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_outlives_its_grading(worlds: dict[str, World], name: str) -> None:
    end = time.monotonic() + 10
    while worlds[name].survivors():
        assert time.monotonic() < end, f"still there: {worlds[name].survivors()}"
        time.sleep(0.1)


@pytest.mark.parametrize("name", CLASSES)
def test_the_command_ends_well(worlds: dict[str, World], name: str) -> None:
    assert worlds[name].status == 0, worlds[name].told
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", worlds[name].told)
    assert "Traceback" not in worlds[name].told


@pytest.mark.parametrize("name", CLASSES)
def test_the_honest_do_not_notice(worlds: dict[str, World], alone: World, name: str) -> None:
    for student in HONEST:
        here, there = dict(worlds[name].results[student]), dict(alone.results[student])
        assert here.pop("seconds") >= 0 and there.pop("seconds") >= 0
        assert here == there
        assert (here["score"], here["outcome"]) == (FULL, "graded")


@pytest.mark.parametrize("name", CLASSES)
def test_the_gradebook_says_the_same(worlds: dict[str, World], name: str) -> None:
    world = worlds[name]
    book = sqlite3.connect(world.course.root / "gradebook.db")
    rows = book.execute(
        "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
        " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
        " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
        " group by submitted_assignment.student_id"
    )
    scores = {student: score or 0.0 for student, score in rows}
    assert scores == {student: result["score"] for student, result in world.results.items()}


def test_feedback_pages_are_inert(worlds: dict[str, World]) -> None:
    world = worlds["usual"]
    ran = world.command("feedback")
    assert ran.returncode == 0, ran.stderr
    pages = [*(world.course.root / "feedback").rglob("*.html")]
    assert len(pages) == len(world.results)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script|<img[^>]*onerror|<[^>]*javascript:|<iframe|\x1b", text, re.I)
        assert world.folder.resolve() in page.resolve().parents
