"""The epoch of a dataset, in memory that its worker processes share."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from seedaug.key import check_coordinate

# Memory: int64 words, then one byte for each watched sample (or iterable worker).
_EPOCH, _REPEATS, _WARNED, _WORDS = range(4)
WATCHED = 65536  # a second pass over a dataset meets its first samples again: enough to notice

_ticks = itertools.count(1)


def next_tick() -> int:
    """A number that grows with each choice of an epoch, to tell which came last."""
    return next(_ticks)


class RepeatedEpochWarning(UserWarning):
    """An epoch is run a second time, and its samples get the same draws again."""


class SharedEpoch:
    """An epoch that live workers see change, and marks that tell when it is run twice.

    The memory is a shared torch tensor: it survives fork, and goes through spawn and forkserver
    by handle. A plain pickle or a deep copy gets memory of its own.

    Args:
        watched: how many samples (or workers) to keep marks for.
    """

    def __init__(self, watched: int) -> None:
        size = min(max(watched, 0), WATCHED)
        self._attach(torch.zeros(_WORDS + (size + 7) // 8, dtype=torch.int64, device="cpu"), size)
        self.tick = 0

    def _attach(self, memory: torch.Tensor, size: int) -> None:
        shared: bool = memory.is_shared()  # type: ignore[no-untyped-call]
        if not shared:
            memory = memory.clone().share_memory_()  # type: ignore[no-untyped-call]
        self._view(memory, size)

    def _view(self, memory: torch.Tensor, size: int) -> None:
        self._memory = memory
        self._size = size
        array: Any = memory.numpy()
        self._words = memoryview(array[:_WORDS])
        self._marks = memoryview(array[_WORDS:].view(np.uint8))[:size]
        self._all_but_epoch = array[1:]

    def __getstate__(self) -> tuple[torch.Tensor, int, int]:
        return self._memory, self._size, self.tick

    def __setstate__(self, state: tuple[torch.Tensor, int, int]) -> None:
        memory, size, self.tick = state
        self._attach(memory, size)

    @property
    def epoch(self) -> int:
        """The epoch that samples without one of their own are drawn in."""
        return self._words[_EPOCH]

    def choose(self, epoch: Any) -> None:
        """Set the epoch because the user said so; `tick` tells which choice came last."""
        self.begin(check_coordinate("epoch", epoch))
        self.tick = next_tick()

    def begin(self, epoch: int) -> None:
        """Start a pass: set the epoch and forget all marks."""
        words = self._words
        warned = words[_WARNED]
        self._all_but_epoch[:] = 0
        words[_WARNED] = warned
        words[_EPOCH] = epoch

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Context manager: a worker process that is started inside keeps the epoch it has now.

        It gets memory of its own, without marks, so that the next pass of the same dataset may
        begin before this one's workers have looked at their epoch.
        """
        kept = self.__dict__.copy()
        self._view(self._memory[:_WORDS].clone(), 0)
        try:
            yield
        finally:
            self.__dict__.update(kept)

    def visit(self, indices: Iterable[int], name: object) -> None:
        """Mark the samples as seen; warn once when most of them had been seen in this epoch."""
        marks, size, repeats = self._marks, self._size, 0
        for index in indices:
            if 0 <= index < size:
                repeats += marks[index]
                marks[index] = 1
        if repeats:
            self._words[_REPEATS] += repeats
            if self._words[_REPEATS] * 2 > size:
                self._warn(name)

    def finish(self, worker: int) -> None:
        """Mark an iterable's worker as having come to its end in this epoch."""
        if worker < self._size:
            self._marks[worker] = 1

    def restart(self, worker: int, name: object) -> None:
        """Warn once when an iterable's worker had come to its end in this epoch."""
        if worker < self._size and self._marks[worker]:
            self._warn(name)

    def _warn(self, name: object) -> None:
        if self._words[_WARNED]:
            return
        self._words[_WARNED] = 1
        warnings.warn(
            f"{name!r}: epoch {self.epoch} is run a second time, and its samples get the same "
            "draws again. With the stock DataLoader call set_epoch(epoch) before each pass (also "
            "to repeat one on purpose), or use seedaug.DataLoader, whose epochs advance by "
            "themselves",
            RepeatedEpochWarning,
            stacklevel=4,
        )
