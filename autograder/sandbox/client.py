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
import sysconfig
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.sandbox.agent import FRAME
from autograder.sandbox.codec import MAX_MESSAGE, BadMessage, Code, decode, encode
from autograder.sandbox.limits import LIMITS, Limits
from autograder.sandbox.zygote import INTERRUPT, KILL

PACKAGE = Path(__file__).resolve().parents[1]
GRACE = 1.0  # seconds that an interrupted cell has to answer before it is killed


class SandboxUnavailable(RuntimeError):
    """This machine does not let us put up the walls. The text says what is missing."""


class Ended(KeyboardInterrupt):
    """The sandbox is gone or a limit was passed. ``outcome`` is its name, ``detail`` for a person.

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
    """A warm process from which sandboxes are forked. Close it, or use it in a ``with``."""

    def __init__(self) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {"PATH": "/usr/bin", "LANG": "C.UTF-8", "HOME": "/"}
        packages = sysconfig.get_paths()["purelib"]
        # One thread each: a process with several cannot enter a user namespace.
        environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        # "sandbox" is imported by itself, as a package of its own: nothing of the course comes
        # into the memory that every student's code will have around it.
        start = (
            "import sys; sys.path[:0] = [sys.argv[1]]; sys.path.append(sys.argv[2]);"
            "from sandbox import zygote; del sys.path[0]; "
            "zygote.main(sys.argv[2], int(sys.argv[3]))"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", start, str(PACKAGE), packages, str(theirs.fileno())],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        theirs.close()
        self._channel = mine
        self._channel.settimeout(60)
        try:
            ready = self._channel.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            self._process.kill()
            _, told = self._process.communicate()
            lines = told.decode(errors="replace").strip().splitlines()
            raise SandboxUnavailable(lines[-1] if lines else "the zygote did not start")

    def sandbox(self, limits: Limits = LIMITS) -> Sandbox:
        """A fresh sandbox."""
        data, control = socket.socketpair(), socket.socketpair()
        output = os.pipe()
        message = json.dumps(asdict(limits)).encode()
        descriptors = [data[1].fileno(), output[1], control[1].fileno()]
        socket.send_fds(self._channel, [message], descriptors)
        data[1].close()
        control[1].close()
        os.close(output[1])
        return Sandbox(data[0], output[0], control[0], limits)

    def close(self) -> None:
        """End the zygote, and with it every sandbox of it."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Sandbox:
    """One submission's sandbox. ``output`` is what it printed since it was last taken."""

    def __init__(
        self, data: socket.socket, output: int, control: socket.socket, limits: Limits
    ) -> None:
        self._data, self._output, self._control = data, output, control
        self._limits = limits
        self._printed = bytearray()
        self._total = 0
        self.over: Ended | None = None
        self._data.setblocking(False)
        os.set_blocking(output, False)

    # What can be asked ---------------------------------------------------------------------------

    def run(self, source: str, seconds: float) -> Raised | None:
        """Execute a cell; what it raised, or None. Ended where it did not come to an end."""
        answer = self._ask(("cell", source), seconds)
        if answer == ("done",):
            return None
        return self._raised(answer)

    def names(self, seconds: float = 5.0) -> dict[str, str]:
        """The names that the student's cells define: "callable" or "value"."""
        answer = self._ask(("names",), seconds)
        if len(answer) != 2 or answer[0] != "names" or type(answer[1]) is not dict:
            raise self._lied()
        return {name: str(kind) for name, kind in answer[1].items()}

    def get(self, name: str, seconds: float) -> tuple[Any, ...]:
        """The answer on a value by name, as ``call`` gives it."""
        return self._ask(("get", name), seconds)

    def call(
        self,
        target: str | int,
        attribute: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        seconds: float,
        driver: Code | None = None,
    ) -> tuple[Any, ...]:
        """Call a name, or an object by its handle, or an attribute of either; or a driver with it.

        ("returned", value, changed) or ("object", handle, type's name, changed) or a Raised in a
        tuple of its own. NotPlain for arguments that may not cross.
        """
        answer = self._ask(("call", target, attribute, driver, args, kwargs), seconds)
        if answer[0] == "returned" and len(answer) == 3 and type(answer[2]) is dict:
            return answer
        if answer[0] == "object" and [*map(type, answer[1:])] == [int, str, dict]:
            return answer
        return (self._raised(answer),)

    def output(self) -> str:
        """What was printed since the last call."""
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

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # How it is asked -----------------------------------------------------------------------------

    def _ask(self, request: tuple[Any, ...], seconds: float) -> tuple[Any, ...]:
        if self.over:
            raise self.over
        body = encode(request)
        end = time.monotonic() + seconds
        try:
            return self._answer(FRAME.pack(len(body)) + body, end)
        except TimeoutError:
            pass
        # Asked politely first: an honest loop ends, and what was defined before stays.
        self._order(INTERRUPT)
        try:
            self._answer(b"", time.monotonic() + GRACE)
        except TimeoutError:
            raise self._end("timed-out", f"it did not stop after {seconds:.0f} seconds") from None
        raise Ended("timed-out", f"it took more than {seconds:.0f} seconds")

    def _answer(self, message: bytes, end: float) -> tuple[Any, ...]:
        waiting = memoryview(message)
        head = bytearray()
        body = bytearray()
        length = None
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            writers: list[Any] = [self._data] if waiting else []
            readers: list[Any] = [self._data, self._output, self._control]
            ready, writable, _ = select.select(readers, writers, [], left)
            if self._output in ready:
                self._drain()
            if writable:
                try:
                    waiting = waiting[self._data.send(waiting) :]
                except (BlockingIOError, InterruptedError):
                    pass
                except OSError:
                    waiting = memoryview(b"")  # it is gone; its end says how
            if self._data in ready:
                part = self._receive()
                if length is None:
                    head += part
                    if len(head) >= FRAME.size:
                        (length,) = FRAME.unpack_from(head)
                        body += head[FRAME.size :]
                        if length > MAX_MESSAGE:
                            raise self._lied()
                else:
                    body += part
                if length is not None and len(body) >= length:
                    return self._checked(bytes(body), length)
                if part:
                    continue
            if self._control in ready or (self._data in ready and not part):
                raise self._dead()

    def _receive(self) -> bytes:
        try:
            return self._data.recv(1 << 20)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            return b""

    def _checked(self, body: bytes, length: int) -> tuple[Any, ...]:
        if len(body) != length:
            raise self._lied()
        try:
            answer = decode(body)
        except BadMessage:
            raise self._lied() from None
        if type(answer) is not tuple or not answer or type(answer[0]) is not str:
            raise self._lied()
        return answer

    def _raised(self, answer: tuple[Any, ...]) -> Raised:
        if answer[0] == "unplain" and len(answer) == 2 and type(answer[1]) is str:
            return Raised("TypeError", answer[1])
        good = answer[0] == "raised" and [*map(type, answer[1:])] == [str, str, list, list]
        if not good or not all(type(word) is str for word in (*answer[3], *answer[4])):
            raise self._lied()
        return Raised(*answer[1:])

    def _drain(self) -> None:
        while True:
            try:
                part = os.read(self._output, 65536)
            except (BlockingIOError, OSError):
                return
            if not part:
                return
            self._total += len(part)
            room = self._limits.output_kb * 1024 - len(self._printed)
            self._printed += part[: max(room, 0)]
            if self._total > self._limits.output_kb * 1024:
                raise self._end("too-much-output", "it printed more than is kept")

    def _order(self, what: bytes) -> None:
        with contextlib.suppress(OSError):  # its end is seen elsewhere
            self._control.send(what)

    def _end(self, outcome: str, detail: str) -> Ended:
        self._order(KILL)
        self.over = Ended(outcome, detail)
        return self.over

    def _lied(self) -> Ended:
        return self._end("died", "it answered in a way that no Python function does")

    def _dead(self) -> Ended:
        self._control.settimeout(GRACE)
        try:
            how = json.loads(self._control.recv(4096) or b"{}")
        except (OSError, ValueError):
            how = {}
        if "failed" in how:
            raise SandboxUnavailable(how["failed"])
        status = how.get("status", 0)
        # A process 1 is not ended by SIGXCPU, but by the SIGKILL that follows at the hard limit.
        if status in (-9, -24) and how.get("cpu_seconds", 0) >= 0.9 * self._limits.cpu_seconds:
            return self._end("timed-out", "it used more processor time than it may")
        words = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return self._end("died", f"Python {words}")
