"""check_loader and assert_healthy: whether random draws repeat, found out by running the loader."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable
from typing import Any

from seedaug.check.judge import judge
from seedaug.check.progress import Progress, shown
from seedaug.check.report import Report
from seedaug.check.scenarios import Budget, Subject, look
from seedaug.check.survey import epochs_kept
from seedaug.check.verdict import CheckError, UnhealthyLoaderError, Verdict

__all__ = ["assert_healthy", "check_loader"]

_MOST_WORKERS = 4
_FEWEST_SAMPLES = 48


def check_loader(
    loader: Any,
    *,
    max_samples: int = 1000,
    seconds: float = 60.0,
    workers: int | None = None,
    epochs: int = 3,
    set_epoch: bool = True,
    progress: Progress | bool = False,
) -> Report:
    """Run a DataLoader's dataset in real workers and tell whether its random draws repeat.

    The same samples are asked for by several workers, in several epochs, and in runs that differ in
    one thing each; bytes and the states of all generators in reach are compared. It happens in
    processes forked from this one, so nothing here changes: not the loader, nor a generator.

    Args:
        loader: a `torch.utils.data.DataLoader`, or something with its attributes.
        max_samples: how many samples are loaded, at most about; 48 or more.
        seconds: how long it may take, about. Spawned processes are tried where time is left.
        workers: in how many the samples are compared, 2 to 64. Default: the loader's, 2 to 4.
        epochs: in how many, 2 to 16.
        set_epoch: call `set_epoch` of dataset and sampler before each epoch, as a training script
            is told to. Without, a DistributedSampler's order is a finding.
        progress: is told how it goes; True shows a bar on stderr, if that is a terminal.

    Returns:
        The report: `report.verdicts`, `report.findings`, `print(report)`, `report.to_json()`,
        `report.write_html(path)`, `report.write_png(path)`.

    Raises:
        CheckError: the loader is broken: a sample raises, a worker dies or hangs, it is empty.
        TypeError: `loader` is no DataLoader.
        ValueError: another argument is out of range.

    >>> import seedaug, torch
    >>> loader = torch.utils.data.DataLoader(range(32), batch_size=4)
    >>> print(seedaug.check_loader(loader).verdict.value)
    deterministic
    """
    _check_arguments(loader, max_samples, seconds, workers, epochs)
    used = min(max(2, loader.num_workers), _MOST_WORKERS) if workers is None else workers
    batched = loader.batch_size is not None or loader.batch_sampler is not None
    size = min(2, loader.batch_size or 2) if batched and max_samples >= 12 * used * epochs else 1
    persistent = bool(getattr(loader, "persistent_workers", False))
    subject = Subject(loader, used, epochs, size, set_epoch, persistent)
    started = time.monotonic()
    with epochs_kept(loader), shown(progress) as say:
        seen = look(subject, Budget(started + seconds, max_samples), say)
    return Report.of(subject, seen, judge(subject, seen), time.monotonic() - started)


def assert_healthy(
    loader: Any, *, strict: bool = False, allow: Iterable[str] = (), **options: Any
) -> None:
    """For tests: fail where `check_loader` finds that random draws repeat.

    Args:
        loader: as for `check_loader`.
        strict: fail for warnings, too: draws that depend on how data is loaded.
        allow: verdicts that are no failure, such as "not-resumable".
        options: for `check_loader`.

    Raises:
        UnhealthyLoaderError: an AssertionError with the report.
        ValueError: `allow` names no verdict.
        CheckError, TypeError: as `check_loader` does.

    >>> import seedaug
    >>> data = seedaug.SeededDataset(range(32), seed=0, transform=lambda x: x + draw())
    >>> def draw(): return seedaug.rng().integers(1000)
    >>> seedaug.assert_healthy(seedaug.DataLoader(data, batch_size=4, shuffle=True), strict=True)
    """
    __tracebackhide__ = True  # pytest shows the test's line, then the report
    allowed = {Verdict(name) for name in allow}
    report = check_loader(loader, **options)
    if not report.passes(strict, allowed):
        raise UnhealthyLoaderError(f"the loader is not healthy\n\n{report}")


def _check_arguments(
    loader: Any, max_samples: int, seconds: float, workers: int | None, epochs: int
) -> None:
    wanted = ("dataset", "num_workers", "batch_size", "batch_sampler", "sampler", "collate_fn",
              "worker_init_fn", "generator")  # fmt: skip
    missing = [name for name in wanted if not hasattr(loader, name)]
    if missing:
        raise TypeError(
            f"check_loader needs a torch.utils.data.DataLoader, got {type(loader).__name__} (it "
            f"has no {missing[0]}); give the loader itself, not a dataset or an iterator"
        )
    if max_samples < _FEWEST_SAMPLES:
        raise ValueError(f"max_samples must be {_FEWEST_SAMPLES} or more, got {max_samples}")
    if not 1 <= seconds < float("inf"):
        raise ValueError(f"seconds must be 1 or more, and finite, got {seconds}")
    if workers is not None and not 2 <= workers <= 64:
        raise ValueError(f"workers must be from 2 to 64, got {workers}")
    if not 2 <= epochs <= 16:
        raise ValueError(f"epochs must be from 2 to 16, got {epochs}")
    if not hasattr(os, "fork"):
        raise CheckError(
            "check_loader needs os.fork, which this system has not: run it on Linux or macOS"
        )
    current: Any = multiprocessing.current_process()
    if getattr(current, "_inheriting", False) or current.daemon:
        raise CheckError(
            "check_loader was called in a worker process; call it in the main one, under "
            'if __name__ == "__main__":'
        )
