"""Runs jobs side by side, each in a process of its own. Knows processes, nothing of submissions.

A process that goes down takes its own job with it and no other. An interrupt ends them all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder.grading.jobs import Engine, Job, Verdict


class WorkerEnded(Exception):
    """The process ended before it answered."""


def answers(
    engine: Engine, jobs: list[Job], at_once: int
) -> Iterator[tuple[int, Verdict | BaseException]]:
    """(number of the job, its verdict or what went wrong), as they come; ``at_once`` at a time."""
    # A server that has nbgrader imported forks the workers: they start at once, without threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "autograder.grading.preload"])
    waiting = list(enumerate(jobs))[::-1]
    running: dict[Connection, tuple[int, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, job = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(engine, job, theirs), daemon=False)
                process.start()
                theirs.close()
                running[ours] = number, process
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                number, process = running.pop(ready)
                yield number, _answer(ready, process)
    finally:
        # Nothing is left here unless the caller stopped early.
        for _, process in running.values():
            process.kill()
        for _, process in running.values():
            process.join()


def _answer(connection: Connection, process: Any) -> Verdict | BaseException:
    try:
        answer: Verdict | BaseException = connection.recv()
    except EOFError:
        answer = WorkerEnded("the worker process ended")
    finally:
        connection.close()
    process.join()
    return answer


def _work(engine: Engine, job: Job, connection: Connection) -> None:
    """What the process does. An interrupt is the coordinator's to handle: it ends us itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a kernel writes to its own stdout and stderr is no part of our output.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    answer: Verdict | BaseException
    try:
        answer = engine.grade(job)
    except Exception as error:
        answer = error
    try:
        connection.send(answer)
    except Exception as error:  # an exception that cannot be pickled
        connection.send(RuntimeError(f"{type(answer).__name__}: {answer} ({error})"))
