"""The warm process that every sandbox is forked from, and the monitor that stands beside each.

Started once for each worker by ``client``, with nothing of the course in its memory.
It loads what students' code needs, walls itself in, and then forks for every submission:

    zygote ── monitor ── process 1 of fresh namespaces, which runs the agent

The monitor is outside the sandbox's process namespace: it can kill everything in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from . import agent, isolation
from .limits import Limits

# What students may import beside the standard library. Everything else is absent.
PACKAGES = (
    "numpy", "numpy.libs", "matplotlib", "mpl_toolkits", "matplotlib.libs", "contourpy", "cycler",
    "dateutil", "fontTools", "kiwisolver", "packaging", "PIL", "pillow.libs", "pyparsing", "six.py",
    "IPython", "traitlets", "pygments", "decorator.py", "stack_data", "executing", "asttokens",
    "pure_eval", "wcwidth", "prompt_toolkit", "jedi", "parso", "matplotlib_inline", "pexpect",
    "ptyprocess", "typing_extensions.py", "ipython_pygments_lexers.py",
)  # fmt: skip
FORBIDDEN = ("/usr/lib/python3/dist-packages", "/usr/local/lib")

INTERRUPT, KILL = b"i", b"k"
ENVIRONMENT = {
    "HOME": isolation.HOME,
    "TMPDIR": isolation.HOME,
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": isolation.HOME,
}


def main(packages: str, descriptor: int) -> None:
    """Serve requests for sandboxes that come through the socket ``descriptor``, until it closes.

    packages  the folder of installed packages
    """
    requests = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; the coordinator decides
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = folder
        agent.warm_up()
    wall_in(Path(packages))
    requests.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # monitors are not waited for
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 65536, 3)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            monitor(json.loads(message), *descriptors)
        for end in descriptors:
            os.close(end)


def wall_in(packages: Path) -> None:
    """The private root, in namespaces of the zygote's own."""
    base = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    readable = [base / "lib" / version, *base.glob("lib/libpython*")]
    readable += [packages / name for name in PACKAGES if (packages / name).exists()]
    hidden = [base / "lib" / version / "site-packages", *map(Path, FORBIDDEN)]
    if os.geteuid() == 0:
        isolation.enter_namespaces_as_root()
    else:
        isolation.enter_namespaces()
    isolation.die_with_parent()
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    isolation.die_with_parent()
    isolation.enter_root(readable, hidden)


def monitor(limits: dict[str, Any], data: int, output: int, control: int) -> NoReturn:
    """Start process 1 of a sandbox, kill or interrupt it when told, and report how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel = socket.socket(fileno=control)
    try:
        isolation.become_inside()
        isolation.enter_namespaces()
        isolation.die_with_parent()
        child = os.fork()
        if child == 0:
            _inside(Limits(**limits), data, output, control)
    except BaseException as error:
        _report(channel, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(1)
    os.close(data)
    os.close(output)
    ended = os.pidfd_open(child)
    while True:
        ready, _, _ = select.select([control, ended], [], [])
        if ended in ready:
            break
        order = channel.recv(1)
        if order == INTERRUPT:
            os.kill(child, signal.SIGINT)
        else:  # KILL, or the worker is gone
            os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    _report(channel, {"status": code, "cpu_seconds": usage.ru_utime + usage.ru_stime})
    os._exit(0)


def _report(channel: socket.socket, how: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # nobody may be left to hear it
        channel.send(json.dumps(how).encode())


def _inside(limits: Limits, data: int, output: int, control: int) -> NoReturn:
    # From here on the process is walled in; it ends without returning into the zygote's code.
    try:
        os.setsid()  # or kill(0, …) would reach those outside who share our process group
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(control)
        null = os.open("/dev/null", os.O_RDONLY)
        for old, new in ((null, 0), (output, 1), (output, 2), (data, 3)):
            os.dup2(old, new)
        os.closerange(4, 65536)
        os.environ.clear()
        os.environ.update(ENVIRONMENT)
        isolation.enter_cell(limits)
        isolation.die_with_parent()
        agent.serve(socket.socket(fileno=3))
    finally:
        os._exit(0)
