"""What runs inside a sandbox: executes a student's cells and answers calls of what they defined.

It shares its process with the student's code and therefore promises nothing. All that it says is
read with suspicion by ``client``; all that it can do by lying is to fail the student's own tests.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib
import inspect
import io
import linecache
import os
import signal
import socket
import struct
import sys
import traceback
import types
from typing import Any

import numpy as np

from .codec import MAX_MESSAGE, Code, NotPlain, decode, encode, surely_plain
from .stand_ins import install_stand_ins

FRAME = struct.Struct(">Q")
ENOUGH = 2**16  # bytes of answers that are sent before the next call is made
TRACEBACK_LINES = 30
TEXT = 4000  # characters of an error's text
MUTABLE = (np.ndarray, list, dict, set)  # arguments that come back when they were changed in place
WATCHED, WATCHED_BYTES = 12, 2**20  # results that are watched for later changes, and their size
PARTS = 16  # arrays of one result that are looked at: a tuple of gradients has three
# Magics that run what is under them.
TRANSPARENT = ("time", "timeit", "capture", "prun", "debug")


# --- Frames: used at both ends --------------------------------------------------------------------


class Reader:
    """Reads messages from a stream, as many bytes at a time as there are."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.arrived = channel, bytearray()

    def message(self) -> Any:
        """The next one. EOFError at the end; BadMessage for bytes that are none."""
        self._fill(FRAME.size)
        (length,) = FRAME.unpack_from(self.arrived)
        if length > MAX_MESSAGE:
            raise EOFError(f"a message of {length} bytes is announced")
        end = FRAME.size + length
        self._fill(end)
        body = bytes(memoryview(self.arrived)[FRAME.size : end])
        del self.arrived[:end]
        return decode(body, code=True)

    def _fill(self, count: int) -> None:
        # Have so many bytes here. EOFError where they do not come.
        while len(self.arrived) < count:
            # A large piece is not asked for without need: memory may be short by now.
            part = self.channel.recv(min(max(count - len(self.arrived), 1 << 16), 1 << 20))
            if not part:
                raise EOFError("the other end is gone")
            self.arrived += part


# --- Before the fork ------------------------------------------------------------------------------


def warm_up(libraries: list[str]) -> None:
    """Load what most notebooks need, and these, so that a sandbox has it from its first moment."""
    for library in libraries:
        loaded = importlib.import_module(library)
        if library == "torch":  # looks at the processor once, which cannot be seen from inside
            loaded.conv2d(loaded.ones(1, 1, 2, 2), loaded.ones(1, 1, 2, 2))
        if library == "matplotlib":
            loaded.use("agg")
            import matplotlib.pyplot as plt

            plt.close(plt.figure())  # finds its fonts now, which takes seconds
    from IPython.core.inputtransformer2 import TransformerManager

    TransformerManager().transform_cell("%matplotlib inline\nx = 1\n")
    np.random.default_rng(0).integers(1, 9, size=3)
    np.einsum("ij,jk->ik", np.ones((2, 2)), np.ones((2, 2)))


# --- Inside ---------------------------------------------------------------------------------------


def serve(channel: socket.socket, agent: Agent) -> None:
    """Answer requests until the channel closes."""
    sys.stdout = io.TextIOWrapper(
        os.fdopen(1, "wb", closefd=False), "utf-8", "replace", line_buffering=True
    )
    sys.stderr = sys.stdout
    sys.stdin = io.StringIO()  # input() ends at once instead of waiting
    Server(channel, agent).serve()


class Server:
    """Reads requests, has them answered, and lets itself be interrupted."""

    def __init__(self, channel: socket.socket, agent: Agent) -> None:
        self.channel, self.agent = channel, agent
        self.reader = Reader(channel)
        self.busy = self.stopped = False
        self.unsent = bytearray()
        signal.signal(signal.SIGINT, self.interrupted)

    def interrupted(self, *_: object) -> None:
        """Stop what is under way, and what was asked for with it."""
        self.stopped = True
        if self.busy:  # else an answer is being written, and there is nothing to stop
            raise KeyboardInterrupt

    def serve(self) -> None:
        """Until the other end is gone."""
        answers: dict[str, Any] = {
            "cell": self.agent.cell,
            "kind": self.agent.kind,
            "get": self.agent.get,
        }
        with contextlib.suppress(EOFError):
            while True:
                kind, *rest = self.reader.message()
                self.stopped = False
                if kind == "calls":
                    self.calls(*rest)
                else:
                    self.answer(answers[kind], *rest)
                self.send()

    def calls(self, target: Any, attribute: str, count: int) -> None:
        """One call after the other. Their answers leave together, or when they get many."""
        for _ in range(count):
            self.answer(self.agent.call, target, attribute, *self.reader.message())
            if len(self.unsent) > ENOUGH:
                self.send()

    def answer(self, how: Any, *rest: Any) -> None:
        """Do as asked; the answer waits to be sent."""
        try:
            self.busy = True
            answer = raised(KeyboardInterrupt()) if self.stopped else how(*rest)
            self.busy = False
        except KeyboardInterrupt as error:  # it came when there was nothing more to stop
            self.busy = False
            answer = raised(error)
        try:
            body = encode(answer)
        except NotPlain as error:
            body = encode(("unplain", str(error)[:TEXT]))
        self.unsent += FRAME.pack(len(body)) + body

    def send(self) -> None:
        """What was printed leaves before the answers do."""
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        self.channel.sendall(self.unsent)
        self.unsent.clear()


