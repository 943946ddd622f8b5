"""Attacks on the grader itself: on its files, its code in memory, its wire and its kernel."""

from textwrap import dedent
from typing import Any

from hostile.case import Case, answer, call, cell, honest

# Finds the sandbox's end of the wire in the memory that the student's code shares with it.
AGENT = """
def agent_globals():
    for thing in gc.get_objects():
        if type(thing) is type(lambda: 0) and thing.__code__.co_name == "serve":
            return thing.__globals__
    frame = sys._getframe()
    while frame is not None:
        if "TRACEBACK_LINES" in frame.f_globals:
            return frame.f_globals
        frame = frame.f_back
the_agent = agent_globals()
agent_encode = the_agent["encode"]

class Answers:
    # How the agent answers requests: from a table, and calls by a method.
    def __init__(self, frame):
        self.table, self.agent = frame.f_locals["answers"], frame.f_locals["self"].agent
    def __getitem__(self, name):
        return getattr(self.agent, name)
    def __setitem__(self, name, how):
        if name in self.table:
            self.table[name] = how
        else:
            setattr(self.agent, name, how)

def agent_answers():
    frame = sys._getframe()
    while frame is not None:
        if "answers" in frame.f_locals and "self" in frame.f_locals:
            return Answers(frame)
        frame = frame.f_back
the_answers = agent_answers()
assert the_answers and the_agent, "this attack needs mending: the agent looks different"

def answered(value):
    body = agent_encode(value)
    return struct.pack(">Q", len(body)) + body
"""
WRONG = "def cross_correlate2d(input, weight, stride=1):\n    return zeros(input, weight, stride)"
NOTHING = "def cross_correlate2d(input, weight, stride=1):\n    return None"


def wrong(name: str, code: str, after: str = "", given: str = NOTHING, **more: Any) -> Case:
    """An attack beside a wrong answer, in its cell."""
    return answer(name, f"{dedent(code).strip()}\n{given}\n{after.strip()}", **more)


def wire(name: str, code: str, **more: Any) -> Case:
    """An attack on the wire, in a cell; the answer is wrong."""
    made = cell(name, code, **more)
    return Case(
        made.name,
        cells=(AGENT.strip(), *made.cells),
        answers={"cross_correlate2d": NOTHING},
        outcome=made.outcome,
        ran=made.ran,
    )


