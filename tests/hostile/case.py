"""What a case of the hostile suite is: a submission, and what must come of it. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

ASSIGNMENT = "01-window"  # what is handed in, unless a case says otherwise
TARGET = "cross_correlate2d"  # the answer that attacks stand in for, unless they say otherwise
FULL = 11.0
OTHERS = 3.0  # what is left without TARGET, which one of the other answers calls

# At the top of every submission. ``reached`` says that the attack got somewhere; what is printed
# while a test runs is not kept, so the last cell says it again. The name is inherited by every
# process that is started, by which survivors are found.
PRELUDE = '''
import ctypes, gc, json, os, signal, socket, struct, subprocess, sys, threading, time
import numpy as np
if os.path.exists("@CANARY@"):
    os._exit(99)  # there are no walls: none of what follows may run
WALLED = True
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(15, b"@TOKEN@", 0, 0, 0)
REACHED = []

def reached(what):
    REACHED.append(str(what)[:200])
    print("@@REACHED", str(what)[:200])

def attempt(what, function, *args, **kwargs):
    """Reached if the call succeeds."""
    try:
        got = function(*args, **kwargs)
    except BaseException:
        return None
    reached(what)
    return got

def system_call(what, number, *args):
    """Reached if the kernel does as it is asked."""
    args = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in args]
    if libc.syscall(ctypes.c_long(number), *args) >= 0:
        reached(what)

def zeros(input, weight, stride=1):
    """Of the right shape, and wrong."""
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    h, w = np.shape(input)
    kh, kw = np.shape(weight)
    return np.zeros(((h - kh) // sh + 1, (w - kw) // sw + 1))

def right(input, weight, stride=1):
    """Right, for attacks on a right answer."""
    out = zeros(input, weight, stride).astype(np.result_type(input, weight))
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            part = input[i * sh : i * sh + weight.shape[0], j * sw : j * sw + weight.shape[1]]
            out[i, j] = (part * weight).sum()
    return out
'''
EPILOGUE = """
for what in dict.fromkeys(REACHED):
    print("@@REACHED", what)
print("@@RAN")
"""

Change = Callable[[dict[str, Any]], "dict[str, Any] | str | bytes"]
Put = Callable[[Path, bytes], None]


@dataclass(frozen=True)
class Case:
    """One submission.

    cells     code cells of the student's own, before the first answer
    last      … and behind the last test
    answers   by grade_id; the others are left as they were handed out, unless ``solved``
    solved    the other answers are right
    change    what is done to the notebook at the end; may give text or bytes for a file
    put       writes the submission's folder itself, from the notebook's bytes
    student   the student's id, where that is the attack
    outcome   … and score, what must come of it (None: less than a right answer earns, as in one
              process); says, a part of the message
    ran       must the notebook have run to its last cell?
    assignment  which notebook it is
    """

    name: str
    cells: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    last: tuple[str, ...] = ()
    solved: bool = False
    change: Change | None = None
    put: Put | None = None
    student: str = ""
    outcome: str = "graded"
    score: float | None = 0.0
    says: str = ""
    ran: bool = True
    assignment: str = ASSIGNMENT


def cell(name: str, code: str, **more: Any) -> Case:
    """An attack in a cell of its own, and no answer."""
    return Case(name, cells=(dedent(code).strip(),), **more)


def answer(name: str, code: str, **more: Any) -> Case:
    """An attack that is the answer: code that defines ``cross_correlate2d``."""
    return Case(name, answers={TARGET: dedent(code).strip()}, **more)


def call(name: str, code: str, **more: Any) -> Case:
    """An attack that runs whenever the answer is called; it returns nothing."""
    body = indent(dedent(code).strip(), " " * 8)
    lines = f"def {TARGET}(input, weight, stride=1):\n    try:\n{body}\n"
    lines += "    except Exception as error:\n        FAULTS.append(repr(error))\n"
    lines += "    return None\n"
    more.setdefault("cells", ("FAULTS = []",))
    return Case(name, answers={TARGET: lines}, **more)


def honest(name: str, code: str = "", **more: Any) -> Case:
    """A right submission with something harmless in it, which earns everything."""
    more = {"outcome": "graded", "score": FULL, "solved": True, **more}
    return Case(name, cells=(dedent(code).strip(),) if code else (), **more)
