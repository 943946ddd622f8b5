"""What a process in a sandbox can reach, and how it ends when it passes a limit."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.client import Ended, Raised, Sandbox, Zygote
from autograder.sandbox.limits import Limits


def said(sandbox: Sandbox, source: str) -> str:
    error = sandbox.run(source, 20)
    assert error is None, error
    return sandbox.output().strip()


def ended(sandbox: Sandbox, source: str, seconds: float = 10) -> Ended:
    with pytest.raises(Ended) as caught:
        sandbox.run(source, seconds)
        sandbox.run("1", 5)
    return caught.value


def test_the_course_and_the_machines_files_are_not_there(sandbox: Sandbox, root: Path) -> None:
    secret = [root / "solutions", root / "autograder", root / ".git", Path("/etc/passwd")]
    secret += [Path("/etc/shadow"), Path("/var"), Path("/home"), Path.home() / ".bashrc"]
    shown = said(
        sandbox, f"import os\nprint([p for p in {list(map(str, secret))} if os.path.exists(p)])"
    )
    assert shown == "[]"


def test_only_the_private_folder_can_be_written(sandbox: Sandbox) -> None:
    source = """
import os
open("mine", "w").write("x")
written = []
for folder in ["/", "/usr", "/tmp", "/dev", "/proc", "/etc", os.path.dirname(os.__file__)]:
    try:
        open(os.path.join(folder, "x"), "w").write("x")
        written.append(folder)
    except OSError:
        pass
print(os.getcwd(), written)
"""
    assert said(sandbox, source) == "/sandbox []"


def test_nothing_of_one_sandbox_is_in_the_next(zygote: Zygote) -> None:
    with zygote.sandbox() as first:
        said(first, "open('left', 'w').write('x'); import builtins; builtins.left = 1")
    with zygote.sandbox() as second:
        shown = said(
            second, "import os, builtins; print(os.listdir('.'), hasattr(builtins, 'left'))"
        )
    assert shown == "[] False"


def test_it_is_alone_with_its_processes_and_has_no_power(sandbox: Sandbox) -> None:
    source = """
import os
status = open("/proc/self/status").read()
found = dict(line.split(":\\t", 1) for line in status.splitlines() if ":\\t" in line)
print(os.getpid(), os.getuid(), [p for p in os.listdir("/proc") if p.isdigit()],
      found["CapEff"], found["CapBnd"], found["NoNewPrivs"], found["Seccomp"])
"""
    zero = "0000000000000000"
    assert said(sandbox, source) == f"1 1000 ['1'] {zero} {zero} 1 2"


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', PORT), 1)",
        "import socket; socket.socket(socket.AF_INET6)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:PORT', timeout=1)",
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.unshare(0x10000000) == 0",
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "assert libc.mount(b'none', b'/sandbox', b'tmpfs', 0, None) == 0",
        "import ctypes\nassert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0",
        "import ctypes\nassert ctypes.CDLL(None).chroot(b'/sandbox') == 0",
        "import ctypes\nassert ctypes.CDLL(None).sethostname(b'x', 1) == 0",
        "import os; os.setuid(0)",
        "import os; os.kill(2, 0)",
        "import os; os.mknod('disk', 0o60600, os.makedev(8, 0))",
        "open('/proc/sys/kernel/hostname', 'w').write('x')",
    ],
)
def test_what_is_refused(sandbox: Sandbox, attempt: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        error = sandbox.run(attempt.replace("PORT", str(listener.getsockname()[1])), 10)
        assert isinstance(error, Raised), attempt
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("library", ["torch", "scipy.signal", "skimage", "torch.nn.functional"])
def test_a_forbidden_library_can_be_imported_but_not_used(sandbox: Sandbox, library: str) -> None:
    assert sandbox.run(f"import {library}\nfrom {library} import conv2d as found", 10) is None
    assert sandbox.run(f"import {library}\ndef f(x: {library}.Tensor | None): pass", 10) is None
    error = sandbox.run("found([[1.0]])", 10)
    assert isinstance(error, Raised)
    assert "is not there when your work is graded" in error.text


def test_nothing_of_the_grader_is_in_memory(sandbox: Sandbox) -> None:
    source = """
import autograder, gc, sys
names = {getattr(o, "__module__", None) or "" for o in gc.get_objects()}
print(sorted(n for n in names if "autograder" in str(n)), autograder.check(1, "conv2d", points=4))
"""
    assert said(sandbox, source) == "[] None"


def test_libraries_for_numbers_and_pictures_work() -> None:
    source = """
