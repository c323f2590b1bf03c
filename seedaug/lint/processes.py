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

_work: Callable[[Sequence[Module]], list[Finding]]
_groups: list[list[Module]]


def in_processes(
    work: Callable[[Sequence[Module]], list[Finding]],
    groups: list[list[Module]],
    processes: int,
) -> Iterator[list[Finding]]:
    """What `work` gives for each group, in whatever order."""
    global _work, _groups
    can_fork = "fork" in multiprocessing.get_all_start_methods()
    if sum(map(len, groups)) < MANY or not can_fork:
        yield from map(work, groups)
        return
    # Even one process more is quicker than none: what it made, nobody has to clear away.
    _work, _groups = work, sorted(groups, key=len, reverse=True)  # the longest first
    gc.freeze()  # what exists is shared with the forks: nobody is to touch its counters
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin)
    try:
        yield from pool.map(_run, range(len(groups)))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        gc.unfreeze()
        _groups = []


def _begin() -> None:
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends this process


def _run(number: int) -> list[Finding]:
    return _work(_groups[number])
