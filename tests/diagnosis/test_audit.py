"""The conscience: every catalogued mistake rejected, every right solution accepted."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.audit import audit
from autograder.diagnosis.catalogue import CATALOGUE, MODULES, in_scope


@dataclass(frozen=True)
class Audited:
    """What `autograder audit` of everything printed, and what it wrote of each exercise."""

    status: int
    printed: str
    found: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    kills = tmp_path_factory.mktemp("audit") / "kills.json"
    command = [Path(sys.executable).with_name("autograder"), "audit", "--json", kills]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    found = {entry["exercise"]: entry for entry in json.loads(kills.read_text())}
    return Audited(done.returncode, done.stdout, found)


@pytest.mark.slow
def test_the_audit_finds_every_check_complete(audited: Audited) -> None:
    assert audited.status == 0, audited.printed
    assert list(audited.found) == list(EXERCISES)
    assert all(entry["complete"] for entry in audited.found.values())
    total = sum(entry["in_scope"] for entry in audited.found.values())
    said = f"{total} of {total} mistakes rejected over {len(EXERCISES)} exercises"
    assert said in audited.printed


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_checks_reject_every_mistake_and_accept_every_right_solution(
    audited: Audited, exercise_id: str
) -> None:
    found = audited.found[exercise_id]
    assert found["survivors"] == []
    assert found["refused"] == []
    assert found["complete"], f"{found['right']} right solutions are too few"


def test_every_mistake_has_an_exercise_and_every_form_an_effect_on_a_recipe() -> None:
    for mistake in CATALOGUE.values():
        assert mistake.scope, mistake.id
        used = {v for e in mistake.scope for v in mistake.variants_in(e)}
        assert used == set(mistake.variants), f"{mistake.id}: {set(mistake.variants) - used}"
        assert all(mistake.variants_in(e) for e in mistake.scope), mistake.id


def test_scopes_name_exercises() -> None:
    named = {exercise for mistake in CATALOGUE.values() for exercise in mistake.scope}
    assert named == set(EXERCISES)


def test_no_two_entries_have_the_same_id() -> None:
    named = [mistake.id for module in MODULES for mistake in module.MISTAKES]
    assert sorted(named) == list(CATALOGUE)


def test_an_entry_asks_and_does_not_tell() -> None:
    for mistake in CATALOGUE.values():
        assert mistake.question.endswith("?") or "?" in mistake.question, mistake.id
        assert mistake.telltale.endswith("."), mistake.id
        assert not mistake.name.endswith("."), mistake.id


def test_mistakes_are_found_by_exercise() -> None:
    assert [m.id for m in in_scope("by_hand")] == ["F01", "F02", "F06", "F15", "F16"]


def test_the_audit_notices_a_check_that_is_too_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from autograder.checks import cases

    exercise = EXERCISES["convolve2d"]
    square = dataclasses.replace(exercise, visible=exercise.visible[:1])
    stored = {"convolve2d": cases._stored("01-window")["convolve2d"][:1]}
    monkeypatch.setattr(cases, "_stored", lambda assignment: stored)
    found = audit(square)
    assert not found.complete
    assert any("visible" in survivor for survivor in found.survivors)