%matplotlib inline
import numpy as np
import numpy.polynomial
import matplotlib.pyplot as plt
from IPython.display import display
plt.plot(np.fft.fft(np.arange(4)).real)
plt.show()
print(np.linalg.inv(np.eye(2) * 2)[0, 0])
"""
    with Zygote(("matplotlib",)) as zygote, zygote.sandbox() as sandbox:
        assert said(sandbox, source) == "0.5"


MAGICS = {
    "%%time\nx = 5": "5",
    "%%time -n 3\ny = 2\nx = y + 3": "5",
    "%%capture out\n%time x = 5": "5",
    "x = %time 2 + 3": "5",
    "%%timeit\nx = 5": "5",
    "x = 5\n!touch x\n%cd /\n%reset -f": "5",
    "x = 5\nget_ipython().system('ls')": "5",
}


@pytest.mark.parametrize("source", MAGICS)
def test_what_is_behind_a_magic_that_hides_nothing_is_run(sandbox: Sandbox, source: str) -> None:
    assert said(sandbox, source) == ""
    assert said(sandbox, "print(x)") == MAGICS[source]


def test_an_error_under_a_magic_says_where_it_is(sandbox: Sandbox) -> None:
    error = sandbox.run("%%time\nx = 1\ny = 1 / 0", 10)
    assert error is not None
    assert error.lines[-2:] == ["cell magic, line 2, in <module>", "    y = 1 / 0"]


def test_processes_of_pythons_own_kind_work(sandbox: Sandbox) -> None:
    source = "import multiprocessing as mp\nwith mp.Pool(2) as pool: print(pool.map(abs, [-1, 2]))"
    assert said(sandbox, source) == "[1, 2]"


LIMITS: list[tuple[str, str, dict[str, int]]] = [
    ("timed-out", "while True: pass", {}),
    (
        "timed-out",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        {},
    ),
    ("timed-out", "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass", {}),
    ("timed-out", "import time; time.sleep(60)", {}),
    ("timed-out", "while True: pass", {"cpu_seconds": 1}),
    ("too-much-output", "while True: print('x' * 1000)", {}),
    ("too-much-output", "print('x' * 100_000_000)", {}),
    ("died", "import os; os._exit(0)", {}),
    ("died", "import ctypes; ctypes.string_at(0)", {}),
    ("died", "import os; [os.close(n) for n in range(100)]", {}),
    ("died", "import os; os.write(3, b'x' * 5000); import time; time.sleep(60)", {}),
]


@pytest.mark.parametrize(("outcome", "source", "limits"), LIMITS)
def test_how_it_ends(zygote: Zygote, outcome: str, source: str, limits: dict[str, int]) -> None:
    with zygote.sandbox(Limits(**limits)) as sandbox:
        seconds = 10 if "cpu_seconds" in limits or outcome != "timed-out" else 1
        assert ended(sandbox, source, seconds).outcome == outcome


def test_an_honest_loop_is_stopped_and_what_was_defined_stays(sandbox: Sandbox) -> None:
    assert sandbox.run("x = 41", 5) is None
    assert ended_once(sandbox, "while True: pass").outcome == "timed-out"
    assert said(sandbox, "print(x + 1)") == "42"


def ended_once(sandbox: Sandbox, source: str) -> Ended:
    with pytest.raises(Ended) as caught:
        sandbox.run(source, 0.5)
    return caught.value


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import numpy as np; np.ones(10**10)", "MemoryError"),
        ("open('f', 'wb').write(b'x' * 10**8)", "OSError"),
        ("for n in range(10**6): open(str(n), 'w')", "OSError"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("raise SystemExit", "SystemExit"),
        ("input()", "EOFError"),
        ("1 +", "SyntaxError"),
    ],
)
def test_what_goes_wrong_inside_is_told_and_the_sandbox_lives(
    sandbox: Sandbox, source: str, name: str
) -> None:
    error = sandbox.run(source, 20)
    assert isinstance(error, Raised)
    assert error.name == name
    assert said(sandbox, "print('alive')") == "alive"


def test_processes_are_counted_and_none_outlives_the_sandbox(zygote: Zygote) -> None:
    source = """
import os, time
count = 0
try:
    while count < 500:
        if os.fork() == 0:
            os.setsid()
            time.sleep(120)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""
    mark = str(time.monotonic_ns())
    with zygote.sandbox() as sandbox:
        assert int(said(sandbox, source)) < 64
        said(sandbox, f"import ctypes; ctypes.CDLL(None).prctl(15, b'{mark[-12:]}', 0, 0, 0)")
        assert mark[-12:] in names_of_processes()
    end = time.monotonic() + 10
    while mark[-12:] in names_of_processes():
        assert time.monotonic() < end, "a process of the sandbox is still there"
        time.sleep(0.05)


def names_of_processes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "comm").read_text().strip())
            except OSError:
                continue
    return found


def test_killing_everyone_reaches_nobody_outside(zygote: Zygote) -> None:
    with zygote.sandbox() as bystander, zygote.sandbox() as sandbox:
        source = """
import os
for p in (0, -1, os.getppid()):
    try:
        os.kill(p, 9)
    except OSError:
        pass
"""
        with pytest.raises(Ended):
            sandbox.run(source, 5)
            sandbox.run("import os; os.kill(0, 9)", 5)
            sandbox.run("1", 5)
            raise Ended("died", "it lived: a process 1 cannot be killed from inside")
        assert said(bystander, "print('here')") == "here"
    assert os.getpid()


def test_closing_the_zygote_ends_its_sandboxes() -> None:
    with Zygote() as zygote:
        sandbox = zygote.sandbox()
        said(sandbox, "x = 1")
    end = time.monotonic() + 10
    with pytest.raises(Ended):
        while time.monotonic() < end:
            sandbox.run("x", 5)
    sandbox.close()


def test_the_environment_says_nothing(sandbox: Sandbox, monkeypatch: Any) -> None:
    shown = said(sandbox, "import os; print(sorted(os.environ))")
    assert shown == "['HOME', 'LANG', 'MPLBACKEND', 'MPLCONFIGDIR', 'PATH', 'TMPDIR']"
