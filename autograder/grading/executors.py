"""Where jobs run. A ``concurrent.futures.Executor`` is all that grading asks for; this is ours.

Knows processes, nothing of submissions. A worker that goes down takes the job with it that it had,
and no other: its future raises WorkerEnded, and the next job gets a fresh worker.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Any

from autograder.grading.nursery import receive, send

Warm = tuple[str, str, list[Any]]  # module, function and arguments of what to call at the start


class WorkerEnded(Exception):
    """The process ended before it answered."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalPool(Executor):
    """Warm processes side by side on this machine, forked from one that has everything loaded.

    It takes functions of modules, called with texts and giving a text: nothing is pickled.
    warm  what to call once, before workers are forked; its time passes beside the caller's own
    """

    def __init__(self, workers: int, warm: Iterable[Warm] = ()) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(theirs.fileno()), json.dumps(list(warm))]
        # One thread each: workers run side by side, and sums come out the same.
        one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        # What their libraries write to stdout and stderr is no part of our output.
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "autograder.grading.nursery", *arguments],
            env={**os.environ, **one},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self.workers = workers
        self._requests = ours
        self._waiting: queue.SimpleQueue[tuple[Future[str], str] | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether there is still the process that workers are forked from."""
        return self._nursery.poll() is None

    def submit(  # type: ignore[override]
        self, function: Callable[..., str], /, *arguments: str
    ) -> Future[str]:
        """Have a worker call ``function``, which it imports by its name."""
        if self._closed:
            raise RuntimeError("the pool is shut down")
        future: Future[str] = Future()
        request = json.dumps([function.__module__, function.__qualname__, *arguments])
        self._waiting.put((future, request))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: when they are done, or at once where nobody waits for what they do."""
        self._closed = True
        if cancel_futures:
            while not self._waiting.empty():
                item = self._waiting.get()
                if item:
                    item[0].cancel()
        for _ in self._threads:
            self._waiting.put(None)
        if wait and not cancel_futures:
            for thread in self._threads:
                thread.join()
        self._requests.close()
        self._nursery.kill()  # its workers end with it
        self._nursery.wait()

    def _serve(self) -> None:
        # One thread for each worker: it waits, so that the coordinator need not.
        worker: _Worker | None = None
        while (item := self._waiting.get()) is not None:
            future, request = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or _Worker(self._requests)
                future.set_result(worker.ask(request))
            except Exception as error:
                if worker:
                    worker.close()
                worker = None
                future.set_exception(error)
        if worker:
            worker.close()


class _Worker:
    """One worker process, as the coordinator sees it."""

    def __init__(self, requests: socket.socket) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(requests, [b"worker"], [theirs.fileno()])
            except OSError as error:
                raise WorkerEnded(f"the process that workers come from is gone: {error}") from None
        self.pid = self._told("the worker did not start")

    def ask(self, request: str) -> str:
        """Its answer."""
        try:
            send(self._channel, request)
        except OSError:
            raise WorkerEnded("the worker process ended") from None
        return self._told("the worker process ended")

    def close(self) -> None:
        """Let it end."""
        self._channel.close()

    def _told(self, otherwise: str) -> str:
        answer = receive(self._channel)
        if answer is None:
            raise WorkerEnded(otherwise)
        return answer
