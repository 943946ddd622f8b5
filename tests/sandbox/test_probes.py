"""The probes behind ``doctor`` say what holds, and notice what does not."""

from pathlib import Path

import pytest

from autograder.grading import doctor
from autograder.sandbox import probes
from autograder.sandbox.client import SandboxUnavailable, Zygote


def test_every_protection_is_tried_and_holds(zygote: Zygote, root: Path) -> None:
    found = list(probes.protections([root / "solutions", root / "autograder"]))
    assert [wall for wall in found if not wall.held] == []
    assert {wall.name for wall in found} >= {*probes.WALLS, *probes.LIMITS, "survivors"}


# Those that can be tried without walls and do no harm.
HARMLESS = ("files", "network", "local sockets", "names", "processes")


@pytest.mark.parametrize("name", HARMLESS)
def test_a_wall_that_is_not_there_is_noticed(name: str, root: Path) -> None:
    with Zygote(walls=False) as open_door:
        (found,) = probes.walls(open_door, [root], [name])
    assert not found.held
    assert found.found.startswith("does not hold: ")
    assert "itself failed" not in found.found


def test_doctor_says_why_there_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(secret: object) -> None:
        raise SandboxUnavailable("unshare: Operation not permitted")

    monkeypatch.setattr(probes, "protections", nothing)
    bad = [probe for probe in doctor.examine() if probe.name == "sandbox"]
    assert [probe.state for probe in bad] == ["bad"]
    assert "unshare: Operation not permitted" in bad[0].found
    assert "--no-sandbox" in bad[0].found
