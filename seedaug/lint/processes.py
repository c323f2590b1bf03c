"""Runs a function over groups of files in forked processes, which need nothing sent to them."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from seedaug.lint.findings import Finding
from seedaug.lint.syntax import Module

__all__ = ["in_processes"]

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
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin)
    try:
        yield from pool.map(_run, range(len(groups)))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        gc.unfreeze()
        _work.clear()


def _begin() -> None:
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends this process


def _run(number: int) -> list[Finding]:
    work, groups = _work[-1]
    return work(groups[number])
