"""Tries each wall from inside a real sandbox and says whether it held. Behind ``doctor``.

Knows what is forbidden and how to try it. A probe that cannot be made counts as one that failed.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.sandbox import cgroups
from autograder.sandbox.client import Ended, Sandbox, SandboxUnavailable, Zygote
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Held:
    """One wall. ``held`` says whether; ``found`` what was tried, or what got through."""

    name: str
    held: bool
    found: str


# name: (what is tried, Python that prints whatever gets through and nothing where the wall holds)
WALLS: dict[str, tuple[str, str]] = {
    "files": (
        "the course, home folders and the machine's settings cannot be seen",
        """
for path in PLACES:
    if os.path.exists(path):
        print(path)
""",
    ),
    "writing": (
        "nothing can be written but a private folder",
        """
open("mine", "w").write("x")
for folder in ("/", "/usr/lib", "/usr/bin", "/tmp", "/dev", "/proc", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "autograder-probe"), "w")
        print(folder)
    except OSError:
        pass
""",
    ),
    "processes": (
        "no other process can be seen or ended",
        """
print(*(p for p in os.listdir("/proc") if p.isdigit() and p != "1"))
for process in OTHERS:
    try:
        os.kill(process, 0)
        print(process)
    except OSError:
        pass
""",
    ),
    "network": (
        "no network can be reached, this machine's own included",
        """
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
    try:
        socket.socket(family, socket.SOCK_DGRAM)
        print("a socket of", family)
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", PORT), 1)
    print("127.0.0.1")
except OSError:
    pass
""",
    ),
    "local sockets": (
        "no socket of this machine can be reached",
        """
try:
    socket.socket(socket.AF_UNIX).connect(ABSTRACT)
    print("an abstract socket")
except OSError:
    pass
""",
    ),
    "privileges": (
        "nobody's rights, and no way to others",
        """
lines = open("/proc/self/status").read().splitlines()
status = dict(line.split(":", 1) for line in lines)
if os.getuid() == 0 or int(status["CapEff"], 16) or int(status["CapBnd"], 16):
    print("rights of", os.getuid(), status["CapEff"])
if status["NoNewPrivs"].strip() != "1":
    print("new privileges")
try:
    os.setuid(0)
    print("root")
except OSError:
    pass
""",
    ),
    "system calls": (
        "ptrace, mount, namespaces, keys, bpf and the like are refused",
        """
libc = ctypes.CDLL(None, use_errno=True)
for name, call in {
    "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
    "unshare": lambda: libc.unshare(0x10000000),
    "mount": lambda: libc.mount(b"none", b"/sandbox", b"tmpfs", 0, None),
    "setns": lambda: libc.setns(0, 0),
    "sethostname": lambda: libc.sethostname(b"x", 1),
    "personality": lambda: libc.personality(0),
    "memfd_create": lambda: libc.memfd_create(b"x", 0),
}.items():
    ctypes.set_errno(0)
    if call() >= 0 or ctypes.get_errno() != 1:
        print(name)
if open("/proc/self/status").read().count("Seccomp:\\t2") != 1:
    print("no filter")
""",
    ),
    "names": (
        "neither the machine's name nor its environment is known",
        """
if socket.gethostname() == HOSTNAME:
    print(HOSTNAME)
print(*(name for name in os.environ if "GRAD" in name or "JPY" in name or "SEED" in name))
""",
    ),
    "libraries": (
        "torch, scipy and friends cannot be imported",
        """
import sys
for name in ("torch", "scipy", "skimage", "cv2", "tensorflow", "jax", "numba"):
    __import__(name)
    if getattr(sys.modules[name], "__file__", None):
        print(name)
""",
    ),
}

LOW = Limits(memory_mb=200, disk_mb=8, files=200, processes=16, output_kb=16, cpu_seconds=30)

# name: (what is tried, how it must end or be noticed, Python that goes beyond, seconds it may take)
LIMITS: dict[str, tuple[str, str, str, float]] = {
    "time": ("a loop without an end is stopped", "timed-out", "while True: pass", 0.5),
    "memory": (
        "children that take memory together are stopped",
        "out-of-memory",
        """
