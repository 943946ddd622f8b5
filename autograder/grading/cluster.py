"""Runs jobs on a Dask cluster: the same texts go out as to a local pool, the same come back.

Knows ``distributed`` and nothing of submissions. On each of the cluster's workers jobs run in a
local pool: in processes of their own, which have nothing of Dask's in them. A worker that goes down
takes no job with it: the scheduler gives what it had to another one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from importlib import import_module
from typing import Any

from autograder.grading.executors import LocalPool, Warm, WorkerEnded
from autograder.grading.jobs import grader_version
from autograder.grading.tasks import probe
from autograder.notebooks.errors import UsageError

PATIENCE_SECONDS = 10  # for a scheduler to answer, and to come back


def join(address: str, warm: Iterable[Warm], walls: bool) -> Cluster:
    """The cluster, once each of its workers has said that it can grade. UsageError if not."""
    cluster = Cluster(address, warm)
    answers = cluster.on_each(probe, "walls" if walls else "")
    reasons = [f"{worker}: {reason}" for worker, reason in answers.items() if reason]
    if reasons:
        cluster.shutdown()
        raise UsageError(
            "not every worker of the cluster can grade",
            where=address,
            do="\n  ".join(reasons),
        )
    return cluster


class Cluster(Executor):
    """A Dask cluster by its scheduler's address, such as ``tcp://host:8786``.

    It takes functions of modules, called with texts and giving a text. UsageError where no
    scheduler answers or there are no workers.
    warm  what each worker calls once before it takes jobs, as for a local pool
    """

    def __init__(self, address: str, warm: Iterable[Warm] = ()) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise UsageError(
                "Dask is not installed here", do="Run: pip install distributed"
            ) from None
        try:
            self._client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"no scheduler answers ({str(error) or type(error).__name__})",
                where=address,
                do="Start one with: dask scheduler. Its first lines say its address.",
            ) from None
        self._warm = json.dumps(list(warm))
        self._waiting: dict[Future[str], Any] = {}
        threading.Thread(target=self._watch, daemon=True).start()
        if not self.workers:
            self._client.close()
            raise UsageError(
                "the cluster has no workers",
                where=address,
                do=f"Start one on each machine with: dask worker {address}",
            )

    @property
    def workers(self) -> int:
        """How many jobs run side by side."""
        return sum(self._client.nthreads().values())

    def submit(  # type: ignore[override]
        self, function: Callable[..., str], /, *arguments: str
    ) -> Future[str]:
        """Have some worker call ``function``, which it imports by its name."""
        return self._submitted(function, arguments)

    def on_each(self, function: Callable[..., str], *arguments: str) -> dict[str, str]:
        """Have every worker call ``function``; the answers by the workers' addresses.

        A worker on which that fails answers with what went wrong.
        """
        answers = {
            address: self._submitted(function, arguments, workers=[address])
            for address in self._client.nthreads()
        }
        return {
            address: str(future.exception() or future.result())
            for address, future in answers.items()
        }

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster. It goes on; what nobody waits for any more it does not begin."""
        self._client.close()

    def _submitted(
        self, function: Callable[..., str], arguments: tuple[str, ...], **where: Any
    ) -> Future[str]:
        name = f"{function.__module__}:{function.__qualname__}"
        future: Future[str] = Future()
        try:
            # Not pure: a job that is asked for twice is done twice.
            task = self._client.submit(
                on_worker, grader_version(), self._warm, name, *arguments, pure=False, **where
            )
        except Exception as error:  # as a job's answer: one that is lost stops no other
            future.set_exception(WorkerEnded(f"the cluster takes no jobs ({error})"))
            return future
        self._waiting[future] = task
        task.add_done_callback(lambda task: self._settle(future, task))
        return future

    def _settle(self, future: Future[str], task: Any) -> None:
        if self._waiting.pop(future, None) is None or not future.set_running_or_notify_cancel():
            return  # nobody waits for it any more
        try:
            future.set_result(task.result(timeout=PATIENCE_SECONDS))
        except Exception as error:
            future.set_exception(error)
        except BaseException:  # Dask's and asyncio's own way to say that it was cancelled
            future.set_exception(WorkerEnded("the cluster lost the job"))

    def _watch(self) -> None:
        # Dask tells nobody who waits for a job when its scheduler is gone for good.
        while self._client.status in ("running", "connecting"):
            time.sleep(0.2)
        for future in list(self._waiting):
            if self._waiting.pop(future, None) and future.set_running_or_notify_cancel():
                future.set_exception(WorkerEnded("the cluster is gone"))


class OtherVersion(Exception):
    """A worker that has another version of this package would give other verdicts."""


# On a worker --------------------------------------------------------------------------------------

_lock = threading.Lock()
_pools: dict[str, LocalPool] = {}


def on_worker(version: str, warm: str, name: str, *arguments: str) -> str:
    """Answer one request, in this machine's pool. Called by Dask, in a thread of its worker."""
    if version != grader_version():
        raise OtherVersion(f"{_where()} has another version of autograder")
    module, _, function = name.partition(":")
    pool = _pool(warm)
    try:
        return pool.submit(getattr(import_module(module), function), *arguments).result()
    except WorkerEnded:
        with _lock:
            if _pools.get(warm) is pool and not pool.alive:
                del _pools[warm]
        raise


def _pool(warm: str) -> LocalPool:
    """The pool that every request with the same needs shares; one at a time is kept."""
    from distributed import get_worker

    with _lock:
        if warm not in _pools:
            while _pools:
                _pools.popitem()[1].shutdown()
            _pools[warm] = LocalPool(get_worker().state.nthreads, json.loads(warm))
        return _pools[warm]


def _where() -> str:
    from distributed import get_worker

    return str(get_worker().address)
