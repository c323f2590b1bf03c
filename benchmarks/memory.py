"""Peak memory of a process and all its children: the proportional set sizes, summed."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

INTERVAL = 0.01  # seconds between two samples


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found, parents = [pid], dict[int, list[int]]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    for one in found:
        found += parents.get(one, [])
    return found


def pss(pid: int) -> int:
    """Bytes: its own pages, and its share of those that it has in common with others."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def peak(run: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """The most bytes that a fresh process and its children have at once while it runs something.

    Args:
        run: a function of a module, called in that process.
        arguments: for it, picklable.

    Raises:
        RuntimeError: the process failed.
    """
    child = multiprocessing.get_context("spawn").Process(target=run, args=arguments)
    child.start()
    most = 0
    while child.is_alive():
        assert child.pid is not None
        most = max(most, sum(pss(one) for one in tree(child.pid)))
        time.sleep(INTERVAL)
    child.join()
    if child.exitcode != 0:
        raise RuntimeError(f"the process whose memory was measured ended with {child.exitcode}")
    return float(most)
