"""The warm process that every sandbox is forked from, and the monitor that stands beside each.

Started once for each worker by ``client``, with nothing of the course in its memory.
It loads what students' code needs, walls itself in, and then forks for every submission:

    zygote ── monitor ── process 1 of fresh namespaces, which runs the agent

The monitor is outside the sandbox's process namespace: it can kill everything in it. Where no
control group counts what a sandbox uses, the monitor looks at its processes instead.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from . import agent, isolation
from .limits import Limits

INTERRUPT, KILL = b"i", b"k"
LOOK = 0.05  # seconds between two looks at the processes of a sandbox
ENVIRONMENT = {"PATH": "/usr/bin", "LANG": "C.UTF-8", "MPLBACKEND": "agg"}


def main(start: str) -> None:
    """Serve requests for sandboxes until the socket that they come through closes.

    start   JSON: "socket", its descriptor; "packages", the paths of what may be imported beside the
            standard library; "libraries", the names of what is to be loaded already; "cache", a
            folder in which matplotlib remembers what fonts there are; "walls", false for
            sandboxes that are plain processes with nothing around them
    """
    options = json.loads(start)
    requests = socket.socket(fileno=options["socket"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; the coordinator decides
    os.environ["MPLCONFIGDIR"] = options["cache"]
    gc.disable()  # nothing that is loaded is garbage
    agent.warm_up(options["libraries"])
    if options["walls"]:
        wall_in([*map(Path, options["packages"])])
    ready = agent.Agent()
    gc.freeze()  # a sandbox that collects its garbage would copy all of this to look through it
    gc.enable()
    requests.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # monitors are not waited for
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 65536, 16)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            try:
                limits = Limits(**json.loads(message))
                monitor(ready, limits, options["walls"], *descriptors)
            finally:
                os._exit(1)  # whatever happened, what is loaded here needs no tidying up
        for end in descriptors:
            os.close(end)


def wall_in(packages: list[Path]) -> None:
    """The private root, in namespaces of the zygote's own."""
    base = Path(sys.base_prefix)
    program = Path(sys.executable).resolve()
    # What the machine's own Pythons have installed. A course must be able to say what is there.
    hidden = [
        folder
        for prefix in (base, Path("/usr"), Path("/usr/local"))
        for name in ("site-packages", "dist-packages")
        for folder in (prefix / "lib").glob(f"python3*/{name}")
    ]
    if os.geteuid() == 0:
        isolation.enter_namespaces_as_root()
    else:
        isolation.enter_namespaces()
    isolation.die_with_parent()
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    isolation.die_with_parent()
    isolation.enter_root([program, base / "lib", base / "lib64"], hidden, packages)


def monitor(
    ready: agent.Agent,
    limits: Limits,
    walls: bool,
    data: int,
    output: int,
    control: int,
    *groups: int,
) -> NoReturn:
    """Start process 1 of a sandbox, kill or interrupt it when told, and report how it ended.

    ready   what will serve in it
    groups  opened lists of processes: who writes a 0 into one joins that control group
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel = socket.socket(fileno=control)
    home = isolation.HOME if walls else tempfile.mkdtemp(prefix="autograder-open-")
    try:
        if walls:
            isolation.become_inside()
            isolation.enter_namespaces()
        isolation.die_with_parent()
        processes = os.open("/proc", os.O_RDONLY)  # the child will mount its own over it
        child = os.fork()
        if child == 0:
            _inside(ready, limits, walls, home, data, output, channel, groups)
    except BaseException as error:
        _report(channel, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(1)
    for end in (data, output, *groups):
        os.close(end)
    watch = None if groups else _Watch(processes, child, limits)
    ended = os.pidfd_open(child)
    over = ""
    told_by = [control, ended]
    while True:
        waiting, _, _ = select.select(told_by, [], [], LOOK if watch else None)
        if ended in waiting:
            break
        if watch and not over:
            over = watch.look()
            if over:
                _kill(child, walls)
            if watch.crowded:
                watch.crowded = False
                _report(channel, {"seen": "too-many-processes"})
        if control in waiting:
            order = b""
            with contextlib.suppress(OSError):  # closed with something unread
                order = channel.recv(1)
            if order == INTERRUPT:
                os.kill(child, signal.SIGINT)
            else:  # KILL, or the worker is gone
                told_by.remove(control)
                _kill(child, walls)
    if not walls:
        _kill(child, walls)
        shutil.rmtree(home, ignore_errors=True)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime
    _report(channel, {"status": code, "cpu_seconds": seconds, "over": over})
    os._exit(0)


def _kill(child: int, walls: bool) -> None:
    """Kill everything inside: all that has ``child`` for its process 1, or else its own group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL) if walls else os.killpg(child, signal.SIGKILL)