import os, time
for child in range(6):
    if os.fork() == 0:
        taken = b"x" * (90 * 2**20)
        time.sleep(60)
time.sleep(60)
""",
        30,
    ),
    "process count": (
        "no more processes than allowed",
        "too-many-processes",
        "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)",
        30,
    ),
    "disk": (
        "no more files than there is room",
        "out-of-disk",
        "open('f', 'wb').write(b'x' * 10**8)",
        30,
    ),
    "output": (
        "output without an end is stopped",
        "too-much-output",
        "while True: print('x' * 1000)",
        30,
    ),
}


def protections(secret: list[Path]) -> Iterator[Held]:
    """Every protection, one after the other. Raises SandboxUnavailable where there are none at all.

    secret  paths that a submission must not see, beside the usual ones
    """
    with Zygote() as zygote:
        zygote.ready()
        yield _counted()
        yield from walls(zygote, secret)
        for name, (what, outcome, source, seconds) in LIMITS.items():
            through = partial(_passed, outcome=outcome, source=source, seconds=seconds)
            yield _tried(name, what, zygote, through)
        yield _outlived(zygote)


def walls(zygote: Zygote, secret: list[Path], names: Iterable[str] = WALLS) -> Iterator[Held]:
    """The walls of these names."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as local:
        abstract = f"\0autograder-{uuid.uuid4().hex}"
        local.bind(abstract)
        local.listen()
        known = {
            "PLACES": [*map(str, secret), "/etc/passwd", "/home", "/var", "/sys", "/run/user"],
            "OTHERS": [os.getpid(), os.getppid()],
            "PORT": tcp.getsockname()[1],
            "ABSTRACT": abstract,
            "HOSTNAME": socket.gethostname(),
        }
        setup = "import ctypes, os, socket\n"
        setup += "".join(f"{name} = {value!r}\n" for name, value in known.items())
        for name in names:
            what, source = WALLS[name]
            yield _tried(name, what, zygote, partial(_got, source=setup + source))


def _counted() -> Held:
    groups = cgroups.available()
    if groups is None:
        found = "none here: processes are looked at 20 times a second instead, which is weaker"
    else:
        found = f"version {groups.version}: the kernel counts memory, processes and time in all"
    return Held("control groups", True, found)


def _tried(name: str, what: str, zygote: Zygote, through: Callable[[Sandbox], str]) -> Held:
    try:
        with zygote.sandbox(LOW) as sandbox:
            got = through(sandbox)
    except (Ended, SandboxUnavailable, OSError) as error:
        got = f"the probe itself failed: {error}"
    return Held(name, not got, f"does not hold: {got}" if got else what)


def _got(sandbox: Sandbox, source: str) -> str:
    error = sandbox.run(source, 20)
    if error is not None:
        return f"the probe itself failed: {error.name}: {error.text}"
    return " ".join(sandbox.output().split())[:200]


def _passed(sandbox: Sandbox, outcome: str, source: str, seconds: float) -> str:
    try:
        sandbox.run(source, seconds)
    except Ended as ended:
        sandbox.noticed[ended.outcome] = ended.detail
    seen = ", ".join(sandbox.noticed) or "nothing"
    return "" if outcome in sandbox.noticed else f"expected {outcome}, saw {seen}"


def _outlived(zygote: Zygote) -> Held:
    name, what = "survivors", "nothing that a submission started outlives it"
    mark = uuid.uuid4().hex[:12]
    source = f"""
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"{mark}", 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
"""
    with zygote.sandbox(LOW) as sandbox:
        sandbox.run(source, 20)
        started = _alive(mark)
    end = time.monotonic() + 10
    while _alive(mark) and time.monotonic() < end:
        time.sleep(0.02)
    if not started:
        return Held(name, False, "does not hold: the probe itself failed")
    return Held(name, not _alive(mark), what if not _alive(mark) else "does not hold: some do")


def _alive(mark: str) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text().strip() == mark:
                    return True
            except OSError:
                continue
    return False
