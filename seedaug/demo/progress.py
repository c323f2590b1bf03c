"""Progress: a bar on a terminal (rich's, if it is installed), elsewhere a line for each stage."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from seedaug.demo.measure import Step

__all__ = ["has_rich", "progress"]


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
