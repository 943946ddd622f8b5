"""Control groups of version 2, in files that stand for the kernel's: most test machines have one
version only, and it may be the other one. Of the real ones ``test_resources`` makes use.
"""

from pathlib import Path

import pytest

from autograder.sandbox import cgroups
from autograder.sandbox.limits import Limits


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the group that this process is in."""
    own = tmp_path / "user.slice" / "run.scope"
    own.mkdir(parents=True)
    for name, text in {
        "cgroup.controllers": "cpu memory pids\n",
        "cgroup.subtree_control": "",
        "cgroup.type": "domain\n",
        "cgroup.procs": "17\n18\n",
    }.items():
        (own / name).write_text(text)
    told = {
        "/proc/self/cgroup": ["0::/user.slice/run.scope"],
        "/proc/self/mountinfo": [f"30 23 0:26 / {tmp_path} rw - cgroup2 cgroup2 rw"],
    }
    monkeypatch.setattr(cgroups, "_lines", lambda path: told[path])
    return own


def test_a_delegated_group_is_made_ready(tree: Path) -> None:
    made = cgroups.available()
    assert made is not None
    assert made.version == 2
    # The last of several processes written to a file that is not the kernel's.
    assert (tree / "autograder-itself" / "cgroup.procs").read_text() == "18"
    assert (tree / "cgroup.subtree_control").read_text() == "+cpu"


def test_a_process_that_was_moved_aside_finds_the_same_group(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "cgroup.subtree_control").write_text("cpu memory pids")
    (tree / "autograder-itself").mkdir()
    lines = cgroups._lines
    inside = ["0::/user.slice/run.scope/autograder-itself"]
    monkeypatch.setattr(
        cgroups, "_lines", lambda path: inside if path.endswith("cgroup") else lines(path)
    )
    assert cgroups._version_2()["memory"] == tree


def test_limits_are_written_and_events_are_counted_from_there(tree: Path) -> None:
    groups = cgroups.available()
    assert groups is not None
    group = groups.take(Limits(memory_mb=100, disk_mb=8, processes=9))
    assert group is not None
    folder = group.folders["memory"]
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert written == {
        "memory.max": str((100 + 8 + cgroups.SPARE_MB) * 2**20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "cpu.max": "100000 100000",
        "pids.max": "9",
    }
    (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 1\n")
    (folder / "pids.events").write_text("max 5\n")
    (folder / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\n")
    used = group.used()
    assert (used.out_of_memory, used.refused_processes, used.cpu_seconds) == (2, 5, 1.5)
    group.prepare(Limits())
    assert group.used() == cgroups.Used()


def test_where_nothing_is_delegated_there_are_none(tree: Path) -> None:
    (tree / "cgroup.controllers").write_text("cpu\n")
    assert cgroups.available() is None
