"""What a test cell holds in place of what the student defined: calling it calls into the sandbox.

Arguments and results are plain values. What the student's code changes in place, arguments and
earlier results, comes back changed, so that a test reads and behaves as in one process.
"""

from __future__ import annotations

import builtins
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from autograder.checks.call import Call, Source
from autograder.sandbox.agent import WATCHED, arrays_of
from autograder.sandbox.client import Ended, Raised, Sandbox
from autograder.sandbox.codec import Code, encode

LARGEST_STRIDE = 2**40


class Namespace(dict[str, Any]):
    """The global names of a test cell: the judge's own first, then those that the student defined.

    deadline  gives the seconds that are left to the cell that is being judged
    asked     names that the student is asked to define: theirs even where Python has the same
    """

    def __init__(
        self,
        sandbox: Sandbox | None,
        deadline: Callable[[], float],
        own: dict[str, Any],
        asked: Collection[str] = (),
    ) -> None:
        super().__init__(own)
        self.asked = frozenset(asked)
        self._deadline = deadline
        self.attach(sandbox)

    def attach(self, sandbox: Sandbox | None) -> None:
        """From now on the student's names are those in this sandbox; without one there are none."""
        self._sandbox = sandbox
        self._remotes: dict[str, Any] = {}

    def forget(self) -> None:
        """Drop what a test cell left of the student's: the next one sees it as it is by then."""
        for name in [n for n, v in self.items() if n in self.asked or isinstance(v, Remote)]:
            super().__delitem__(name)

    def __missing__(self, name: str) -> Any:
        if name not in self.asked and hasattr(builtins, name):
            return getattr(builtins, name)
        kind = self._sandbox.kind(name) if self._sandbox else ""
        if not kind and hasattr(builtins, name):
            return getattr(builtins, name)
        if self._sandbox is None or not kind:
            raise NameError(f"name {name!r} is not defined")
        if kind == "callable":
            if name not in self._remotes:
                self._remotes[name] = Remote(self._sandbox, self._deadline, name)
            return self._remotes[name]
        return _unwrapped(self._sandbox, self._deadline, self._sandbox.get(name, self._deadline()))

    def __delitem__(self, name: str) -> None:
        # A test may take away what the student defined, to see what relies on it …
        if name in self:
            super().__delitem__(name)
        elif name in self._remotes and self._sandbox:
            hide = f"globals().setdefault('__hidden__', {{}})[{name!r}] = globals().pop({name!r})"
            self._sandbox.run(hide, self._deadline())
        else:
            raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        # … and put it back.
        if self._sandbox and name in self._remotes and value is self._remotes[name]:
            show = (
                f"globals().setdefault({name!r}, globals().get('__hidden__', {{}}).get({name!r}))"
            )
            self._sandbox.run(show, self._deadline())
        else:
            super().__setitem__(name, value)


