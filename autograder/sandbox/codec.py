"""Turns plain values into bytes and back: all that may pass between judge and sandbox.

Plain is: None, bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, and NumPy
arrays of bool, integer, float or complex dtype. Towards the sandbox, and only there, ``Code`` may
pass too: text of the judge's that is evaluated beside the student's code. Nothing is unpickled,
ever. Both directions are bounded, and a decoder believes nothing: whoever writes the bytes may be
hostile.

A message is a 4-byte length, that many bytes of JSON, then the raw bytes of the arrays in the order
in which the JSON names them. The strides of an array are part of the message, so an array that
lies in memory the other way round arrives so.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_MESSAGE = 64 * 2**20  # bytes of one message
MAX_HEAD = 8 * 2**20  # of those, its JSON, which takes many times its size when it is read
MAX_DEPTH = 32  # nesting of tuples, lists and dicts
MAX_VALUES = 100_000  # values in one message
# Of these, members of sets and keys that are no str: whoever knows how numbers are hashed can have
# each compared with all others.
MAX_HASHED = 5_000
MAX_AXES = 16
SMALL = 2**20  # bytes of an array that passes whatever else is in its message
DTYPES = {char: np.dtype(char) for char in "?bBhHiIlLqQefdFD"}
LENGTH = struct.Struct(">I")
# Not as ASCII: JSON's escapes would join two lone surrogates into one character.
JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
READ = json.JSONDecoder().raw_decode


class NotPlain(TypeError):
    """A value that may not cross. The text says which and where."""


@dataclass(frozen=True)
class Code:
    """Python text that stands for its value; statements define what is called ``name``."""

    text: str
    name: str = ""

    def value(self) -> Any:
        """What the text stands for."""
        names: dict[str, Any] = {"np": np}
        if not self.name:
            return eval(self.text, names)
        exec(self.text, names)
        return names[self.name]


class BadMessage(ValueError):
    """Bytes that are no message."""


def encode(value: Any) -> bytes:
    """The bytes of a plain value. NotPlain for any other, or one over the limits."""
    buffers: list[bytes] = []
    tree = _Encoder(buffers).tree(value, "value", 0)
    head = JSON.encode(tree).encode("utf-8", "surrogatepass")
    if len(head) > MAX_HEAD:
        raise NotPlain(f"a value with {len(head):,} bytes of text; at most {MAX_HEAD:,} may pass")
    body = b"".join([LENGTH.pack(len(head)), head, *buffers])
    if len(body) > MAX_MESSAGE:
        raise NotPlain(f"a value of {len(body):,} bytes; at most {MAX_MESSAGE:,} may be passed")
    return body


def surely_plain(value: Any) -> bool:
    """Is it at a glance one that ``encode`` takes? Where this says no, only ``encode`` knows."""
    kind = type(value)
    if kind is np.ndarray:
        small = value.ndim <= MAX_AXES and value.nbytes <= SMALL
        return small and value.dtype.char in DTYPES and value.dtype.isnative
    if kind is tuple:
        return len(value) <= MAX_AXES and all(
            type(part) is not tuple and surely_plain(part) for part in value
        )
    return value is None or kind in (bool, float)


def decode(data: bytes, code: bool = False) -> Any:
    """The inverse of ``encode``. BadMessage for anything that ``encode`` would not write.

    code  may there be Code in it? Never for the judge's end
    """
    if not LENGTH.size <= len(data) <= MAX_MESSAGE:
        raise BadMessage(f"a message of {len(data)} bytes")
    (length,) = LENGTH.unpack_from(data)
    head = data[LENGTH.size : LENGTH.size + length]
    if length > MAX_HEAD:
        raise BadMessage(f"a head of {length} bytes")
    if len(head) != length:
        raise BadMessage("the message ends inside its head")
    try:
        text = head.decode("utf-8", "surrogatepass")
        tree, end = READ(text)
    except (ValueError, RecursionError):
        raise BadMessage("the head is not JSON") from None
    if end != len(text):
        raise BadMessage("more than JSON in the head")
    decoder = _Decoder(data, LENGTH.size + length, code)
    value = decoder.value(tree, 0)
    if decoder.place != len(data):
        raise BadMessage(f"{len(data) - decoder.place} bytes are left over")
    return value


class _Encoder:
    # A bool, a str, an int of 53 bits and None are themselves in JSON; everything else is a list
    # that begins with a letter. Most messages are small and many: what is said of a value that may
    # not pass, and where it is, is put into words only then.

    def __init__(self, buffers: list[bytes]) -> None:
        self.buffers = buffers
        self.count = 0
        self.hashed = 0
        self.bytes = 0

    def tree(self, value: Any, where: Any, depth: int) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise NotPlain(f"{_place(where)} is nested too deeply or holds too many values")
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value, where)
        if value is None or kind is bool:
            return value
        if kind is int:
            if value.bit_length() <= 53:
                return value
            if value.bit_length() > 4096:
                raise NotPlain(f"{_place(where)} is a whole number of {value.bit_length()} bits")
            return ["i", hex(value)]
        if kind is str:
            self._room(len(value), where)
            return value
        if kind is tuple or kind is list:
            depth += 1
            items = [self.tree(v, (where, n), depth) for n, v in enumerate(value)]
            return ["t" if kind is tuple else "l", items]
        if kind is dict:
            return self._dict(value, where, depth)
        if kind is float:
            return ["f", value.hex()]
        if kind is complex:
            return ["x", [value.real.hex(), value.imag.hex()]]
        if kind is bytes:
            self._room(2 * len(value), where)
            return ["b", value.hex()]
        if kind is Code:
            return ["c", value.text, value.name]
        if isinstance(value, np.generic):
            return ["g", self._array(np.asarray(value), where)]
        if kind in (set, frozenset):
            members = [self._hashable(v, (where, ": its member"), depth) for v in value]
            return ["s" if kind is set else "z", members]
        raise NotPlain(
            f"{_place(where)} is a {kind.__name__[:80]}, and only plain values may be passed"
        )

    def _dict(self, value: dict[Any, Any], where: Any, depth: int) -> list[Any]:
        named = all(type(key) is str for key in value)
        pairs = []
        for key, held in value.items():
            if named:
                self._room(len(key), where)
                name = key
            else:
                name = self._hashable(key, (where, ": its key"), depth)
            pairs.append([name, self.tree(held, (where, [key]), depth + 1)])
        return ["d" if named else "m", pairs]

    def _hashable(self, value: Any, where: Any, depth: int) -> Any:
        self.hashed += 1
        if self.hashed > MAX_HASHED:
            raise NotPlain(f"{_place(where)} is one of more than {MAX_HASHED:,}")
        return self.tree(value, where, depth + 1)

    def _array(self, array: np.ndarray, where: Any) -> list[Any]:
        if array.dtype.char not in DTYPES or not array.dtype.isnative:
            raise NotPlain(f"{_place(where)} is an array of dtype {str(array.dtype)[:80]}")
        if array.ndim > MAX_AXES:
            raise NotPlain(f"{_place(where)} is an array of {array.ndim} axes")
        self._room(array.nbytes, where)
        self.buffers.append(array.tobytes())
        code = layout(array)
        if code and _laid_out_bytes(array.nbytes, code) > MAX_MESSAGE:
            code = []  # that it lies otherwise is not worth so much memory
        return ["a", array.dtype.char, list(array.shape), code]

    def _room(self, size: int, where: Any) -> None:
        self.bytes += size
        if self.bytes > MAX_MESSAGE:
            told = f"is too large: at most {MAX_MESSAGE:,} bytes may be passed"
            raise NotPlain(f"{_place(where)} {told}")


def _place(where: Any) -> str:
    """Where a value is, in words. ``where`` is a name, or a pair of where its holder is and of its
    place there: an index, a key in a list, or words.
    """
    if type(where) is str:
        return where
    holder, place = where
    if type(place) is list:
        place = f"[{place[0]!r:.42}]"
    return f"{_place(holder)}{place if type(place) is str else f'[{place}]'}"


def layout(array: np.ndarray) -> list[int]:
    """How an array lies in memory: for each axis ±(its rank by stride, 1 for the innermost), and
    100 more where its elements do not follow each other without a gap.

    Empty where it lies row by row without gaps. ``laid_out`` makes an array of the same kind.
    """
    if array.flags.c_contiguous:
        return []
    order = sorted(range(array.ndim), key=lambda axis: abs(array.strides[axis]))
    code, dense = [0] * array.ndim, array.itemsize
    for rank, axis in enumerate(order, start=1):
        stride = array.strides[axis]
        gap = 100 if abs(stride) != dense else 0
        code[axis] = (rank + gap) * (-1 if stride < 0 else 1)
        dense = abs(stride) * array.shape[axis]
    return code


def laid_out(array: np.ndarray, code: list[int]) -> np.ndarray:
    """A copy of ``array`` that lies in memory as ``code`` says; a gap is one element wide."""
    outer_first = sorted(range(array.ndim), key=lambda axis: -(abs(code[axis]) % 100))
    steps = [2 if abs(c) >= 100 else 1 for c in code]
    base = np.zeros([array.shape[a] * steps[a] for a in outer_first], dtype=array.dtype)
    view = base.transpose(np.argsort(outer_first))
    view = view[
        tuple(slice(None, None, s if c > 0 else -s) for s, c in zip(steps, code, strict=True))
    ]
    view[...] = array
    return view


def _laid_out_bytes(size: int, code: list[int]) -> int:
    # A gap doubles its axis.
    return size * 2 ** sum(abs(c) >= 100 for c in code)


class _Decoder:
    def __init__(self, data: bytes, place: int, code: bool) -> None:
        self.data, self.place = data, place  # of the next array's bytes
        self.code = code
        self.count = 0
        self.hashed = 0

    def value(self, tree: Any, depth: int) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise BadMessage("nested too deeply, or too many values")
        form = type(tree)
        if form is int or form is str or tree is None or form is bool:
            return tree
        if form is not list or not tree or type(tree[0]) is not str:
            raise BadMessage("an unknown value")
        try:
            return self._tagged(*tree, depth=depth)
        except BadMessage:
            raise
        except (TypeError, ValueError, OverflowError, IndexError, KeyError):
            raise BadMessage(f"a bad value of kind {tree[0][:8]!r}") from None

    def _tagged(self, kind: str, content: Any, *rest: Any, depth: int) -> Any:
        if kind == "a":
            return self._array(content, *rest)
        if kind == "c" and self.code and [type(content), *map(type, rest)] == [str, str]:
            return Code(content, *rest)
        if rest:
            raise BadMessage(f"a value of kind {kind[:8]!r} with too much in it")
        if kind == "t" or kind == "l":
            if type(content) is not list:
                raise BadMessage("a sequence that is none")
            depth += 1
            items = [self.value(item, depth) for item in content]
            return tuple(items) if kind == "t" else items
        if kind == "d":
            return {self._key(key): self.value(item, depth + 1) for key, item in content}
        if kind == "f":
            return float.fromhex(content)
        if kind == "i":
            if len(content) > 1100:
                raise BadMessage("a whole number that is too long")
            return int(content, 16)
        if kind == "g":
            array = self.value(content, depth + 1)
            if type(array) is not np.ndarray or array.shape != ():
                raise BadMessage("a scalar that is none")
            return array[()]
        if kind == "m":
            return {self._hashed(key, depth): self.value(item, depth + 1) for key, item in content}
        if kind in ("s", "z"):
            members = [self._hashed(member, depth) for member in content]
            return set(members) if kind == "s" else frozenset(members)
        if kind == "x":
            real, imaginary = content
            return complex(float.fromhex(real), float.fromhex(imaginary))
        if kind == "b":
            return bytes.fromhex(content)
        raise BadMessage(f"an unknown kind {kind[:8]!r}")

    def _hashed(self, tree: Any, depth: int) -> Any:
        self.hashed += 1
        if self.hashed > MAX_HASHED:
            raise BadMessage("too many keys and members of sets")
        return self.value(tree, depth + 1)

    def _key(self, key: Any) -> str:
        if type(key) is not str:
            raise BadMessage("a key that is not a str")
        return key

    def _array(self, char: str, shape: list[int], code: list[int]) -> np.ndarray:
        dtype = DTYPES.get(char)
        if dtype is None:
            raise BadMessage("an array of an unknown dtype")
        if len(shape) > MAX_AXES:
            raise BadMessage("an array of too many axes")
        size = dtype.itemsize
        for length in shape:
            if type(length) is not int or not 0 <= length < 2**40:
                raise BadMessage("an array of an impossible shape")
            size *= length
        if size > len(self.data) - self.place:
            raise BadMessage("the message ends inside an array")
        array = np.ndarray(shape, dtype, self.data, self.place).copy()
        self.place += size
        if not code:
            return array
        ranks = sorted(abs(c) % 100 for c in code if type(c) is int)
        if ranks != list(range(1, len(shape) + 1)) or max(map(abs, code)) >= 200:
            raise BadMessage("an array of an impossible layout")
        # A hostile message must not make much of little.
        if _laid_out_bytes(size, code) > MAX_MESSAGE:
            raise BadMessage("an array that is too large")
        return laid_out(array, code)
