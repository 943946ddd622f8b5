"""The sandbox for somebody who is not root. Run as root, this becomes nobody for it."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
sys.path[:0] = sys.argv[1].split(":")
from autograder.sandbox.client import SandboxUnavailable, Zygote
from autograder.sandbox.limits import Limits
zygote = Zygote()
try:
    zygote.ready()
except SandboxUnavailable as error:
    print("unavailable:", error)
    sys.exit()
with zygote, zygote.sandbox(Limits(processes=8)) as sandbox:
    error = sandbox.run('''
import os
import numpy as np
print(os.getuid(), os.listdir("."), [p for p in os.listdir("/proc") if p.isdigit()])
print([path for path in ("/etc/passwd", "/home", "/var", "@HOME@/.ssh") if os.path.exists(path)])
print(np.linalg.inv(np.eye(2) * 2)[0, 0])
count = 0
try:
    while os.fork():
        count += 1
    import time; time.sleep(60)
except OSError:
    print(count < 12)
''', 60)
    print(error, sandbox.output())
"""

# Root's own Python often lies where nobody else may go: it is bound to a place that they reach, in
# a mount namespace of this test's own.
REACHABLE = """
set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
for name in base packages checkout; do mkdir /mnt/$name; done
mount --bind "$1" /mnt/base
mount --bind "$2" /mnt/packages
mount --bind "$3" /mnt/checkout
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
    /mnt/base/bin/"$4" -I -c "$5" /mnt/checkout:/mnt/packages
"""


def as_somebody(root: Path) -> subprocess.CompletedProcess[str]:
    packages = sysconfig.get_paths()["purelib"]
    program = PROGRAM.replace("@HOME@", str(Path.home()))
    if os.geteuid() != 0:
        command = [sys.executable, "-c", program, f"{root}:{packages}"]
    else:
        name = Path(sys.executable).resolve().name
        command = ["unshare", "--mount", "bash", "-c", REACHABLE, "-"]
        command += [sys.base_prefix, packages, str(root), name, program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_walls_hold_for_an_ordinary_user(root: Path) -> None:
    try:
        ran = as_somebody(root)
    except FileNotFoundError as error:
        pytest.skip(f"cannot become somebody else here: {error}")
    if ran.returncode and not ran.stdout:
        pytest.skip(f"cannot become somebody else here: {ran.stderr.strip()[-200:]}")
    if ran.stdout.startswith("unavailable:"):
        pytest.skip(f"no sandbox for an ordinary user here: {ran.stdout.strip()}")
    assert ran.stdout.split("\n")[:4] == ["None 1000 [] ['1']", "[]", "0.5", "True"], ran.stderr
