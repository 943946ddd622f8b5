"""Submissions that want more than there is. Graded with low limits: see LOW."""

from hostile.case import OTHERS, TARGET, Case, answer, cell, honest

LOW = {
    "cell-seconds": 3,
    "submission-seconds": 12,
    "cpu-seconds": 12,
    "memory-mb": 256,
    "disk-mb": 8,
    "processes": 16,
    "output-kb": 64,
}
ONLY = f"def {TARGET}(input, weight, stride=1):\n"


def slow(name: str, code: str, **more: object) -> Case:
    """Time runs out in a cell."""
    return cell(name, code, outcome="timed-out", **more)


CASES: list[Case] = [
    honest("resources: honest control", "kept = bytearray(50 * 2**20)"),
    honest(
        "honest: threads, files and children within the limits",
        """
        threads = [threading.Thread(target=time.sleep, args=(0.1,)) for n in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        open("some", "w").write("x" * 2**20)
        subprocess.run(["true"], check=True)
        """,
    ),
    honest("honest: prints a page", "print('x' * 30_000)"),
    honest(
        "honest: a function that prints much",
        answers={},
        solved=True,
        last=("def noisy():\n    print('x' * 200)\nnoisy()",),
    ),
    honest("honest: a cell that takes two seconds", "time.sleep(1.5)"),
    slow("a loop without an end", "while True: pass"),
    slow(
        "a loop that swallows the interrupt",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ran=True,
    ),
    slow("the interrupt ignored", "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"),
    slow("sleep", "time.sleep(1000)"),
    slow("one call that takes for ever", "pow(7, 10**8, 10**100_000_000 if False else 3**10**7)"),
    slow(
        "a regular expression that takes for ever", "import re; re.match('(a+)+$', 'a' * 40 + 'b')"
    ),
    slow("waiting for a lock", "lock = threading.Lock(); lock.acquire(); lock.acquire()"),
    slow("waiting for input", "os.read(os.pipe()[0], 1)"),
    slow(
        "stopped",
        "child = os.fork()\nif child == 0:\n    os.kill(os.getpid(), signal.SIGSTOP)\nos.waitpid(child, 0)",
    ),
    slow(
        "a repr without an end",
        "class Endless:\n    def __repr__(self):\n        while True: pass\nEndless()",
    ),
    answer("a call without an end", ONLY + "    while True: pass", outcome="timed-out"),
    Case(
        "a call without an end costs its own points only",
        answers={
            TARGET: ONLY
            + "    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
        },
        solved=True,
        outcome="timed-out",
        score=OTHERS,
    ),
    answer(
        "an error's text without an end",
        "class Strange(Exception):\n    def __str__(self):\n        while True: pass\n"
        + ONLY
        + "    raise Strange",
        outcome="timed-out",
    ),
    Case(
        "every cell just below its limit",
        cells=tuple("time.sleep(2.5)" for _ in range(30)),
        outcome="timed-out",
        ran=False,
    ),
    Case(
        "every cell over its limit",
        cells=tuple("while True: pass" for _ in range(30)),
        outcome="timed-out",
        ran=False,
    ),
    Case(
        "every cell ends Python",
        cells=tuple("os._exit(0)" for _ in range(100)),
        outcome="died",
        ran=False,
    ),
    cell(
        "processes without an end",
        "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        outcome="too-many-processes",
        ran=False,
    ),
    cell(
        "children until it fails",
        "while True:\n    if os.fork() == 0: time.sleep(100)",
        outcome="too-many-processes",
    ),
    cell(
        "children until it fails, unminded",
        "try:\n    while True:\n        if os.fork() == 0: time.sleep(100)\nexcept OSError:\n    time.sleep(0.3)",
        outcome="too-many-processes",
    ),
    cell(
        "threads until it fails",
        "while True: threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
        outcome="too-many-processes",
    ),
    cell(
        "zombies", "while True:\n    if os.fork() == 0: os._exit(0)", outcome="too-many-processes"
    ),
    cell("3 GB at once", "kept = bytearray(3 * 10**9)", outcome="out-of-memory"),
    cell(
        "memory, little by little",
        "kept = []\nwhile True: kept.append(b'x' * 10**6 + bytes([len(kept) % 256]))",
        outcome="out-of-memory",
    ),
    cell("NumPy's memory", "kept = np.ones((10**5, 10**5))", outcome="out-of-memory"),
    cell(
        "memory of many children together",
        "for n in range(10):\n    if os.fork() == 0:\n        kept = b'x' * (100 * 2**20)\n        time.sleep(100)\ntime.sleep(100)",
        outcome="out-of-memory",
        ran=True,
    ),
    answer(
        "memory in a call", ONLY + "    return np.ones((10**5, 10**5))", outcome="out-of-memory"
    ),
    cell(
        "memory that is shared",
        "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 50 * 2**20)); kept[-1].write(b'x' * (50 * 2**20))",
        outcome="out-of-memory",
    ),
    cell("a text that doubles", "text = 'x'\nwhile True: text += text", outcome="out-of-memory"),
    cell(
        "the disk filled",
        "open('big', 'wb').write(b'x' * 10**9 if False else b'x' * 10**8)",
        outcome="out-of-disk",
    ),
    cell(
        "the disk filled, unminded",
        "try:\n    open('big', 'wb').write(b'x' * 10**8)\nexcept OSError:\n    pass",
        outcome="out-of-disk",
    ),
    cell(
        "files without an end",
        "for n in range(10**6): open(str(n), 'w').close()",
        outcome="out-of-disk",
    ),
    cell(
        "a file that says it is large",
        "with open('sparse', 'wb') as file:\n    try:\n        file.truncate(10**13)\n    except OSError:\n        pass",
    ),
    cell(
        "folders without an end",
        "while True:\n    os.mkdir('x')\n    os.chdir('x')",
        outcome="out-of-disk",
    ),
    cell("descriptors without an end", "kept = []\nwhile True: kept.append(os.dup(0))"),
    cell(
        "100 MB on one line",
        "os.write(1, b'')\nprint('x' * 100_000_000)",
        outcome="too-much-output",
        ran=True,
    ),
    cell("a million lines", "for n in range(10**6): print('line', n)", outcome="too-much-output"),
    cell("output without an end", "while True: print('x' * 1000)", outcome="too-much-output"),
    cell(
        "output without an end on stderr",
        "while True: os.write(2, b'x' * 1000)",
        outcome="too-much-output",
    ),
    cell(
        "a flood from children",
        "for n in range(4):\n    if os.fork() == 0:\n        while True: os.write(1, b'x' * 65536)\ntime.sleep(100)",
        outcome="too-much-output",
    ),
    answer(
        "output without an end in a call",
        ONLY + "    while True: print('x' * 1000)",
        outcome="too-much-output",
    ),
    cell(
        "a thread that prints for ever",
        "def spam():\n    while True: os.write(1, b'x' * 1000)\nthreading.Thread(target=spam, daemon=True).start()\ntime.sleep(100)",
        outcome="too-much-output",
    ),
    Case(
        "a megabyte in each of many cells",
        cells=tuple("print('x' * 60_000)" for _ in range(40)),
        outcome="too-much-output",
        ran=False,
    ),
    cell(
        "a rich display without an end",
        "while True: display('x' * 1000)",
        outcome="too-much-output",
    ),
    cell(
        "links to one file without an end",
        "open('f', 'w').close()\nfor n in range(10**6): os.link('f', f'link {n}')",
        outcome="out-of-disk",
    ),
    cell(
        "sockets full of data, some on their way through others",
        "a, b = socket.socketpair(); a.setblocking(False)\ntry:\n    while True:\n"
        "        c, d = socket.socketpair(); c.setblocking(False)\n        try:\n"
        "            while True: c.send(b'x' * 60_000)\n        except BlockingIOError: pass\n"
        "        socket.send_fds(a, [b'x'], [c.fileno(), d.fileno()]); c.close(); d.close()\n"
        "except OSError: pass",
    ),
    cell(
        "watches, polls and timers without an end",
        "import select\nfor n in range(500): libc.inotify_init1(0)\nkept = []\ntry:\n"
        "    while True: kept.append(select.epoll())\nexcept OSError: pass",
    ),
    cell("recursion without an end", "def down(): return down()\ndown()"),
    cell("an error message of 50 MB", "raise ValueError('x' * 50_000_000)"),
    cell("a result of 50 MB", "'x' * 50_000_000"),
    cell("a name of 10 MB", "globals()['x' * 10_000_000] = 1"),
    cell("a hundred thousand names", "for n in range(200_000): globals()[f'n{n}'] = n", ran=True),
    cell(
        "pipes full of data",
        "kept = []\nwhile True:\n    r, w = os.pipe(); os.set_blocking(w, False); kept += [r, w]\n    try:\n        while True: os.write(w, b'x' * 65536)\n    except BlockingIOError: pass",
    ),
    cell(
        "threads that compute for ever",
        "def spin():\n    while True: pass\nfor n in range(8): threading.Thread(target=spin, daemon=True).start()\nthreading.Event().wait()",
        outcome="timed-out",
        ran=False,
    ),
]
