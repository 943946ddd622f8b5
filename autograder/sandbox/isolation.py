"""Walls around a process, from the Linux kernel's own means. Knows nothing of what runs inside.

Two steps. ``enter_root`` is done once by the zygote: a private root in which the system's and
Python's files are read-only and nothing else is. ``enter_cell`` is done for every submission, in a
process of its own: fresh namespaces, a private /tmp, no privileges, a filter of system calls and
limits on resources. Works for root and for an ordinary user wherever user namespaces are allowed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

from .limits import Limits

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2

INSIDE = 1000  # the user and group that everything inside a cell belongs to
NOBODY = 65534  # who that is outside, where we are root


class IsolationError(OSError):
    """A wall could not be put up. The text names the system call and the reason."""


# --- System calls ---------------------------------------------------------------------------------


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        where = " ".join(a.decode() for a in arguments if isinstance(a, bytes))
        raise IsolationError(code, f"{f'{name} {where}'.strip()}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    """Leave the namespaces of the parent for fresh ones."""
    _call("unshare", flags)


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )


def _prctl(*arguments: int) -> None:
    _call("prctl", *(ctypes.c_ulong(a) for a in arguments))


NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC
NAMESPACES |= CLONE_NEWUTS


def enter_namespaces() -> None:
    """Fresh user, mount, pid, net, ipc and uts namespaces; the caller becomes their only user.

    The next fork is process 1 in them. The caller must have one thread only.
    """
    uid, gid = os.geteuid(), os.getegid()  # afterwards we are nobody
    unshare(NAMESPACES)
    _write_maps("self", f"{INSIDE} {uid} 1", f"{INSIDE} {gid} 1")


def enter_namespaces_as_root() -> None:
    """The same for a caller who is root: they stay root inside, and INSIDE is nobody outside.

    The kernel does not count root's processes, so what is not trusted must not run as root, not
    even as one that has no power. Only a process outside may write such a map: the caller forks,
    goes on in the child, and stays behind only to pass on the child's exit status.
    """
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.read(ready[0], 1)
        _write_maps(str(child), *[f"0 0 1\n{INSIDE} {NOBODY} 1"] * 2)
        os.write(go[1], b"1")
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    die_with_parent()
    unshare(NAMESPACES)
    os.write(ready[1], b"1")
    os.read(go[0], 1)
    for end in (*ready, *go):
        os.close(end)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def become_inside() -> None:
    """From root of the namespace to its ordinary user, if we are root there."""
    if os.geteuid() == 0:
        os.setresgid(INSIDE, INSIDE, INSIDE)
        os.setresuid(INSIDE, INSIDE, INSIDE)
        _prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # or /proc/self would still be root's


def _write_maps(pid: str, users: str, groups: str) -> None:
    # Root may keep setgroups; an ordinary user must give it up before mapping groups.
    for name, text in (("setgroups", "deny"), ("uid_map", users), ("gid_map", groups)):
        try:
            Path("/proc", pid, name).write_text(text)
        except OSError as error:
            raise IsolationError(error.errno, f"/proc/{pid}/{name}: {error.strerror}") from None


def pivot(root: str) -> None:
    """Make ``root`` the root of the mount namespace, and let go of the old one."""
    os.chdir(root)
    number = {"x86_64": 155, "aarch64": 41}[platform.machine()]
    if _libc.syscall(number, b".", b".") != 0:
        code = ctypes.get_errno()
        raise IsolationError(code, f"pivot_root: {os.strerror(code)}")
    # The old root lies on top of the new one now; taken away, the new one is left.
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")


HOME = "/sandbox"  # the one folder that can be written; its own name, so that it hides nothing


# --- The private root -----------------------------------------------------------------------------

DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM = (
    "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/share/zoneinfo",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives",
)  # fmt: skip


def enter_root(
    readable: Iterable[Path], hidden: Iterable[Path], packages: Iterable[Path], size_mb: int = 4
) -> None:
    """Leave the machine's file system for a private one, for good. Called once, by the zygote.

    readable  folders and files that are there, read-only, under their own names; beside them only
              SYSTEM, the programs and libraries of the machine
    hidden    folders inside those that are empty here: Python packages of the machine
    packages  folders and files that are there although they may lie in a hidden folder
    size_mb   room for the folders that hold it all together
    """
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    hidden = [path for path in sorted(set(hidden)) if path.is_dir()]
    packages = [path for path in sorted(set(packages)) if path.exists()]
    sources = _outermost([*map(Path, SYSTEM), *readable])
    root = Path(_place([*sources, *packages]))
    mount("private", str(root), "tmpfs", MS_NOSUID | MS_NODEV, f"size={size_mb}m,mode=755")
    # What is laid over a folder is laid aside first: afterwards its own name shows what hides it.
    aside = [_bind(path, root / "aside" / str(n)) for n, path in enumerate(packages)]
    for path in sources:
        if path.exists():
            _bind(path, _under(root, path))
    for name in LINKS:
        link = Path("/") / name
        if link.is_symlink():
            (root / name).symlink_to(os.readlink(link))
        elif link.is_dir():
            _bind(link, root / name)
    covers = [_under(root, path) for path in hidden if _under(root, path).is_dir()]
    for cover in covers:
        mount("hidden", str(cover), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path, found in zip(packages, aside, strict=True):
        _bind(found, _under(root, path))
        _call("umount2", str(found).encode(), MNT_DETACH)
        found.rmdir() if found.is_dir() else found.unlink()
    with contextlib.suppress(FileNotFoundError):
        (root / "aside").rmdir()
    for cover in covers:
        _make_read_only(str(cover))
    for name in DEVICES:
        _bind(Path("/dev") / name, root / "dev" / name, device=True)
    (root / "dev" / "shm").symlink_to(HOME)  # where Python's multiprocessing keeps its locks
    for name in ("proc", HOME.strip("/"), "tmp"):
        (root / name).mkdir(exist_ok=True)
    # A fresh /proc can be mounted later only while one can be seen.
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _make_read_only(str(root))
    pivot(str(root))


def _under(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _place(sources: Iterable[Path]) -> str:
    # Any folder will do to mount on, since nobody else sees it, but for one that holds a source.
    for name in ("/mnt", "/srv", "/media", "/opt", "/tmp"):
        if Path(name).is_dir() and not any(path.is_relative_to(name) for path in sources):
            return name
    raise IsolationError(errno.ENOENT, "no folder to build the private root on")


def _outermost(paths: Iterable[Path]) -> list[Path]:
    chosen: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(outer) for outer in chosen):
            chosen.append(path)
    return chosen


def _bind(source: Path, target: Path, device: bool = False) -> Path:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(source), str(target), "", MS_BIND | MS_REC)
    flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | _locked(source)
    mount("none", str(target), "", flags if device else flags | MS_NODEV)
    return target


def _locked(path: Path) -> int:
    # Flags of the original mount that a user namespace must not take away.
    flags = os.statvfs(path).f_flag
    pairs = ((os.ST_NODEV, MS_NODEV), (os.ST_NOEXEC, MS_NOEXEC))
    kept = sum(mine for theirs, mine in pairs if flags & theirs)
    return kept | (flags & (os.ST_NOATIME | os.ST_NODIRATIME | os.ST_RELATIME))


def _make_read_only(root: str) -> None:
    mount("none", root, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


# --- One submission's cell ------------------------------------------------------------------------


def enter_files(limits: Limits) -> None:
    """The submission's own folder and /proc, in process 1 of fresh namespaces. First step."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    try:  # processes alone, nothing of the machine
        mount("proc", "/proc", "proc", flags, "subset=pid")
    except IsolationError:  # a kernel older than 5.8
        mount("proc", "/proc", "proc", flags)
    options = f"size={limits.disk_mb}m,nr_inodes={limits.files},mode=700"
    mount("private", HOME, "tmpfs", MS_NOSUID | MS_NODEV, options)
    name = b"sandbox"
    _call("sethostname", name, len(name))


