"""Attacks on what only later chapters ask for: other kinds of results, and judges that work on them."""

from textwrap import dedent

from hostile.case import TARGET, Case
from hostile.tampering import AGENT

HUGE = "10**400"


def other(name: str, assignment: str, function: str, code: str) -> Case:
    """A wrong answer to an exercise of another notebook."""
    return Case(name, answers={function: dedent(code).strip()}, assignment=assignment)


def forged(name: str, changes: str) -> Case:
    """A right answer that comes back with words about its arguments and memory that are not true."""
    code = f"""
        honestly = the_answers["call"]
        def call(target, attribute, driver, args, kwargs):
            answer = honestly(target, attribute, driver, args, kwargs)
            if answer[0] != "returned" or target != "{TARGET}":
                return answer
            return (*answer[:-1], {{**answer[-1], {changes}}})
        the_answers["call"] = call
    """
    right = f"def {TARGET}(input, weight, stride=1):\n    return right(input, weight, stride)"
    return Case(name, cells=(AGENT.strip(), dedent(code)), answers={TARGET: right}, score=6.0)


CASES: list[Case] = [
    other(
        "a whole number larger than any float",
        "03-gradient-check",
        "relative_error",
        f"def relative_error(a, b): return {HUGE}",
    ),
    other(
        "a whole number larger than any float, in a tuple",
        "09-network",
        "network_gradients",
        f"def network_gradients(*args, **kwargs): return ({HUGE},) + (np.zeros(3),) * 7",
    ),
    other(
        "parameters without axes",
        "09-network",
        "train",
        "def train(images, labels, seed=0): return [np.array(1.0)] * 6",
    ),
    other(
        "a network that is too large to try",
        "09-network",
        "train",
        """
        def train(images, labels, seed=0):
            shapes = (111_111, 1, 3, 3), (111_111,), (1, 111_111, 3, 3), (1,), (10, 16), (10,)
            return tuple(map(np.zeros, shapes))
        """,
    ),
    other(
        "probes of small arrays that make large layers",
        "02-layer",
        "break_conv2d",
        """
        def break_conv2d():
            return [dict(input=np.ones((1, 1, 1, 5000)), weight=np.ones((5000, 1, 1, 1)), padding=20),
                    dict(input=np.ones((1, 1, 1, 1)), weight=np.ones((1, 1, 70, 70)), padding="same", dilation=20)]
        """,
    ),
    forged("says that its memory lies far away", "'lent': ('0', 0, (2**70, 2**70), args[0].strides)"),
    forged("numbers its results strangely", "'results': {'²': np.zeros(3), '9' * 5000: np.ones(2)}"),
    forged("names arguments strangely", "'arguments': {'²': np.zeros(3), '٣': np.ones(2), '000': 3}"),
    Case(
        "errors of three megabytes in forty cells",
        cells=(
            AGENT.strip(),
            "the_answers['cell'] = lambda *a: ('raised', 'A' * 10**6, 'B' * 10**6, ['C' * 10**5] * 30, [])",
            *["pass"] * 40,
        ),
        ran=False,
    ),
]  # fmt: skip
