"""Control groups: what the kernel counts for a whole sandbox, and where it stops it.

Used at the trusted end where they can be written (by root, or where a service manager delegates
them). Knows both versions. Where there are none, ``zygote`` looks at processes instead.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.limits import Limits

NAME = "autograder"
SPARE_MB = 128  # pages of the zygote that a sandbox copies by writing to them, and the kernel's own
PERIOD = 100_000  # microseconds: a sandbox gets as many of one processor's
CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")


@dataclass(frozen=True)
class Used:
    """What a group's processes did so far."""

    out_of_memory: int = 0  # times that one was killed for it
    refused_processes: int = 0
    cpu_seconds: float = 0.0


class Group:
    """The group of one sandbox at a time, which is used again for the next.

    folders  by controller; version 2 has one for all
    """

    def __init__(self, folders: dict[str, Path], version: int) -> None:
        self.folders, self.version = folders, version
        self._before = Used()
        for folder in set(folders.values()):
            folder.mkdir()

    def prepare(self, limits: Limits) -> None:
        """Set the limits, and count from here."""
        memory = (limits.memory_mb + limits.disk_mb + SPARE_MB) * 2**20
        if self.version == 1:
            self._write("memory", "memory.memsw.limit_in_bytes", -1)
            self._write("memory", "memory.limit_in_bytes", memory)
            self._write("memory", "memory.memsw.limit_in_bytes", memory)
            self._write("cpu", "cpu.cfs_period_us", PERIOD)
            self._write("cpu", "cpu.cfs_quota_us", PERIOD)
        else:
            self._write("memory", "memory.max", memory)
            self._write("memory", "memory.swap.max", 0)
            self._write("memory", "memory.oom.group", 1)
            self._write("cpu", "cpu.max", f"{PERIOD} {PERIOD}")
        self._write("pids", "pids.max", limits.processes)
        self._before = self._read()

    def used(self) -> Used:
        """What was used since ``prepare``."""
        now, before = self._read(), self._before
        return Used(
            now.out_of_memory - before.out_of_memory,
            now.refused_processes - before.refused_processes,
            now.cpu_seconds - before.cpu_seconds,
        )

    def doors(self) -> list[int]:
        """Descriptors: a process that writes a 0 into each is in the group. To be closed."""
        folders = dict.fromkeys(self.folders.values())
        return [os.open(folder / "cgroup.procs", os.O_WRONLY) for folder in folders]

    def empty(self) -> bool:
        """Has everybody left?"""
        folders = set(self.folders.values())
        return not any((folder / "cgroup.procs").read_text() for folder in folders)

    def remove(self) -> bool:
        """Take the group away. False where somebody is still in it."""
        for folder in set(self.folders.values()):
            with contextlib.suppress(FileNotFoundError):
                try:
                    folder.rmdir()
                except OSError:
                    return False
        return True

    def _read(self) -> Used:
        if self.version == 1:
            killed = self._number("memory", "memory.oom_control", "oom_kill")
            seconds = self._number("cpuacct", "cpuacct.usage") / 1e9
        else:
            killed = self._number("memory", "memory.events", "oom_kill")
            seconds = self._number("cpu", "cpu.stat", "usage_usec") / 1e6
        return Used(killed, self._number("pids", "pids.events", "max"), seconds)

    def _write(self, controller: str, name: str, value: object) -> None:
        # Swap and processor time are not counted everywhere; memory and processes are (see _usable)
        path = self.folders.get(controller, Path("/nowhere")) / name
        with contextlib.suppress(OSError):
            path.write_text(str(value))

    def _number(self, controller: str, name: str, key: str = "") -> int:
        try:
            text = (self.folders[controller] / name).read_text()
        except (OSError, KeyError):
            return 0
        found = re.search(rf"^{key} ?(\d+)$", text, re.MULTILINE)
        return int(found[1]) if found else 0


