"""The trusted end: starts sandboxes, runs cells in them, calls what they define, within limits.

Believes nothing that comes back: every answer is checked for its form, every wait has an end, and
what is printed is counted here.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from autograder.sandbox import cgroups
from autograder.sandbox.agent import FRAME, TEXT, TRACEBACK_LINES
from autograder.sandbox.codec import MAX_MESSAGE, BadMessage, decode, encode, laid_out, layout
from autograder.sandbox.limits import LIMITS, Limits
from autograder.sandbox.packages import LIBRARIES, NotInstalled, paths
from autograder.sandbox.zygote import INTERRUPT, KILL

PACKAGE = Path(__file__).resolve().parents[1]
KEPT_ERRORS = 100
LINE = 300  # characters of a line of a traceback
ANCESTORS = 20  # classes of an error that are believed
GRACE = 1.0  # seconds that an interrupted cell has to answer before it is killed
LOOK = 0.25  # seconds between two looks at what a busy sandbox uses
SHORT = 4096  # bytes of an answer that is kept, to be known again
FLOOD = 64  # times the output that is kept: after so much the sandbox is ended
# What limits look like from inside. Not evidence, but nobody gains by making it up.
SYMPTOMS = (
    ("MemoryError", "", "out-of-memory"),
    ("OSError", "[Errno 28]", "out-of-disk"),
    ("OSError", "[Errno 11]", "too-many-processes"),
    ("RuntimeError", "can't start new thread", "too-many-processes"),
)
KINDS = (("kind", "callable"), ("kind", "value"), ("kind", ""))
WORDS = {
    "out-of-memory": "it needed more than {memory_mb} MB of memory",
    "out-of-disk": "it wrote more than {disk_mb} MB or {files} files",
    "too-many-processes": "it started more than {processes} processes and threads at once",
    "too-much-output": "it printed more than {output_kb} kB, of which the rest was not kept",
    "timed-out": "it used more than {cpu_seconds} seconds of processor time",
}


class SandboxUnavailable(RuntimeError):
    """This machine does not let us put up the walls. The text says what is missing."""


class Ended(KeyboardInterrupt):
    """The sandbox is gone or a limit was passed. ``outcome`` is its name, ``detail`` for a person.

    "failed-internally" is the outcome where its walls could not be put up.

    A KeyboardInterrupt, so that a check in the middle of its cases lets it through.
    """

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail


@dataclass
class Raised:
    """What the student's code raised: its type's name, its text, the lines of their own cells."""

    name: str
    text: str
    lines: list[str] = field(default_factory=list)
    ancestors: list[str] = field(default_factory=list)


class Zygote:
    """A warm process from which sandboxes are forked. Close it, or use it in a ``with``.

    It warms up by itself; ``ready`` waits for that. Processes forked from its owner may share it.

    libraries  what may be imported beside the usual ones, loaded already: "torch", where an
               exercise is about it
    walls      False: none at all, for code that is trusted, or machines that allow none
    counted    should control groups count what is used, where this machine lets us make some?
    """

    def __init__(
        self, libraries: tuple[str, ...] = (), walls: bool = True, counted: bool = True
    ) -> None:
        try:
            packages = paths((*LIBRARIES, *libraries))
        except NotInstalled as error:
            raise SandboxUnavailable(str(error)) from None
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {"PATH": "/usr/bin", "LANG": "C.UTF-8", "HOME": "/"}
        environment["MALLOC_ARENA_MAX"] = "1"  # or every thread would map memory for one
        # One thread each: a process with several cannot enter a user namespace.
        environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        # "sandbox" is imported by itself, as a package of its own: nothing of the course comes
        # into the memory that every student's code will have around it.
        start = (
            "import sys; sys.path[:0] = [sys.argv[1]]; sys.path += sys.argv[2].split(':');"
            "from sandbox import zygote; del sys.path[0]; zygote.main(sys.argv[3])"
        )
        folders = ":".join(dict.fromkeys(str(path.parent) for path in packages))
        options = {
            "socket": theirs.fileno(),
            "packages": [*map(str, packages)],
            "libraries": list(libraries),
            "cache": str(platformdirs.user_cache_path("autograder") / "matplotlib"),
            "walls": walls,
        }
        arguments = [str(PACKAGE), folders, json.dumps(options)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", start, *arguments],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        theirs.close()
        self._channel = mine
        self._ready = False
        self._groups = cgroups.available() if counted else None

    def ready(self) -> None:
        """Wait until it can make sandboxes. SandboxUnavailable where it cannot."""
        if self._ready:
            return
        self._channel.settimeout(60)
        try:
            self._ready = self._channel.recv(16) == b"ready"
        except OSError:
            self._ready = False
        if not self._ready:
            self._process.kill()
            _, told = self._process.communicate()
            lines = told.decode(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "the zygote did not start"
            raise SandboxUnavailable(last.rpartition("IsolationError: ")[2])

    def sandbox(self, limits: Limits = LIMITS) -> Sandbox:
        """A fresh sandbox."""
        self.ready()
        data = socket.socketpair()
        control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output = os.pipe()
        group = self._groups.take(limits) if self._groups else None
        doors = group.doors() if group else []
        message = json.dumps(asdict(limits)).encode()
        descriptors = [data[1].fileno(), output[1], control[1].fileno(), *doors]
        socket.send_fds(self._channel, [message], descriptors)
        data[1].close()
        control[1].close()
        for end in (output[1], *doors):
            os.close(end)
        usage = _Usage(limits, group)
        return Sandbox(data[0], output[0], control[0], limits, usage, self._free)

    def _free(self, usage: _Usage) -> None:
        if self._groups and usage.group:
            self._groups.give_back(usage.group)

    @property
    def alive(self) -> bool:
        """Whether it can still give sandboxes."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the zygote, and with it every sandbox of it."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        if self._groups:
            self._groups.close()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def storable(value: Any) -> Any:
    """The same with "?" for half characters, which a str can hold and no file can."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(part) for key, part in value.items()}
    return [*map(storable, value)] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=10_000)
def _decoded(body: bytes) -> Any:
    # Most answers are the right ones, which are the same for every student.
    return decode(body)


def _fresh(value: Any) -> Any:
    """The same with arrays and containers of its own; arrays lie in memory as they did."""
    kind = type(value)
    if kind is np.ndarray:
        return laid_out(value, code) if (code := layout(value)) else value.copy()
    if kind is tuple or kind is list:
        return kind(map(_fresh, value))
    if kind is dict:
        return {key: _fresh(held) for key, held in value.items()}
    return set(value) if kind is set else value


class _Usage:
    """What a sandbox uses, as seen from outside: by its control group and by its disk."""

    def __init__(self, limits: Limits, group: cgroups.Group | None) -> None:
        self.limits, self.group = limits, group
        self.disk = -1  # a descriptor of its private folder, once it has sent one
        self._looked = 0.0

    def outcomes(self, now: bool = True) -> list[str]:
        """The limits that are met, as outcomes. Not ``now``: only if it is time to look again."""
        if not now and time.monotonic() - self._looked < LOOK:
            return []
        self._looked = time.monotonic()
        found = []
        if self.group:
            used = self.group.used()
            found += ["out-of-memory"] if used.out_of_memory else []
            found += ["too-many-processes"] if used.refused_processes else []
            found += ["timed-out"] if used.cpu_seconds > self.limits.cpu_seconds else []
        if self.disk >= 0:
            disk = os.fstatvfs(self.disk)
            found += ["out-of-disk"] if 0 in (disk.f_bfree, disk.f_ffree) else []
        return found

    def close(self) -> None:
        if self.disk >= 0:
            os.close(self.disk)
            self.disk = -1


class Sandbox:
    """One submission's sandbox.

    noticed  limits that it met and lived: outcome -> words. What it needs is not kept from it
    over     how it ended, once it did
    waited   seconds that it was waited for
    """

    def __init__(
        self,
        data: socket.socket,
        output: int,
        control: socket.socket,
        limits: Limits,
        usage: _Usage,
        free: Callable[[_Usage], None],
    ) -> None:
        self._data, self._output, self._control = data, output, control
        self._limits, self._usage, self._free = limits, usage, free
        self._unsent = bytearray()
        self._arrived = bytearray()
        self._awaited = 0  # answers
        self._printed = bytearray()
        self._total, self._shown = 0, True
        self.noticed: dict[str, str] = {}
        self.errors: list[Raised] = []  # the last that the student's code raised
        self.over: Ended | None = None
        self.waited = 0.0
        self._data.setblocking(False)
        self._control.setblocking(False)
        os.set_blocking(output, False)

    # What can be asked ---------------------------------------------------------------------------

    def run(self, source: str, seconds: float, number: int = 0) -> Raised | None:
        """Execute a cell; what it raised, or None. Ended where it did not come to an end.

        number  what tracebacks call the cell; 0: one more than the one before
        """
        answer = self._ask(("cell", source, number), seconds, shown=True)
        self.look()
        if answer == ("done",):
            return None
        return self._raised(answer)

    def kind(self, name: str, seconds: float = 5.0) -> str:
        """What the student's cells define by this name: "callable", "value" or "" for nothing."""
        answer = self._ask(("kind", name), seconds)
        if [*map(type, answer)] != [str, str] or answer not in KINDS:
            raise self._lied()
        return str(answer[1])

    def get(self, name: str, seconds: float) -> tuple[Any, ...]:
        """The answer on a value by name, as ``call`` gives it."""
        return self._ask(("get", name), seconds)

    def calls(
        self,
        target: str | int,
        attribute: str,
        messages: Sequence[bytes],
        seconds: Callable[[], float],
    ) -> Iterator[tuple[Any, ...]]:
        """Call a name, or an object by its handle, or an attribute of either; or a driver with it.

        The answers come in order, each when it is asked for: ("returned", value, changes) or
        ("object", handle, type's name, changes) or (a Raised, changes).

        messages  of each call its (driver, args, kwargs), encoded
        seconds   gives the time that is left, and is asked before each answer
        """
        self._send(("calls", target, attribute, len(messages)), messages)
        for _ in messages:
            answer = self._next(seconds())
            plain = answer[0] == "returned" and len(answer) == 3 and type(answer[2]) is dict
            if plain or (answer[0] == "object" and [*map(type, answer[1:])] == [int, str, dict]):
                yield answer
            elif type(answer[-1]) is dict:
                yield self._raised(answer[:-1]), answer[-1]
            else:
                yield self._raised(answer), {}

    def output(self) -> str:
        """What cells printed since the last call. What calls print is not kept."""
        self._drain()
        text = self._printed.decode("utf-8", "replace")
        self._printed.clear()
        return text

    def close(self) -> None:
        """Kill everything inside."""
        for end in (self._data, self._control):
            end.close()
        if self._output >= 0:
            os.close(self._output)
            self._output = -1
            self._usage.close()
            self._free(self._usage)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # How it is asked -----------------------------------------------------------------------------

    def _ask(
        self, request: tuple[Any, ...], seconds: float, shown: bool = False
    ) -> tuple[Any, ...]:
        self._send(request, shown=shown)
        return self._next(seconds)

    def _send(
        self, request: tuple[Any, ...], messages: Sequence[bytes] = (), shown: bool = False
    ) -> None:
        # A request and what belongs to it. As many answers are awaited as things belong to it, or
        # one. Some of it may have to wait until answers are read.
        if self.over:
            raise self.over
        bodies = [encode(request), *messages]
        while self._awaited:  # of what was asked before, and not wanted to its end
            self._next(GRACE)
        self._drain()  # what threads printed since belongs to what was asked before
        self._shown = shown
        if self._arrived or self._receive():
            raise self._lied()  # an answer before the question
        self._unsent += b"".join(FRAME.pack(len(body)) + body for body in bodies)
        self._awaited = len(messages) or 1
        self._push()

    def _next(self, seconds: float) -> tuple[Any, ...]:
        if self.over:
            raise self.over
        began = time.monotonic()
        try:
            return self._answer(began + seconds)
        except TimeoutError:
            pass
        finally:
            self.waited += time.monotonic() - began
        # Asked politely first: an honest loop ends, and what was defined before stays.
        self._order(INTERRUPT)
        end = time.monotonic() + GRACE
        try:
            while self._awaited:
                self._answer(end)
        except TimeoutError:
            raise self._end("timed-out", "its time was up and it did not stop when told") from None
        raise Ended("timed-out", "its time was up")

    def _answer(self, end: float) -> tuple[Any, ...]:
        while True:
            answer = self._whole()
            if answer is not None:
                self._awaited -= 1
                if not self._awaited:
                    self._drain()
                self.look(now=False)
                return answer
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            writers: list[Any] = [self._data] if self._unsent else []
            readers: list[Any] = [self._data, self._output, self._control]
            ready, writable, _ = select.select(readers, writers, [], min(left, LOOK))
            self.look(now=False)
            if self._output in ready:
                self._drain()
            if writable:
                self._push()
            if self._data in ready:
                part = self._receive()
                self._arrived += part
                if not part:
                    raise self._dead()
            elif self._control in ready:
                self._hear()

    def _push(self) -> None:
        # Most messages fit at once.
        try:
            while self._unsent:
                del self._unsent[: self._data.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._unsent.clear()  # it is gone; its end says how

    def _receive(self) -> bytes:
        try:
            return self._data.recv(1 << 20)
        except OSError:  # nothing there, or it is gone
            return b""

    def _whole(self) -> tuple[Any, ...] | None:
        """The next answer, if all of it has arrived."""
        if len(self._arrived) < FRAME.size:
            return None
        (length,) = FRAME.unpack_from(self._arrived)
        more = len(self._arrived) - FRAME.size - length
        if length > MAX_MESSAGE or (more > 0 and self._awaited == 1):
            raise self._lied()
        if more < 0:
            return None
        body = bytes(memoryview(self._arrived)[FRAME.size : FRAME.size + length])
        del self._arrived[: FRAME.size + length]
        try:
            answer = decode(body) if length > SHORT else _fresh(_decoded(body))
        except BadMessage:
            raise self._lied() from None
        if type(answer) is not tuple or not answer or type(answer[0]) is not str:
            raise self._lied()
        return answer

    def _raised(self, answer: tuple[Any, ...]) -> Raised:
        if answer[0] == "unplain" and len(answer) == 2 and type(answer[1]) is str:
            return Raised("TypeError", storable(answer[1][:TEXT]))
        good = answer[0] == "raised" and [*map(type, answer[1:])] == [str, str, list, list]
        if not good or not all(type(word) is str for word in (*answer[3], *answer[4])):
            raise self._lied()
        name, text, lines, ancestors = answer[1:]
        # The agent cuts them short; who answers in its place need not.
        lines = [storable(line[:LINE]) for line in lines[:TRACEBACK_LINES]]
        error = Raised(storable(name[:80]), storable(text[:TEXT]), lines, ancestors[:ANCESTORS])
        self.errors = [*self.errors[-KEPT_ERRORS:], error]
        for kind, start, outcome in SYMPTOMS:
            if kind in error.ancestors and error.text.startswith(start):
                self._notice(outcome)
        return error

    # What it uses --------------------------------------------------------------------------------

    def _drain(self) -> None:
        most = self._limits.output_kb * 1024
        while True:
            try:
                part = os.read(self._output, 65536)
            except OSError:  # nothing there
                return
            if not part:
                return
            self._total += len(part)
            if self._shown:
                room = most - len(self._printed)
                self._printed += part[: max(room, 0)]
                if len(part) > room:
                    self._notice("too-much-output")
            if self._total > FLOOD * most:
                raise self._end("too-much-output", f"it printed more than {FLOOD * most:,} bytes")

    def look(self, now: bool = True) -> None:
        """See which limits it has met; Ended for one that ends it. Else done now and then."""
        for outcome in self._usage.outcomes(now):
            if outcome in ("out-of-memory", "timed-out"):
                raise self._end(outcome, self._words(outcome))
            self._notice(outcome)

    def _notice(self, outcome: str) -> None:
        self.noticed.setdefault(outcome, self._words(outcome))

    def _words(self, outcome: str) -> str:
        return WORDS[outcome].format(**asdict(self._limits))

    # How it ends ---------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Take in what the monitor says. Raises where it is the end."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
        for descriptor in descriptors:
            self._usage.disk = descriptor
        how = json.loads(message or b"{}")
        if "failed" in how:  # before anything of the student's ran
            raise self._end("failed-internally", how["failed"])
        if "seen" in how:
            self._notice(how["seen"])
        elif "status" in how or not message:
            raise self._ended(how)

    def _dead(self) -> Ended:
        # It hung up; the monitor says why, at once or never.
        end = time.monotonic() + GRACE
        while True:
            ready, _, _ = select.select([self._control], [], [], max(end - time.monotonic(), 0))
            if not ready:
                return self._ended({})
            try:
                self._hear()
            except Ended as ended:
                return ended
            except OSError:
                return self._ended({})

    def _ended(self, how: dict[str, Any]) -> Ended:
        if self.over:
            return self.over
        met = [how["over"]] if how.get("over") else self._usage.outcomes()
        for outcome in met:
            if outcome in ("out-of-memory", "timed-out"):
                return self._end(outcome, self._words(outcome))
            self._notice(outcome)
        status = how.get("status", 0)
        # A process 1 is not ended by SIGXCPU, but by the SIGKILL that follows at the hard limit.
        if status in (-9, -24) and how.get("cpu_seconds", 0) >= 0.9 * self._limits.cpu_seconds:
            return self._end("timed-out", self._words("timed-out"))
        words = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return self._end("died", f"Python {words}")

    def _order(self, what: bytes) -> None:
        with contextlib.suppress(OSError):  # its end is seen elsewhere
            self._control.send(what)

    def _end(self, outcome: str, detail: str) -> Ended:
        self._order(KILL)
        self.over = Ended(outcome, detail)
        return self.over

    def _lied(self) -> Ended:
        return self._end("died", "it answered in a way that no Python function does")
