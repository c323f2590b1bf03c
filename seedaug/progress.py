"""Progress: a bar on a terminal (rich's, if it is installed), elsewhere a line for each stage."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Step", "counter", "has_rich", "progress"]

Step = Callable[[str, str], None]
"""Told what is being done: the stage, and what of it."""


def has_rich() -> bool:
    """Whether rich is installed."""
    return importlib.util.find_spec("rich") is not None


@contextmanager
def progress(total: int) -> Iterator[Step]:
    """Context manager: shows how many of `total` steps are done, and goes away at the end."""
    if not sys.stdout.isatty():
        yield _lines()
    elif has_rich():
        with _rich_bar(total) as step:
            yield step
    else:
        with _plain_bar(total) as step:
            yield step


@contextmanager
def counter(what: str) -> Iterator[Callable[[int, int], None]]:
    """Context manager: shows on stderr how many of a total are done, if that is a terminal.

    Yields:
        a function of (done, total), to be called as often as one likes.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
    elif has_rich():
        with _rich_count(what) as count:
            yield count
    else:
        with _plain_count(what) as count:
            yield count


def _lines() -> Step:
    last = ""

    def step(stage: str, detail: str) -> None:
        nonlocal last
        if stage != last:
            print(f"measuring: {stage}", flush=True)
        last = stage

    return step


@contextmanager
def _rich_bar(total: int) -> Iterator[Step]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=total)
        done = 0

        def step(stage: str, detail: str) -> None:
            nonlocal done
            bar.update(task, completed=done, description=f"{stage}: {detail}")
            done += 1

        yield step


@contextmanager
def _plain_bar(total: int) -> Iterator[Step]:
    done = 0

    def step(stage: str, detail: str) -> None:
        nonlocal done
        print(f"\r\033[K{done * 100 // total:3} %  {stage}: {detail}"[:83], end="", flush=True)
        done += 1

    try:
        yield step
    finally:
        print("\r\033[K", end="", flush=True)


@contextmanager
def _rich_count(what: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _plain_count(what: str) -> Iterator[Callable[[int, int], None]]:
    shown = -1

    def count(done: int, total: int) -> None:
        nonlocal shown
        percent = done * 100 // max(total, 1)
        if percent != shown:
            text = f"\r\033[K{percent:3} %  {what}: {done} of {total}"
            print(text, end="", file=sys.stderr, flush=True)
        shown = percent

    try:
        yield count
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
