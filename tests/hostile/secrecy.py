"""Attacks that look for what they should not see."""

from hostile.case import Case, call, cell, honest

FIND = """
def find(*names):
    for folder, folders, files in os.walk("/"):
        if folder == "/proc":
            folders[:] = []
        for name in folders + files:
            if name in names:
                reached(os.path.join(folder, name))
"""

CASES: list[Case] = [
    honest("secrecy: honest control", "print(sorted(os.environ), os.listdir('.'))"),
    cell(
        "reads IPython's history",
        """
        for name in ("In", "Out", "_ih", "_i", "_i1", "history"):
            if name in globals():
                reached(name)
        shell = get_ipython()
        for name in ("history_manager", "user_ns", "kernel", "parent_header"):
            if getattr(shell, name)() is not None:
                reached(name)
        """,
    ),
    cell(
        "looks for the notebook file",
        FIND + "\nfind('01-window.ipynb', '01-window', '01-window.py')",
    ),
    cell(
        "looks for the gradebook",
        FIND + "\nfind('gradebook.db', 'grades.json', 'seed', '.autograder')",
    ),
    cell(
        "looks for solutions",
        FIND + "\nfind('01-window.py', 'submitted', 'autograded', 'gradebook.db')",
    ),
    cell(
        "looks for the grader",
        FIND + "\nfind('autograder', 'nbgrader', 'walled.py', 'agent.py', 'zygote.py')",
    ),
    cell(
        "opens the course by its path",
        """
        for path in ("@COURSE@", "@COURSE@/source/01-window/01-window.ipynb", "@COURSE@/gradebook.db",
                     "@COURSE@/.autograder/seed", "@COURSE@/submitted", "@SOLUTIONS@"):
            attempt(path, os.stat, path)
            attempt(path, os.listdir, path)
            attempt(path, open, path)
        """,
    ),
    cell(
        "climbs out of its root",
        """
        ways = [f"/proc/{process}/{way}" for process in ("self", 1) for way in ("root", "cwd")]
        for start in ("/..", "../../../../../..", *ways, *(way + "/.." for way in ways),
                      "/proc/self/cwd/../..", "/dev/fd/0/..", "/proc/self/fd/3/.."):
            for path in ("@COURSE@", "/home", "/var", "@HOME@/.bashrc", "/etc/passwd", "/etc/hostname"):
                attempt(start + path, os.stat, start + path)
        """,
    ),
    cell(
        "reads the machine's secrets",
        """
        for path in ("/etc/shadow", "/etc/passwd", "/etc/ssh", "/var/log", "/run/secrets", "/boot",
                     "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/tty", "/dev/ptmx", "/sys",
                     "/proc/kcore", "/proc/kallsyms", "/proc/cmdline", "/proc/version", "/proc/modules",
                     "/proc/net/tcp", "/proc/sched_debug", "/proc/meminfo", "@CANARY@", "@HOME_CANARY@"):
            attempt(path, open, path, "rb")
        """,
    ),
    cell(
        "reads its environment",
        """
        for text in (repr(os.environ), open("/proc/self/environ").read()):
            for word in ("SEED", "NBGRADER", "GRAD", "JPY", "KERNEL", "@COURSE@"):
                if word in text.upper() or word in text:
                    reached(word + " in the environment")
        """,
    ),
    cell(
        "looks for other processes",
        """
        others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
        for p in others:
            reached("process " + p)
        for p in (os.getppid(), 2, 3, 100, 1000):
            if p != os.getpid() and p > 0:
                attempt(f"process {p}", os.kill, p, 0)
        """,
    ),
    cell(
        "knows where it is",
        """
        if socket.gethostname() == "@HOSTNAME@":
            reached("the machine's name")
        if os.getuid() == 0 or os.geteuid() == 0:
            reached("root")
        if os.getpgrp() not in (0, os.getpid()) or os.getsid(0) not in (0, os.getpid()):
            reached("somebody's session")
        """,
    ),
    cell(
        "goes through its descriptors",
        """
        for number in os.listdir("/proc/self/fd"):
            if int(number) > 3:
                try:
                    target = os.readlink(f"/proc/self/fd/{number}")
                except OSError:
                    continue
                if "/proc/" not in target:
                    reached(f"descriptor {number}: {target}")
        """,
    ),
    cell(
        "imports the grader",
        """
        import importlib.util
        for name in ("autograder.checks", "autograder.checks.exercises", "autograder.grading", "sandbox",
                     "sandbox.client", "nbgrader", "nbgrader.api", "autograder.checks.reference"):
            try:
                found = importlib.util.find_spec(name)
            except BaseException:
                found = None
            if found is not None:
                reached(name)
        import autograder
        if getattr(autograder, "__file__", None) or getattr(autograder, "__path__", None):
            reached("the package's files")
        for name in ("reference", "examine"):
            got = getattr(autograder, name)("cross_correlate2d")
            if got is not None:
                reached(name)
        """,
    ),
    cell(
        "searches its memory for tests and solutions",
        """
        import re
        pattern = re.compile("BEGIN [H]IDDEN|BEGIN [S]OLUTION|canary-[0-9a-f]{8}")
        for thing in gc.get_objects():
            for text in gc.get_referents(thing):
                if type(text) is str and len(text) < 10**6 and pattern.search(text):
                    reached(pattern.search(text)[0])
        """,
    ),
    cell(
        "reads the raw memory of its process",
        """
        import re
        pattern = re.compile(rb"canary-[0-9a-f]{8}|BEGIN [H]IDDEN T|AUTOGRADER_[S]EED=.")
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(n, 16) for n in line.split()[0].split("-"))
                if line.split()[1][0] == "r" and end - start < 200 * 2**20 and start < 2**47:
                    try:
                        memory.seek(start)
                        text = memory.read(end - start)
                    except (OSError, ValueError):
                        continue
                    if pattern.search(text):
                        reached(pattern.search(text)[0])
        """,
    ),
    cell(
        "looks at cached source lines",
        """
        import linecache, inspect
        for name, entry in list(linecache.cache.items()):
            if "checks" in str(name) or "grading" in str(name):
                reached(name)
        """,
    ),
    call(
        "looks through its callers' frames",
        """
        frame = sys._getframe()
        while frame is not None:
            for name, value in {**frame.f_globals, **frame.f_locals}.items():
                if name in ("expected", "case", "verdict", "seed", "points", "hidden"):
                    reached(f"{name} in {frame.f_code.co_name}")
            frame = frame.f_back
        """,
    ),
    call(
        "searches its memory for what is expected",
        """
        SEEN.append((input.copy(), weight.copy(), stride))
        if len(SEEN) in (5, 25, 45):
            wanted = [right(*seen) for seen in SEEN]
            values = {a.tobytes() for a in wanted if a.any()} - {s[0].tobytes() for s in SEEN}
            mine = {id(a) for a in wanted} | {id(v) for v in values}
            for thing in gc.get_objects():
                for part in gc.get_referents(thing):
                    if id(part) in mine or type(part) not in (bytes, np.ndarray):
                        continue
                    if (part if type(part) is bytes else part.tobytes()) in values:
                        reached("an expected result")
        """,
        cells=("FAULTS, SEEN = [], []",),
    ),
    call(
        "asks for the seed",
        """
        for name in ("AUTOGRADER_SEED",):
            if name in os.environ:
                reached(name)
        for module in list(sys.modules.values()):
            if hasattr(module, "SEED_VARIABLE") or hasattr(module, "EXERCISES"):
                if type(module).__name__ == "module":
                    reached(module.__name__)
        """,
    ),
    cell(
        "connects to the loopback listener",
        """
        attempt("tcp", socket.create_connection, ("127.0.0.1", @PORT@), 1)
        attempt("tcp6", socket.create_connection, ("::1", @PORT@), 1)
        """,
    ),
    cell(
        "connects to the local sockets",
        """
        for address in ("@UNIX@", "\\0@ABSTRACT@"):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                channel = socket.socket(socket.AF_UNIX, kind)
                attempt(f"local socket {address!r}", channel.connect, address)
        """,
    ),
    cell(
        "opens every family of sockets",
        """
        for family in range(2, 46):
            for kind in (1, 2, 3, 5):
                attempt(f"family {family}", socket.socket, family, kind)
        attempt("socketpair", socket.socketpair, socket.AF_INET)
        """,
    ),
    cell(
        "asks the network by name",
        """
        import urllib.request
        attempt("dns", socket.getaddrinfo, "example.org", 80)
        attempt("http", urllib.request.urlopen, "http://127.0.0.1:@PORT@/", None, 1)
        for program in ("curl", "wget", "nc", "ssh", "ping", "git"):
            try:
                done = subprocess.run([program, "127.0.0.1", "@PORT@"], timeout=5, capture_output=True)
            except (OSError, subprocess.TimeoutExpired):
                continue
            if done.returncode == 0:
                reached(program)
        """,
    ),
    cell(
        "shares memory with somebody",
        """
        for number, arguments in ((29, (0x1234, 4096, 0o1666)), (64, (0x1234, 1, 0o1666)), (68, (0x1234, 0o1666))):
            system_call(f"call {number}", number, *arguments)
        for name in os.listdir("/dev/shm"):
            reached("/dev/shm/" + name)
        """,
    ),
    cell(
        "leaves word for the next submission",
        """
        for folder in ("/tmp", "/var/tmp", "/run", "/sandbox/..", "/", os.path.dirname(os.__file__)):
            attempt(folder, open, os.path.join(folder, "word-from-another"), "w")
            if os.path.exists(os.path.join(folder, "word-from-another")):
                reached("word from another")
        if os.path.exists("word-from-another"):
            reached("word from another")
        open("word-from-another", "w").write("x")
        import builtins
        if hasattr(np, "word_from_another") or hasattr(builtins, "word_from_another"):
            reached("word from another")
        np.word_from_another = builtins.word_from_another = True
        """,
    ),
    cell(
        "finds word of the one before",
        """
        import builtins
        if os.path.exists("word-from-another") or hasattr(builtins, "word_from_another"):
            reached("word from another")
        """,
    ),
    cell(
        "uses programs of the machine that run as root",
        """
        for folder in ("/usr/bin", "/usr/lib", "/bin", "/sbin"):
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                try:
                    mode = os.stat(path).st_mode
                except OSError:
                    continue
                if mode & 0o6000 and os.path.isfile(path):
                    done = None
                    try:
                        done = subprocess.run([path, "-c", "id -u"], timeout=2, capture_output=True,
                                              stdin=subprocess.DEVNULL)
                    except (OSError, subprocess.TimeoutExpired):
                        continue
                    if done.stdout.strip() == b"0":
                        reached(path)
        """,
    ),
    cell(
        "imports what is forbidden",
        """
        for name in ("torch", "scipy.signal", "scipy", "skimage", "cv2", "numba", "jax", "tensorflow"):
            __import__(name)
            module = sys.modules[name]
            if getattr(module, "__file__", None):
                reached(name)
            attempt(name, lambda: module.something())
        for name in ("nbformat", "jupyter_client", "sqlalchemy", "pip", "setuptools", "pytest"):
            attempt(name, __import__, name)
        for name in ("convolve", "correlate"):
            attempt(name, getattr(np, name), [1.0, 2.0], [1.0])
        from numpy._core import multiarray
        attempt("multiarray.correlate", multiarray.correlate, [1.0, 2.0], [1.0])
        """,
    ),
]
