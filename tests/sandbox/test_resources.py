"""What a submission may use in all, and that its limits are told from each other.

Each claim is made twice: where control groups count, and where only its processes are looked at.
"""

from collections.abc import Iterator

import pytest

from autograder.sandbox.cgroups import available
from autograder.sandbox.client import Ended, SandboxUnavailable, Zygote
from autograder.sandbox.codec import encode
from autograder.sandbox.limits import Limits

LOW = Limits(
    memory_mb=200, disk_mb=8, files=200, processes=16, output_kb=16, cpu_seconds=2, cell_seconds=60
)


@pytest.fixture(scope="module", params=["counted", "looked at"])
def low(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    counted = request.param == "counted"
    if counted and available() is None:
        pytest.skip("no control groups can be made by this user")
    made = Zygote(counted=counted)
    try:
        made.ready()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox can be made here: {error}")
    with made:
        yield made


ENDS = {
    "children that take memory together": (
        "out-of-memory",
        """
import os, time
for child in range(8):
    if os.fork() == 0:
        taken = b"x" * (90 * 2**20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
""",
    ),
    "children that compute together": (
        "timed-out",
        """
import os, time
for child in range(3):
    if os.fork() == 0:
        while True:
            pass
time.sleep(60)
""",
    ),
    "output without end": ("too-much-output", "while True:\n    print('x' * 1000)"),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_ends_a_sandbox(low: Zygote, how: str) -> None:
    outcome, source = ENDS[how]
    with low.sandbox(LOW) as sandbox, pytest.raises(Ended) as caught:
        sandbox.run(source, 60)
    assert caught.value.outcome == outcome


MET = {
    "more memory than there is": ("out-of-memory", "taken = bytearray(10**9)"),
    "more files than there is room": ("out-of-disk", "for n in range(1000): open(str(n), 'w')"),
    "a file that does not fit": ("out-of-disk", "open('f', 'wb').write(b'x' * 10**8)"),
    "a full disk that nobody minds": (
        "out-of-disk",
        "try:\n    open('f', 'wb').write(b'x' * 10**8)\nexcept OSError:\n    pass",
    ),
    "more processes than allowed": (
        "too-many-processes",
        "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)",
    ),
    "processes that nobody minds": (
        "too-many-processes",
        "import os, time\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n"
        "except OSError:\n    time.sleep(0.3)",
    ),
    "more threads than allowed": (
        "too-many-processes",
        "import threading, time\n"
        "for n in range(40): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    ),
    "more text than is kept": ("too-much-output", "print('x' * 100_000)"),
}


@pytest.mark.parametrize("how", MET)
def test_a_limit_is_noticed_and_the_sandbox_lives(low: Zygote, how: str) -> None:
    outcome, source = MET[how]
    with low.sandbox(LOW) as sandbox:
        sandbox.run(source, 60)
        assert list(sandbox.noticed) == [outcome]
        assert sandbox.run("1", 60) is None


FINE = {
    "threads": """
import threading, time
threads = [threading.Thread(target=time.sleep, args=(0.1,)) for n in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
    "memory": "taken = b'x' * (150 * 2**20)",
    "disk": "open('f', 'wb').write(b'x' * (7 * 2**20))",
    "a temporary file": "import tempfile; tempfile.TemporaryFile().write(b'x')",
    "a child": "import subprocess; subprocess.run(['true'], check=True)",
}


@pytest.mark.parametrize("what", FINE)
def test_up_to_a_limit_nothing_is_noticed(low: Zygote, what: str) -> None:
    with low.sandbox(LOW) as sandbox:
        assert sandbox.run(FINE[what], 60) is None
        assert sandbox.noticed == {}


def test_what_a_call_prints_is_not_kept_and_costs_nothing(low: Zygote) -> None:
    with low.sandbox(LOW) as sandbox:
        sandbox.run("def f():\n    print('x' * 100_000)\n    return 1", 60)
        (answer,) = sandbox.calls("f", "", [encode((None, (), {}))], lambda: 60)
        assert answer[:2] == ("returned", 1)
        assert (sandbox.output(), sandbox.noticed) == ("", {})


def test_nothing_is_left_of_a_group(low: Zygote) -> None:
    for _ in range(5):
        with low.sandbox(LOW) as sandbox:
            sandbox.run("import os\nfor n in range(9):\n    if os.fork() == 0: os._exit(0)", 60)
            assert sandbox.noticed == {}


def test_no_library_is_there_but_those_that_are_asked_for() -> None:
    pytest.importorskip("torch")
    made = Zygote(("torch",))
    try:
        made.ready()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox can be made here: {error}")
    source = """
import torch
x = torch.ones(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
layer = torch.nn.Conv2d(3, 2, 3).double()
layer(x).sum().backward()
print(*x.grad.shape, torch.autograd.gradcheck(torch.nn.functional.relu, (x[:1],)))
"""
    with made, made.sandbox() as sandbox:
        assert sandbox.run(source, 60) is None
        assert sandbox.output() == "2 3 4 4 True\n"
        error = sandbox.run("import scipy.signal\nscipy.signal.convolve([1], [1])", 60)
        assert error is not None
        assert "is not there when your work is graded" in error.text
