"""The epoch of a dataset, in memory that its worker processes share."""

from __future__ import annotations

import itertools
import mmap
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.context import get_spawning_popen
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from seedaug.key import check_coordinate

# Memory: int64 words, then one byte for each watched sample (or iterable worker).
_EPOCH, _REPEATS, _WARNED, _AWAITED, _WORDS = range(5)
WATCHED = 65536  # a second pass over a dataset meets its first samples again: enough to notice
Memory: TypeAlias = npt.NDArray[np.int64]

_ticks = itertools.count(1)


def next_tick() -> int:
    """A number that grows with each choice of an epoch, to tell which came last."""
    return next(_ticks)


def _anonymous(content: Memory) -> Memory:
    """A copy in anonymous memory that forked processes share."""
    memory = np.frombuffer(mmap.mmap(-1, content.nbytes), dtype=np.int64)
    memory[:] = content
    return memory


class RepeatedEpochWarning(UserWarning):
    """An epoch is run a second time, and its samples get the same draws again."""


class SharedEpoch:
    """An epoch that live workers see change, and marks that tell when it is run twice.

    The memory is anonymous and shared: it survives fork, and takes no file descriptor. When it goes
    to a spawned process it moves into a shared tensor, which goes by handle; workers forked before
    are told of each epoch where they look for it. A plain pickle or a deep copy gets memory of
    its own.

    Args:
        watched: how many samples (or workers) to keep marks for.
    """

    _shared: torch.Tensor | None  # the memory, once it has moved
    _left: Memory | None  # the memory before, where workers look that were forked from it

    def __init__(self, watched: int) -> None:
        size = min(max(watched, 0), WATCHED)
        self.__setstate__((np.zeros(_WORDS + (size + 7) // 8, dtype=np.int64), size, 0))

    def _view(self, memory: Memory, size: int) -> None:
        self._memory = memory
        self._size = size
        self._words = memoryview(memory[:_WORDS])  # type: ignore[arg-type]
        self._marks = memoryview(memory[_WORDS:].view(np.uint8))[:size]  # type: ignore[arg-type]

    def __getstate__(self) -> tuple[Memory | torch.Tensor, int, int]:
        if get_spawning_popen() is None:
            return self._memory.copy(), self._size, self.tick
        if self._shared is None:
            copy: Any = torch.from_numpy(self._memory).clone()
            self._shared = copy.share_memory_()
            self._left = self._memory
            self._view(copy.numpy(), self._size)
        return self._shared, self._size, self.tick

    def __setstate__(self, state: tuple[Memory | torch.Tensor, int, int]) -> None:
        memory, size, self.tick = state
        self._left = None
        self._shared = memory if isinstance(memory, torch.Tensor) else None
        self._view(memory.numpy() if isinstance(memory, torch.Tensor) else _anonymous(memory), size)

    @property
    def epoch(self) -> int:
        """The epoch that samples without one of their own are drawn in."""
        return self._words[_EPOCH]

    def choose(self, epoch: Any) -> None:
        """Set the epoch because the user said so; `tick` tells which choice came last."""
        self.begin(check_coordinate("epoch", epoch))
        for memory in (self._memory, self._left):
            if memory is not None:
                memory[_AWAITED] = 1
        self.tick = next_tick()

    @property
    def awaited(self) -> bool:
        """Whether the user has set the epoch, and no pass has drawn in it yet."""
        return bool(self._words[_AWAITED])

    def begin(self, epoch: int) -> None:
        """Start a pass: set the epoch and forget all marks."""
        for memory in (self._memory, self._left):
            if memory is not None:
                memory[_EPOCH], memory[_REPEATS], memory[_AWAITED:] = epoch, 0, 0

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Context manager: a worker process that is started inside keeps the epoch it has now.

        It gets memory of its own, without marks, so that the next pass of the same dataset may
        begin before this one's workers have looked at their epoch.
        """
        kept = self.__dict__.copy()
        self._shared = None
        self._view(self._memory[:_WORDS].copy(), 0)
        try:
            yield
        finally:
            self.__dict__.update(kept)

    def visit(self, indices: Iterable[int], name: object) -> None:
        """Mark the samples as seen; warn once when most of them had been seen in this epoch."""
        marks, size, repeats = self._marks, self._size, 0
        self._words[_AWAITED] = 0
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
        self._words[_AWAITED] = 0
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