def lock(limits: Limits) -> None:
    """The rest of the walls, for good: limits, privileges, system calls. Last step."""
    limit(limits)
    drop_privileges()
    filter_calls()


def limit(limits: Limits, alone: bool = True) -> None:
    """Resource limits of this process and of all that it starts.

    alone  do no other processes belong to this user? Else they would count as its own
    """
    # What was loaded before the fork is not the submission's: torch alone maps gigabytes.
    loaded = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for which, value in (
        (resource.RLIMIT_AS, loaded + limits.memory_mb * 2**20),
        (resource.RLIMIT_FSIZE, 2 * limits.disk_mb * 2**20),  # the disk is full before
        (resource.RLIMIT_NOFILE, limits.open_files),
        # The monitor counts, and a control group should be the first to refuse one.
        *([(resource.RLIMIT_NPROC, limits.processes + 2)] if alone else []),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 1),  # with 0, a program of the machine could still be handed one
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(which, (value, value))


def drop_privileges() -> None:
    """Give up every capability for good, and the means to get one back."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) != 0:
            break  # the last one that this kernel knows
    header = struct.pack("Ii", 0x20080522, 0)
    _call("capset", header, struct.pack("IIIIII", 0, 0, 0, 0, 0, 0))
    _prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent() -> None:
    """SIGKILL for the caller when the process that started it ends.

    The kernel forgets this whenever a process changes who it is, so say it again afterwards.
    """
    _prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)


# --- The filter of system calls -------------------------------------------------------------------

# name: (number on x86_64, number on aarch64); None where there is no such call. Denied because they
# reach into other processes, change the walls, open large parts of the kernel, or reach a network.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "memfd_secret": (447, 447),
    "landlock_create_ruleset": (444, 444),
    "open_tree_attr": (467, 467),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "quotactl_fd": (443, 443),
    "personality": (135, 92),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "io_setup": (206, 0),
    # Memory that belongs to no process, which only a control group would count.
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "seccomp": (317, 277),
    "clone3": (435, 435),
}
CLONE = (56, 220)
SOCKETS = ((41, 198), (53, 199))  # socket, socketpair
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL, DENY = 0x7FFF0000, 0x80000000, 0x00050000
AF_UNIX = 1


def filter_calls() -> None:
    """Refuse, from here on, the system calls of DENIED, sockets but for local ones, namespaces."""
    program = b"".join(_program(platform.machine()))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    block = ctypes.create_string_buffer(header, len(header))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(block), 0, 0)


def _program(machine: str) -> list[bytes]:
    column = 0 if machine == "x86_64" else 1

    def statement(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
        return struct.pack("HBBI", code, true, false, value)

    load, equal, any_bit, at_least, give = 0x20, 0x15, 0x45, 0x35, 0x06
    refuse = statement(give, DENY | errno.EPERM)
    program = [
        statement(load, 4),  # which architecture
        statement(equal, AUDIT[machine], true=1),
        statement(give, KILL),
        statement(load, 0),  # which call
        statement(at_least, 0x40000000, false=1),  # the x32 names of the same calls
        refuse,
    ]
    for name, numbers in DENIED.items():
        number = numbers[column]
        if number is None:
            continue
        # A C library that is told "no such call" uses the older clone, whose flags can be read.
        answer = statement(give, DENY | errno.ENOSYS) if name == "clone3" else refuse
        program += [statement(equal, number, false=1), answer]
    program += [
        statement(equal, CLONE[column], false=4),
        statement(load, 16),  # its flags
        statement(any_bit, NAMESPACES | CLONE_NEWCGROUP, false=1),
        refuse,
        statement(load, 0),
    ]
    for numbers in SOCKETS:
        program += [
            statement(equal, numbers[column], false=4),
            statement(load, 16),  # its family
            statement(equal, AF_UNIX, true=1),
            refuse,
            statement(give, ALLOW),
        ]
    return [*program, statement(give, ALLOW)]