class Groups:
    """The groups of one worker. Ask ``available`` first, ``close`` at the end."""

    def __init__(self, parents: dict[str, Path], version: int) -> None:
        self._parents, self.version = parents, version
        self._owner = os.getpid()
        self._free: list[Group] = []
        self._all: list[Group] = []

    def take(self, limits: Limits) -> Group | None:
        """A group that nobody uses, with these limits; None where it cannot be made."""
        if self._owner != os.getpid():  # a fork of the owner makes its own
            self._owner, self._free, self._all = os.getpid(), [], []
        group = next((free for free in self._free if free.empty()), None)
        if group is None:
            name = f"{NAME}-{os.getpid()}-{len(self._all)}"
            folders = {kind: parent / name for kind, parent in self._parents.items()}
            try:
                group = Group(folders, self.version)
            except OSError:
                return None
            self._all.append(group)
        else:
            self._free.remove(group)
        group.prepare(limits)
        return group

    def give_back(self, group: Group) -> None:
        """The sandbox is closed. Its last processes may still be on their way out."""
        self._free.append(group)

    def close(self) -> None:
        """Remove every group. Their last processes may need a moment to be gone."""
        end = time.monotonic() + 1
        for group in self._all if self._owner == os.getpid() else []:
            while not group.remove() and time.monotonic() < end:
                time.sleep(0.005)


def available() -> Groups | None:
    """What this process may make groups in, or None."""
    for version, parents in ((2, _version_2()), (1, _version_1())):
        if {"memory", "pids"} <= set(parents):
            sweep()
            return Groups(parents, version)
    return None


def sweep() -> None:
    """Remove the groups of processes that are gone, however they went."""
    for parent in {*_version_1().values(), *_candidates()}:
        for folder in parent.glob(f"{NAME}-*-*"):
            owner = folder.name.split("-")[1]
            if owner.isdigit() and not Path("/proc", owner).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _version_1() -> dict[str, Path]:
    """By controller, our own group in the hierarchy that counts it."""
    mine: dict[str, str] = {}
    for line in _lines("/proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        mine |= dict.fromkeys(controllers.split(","), path)
    found = {}
    for line in _lines("/proc/self/mountinfo"):
        fields, _, rest = line.partition(" - ")
        root, point = fields.split()[3:5]
        kind, _, options = rest.split(maxsplit=2)
        if kind != "cgroup":
            continue
        for controller in set(options.split(",")) & set(CONTROLLERS):
            inside = mine.get(controller, "/")
            inside = os.path.relpath(inside, root) if inside.startswith(root) else "."
            folder = Path(point) / inside
            if os.access(folder, os.W_OK):
                found[controller] = folder
    return found


def _version_2() -> dict[str, Path]:
    """The first group in which groups with limits can be made."""
    for folder in _candidates():
        if os.access(folder, os.W_OK) and _enabled(folder):
            return dict.fromkeys(("memory", "pids", "cpu"), folder)
    return {}


def _candidates() -> list[Path]:
    """Our own group of version 2, and the top one."""
    found = []
    for line in _lines("/proc/self/mountinfo"):
        fields, _, rest = line.partition(" - ")
        if rest.startswith("cgroup2 "):
            top = Path(fields.split()[4])
            own = [line[3:] for line in _lines("/proc/self/cgroup") if line.startswith("0::")]
            found += [*(top / path.lstrip("/") for path in own), top]
    return [folder.parent if folder.name == f"{NAME}-itself" else folder for folder in found]


def _enabled(folder: Path) -> bool:
    wanted = {"memory", "pids"}
    try:
        if not wanted <= set((folder / "cgroup.controllers").read_text().split()):
            return False
        if wanted <= set((folder / "cgroup.subtree_control").read_text().split()):
            return True
        if (folder / "cgroup.type").exists():  # not the top: it may hold no process itself
            aside = folder / f"{NAME}-itself"
            aside.mkdir(exist_ok=True)
            for process in (folder / "cgroup.procs").read_text().split():
                (aside / "cgroup.procs").write_text(process)
        (folder / "cgroup.subtree_control").write_text("+memory +pids")
        with contextlib.suppress(OSError):
            (folder / "cgroup.subtree_control").write_text("+cpu")
    except OSError:
        return False
    return True


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
