"""A PostgreSQL server for the tests, from Debian's package: found, installed, started, stopped.

`make test` runs this file to install the package where it can. Without one the tests that need it
are skipped and say so.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import debian

PACKAGE = "postgresql"


def programs() -> Path | None:
    """The folder of the server's programs: Debian keeps them off PATH. None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def server() -> Iterator[str]:
    """Start a server of our own on a socket in a private folder; yield that folder's path."""
    bin_folder = programs()
    assert bin_folder is not None
    # Not pytest's folder: the path of a socket has room for a hundred characters.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        # PostgreSQL refuses to run as root.
        who = "postgres" if os.geteuid() == 0 else None
        if who:
            os.chown(folder, pwd.getpwnam(who).pw_uid, pwd.getpwnam(who).pw_gid)
        data = folder / "data"
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"]
        subprocess.run(
            [bin_folder / "initdb", "-D", data, *options],
            user=who, group=who, cwd="/", check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        command = [bin_folder / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "-c", "fsync=off"],
                user=who, group=who, cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait_for([str(bin_folder / "pg_isready"), "-q", "-h", name], process)
            yield name
        finally:
            process.send_signal(signal.SIGINT)  # its way to end without waiting for clients
            process.wait(timeout=30)


def _wait_for(ready: list[str], process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if subprocess.run(ready).returncode == 0:
            return
        assert process.poll() is None, "PostgreSQL ended as it started"
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not come up")


def main() -> None:
    """Install the package where it is missing and can be had; always ends well."""
    if programs() is None:
        print(f"database: installing {PACKAGE} with apt-get (a minute, once)", flush=True)
        reason = debian.install(PACKAGE)
        if programs() is None:
            debian.say_loudly(
                "NO POSTGRESQL: the tests of a gradebook in PostgreSQL will be skipped.",
                f"  - {reason or 'the package brings no server'}",
                f"`make test` as root on Debian installs {PACKAGE}.",
            )
            return
    print(f"database: {programs()}")


if __name__ == "__main__":
    main()