class Remote:
    """A function or an object in the sandbox. ``__name__`` is what the student calls it."""

    def __init__(self, sandbox: Sandbox, deadline: Callable[[], float], target: str | int) -> None:
        self._sandbox, self._deadline, self._target = sandbox, deadline, target
        self._results: dict[int, weakref.ref[np.ndarray]] = {}
        self.__name__ = target if isinstance(target, str) else f"object {target}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it. Raises what the student's code raised, as an exception of the same name."""
        return self._call("", None, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, None, args, kwargs)

    def __made__(self, driver: Source | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of it in the sandbox, or of a driver with it (see ``Call.made``)."""
        return self._call("", driver, args, kwargs)

    def __made_all__(
        self, calls: Sequence[Call]
    ) -> Iterator[tuple[Any, BaseException | None, dict[str, Any] | None]]:
        """All calls of a check in the sandbox (see ``checks.judge.outcomes``)."""
        answers = self._sandbox.calls(self._target, "", [*map(_sent, calls)], self._deadline)
        for call, answer in zip(calls, answers, strict=True):
            left = None
            if answer[-1].keys() & {"arguments", "lent"}:  # else nothing became of them
                args, kwargs = call.copies()
                left = call.named(args, kwargs)
                result, error = self._result(answer, args, kwargs)
            else:
                result, error = self._result(answer, (), {})
            yield result, error, left

    def _call(
        self,
        attribute: str,
        driver: Source | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        message = _message(driver, args, kwargs)
        (answer,) = self._sandbox.calls(self._target, attribute, [message], self._deadline)
        result, error = self._result(answer, args, kwargs)
        if error is not None:
            raise error
        return result

    def _result(
        self, answer: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Exception | None]:
        # What was returned, or what was raised. What the call changed is written here too.
        changes = answer[-1]
        for name, value in _changed(changes, "arguments"):
            _write(_argument(name, args, kwargs), value)
        for serial, value in _changed(changes, "results"):
            kept = self._results.get(int(serial)) if _is_number(serial) else None
            _write(kept() if kept else None, value)
        if isinstance(answer[0], Raised):
            return None, raised(answer[0])
        result = _unwrapped(self._sandbox, self._deadline, answer)
        result = _reunited(result, changes.get("lent"), args, kwargs)
        serial = changes.get("serial")
        if type(serial) is int:
            for number, array in enumerate(arrays_of(result), start=serial):
                self._results[number] = weakref.ref(array)
            while len(self._results) > WATCHED:
                del self._results[min(self._results)]
        return result, None


# What is sent for a call of a check: the same for every student.
_SENT: weakref.WeakKeyDictionary[Call, bytes] = weakref.WeakKeyDictionary()


def _sent(call: Call) -> bytes:
    message = _SENT.get(call)
    if message is None:
        message = _SENT[call] = _message(call.driver, call.args, call.kwargs)
    return message


def _message(driver: Source | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    crossing = {name: _crossing(value) for name, value in kwargs.items()}
    return encode((_crossing(driver), tuple(map(_crossing, args)), crossing))


def _crossing(value: Any) -> Any:
    return Code(value.text, value.name) if type(value) is Source else value


def _argument(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if _is_number(name):
        return args[int(name)] if int(name) < len(args) else None
    return kwargs.get(name)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 10


def _reunited(result: Any, lent: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A result that was an argument, or a view of one, as the same of the argument here.

    lent  what the sandbox says of it, of a tuple for each part. Believed only where the result's
          values lie there indeed.
    """
    if type(result) in (tuple, list) and type(lent) is tuple and len(lent) == len(result):
        pairs = zip(result, lent, strict=True)
        return type(result)(_reunited(part, said, args, kwargs) for part, said in pairs)
    if type(result) is not np.ndarray or not result.size or type(lent) is not tuple:
        return result
    if [*map(type, lent)] != [str, int, tuple, tuple]:
        return result
    name, offset, strides, laid = lent
    array = _argument(name, args, kwargs)
    if type(array) is not np.ndarray or not {*map(type, strides), *map(type, laid)} <= {int}:
        return result
    if any(abs(step) > LARGEST_STRIDE for step in strides):  # on an axis of one it reaches nowhere
        return result
    same = (array.shape, array.dtype, laid, 0) == (result.shape, result.dtype, strides, offset)
    if same:
        found = array
    elif laid == array.strides and len(strides) == result.ndim:
        reach = [(n - 1) * step for n, step in zip(result.shape, strides, strict=True)]
        first, behind = byte_bounds(array)
        start = array.ctypes.data + offset
        low, high = start + sum(min(r, 0) for r in reach), start + sum(max(r, 0) for r in reach)
        if low < first or high + result.itemsize > behind:
            return result
        found = np.asarray(_Memory(array, start, result, strides))
    else:
        return result
    return found if found.tobytes() == result.tobytes() else result


class _Memory:
    # An array's memory, read from another place and with other strides.

    def __init__(
        self, array: np.ndarray, start: int, like: np.ndarray, strides: tuple[int, ...]
    ) -> None:
        self.kept = array
        self.__array_interface__ = {
            "data": (start, not array.flags.writeable),
            "shape": like.shape,
            "typestr": like.dtype.str,
            "strides": strides,
            "version": 3,
        }


def _changed(changes: dict[str, Any], what: str) -> Iterator[tuple[str, Any]]:
    found = changes.get(what)
    if type(found) is dict:
        yield from ((name, value) for name, value in found.items() if type(name) is str)


def _write(into: Any, value: Any) -> None:
    # Only what could have been written in one process: the same shape, into an array of ours.
    if type(into) is not type(value):
        return
    if type(into) is np.ndarray:
        if into.shape == value.shape and into.flags.writeable:
            np.copyto(into, value, casting="unsafe")
    elif type(into) is list:
        into[:] = value
    elif type(into) in (dict, set):
        into.clear()
        into.update(value)


def _unwrapped(sandbox: Sandbox, deadline: Callable[[], float], answer: tuple[Any, ...]) -> Any:
    if answer[0] == "object":
        return Remote(sandbox, deadline, answer[1])
    return answer[1]


class StudentError(Exception):
    """An exception of the student's code. ``lines`` are those of their own cells."""

    lines: list[str]


def raised(what: Raised) -> Exception:
    """An exception of the name and nearest built-in kind of what the student's code raised.

    What would end a process (SystemExit) or is no Exception becomes a StudentError alone.
    """
    kinds = [getattr(builtins, name, None) for name in what.ancestors]
    known = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)]
    bases: tuple[type, ...] = (StudentError,)
    if known and known[0] is not Exception:
        bases = (StudentError, known[0])
    name = what.name if what.name.isidentifier() else "StudentError"
    try:
        error: Exception = type(name, bases, {})(what.text)
    except TypeError:  # some built-in kinds want more than a text (UnicodeDecodeError)
        error = type(name, (StudentError,), {})(what.text)
    error.lines = what.lines  # type: ignore[attr-defined]
    return error


__all__ = ["Ended", "Namespace", "Remote", "StudentError", "raised"]