class Agent:
    """The student's namespace, and the objects that handles stand for.

    Made before the fork, with the world as students' code will find it.
    """

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        sys.modules["__main__"] = self.module
        self.module.__dict__["__builtins__"] = builtins
        self.module.__dict__["get_ipython"] = Shell
        self.objects: dict[int, Any] = {}
        self.returned: list[tuple[int, np.ndarray, bytes]] = []  # serial, array, as it was sent
        self.serial = 0
        self.cells = 0
        # Python's site module, which nobody loaded, has these for people who type.
        for name in ("exit", "quit"):
            setattr(builtins, name, sys.exit)
        builtins.display = display  # type: ignore[attr-defined]
        sys.breakpointhook = lambda *args, **kwargs: None  # nobody is there to debug
        sys.path.append("")  # last: what %%writefile wrote must not stand before Python's own
        install_stand_ins()

    def cell(self, source: str, number: int) -> tuple[Any, ...]:
        """Execute one cell: ("done",) or ("raised", name, text, traceback lines).

        number  by which the student finds it; 0 for one that comes after those before it
        """
        self.cells = number or self.cells + 1
        name = f"<cell {self.cells}>"
        try:
            source = transformed(source)
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            tree = ast.parse(source, name)
            last: Any = tree.body[-1] if tree.body else None
            last = tree.body.pop() if isinstance(last, ast.Expr) else None
            self._evaluated(tree, name, "exec")
            if last is not None:
                value = self._evaluated(ast.Expression(last.value), name, "eval")
                if value is not None:
                    print(repr(value)[:TEXT])
        except BaseException as error:  # SystemExit and KeyboardInterrupt end the cell, no more
            return raised(error)
        return ("done",)

    def _evaluated(self, tree: Any, name: str, mode: str) -> Any:
        # With ``await`` at the top of a cell, as IPython has it.
        code = compile(tree, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        value = eval(code, self.module.__dict__)
        if not code.co_flags & inspect.CO_COROUTINE:
            return value
        import asyncio

        return asyncio.run(value)

    def kind(self, name: str) -> tuple[Any, ...]:
        """What the student's namespace has by this name: ("kind", "callable", "value" or "")."""
        if name not in self.module.__dict__ or name.startswith("__"):
            return ("kind", "")
        return ("kind", "callable" if callable(self.module.__dict__[name]) else "value")

    def get(self, name: str) -> tuple[Any, ...]:
        """A plain value by name: ("returned", value, {})."""
        return self._result(self.module.__dict__.get(name), {})

    def call(
        self,
        target: Any,
        attribute: str,
        driver: Code | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[Any, ...]:
        """Call a name of the namespace (or an object by its handle), or an attribute of it.

        With a driver, that is called, with the object before the arguments.
        ("returned", value, changes), ("object", handle, type's name, changes) or
        ("raised", …, changes).
        """
        arguments = {**{str(place): a for place, a in enumerate(args)}, **kwargs}
        before = {name: snapshot(a) for name, a in arguments.items() if type(a) in MUTABLE}
        try:
            known = self.module.__dict__ if isinstance(target, str) else self.objects
            function = known[target]
            if attribute:
                function = getattr(function, attribute)
            if driver is not None:
                function = functools.partial(driver.value(), function)
            value = function(*map(evaluated, args), **{k: evaluated(v) for k, v in kwargs.items()})
        except BaseException as error:
            changed = changed_in_place(before, arguments)
            return (*raised(error), {"arguments": changed} if changed else {})
        return self._result(value, changed_in_place(before, arguments), lent(value, arguments))

    def _result(
        self, value: Any, changed: dict[str, Any], borrowed: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        # changes: {"arguments": {place or name: value}, "results": {serial: array}, "serial": n,
        # "lent": as ``lent`` says}. The arrays of one result have serials n, n + 1, …
        # A result that was sent may change when the function is called again (a shared buffer);
        # in one process its holder would see that, so it is told.
        results = {}
        for place, (serial, array, sent) in enumerate(self.returned):
            if array.tobytes() != sent:
                results[str(serial)] = array
                self.returned[place] = (serial, array, array.tobytes())
        parts = list(enumerate(arrays_of(value), start=self.serial + 1))
        changes: dict[str, Any] = {"serial": self.serial + 1}
        told = {"arguments": changed, "results": results, "lent": borrowed}
        changes.update({name: what for name, what in told.items() if what})
        self.serial += max(len(parts), 1)
        try:
            if not surely_plain(value):
                encode(value)
        except NotPlain:
            handle = len(self.objects)
            self.objects[handle] = value
            return ("object", handle, type(value).__name__[:80], changes)
        self.returned += [(n, a, a.tobytes()) for n, a in parts if a.nbytes <= WATCHED_BYTES]
        del self.returned[:-WATCHED]
        return ("returned", value, changes)


def arrays_of(value: Any) -> list[np.ndarray]:
    """The arrays that a result consists of: itself, or those that a tuple or list holds."""
    if type(value) is np.ndarray:
        return [value]
    if type(value) in (tuple, list) and len(value) <= PARTS:
        return [part for part in value if type(part) is np.ndarray]
    return []


def evaluated(argument: Any) -> Any:
    """An argument as the call gets it: code stands for its value."""
    return argument.value() if type(argument) is Code else argument


def snapshot(value: Any) -> Any:
    """What an argument is before a call, to tell later whether it was changed in place."""
    return value.copy() if type(value) is np.ndarray else encode(value)


def changed_in_place(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a call changed in place, as it left them."""
    return {name: after[name] for name, old in before.items() if differs(old, after[name])}


def differs(old: Any, new: Any) -> bool:
    """Was an argument changed in place? Byte by byte, so that NaN is equal to itself."""
    if type(old) is np.ndarray:
        return old.shape != new.shape or old.tobytes() != new.tobytes()
    try:
        return bool(old != encode(new))
    except NotPlain:  # something was put into it that may not cross: the judge keeps its own
        return False


def lent(value: Any, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """Which argument a result is, or is a view of: (its name, how many bytes from its first element
    the result's is, the result's strides, the argument's); () for a result of its own memory. Of a
    tuple or list, this for each part.
    """
    if type(value) in (tuple, list) and len(value) <= PARTS:
        return tuple(lent(part, arguments) if type(part) is np.ndarray else () for part in value)
    if type(value) is np.ndarray:
        for name, array in arguments.items():
            if type(array) is np.ndarray and np.may_share_memory(array, value):
                offset = value.ctypes.data - array.ctypes.data
                return (name, offset, value.strides, array.strides)
    return ()


def raised(error: BaseException) -> tuple[Any, ...]:
    """("raised", type's name, text, traceback lines of the student's own cells, ancestors)."""
    try:
        text = str(error)[:TEXT]
    except BaseException:
        text = ""
    lines: list[str] = []
    try:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith("<cell "):
                where = f"{frame.filename[1:-1]}, line {frame.lineno}, in {frame.name}"
                lines += [where[:200], f"    {(frame.line or '')[:200]}"]
        if isinstance(error, SyntaxError):
            lines += [f"line {error.lineno}", f"    {(error.text or '').rstrip()[:200]}"]
    except BaseException:
        pass
    ancestors = [
        kind.__name__[:80] for kind in type(error).__mro__ if kind.__module__ == "builtins"
    ]
    return ("raised", type(error).__name__[:80], text, lines[-TRACEBACK_LINES:], ancestors)


def transformed(source: str) -> str:
    """A cell with IPython's magics turned into calls that a plain Python can read."""
    if _is_python(source):
        return source if source.endswith("\n") else source + "\n"
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _is_python(source: str) -> bool:
    """Is it Python in which IPython would change nothing? It reads a cell several times over, which
    takes longer than most cells run.
    """
    first = source.splitlines()[:2]
    if not first or first[0][:1].isspace() or not first[0]:
        return False  # it takes away leading lines and indents
    if any(prompt in line for line in first for prompt in (">>>", "...", "In [")):
        return False  # and prompts, valid Python or not
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


class Shell:
    """Stands for IPython's shell: magics and shell commands do nothing when work is graded.

    But for those that time or hide what is behind them (that is run, as any other code) and those
    that write a file.
    """

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run what is under ``%%time`` and the like."""
        if name in TRANSPARENT:
            _run(cell)
        elif name in ("writefile", "file"):
            *options, file = line.split()
            with open(file, "a" if "-a" in options else "w", encoding="utf-8") as written:
                written.write(cell)

    def run_line_magic(self, name: str, line: str) -> Any:
        """Run what is behind ``%time``; its value, where it is an expression."""
        return _run(line) if name == "time" else None

    def getoutput(self, command: str) -> list[str]:
        """What ``files = !ls`` gives: no lines."""
        return []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def display(*things: Any, **options: Any) -> None:
    """IPython's display, where there is nothing but text."""
    print(*things, sep="\n")


def _run(source: str) -> Any:
    names = sys.modules["__main__"].__dict__
    file = "<cell magic>"
    source = transformed(source)
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    try:
        expression = compile(source.strip(), file, "eval")
    except SyntaxError:
        exec(compile(source, file, "exec"), names)
        return None
    return eval(expression, names)
