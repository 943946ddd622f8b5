"""Makes a WebAssembly module smaller: takes the bodies of functions out of it, by their names.

A function whose body is gone is still there, so that nothing else moves; whoever calls it is
stopped with "unreachable". The names themselves and what else only a debugger reads go too. Knows
the binary format, and neither what a module is for nor which functions it can do without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

CUSTOM, IMPORT, CODE = 0, 2, 10
FUNCTION_NAMES = 1  # the part of the section "name" that has them
FUNCTION = 0  # among the kinds of import
HEAD = 8  # the magic word and the version
# No local variables, the instruction `unreachable`, the end; in front of it its length.
NOTHING = b"\x03\x00\x00\x0b"


def without(module: bytes, unwanted: Callable[[Sequence[str]], Sequence[bool]]) -> bytes:
    """The module without the bodies of unwanted functions, and without names.

    `unwanted` gets the names of all functions with a body, in the order of the module ("" where one
    has no name), and says for each whether it goes.
    """
    names: dict[int, str] = {}
    imported = 0
    code: list[bytes] = []
    for kind, start, end in sections(module):
        if kind == IMPORT:
            imported = _imported_functions(module, start)
        elif kind == CODE:
            code = list(_bodies(module, start))
        elif kind == CUSTOM:
            names |= _names(module, start, end)
    found = unwanted([names.get(imported + k, "") for k in range(len(code))])
    kept = b"".join(NOTHING if gone else body for body, gone in zip(code, found, strict=True))
    parts = [module[:HEAD]]
    for kind, start, end in sections(module):
        if kind != CUSTOM:
            content = _number(len(code)) + kept if kind == CODE else module[start:end]
            parts += [bytes([kind]), _number(len(content)), content]
    return b"".join(parts)


def sections(module: bytes) -> Iterator[tuple[int, int, int]]:
    """Each section's kind, and where its content starts and ends."""
    at = HEAD
    while at < len(module):
        kind = module[at]
        size, start = _read(module, at + 1)
        at = start + size
        yield kind, start, at


def _bodies(module: bytes, at: int) -> Iterator[bytes]:
    """Every function's body, with its length in front."""
    count, at = _read(module, at)
    for _ in range(count):
        size, start = _read(module, at)
        yield module[at : start + size]
        at = start + size


def _imported_functions(module: bytes, at: int) -> int:
    """How many functions are imported: they have the first numbers."""
    count, at = _read(module, at)
    for _ in range(count):
        for _ in ("module", "name"):
            size, at = _read(module, at)
            at += size
        if module[at] != FUNCTION:
            raise ValueError("imports that are not functions are not understood")
        _, at = _read(module, at + 1)
    return count


def _names(module: bytes, start: int, end: int) -> dict[int, str]:
    """The functions' names by number, if this custom section has them."""
    size, at = _read(module, start)
    title, at = module[at : at + size], at + size
    found = {}
    while title == b"name" and at < end:
        part = module[at]
        size, inside = _read(module, at + 1)
        at = inside + size
        if part == FUNCTION_NAMES:
            count, inside = _read(module, inside)
            for _ in range(count):
                number, inside = _read(module, inside)
                size, inside = _read(module, inside)
                found[number] = module[inside : inside + size].decode(errors="replace")
                inside += size
    return found


def _read(module: bytes, at: int) -> tuple[int, int]:
    """A number in LEB128, and where the next thing starts."""
    number = shift = 0
    while True:
        byte = module[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def _number(number: int) -> bytes:
    """The number in LEB128."""
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
