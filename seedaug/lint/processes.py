"""Runs a function over groups of files in forked processes, which need nothing sent to them."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from seedaug.lint.findings import Finding
from seedaug.lint.syntax import Module

__all__ = ["begin_process", "in_processes", "pool_of"]

MANY = 400  # files that are worth processes

Work = Callable[[Sequence[Module]], list[Finding]]

_work: list[tuple[Work, list[list[Module]]]] = []  # what forks find


def in_processes(
    work: Work,
    groups: list[list[Module]],
    processes: int,
) -> Iterator[list[Finding]]:
    """What `work` gives for each group, in whatever order."""
    can_fork = "fork" in multiprocessing.get_all_start_methods()
    if sum(map(len, groups)) < MANY or not can_fork:
        yield from map(work, groups)
        return
    # Even one process more is quicker than none: what it made, nobody has to clear away.
    _work.append((work, sorted(groups, key=len, reverse=True)))  # the longest first
    gc.freeze()  # what exists is shared with the forks: nobody is to touch its counters
    try:
        with pool_of(processes) as pool:
            yield from pool.map(_run, range(len(groups)))
    finally:
        gc.unfreeze()
        _work.clear()


@contextlib.contextmanager
def pool_of(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Forked processes, which end with this block, however it ends.

    A fork has the parser at hand; it touches no thread and no lock of this process.
    """
    context = multiprocessing.get_context("fork")
    pool: Any = ProcessPoolExecutor(processes, context, begin_process, (os.getpid(),))
    try:
        yield pool
    except BaseException:
        running, answers = dict(pool._processes or {}), pool._result_queue
        for process in running.values():
            process.kill()
        # One that is ended amid an answer leaves its reader waiting for the rest, unless nobody
        # is left who could write it.
        answers._writer.close()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def begin_process(parent: int) -> None:
    """In a new process: leave interrupts to the parent, and end when it has ended."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run(number: int) -> list[Finding]:
    work, groups = _work[-1]
    return work(groups[number])
