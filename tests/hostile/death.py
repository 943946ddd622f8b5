"""Submissions that end Python, or try to, and exceptions that are not what they seem."""

from hostile.case import OTHERS, TARGET, Case, answer, call, cell, honest

ONLY = f"def {TARGET}(input, weight, stride=1):\n"


def dies(name: str, code: str, **more: object) -> list[Case]:
    """The same end twice: in a cell, and in a call. What was right before counts in both."""
    here = cell(f"{name}, in a cell", code, outcome="died", ran=False, **more)
    there = answer(
        f"{name}, in a call",
        ONLY + "    " + code.replace("\n", "\n    "),
        outcome="died",
        ran=False,
        **more,
    )
    others = Case(
        f"{name}: costs what it is in and no more",
        answers=there.answers,
        solved=True,
        outcome="died",
        score=OTHERS,
        ran=True,
    )
    return [here, there, others]


def raises(name: str, code: str, **more: object) -> Case:
    """A call that ends in a strange exception."""
    return answer(name, code + "\n" + ONLY + "    raise Strange", **more)


CASES: list[Case] = [
    honest("death: honest control", "raise SystemExit(3)"),
    honest("honest: exit() in a cell", "exit()"),
    honest("honest: quit() in a cell", "quit(0)"),
    *dies("os._exit(0)", "os._exit(0)"),
    *dies("a segmentation fault", "ctypes.string_at(0)"),
    cell("os._exit(1)", "os._exit(1)", outcome="died", ran=False),
    cell("an abort", "os.abort()", outcome="died", ran=False),
    cell(
        "another program in its place", "os.execv('/bin/true', ['true'])", outcome="died", ran=False
    ),
    cell("every descriptor closed", "os.closerange(0, 4096)", outcome="died", ran=False),
    cell(
        "a stack without an end",
        """
        sys.setrecursionlimit(10**9)
        class Deep:
            def __repr__(self): return repr(self)
        repr(Deep())
        """,
        outcome="died",
        ran=False,
    ),
    cell("a wrong address written", "ctypes.memset(8, 1, 8)", outcome="died", ran=False),
    cell(
        "the interpreter's memory overwritten",
        "ctypes.memset(id(True), 0xff, 32); ctypes.memset(id(None), 0xff, 32); {}[None]",
        outcome="died",
        ran=False,
    ),
    cell(
        "signals that would stop it",
        "os.kill(os.getpid(), signal.SIGSTOP); os.kill(os.getpid(), signal.SIGTSTP)",
    ),
    cell("a signal that would kill it", "os.kill(os.getpid(), signal.SIGKILL); os.kill(1, 9)"),
    cell(
        "every signal, one after the other",
        """
        for number in range(1, 65):
            try:
                os.kill(os.getpid(), number)
            except (OSError, KeyboardInterrupt):
                pass
        """,
    ),
    cell("an alarm", "signal.alarm(1)"),
    cell(
        "an alarm that raises in the grader's own code",
        """
        def ring(*args):
            raise MemoryError("here")
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        """,
        outcome="died",
        ran=False,
    ),
    cell(
        "a fatal error of Python's",
        "import faulthandler; faulthandler._fatal_error_c_thread() if hasattr(faulthandler, '_fatal_error_c_thread') else os.abort()",
        outcome="died",
        ran=False,
    ),
    cell(
        "builtins taken away",
        "import builtins\nfor name in list(vars(builtins)):\n    delattr(builtins, name) if name not in ('delattr', 'vars', 'list') else None",
        outcome="died",
        ran=False,
    ),
    cell("modules taken away", "for name in list(sys.modules): del sys.modules[name]", ran=False),
    cell("standard output closed", "sys.stdout.close(); sys.stderr.close()", ran=False),
    cell(
        "standard output replaced",
        "class Out:\n    def __getattr__(self, name): raise SystemExit\nsys.stdout = sys.stderr = Out()",
        ran=False,
    ),
    answer("SystemExit from a call", ONLY + "    raise SystemExit(0)"),
    answer("exit() from a call", ONLY + "    exit()"),
    answer("KeyboardInterrupt from a call", ONLY + "    raise KeyboardInterrupt"),
    answer("GeneratorExit from a call", ONLY + "    raise GeneratorExit"),
    answer(
        "StopIteration from a call", ONLY + "    raise StopIteration(zeros(input, weight, stride))"
    ),
    answer("NotImplementedError, as if untouched", ONLY + "    raise NotImplementedError"),
    raises(
        "an exception called CheckFailed",
        "class CheckFailed(Exception): pass\nStrange = CheckFailed('passed')",
    ),
    raises(
        "an exception called Ended",
        "class Ended(KeyboardInterrupt):\n    outcome = 'graded'\nStrange = Ended('graded', '')",
    ),
    raises(
        "an exception called SandboxUnavailable",
        "class SandboxUnavailable(RuntimeError): pass\nStrange = SandboxUnavailable('no sandbox')",
    ),
    raises("an exception called NotPlain", "class NotPlain(TypeError): pass\nStrange = NotPlain()"),
    raises("a message of 50 MB", "Strange = ValueError('3 ' * 25_000_000)"),
    raises("a message with every number", "Strange = ValueError(' '.join(map(str, range(5000))))"),
    raises(
        "a message of markup",
        "Strange = ValueError('<script>alert(3)</script><img src=x onerror=alert(4)>')",
    ),
    raises(
        "a message of control characters",
        "Strange = ValueError('\\x1b[2J\\x1b]0;owned\\x07 \\x00 \\u202e 3 4')",
    ),
    raises("a message of lone surrogates", "Strange = ValueError('\\udc80\\ud800 3 4')"),
    raises(
        "a text that raises", "class Strange(Exception):\n    def __str__(self): raise SystemExit"
    ),
    raises(
        "a text that ends Python",
        "class Strange(Exception):\n    def __str__(self): os._exit(0)",
        outcome="died",
        ran=False,
    ),
    raises("a text that is no text", "class Strange(ValueError):\n    def __str__(self): return 3"),
    raises(
        "a class that lies",
        "class Strange(Exception):\n    __class__ = ValueError\n    args = property(lambda self: 1 / 0)",
    ),
    raises(
        "a metaclass that lies",
        "class Meta(type):\n    __name__ = property(lambda self: 1 / 0)\n    __mro__ = property(lambda self: ())\nclass Strange(ValueError, metaclass=Meta): pass",
        outcome="died",
        ran=False,
    ),
    raises(
        "a traceback without an end",
        "def down(n):\n    if n == 0: raise ValueError('3')\n    down(n - 1)\nclass Strange(Exception):\n    def __init__(self): down(900)",
    ),
    raises(
        "a group of exceptions",
        "Strange = ExceptionGroup('3 and 4', [ValueError(str(n)) for n in range(10_000)])",
    ),
    raises("a warning", "Strange = DeprecationWarning('3 and 4')"),
    raises(
        "an exception that is raised again when it is looked at",
        "class Strange(Exception):\n    def with_traceback(self, *a): raise self\n    __traceback__ = property(lambda self: 1 / 0)",
    ),
    call("prints a traceback of the grader", "import traceback\ntraceback.print_stack()"),
]