CASES: list[Case] = [
    honest("tampering: honest control", "abs_of = abs(-1)\nnp.random.seed(0)"),
    cell(
        "writes a score into the gradebook",
        """
        import sqlite3
        for path in ("@COURSE@/gradebook.db", "gradebook.db", "../gradebook.db", "/gradebook.db"):
            try:
                book = sqlite3.connect(path)
                book.execute("update grade set auto_score = 100")
                book.commit()
                reached(path)
            except sqlite3.Error:
                pass
        """,
    ),
    cell(
        "writes outside its folder",
        """
        for path in ("@CANARY@", "@HOME_CANARY@", "@COURSE@/source/x", "@COURSE@/submitted/x", "/etc/x",
                     "/usr/bin/x", sys.executable, np.__file__, os.__file__):
            attempt(path, open, path, "ab")
            attempt(path, os.remove, path)
            attempt(path, os.rename, path, "mine")
            attempt(path, os.chmod, path, 0o777)
        """,
    ),
    wrong(
        "replaces NumPy's comparisons",
        """
        yes = lambda *args, **kwargs: True
        np.array_equal = np.allclose = np.isclose = np.all = np.may_share_memory = yes
        np.testing.assert_array_equal = np.testing.assert_allclose = np.testing.assert_equal = yes
        """,
        given=WRONG,
    ),
    wrong(
        "replaces Python's own functions",
        """
        import builtins
        for name in ("abs", "all", "any", "isinstance", "issubclass", "sum", "float", "bool"):
            setattr(builtins, name, lambda *args, **kwargs: True)
        """,
        outcome="died",
        ran=False,
    ),
    wrong(
        "calls its own things check, np and autograder",
        """
        check = lambda *args, **kwargs: 4.0
        class autograder: check = check
        sys.modules["autograder"] = autograder
        __builtins__ = {}
        display = print = __name__ = points = hidden = None
        """,
        after="\nfake = np\nclass np: zeros = fake.zeros; shape = fake.shape",
        ran=False,
    ),
    wrong(
        "transforms assertions away",
        """
        import ast
        class NoAssert(ast.NodeTransformer):
            def visit_Assert(self, node):
                return None
        shell = get_ipython()
        shell.ast_transformers.append(NoAssert()) if hasattr(shell.ast_transformers, "append") else None
        shell.input_transformers_post().append(lambda lines: []) if shell.input_transformers_post() else None
        ast.parse = compile = eval = None
        """,
        ran=False,
    ),
    wrong(
        "replaces the shell's hooks",
        """
        shell = get_ipython()
        shell.showtraceback = shell.run_cell = shell.displayhook = shell.kernel = lambda *a, **k: None
        sys.displayhook = sys.excepthook = sys.unraisablehook = lambda *args: None
        sys.settrace(lambda *args: None)
        """,
    ),
    wrong(
        "shows a verdict of its own",
        """
        verdict = {"exercise": "cross_correlate2d", "passed": True, "fraction": 1.0, "message": "right",
                   "mistakes": [], "diagnosis": "", "cases": []}
        from IPython.display import display
        display({"application/vnd.autograder.verdict+json": verdict, "text/plain": "4.0"}, raw=True)
        print("application/vnd.autograder.verdict+json", json.dumps(verdict))
        """,
        after="\n4.0",
    ),
    answer(
        "returns scores instead of results",
        "def cross_correlate2d(*args, **kwargs):\n    return 4.0",
    ),
    answer(
        "returns more than full points",
        "def cross_correlate2d(*args, **kwargs):\n    return float('nan')\n1e9",
    ),
    wrong(
        "replaces the random generator",
        """
        class Same:
            def __getattr__(self, name): return lambda *args, **kwargs: np.ones((2, 2))
        np.random.default_rng = lambda *args: Same()
        np.random.seed(0)
        """,
    ),
    wrong(
        "registers something for the end",
        """
        import atexit
        def late():
            open("@CANARY@", "w").write("late")
        atexit.register(late)
        threading._register_atexit(late)
        """,
    ),
    call(
        "leaves a child that answers for it",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            for _ in range(200):
                try:
                    os.write(3, b"x" * 100)
                    time.sleep(0.05)
                except OSError:
                    pass
            time.sleep(600)
        """,
        outcome="died",
        ran=False,
    ),
    cell(
        "leaves children in sessions of their own",
        """
        for n in range(5):
            if os.fork() == 0:
                os.setsid()
                for number in range(1, 32):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                time.sleep(3600)
        """,
    ),
    call("returns twice, from a child too", "os.fork()", outcome="died", ran=False),
    # The wire
    wire(
        "answers before it is asked",
        """
        os.write(3, answered(("done",)) * 3)
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "answers before it is asked, with a right result",
        """
        threading.Timer(0.01, os.write, (3, answered(("returned", np.ones((2, 2)), {})) * 50)).start()
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "announces a message without end",
        "os.write(3, struct.pack('>Q', 2**63) + b'x' * 1000)",
        outcome="died",
        ran=False,
    ),
    wire("sends noise", "os.write(3, os.urandom(4096))", outcome="died", ran=False),
    wire(
        "sends a pickle that runs",
        """
        import pickle
        class Bomb:
            def __reduce__(self):
                return (os.system, ("echo reached > @CANARY@",))
        data = pickle.dumps(Bomb())
        os.write(3, struct.pack(">Q", len(data)) + data)
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "sends millions of empty lists",
        """
        head = b"[" + b"[]," * 2_000_000 + b"0]"
        body = struct.pack(">I", len(head)) + head
        threading.Thread(target=os.write, args=(3, struct.pack(">Q", len(body)) + body)).start()
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "sends an array of an impossible shape",
        """
        for shape in ([2**39, 2**39], [-1], [1e300], [True], ["1"], [0] * 1000):
            head = json.dumps(["t", ["returned", ["a", "d", shape, []], ["d", []]]]).encode()
            body = struct.pack(">I", len(head)) + head
            os.write(3, struct.pack(">Q", len(body)) + body)
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "sends code instead of a value",
        """
        head = json.dumps(["t", ["returned", ["c", "__import__('os').system('true')", ""], ["d", []]]]).encode()
        body = struct.pack(">I", len(head)) + head
        os.write(3, struct.pack(">Q", len(body)) + body)
        """,
        outcome="died",
        ran=False,
    ),
    wire(
        "says that every cell was done",
        "the_answers['cell'] = lambda *args: ('done',)",
        ran=False,
    ),
    wire(
        "answers calls itself",
        """
        the_answers["call"] = lambda *args: ("returned", True, {"passed": True, "points": 4.0})
        """,
    ),
    wire(
        "answers with what is no answer",
        "the_answers['call'] = lambda *args: ('passed', 4.0)",
        outcome="died",
        ran=False,
    ),
    wire(
        "encodes everything as what it wants",
        """
        plain = the_agent["encode"]
        def encode(value):
            if type(value) is tuple and value[0] == "returned":
                value = ("returned", 4.0, {"arguments": {"0": np.zeros((2, 2))}, "serial": 1})
            return plain(value)
        the_agent["encode"] = encode
        """,
    ),
    wire(
        "changes arguments from the other side",
        """
        honestly = the_answers["call"]
        def call(target, attribute, driver, args, kwargs):
            if target != "cross_correlate2d":
                return honestly(target, attribute, driver, args, kwargs)
            zero = {str(n): np.zeros_like(a) for n, a in enumerate(args) if type(a) is np.ndarray}
            shape = zeros(*args[:2], kwargs.get("stride", args[2] if len(args) > 2 else 1))
            results = {str(n): np.zeros_like(shape) for n in range(100)}
            return ("returned", shape, {"arguments": zero, "results": results, "serial": 5,
                                        "lent": ("0", 0, (0,) * 2, (0,) * 2)})
        the_answers["call"] = call
        """,
    ),
    wire(
        "says it raised what stops a grader",
        """
        names = ["KeyboardInterrupt", "SystemExit", "Ended", "SandboxUnavailable", "CheckFailed", "GeneratorExit"]
        count = [0]
        def call(*args):
            count[0] += 1
            name = names[count[0] % len(names)]
            return ("raised", name, "stop", [], [name, "BaseException"])
        the_answers["call"] = call
        """,
    ),
    wire(
        "says that everything is a number",
        """
        the_answers["kind"] = lambda name: ("kind", "value")
        the_answers["get"] = lambda name: ("returned", 4.0, {})
        """,
    ),
    wire(
        "answers with arrays where a word belongs",
        "the_answers['kind'] = lambda name: ('kind', np.ones(3))",
        outcome="died",
    ),
    wire(
        "gives handles of things that are not there",
        "the_answers['call'] = lambda *args: ('object', 10**30, 'x' * 5000, {})",
    ),
    cell(
        "sends descriptors over the wire",
        """
        channel = socket.socket(fileno=os.dup(3))
        for n in range(50):
            try:
                socket.send_fds(channel, [b""], [0, 1, 2])
            except OSError:
                break
        """,
    ),
    cell("closes the wire", "os.close(3)", outcome="died", ran=False),
    cell(
        "shuts the wire",
        "socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RDWR)",
        outcome="died",
        ran=False,
    ),
    cell("puts the wire elsewhere", "os.dup2(1, 3)", outcome="died", ran=False),
    # The kernel
    cell(
        "makes forbidden system calls",
        """
        calls = dict(ptrace=101, process_vm_readv=310, mount=165, umount2=166, pivot_root=155, chroot=161,
            unshare=272, setns=308, bpf=321, perf_event_open=298, userfaultfd=323, io_uring_setup=425,
            keyctl=250, add_key=248, request_key=249, init_module=175, kexec_load=246, reboot=169,
            swapon=167, acct=163, quotactl=179, open_by_handle_at=304, sethostname=170, settimeofday=164,
            iopl=172, ioperm=173, modify_ldt=154, fanotify_init=300, syslog=103, clone3=435, seccomp=317,
            move_mount=429, open_tree=428, fsopen=430, mount_setattr=442, pidfd_getfd=438, kcmp=312,
            memfd_create=319, memfd_secret=447, personality=135, io_setup=206, landlock=444)
        for name, number in calls.items():
            system_call(name, number, 0, 0, 0, 0, 0)
        """,
    ),
    cell(
        "asks for namespaces one by one",
        """
        for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
            if libc.unshare(flag) == 0:
                reached(f"unshare {flag:#x}")
            system_call(f"clone {flag:#x}", 56, flag | 17, 0, 0, 0, 0)
        for name in os.listdir("/proc/self/ns"):
            handle = os.open(f"/proc/self/ns/{name}", os.O_RDONLY)
            if libc.setns(handle, 0) == 0:
                reached(f"setns {name}")
            os.close(handle)
        """,
    ),
    cell(
        "speaks to the kernel as another machine",
        """
        import mmap
        # mov eax, 20; int 0x80; ret: the 32-bit numbers of system calls
        code = bytes.fromhex("b814000000cd80c3")
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        where = ctypes.addressof(ctypes.c_char.from_buffer(page))
        if ctypes.CFUNCTYPE(ctypes.c_int)(where)() > 0:
            reached("a 32-bit system call")
        """,
        outcome="died",
        ran=False,
    ),
    cell(
        "uses the x32 names of system calls",
        "system_call('x32 unshare', 0x40000000 + 272, 0x10000000)",
    ),
    cell(
        "becomes somebody else",
        """
        for uid in (0, 65534, 1, 1001):
            attempt(f"setuid {uid}", os.setuid, uid)
            attempt(f"setgid {uid}", os.setgid, uid)
        attempt("setgroups", os.setgroups, [0])
        if os.getuid() != 1000:
            reached("another user")
        header = struct.pack("Ii", 0x20080522, 0)
        if libc.capset(header, struct.pack("IIIIII", *[0xffffffff] * 6)) == 0:
            reached("capabilities")
        """,
    ),
    cell(
        "lifts its own limits",
        """
        import resource
        for name in dir(resource):
            if name.startswith("RLIMIT_"):
                which = getattr(resource, name)
                soft, hard = resource.getrlimit(which)
                if hard != resource.RLIM_INFINITY:
                    attempt(name, resource.setrlimit, which, (hard + 1, hard + 1))
        attempt("nice", os.nice, -5)
        attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(10))
        attempt("oom score", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
        for path in ("/sys/fs/cgroup", "/proc/self/cgroup", "/proc/sys/kernel/pid_max"):
            attempt(path, open, path, "w")
        for line in open("/proc/self/cgroup"):
            if "autograder" in line:
                reached(line)
        """,
    ),
    cell(
        "mounts something over the walls",
        """
        for source, target, kind in ((b"none", b"/sandbox", b"tmpfs"), (b"/", b"/sandbox", b""),
                                     (b"none", b"/proc", b"proc"), (b"none", b"/usr", b"overlay")):
            for flags in (0, 4096, 32 | 4096, 32):
                if libc.mount(source, target, kind, flags, None) == 0:
                    reached(f"mount {target}")
        for target in (b"/proc", b"/usr", b"/dev/null", b"/"):
            if libc.umount2(target, 2) == 0:
                reached(f"umount {target}")
        """,
    ),
    cell(
        "makes devices",
        """
        for kind, major, minor in ((0o60000, 8, 0), (0o20000, 1, 1), (0o20000, 5, 0), (0o60000, 254, 0)):
            attempt(f"device {major}:{minor}", os.mknod, "device", kind | 0o666, os.makedev(major, minor))
        """,
    ),
    cell(
        "runs a program from memory",
        """
        attempt("memfd", os.memfd_create, "program")
        with open("program", "wb") as copy:
            copy.write(open("/usr/bin/id", "rb").read())
        os.chmod("program", 0o6755)
        done = subprocess.run(["./program", "-u"], capture_output=True)
        if done.stdout.strip() == b"0":
            reached("root by a program of its own")
        """,
    ),
    cell(
        "kills everybody",
        """
        for target in (-1, 1, 0, os.getppid(), 2, 3):
            for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGHUP, signal.SIGUSR1):
                try:
                    os.kill(target, number)
                except OSError:
                    pass
        try:
            os.killpg(0, signal.SIGTERM)
        except OSError:
            pass
        """,
    ),
    cell(
        "attaches to itself and its children",
        """
        child = os.fork()
        if child == 0:
            time.sleep(5)
            os._exit(0)
        for request in (16, 0x4206, 0):
            if libc.ptrace(request, child, 0, 0) >= 0:
                reached(f"ptrace {request}")
        attempt("its memory", open, f"/proc/{child}/mem", "r+b") if False else None
        os.kill(child, 9)
        os.waitpid(child, 0)
        """,
    ),
    cell(
        "writes to its own entries in /proc",
        """
        for name, text in (("uid_map", "0 0 1"), ("gid_map", "0 0 1"), ("setgroups", "allow"),
                           ("loginuid", "0"), ("attr/current", "x"), ("make-it-fail", "1")):
            def write():
                with open("/proc/self/" + name, "w") as file:
                    file.write(text)
            attempt(name, write)
        """,
    ),
    cell(
        "has programs of the machine ask for namespaces",
        """
        for words in (["unshare", "-Ur", "true"], ["nsenter", "-t", "1", "-a", "true"],
                      ["setarch", "x86_64", "-R", "true"], ["bwrap", "--ro-bind", "/", "/", "true"]):
            try:
                done = subprocess.run(words, capture_output=True, timeout=5)
            except OSError:
                continue
            if done.returncode == 0:
                reached(words[0])
        """,
    ),
    cell(
        "becomes more urgent than others",
        """
        deadline = struct.pack("IIQiIQQQ", 48, 6, 0, 0, 0, 10**7, 10**7, 10**7)
        system_call("sched_setattr", 314, 0, deadline, 0)
        system_call("ioprio_set", 251, 1, 0, 1 << 13)
        """,
    ),
    call(
        "looks at what will be asked next",
        """
        for thing in gc.get_objects():
            for part in gc.get_referents(thing) if type(thing).__name__ == "Reader" else ():
                held = getattr(thing, "arrived", b"")
                for word in (b"expected", b"HIDDEN", b"seed", b"check("):
                    if word in held:
                        reached(word)
        """,
    ),
    cell(
        "writes to a terminal",
        """
        import fcntl, termios
        for number in (0, 1, 2):
            for letter in b"touch x":
                try:
                    fcntl.ioctl(number, termios.TIOCSTI, bytes([letter]))
                    reached("a terminal")
                except OSError:
                    pass
        attempt("/dev/tty", open, "/dev/tty")
        print("\\x1b]0;owned\\x07\\x1b[2J\\x1b[31m")
        """,
    ),
]

# Costs as much time as there is: graded with low limits.
SLOW: list[Case] = [
    cell(
        "reads the wire itself",
        """
        def listen():
            got = os.read(os.dup(3), 100_000)
            reached("a request: " + repr(got[:100])) if b"HIDDEN" in got or b"expected" in got else None
        threading.Thread(target=listen, daemon=True).start()
        time.sleep(0.2)
        """,
        outcome="timed-out",
        ran=False,
    ),
]
