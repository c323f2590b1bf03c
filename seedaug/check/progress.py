"""Progress on stderr: a bar on a terminal (rich's, if it is installed), elsewhere nothing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "shown"]

Progress = Callable[[int, int, str], None]
"""Told how many steps are done, of how many, and what is being done."""


@contextmanager
def shown(progress: Progress | bool) -> Iterator[Progress]:
    """Context manager: what to tell of the progress; a bar, the user's function, or nothing."""
    if callable(progress):
        yield progress
    elif not progress or not sys.stderr.isatty():
        yield lambda done, total, what: None
    elif importlib.util.find_spec("rich") is not None:
        with _rich_bar() as say:
            yield say
    else:
        with _plain_bar() as say:
            yield say


@contextmanager
def _rich_bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    # No thread that refreshes: processes are forked while it shows.
    console = Console(stderr=True)
    with Bar(*columns, transient=True, console=console, auto_refresh=False) as bar:
        task = bar.add_task("", total=None)

        def say(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what[:60].replace("[", "("))
            bar.refresh()

        yield say


@contextmanager
def _plain_bar() -> Iterator[Progress]:
    def say(done: int, total: int, what: str) -> None:
        print(
            f"\r\033[K{done * 100 // total:3} %  {what}"[:83], end="", file=sys.stderr, flush=True
        )

    try:
        yield say
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