class _Watch:
    """Adds up what the processes of a sandbox use. Weaker than a control group: it only looks now
    and then, and what ended between two looks was not seen.
    """

    def __init__(self, processes: int, child: int, limits: Limits) -> None:
        self.processes, self.child, self.limits = processes, str(child), limits
        self.crowded, self.told = False, False
        # What each process has from before the fork.
        self.loaded = self._memory_kb(self.child)
        self.cpu: dict[str, float] = {}

    def look(self) -> str:
        """The outcome of a limit that is passed, or nothing."""
        memory, count = 0, 0
        for process in self._descendants():
            with contextlib.suppress(OSError, ValueError, IndexError):
                memory += max(self._memory_kb(process) - self.loaded, 0)
                fields = self._status(process)
                self.cpu[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                count += int(fields[17])
        if count >= self.limits.processes and not self.told:
            self.crowded = self.told = True
        if memory > self.limits.memory_mb * 1024:
            return "out-of-memory"
        return "timed-out" if sum(self.cpu.values()) > self.limits.cpu_seconds else ""

    def _descendants(self) -> list[str]:
        children: dict[str, list[str]] = {}
        for entry in os.listdir(self.processes):
            if entry.isdigit():
                with contextlib.suppress(OSError, IndexError):
                    children.setdefault(self._status(entry)[1], []).append(entry)
        found = [self.child]
        for process in found:  # grows while it is gone through
            found += children.get(process, [])
        return found

    def _status(self, process: str) -> list[str]:
        return self._read(process, "stat").rpartition(")")[2].split()

    def _memory_kb(self, process: str) -> int:
        lines = self._read(process, "status").splitlines()
        words = ("RssAnon", "RssShmem")
        return sum(int(line.split()[1]) for line in lines if line.startswith(words))

    def _read(self, process: str, name: str) -> str:
        descriptor = os.open(f"{process}/{name}", os.O_RDONLY, dir_fd=self.processes)
        with open(descriptor, encoding="utf-8", errors="replace") as file:
            return file.read()


def _report(channel: socket.socket, how: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # nobody may be left to hear it
        channel.send(json.dumps(how).encode())


def _inside(
    ready: agent.Agent,
    limits: Limits,
    walls: bool,
    home: str,
    data: int,
    output: int,
    channel: socket.socket,
    groups: tuple[int, ...],
) -> NoReturn:
    # From here on the process is walled in; it ends without returning into the zygote's code.
    try:
        try:
            os.setsid()  # or kill(0, …) would reach those outside who share our process group
            for group in groups:
                os.write(group, b"0")
            if walls:
                isolation.unshare(isolation.CLONE_NEWCGROUP)  # that group is all there is to see
                isolation.enter_files(limits)
            os.chdir(home)
            if walls:  # by this the client sees how full the disk is
                folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
                socket.send_fds(channel, [b"{}"], [folder])
            _only(data, output, channel.fileno())
            os.environ.clear()
            os.environ.update({**ENVIRONMENT, "HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home})
            tempfile.tempdir = None  # it remembers a folder of outside
            if walls:
                isolation.lock(limits)
            else:
                isolation.limit(limits, alone=False)
            isolation.die_with_parent()
        except BaseException as error:
            _report(channel, {"failed": f"{type(error).__name__}: {error}"})
            raise
        channel.close()
        agent.serve(socket.socket(fileno=3), ready)
    finally:
        os._exit(0)


def _only(data: int, output: int, kept: int) -> None:
    # The descriptors that students' code has, and one that is closed before it runs.
    null = os.open("/dev/null", os.O_RDONLY)
    for old, new in ((null, 0), (output, 1), (output, 2), (data, 3)):
        os.dup2(old, new)
    os.closerange(4, kept)
    os.closerange(kept + 1, 65536)
