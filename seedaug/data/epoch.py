"""The epoch of a dataset, in memory that its worker processes share."""

from __future__ import annotations

import itertools
import mmap
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.context import get_spawning_popen
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from seedaug.data.callers import (
    counting_loader,
    epoch_of_trainer,
    is_in_another_pass,
    repeats_its_sampler,
    told_by_lightning,
    trained_by_transformers,
    who_asks,
)
from seedaug.data.ranks import known_ranks
from seedaug.key import check_coordinate

# Memory: int64 words; two more for each of some workers, which tell one order from another; then a
# byte for each watched sample (or iterable's worker).
(
    _EPOCH,
    _LENGTH,
    _RANKS,
    _WARNED,
    _SHARE,  # and from here on forgotten when an epoch begins
    _VISITS,
    _SEEN,
    _REPEATS,
    _AWAITED,
    _WORDS,
) = range(10)
_ORDERS = 64
_HEAD = _WORDS + 2 * _ORDERS
WATCHED = 65536  # samples that are told apart; those beyond are only counted
_TELLING = 4  # indices in a batch that tell a shuffled order from a sorted one
_ENDED = 2  # an iterable's worker came to its end, or was started so often
Memory: TypeAlias = npt.NDArray[np.int64]

_ticks = itertools.count(1)


def next_tick() -> int:
    """A number that grows with each choice of an epoch, to tell which came last."""
    return next(_ticks)


def after_tick(tick: int) -> None:
    """Let later choices count as later than one that came along from another process."""
    global _ticks
    _ticks = itertools.count(max(tick + 1, next(_ticks)))


def _anonymous(content: Memory) -> Memory:
    """A copy in anonymous memory that forked processes share."""
    memory = np.frombuffer(mmap.mmap(-1, content.nbytes), dtype=np.int64)
    memory[:] = content
    return memory


class RepeatedEpochWarning(UserWarning):
    """An epoch, or its order, is run a second time, and samples get the same draws again."""


class SharedEpoch:
    """An epoch that live workers see change, and counts that tell when it is run twice.

    The memory is anonymous and shared: it survives fork, and takes no file descriptor. When it goes
    to a spawned process it moves into a shared tensor, which goes by handle; workers forked before
    are told of each epoch where they look for it. A plain pickle or a deep copy gets memory of
    its own.

    Args:
        watched: how many samples (or workers) there are; 0 if that isn't known.
    """

    choices = 0  # how often somebody chose who may know, in this process
    told_by_lightning = False  # the last choice
    by_somebody = False  # that who may know
    _looked = 0  # the process in which it was looked at who loads
    _shared: torch.Tensor | None  # the memory, once it has moved
    _left: Memory | None  # the memory before, where workers look that were forked from it

    def __init__(self, watched: int) -> None:
        size = min(watched, WATCHED) if watched > 0 else WATCHED
        memory = np.zeros(_HEAD + (size + 7) // 8, dtype=np.int64)
        memory[_LENGTH] = watched
        self.__setstate__((memory, size, 0))

    def _view(self, memory: Memory, size: int) -> None:
        self._memory = memory
        self._size = size
        self._words = memoryview(memory[:_HEAD])  # type: ignore[arg-type]
        self._marks = memoryview(memory[_HEAD:].view(np.uint8))[:size]  # type: ignore[arg-type]

    def __getstate__(self) -> tuple[Memory | torch.Tensor, int, int]:
        if get_spawning_popen() is None:
            return self._memory.copy(), self._size, self.tick
        self._words[_RANKS] = max(
            self._words[_RANKS], known_ranks()[1]
        )  # a spawned worker can't know
        if self._shared is None:
            copy: Any = torch.from_numpy(self._memory).clone()
            self._shared = copy.share_memory_()
            self._left = self._memory
            self._view(copy.numpy(), self._size)
        return self._shared, self._size, self.tick

    def __setstate__(self, state: tuple[Memory | torch.Tensor, int, int]) -> None:
        memory, size, self.tick = state
        after_tick(self.tick)
        self._left = None
        self._shared = memory if isinstance(memory, torch.Tensor) else None
        self._view(memory.numpy() if isinstance(memory, torch.Tensor) else _anonymous(memory), size)

    @property
    def epoch(self) -> int:
        """The epoch that samples without one of their own are drawn in."""
        return self._words[_EPOCH]

    def choose(self, epoch: Any) -> None:
        """Set the epoch because the user said so; `tick` tells which choice came last.

        In Hugging Face's Trainer that is the Trainer or its callback; accelerate's loaders count
        their own passes, also those of an evaluation of what is being trained on.
        """
        awaited, before = self.awaited, self.epoch
        counter = counting_loader()
        if counter is not None and self.by_somebody and trained_by_transformers():
            self.begin(before)
            self._words[_AWAITED] = awaited
            return
        if before != epoch and counter is not None and is_in_another_pass(counter):
            warnings.warn(SHARED.format(before=before, epoch=epoch), UserWarning, stacklevel=3)
        self.begin(check_coordinate("epoch", epoch))
        for memory in (self._memory, self._left):
            if memory is not None:
                memory[_AWAITED] = 1
        self.tick = next_tick()
        counted = counter is not None  # and nobody said so
        self.choices += not counted
        self.told_by_lightning = told_by_lightning()
        if counted and awaited and self.by_somebody and before != epoch:
            warnings.warn(OVERRULED.format(before=before, epoch=epoch), UserWarning, stacklevel=3)
        self.by_somebody = not counted

    @property
    def awaited(self) -> bool:
        """Whether the user has set the epoch, and no pass has drawn in it yet."""
        return bool(self._words[_AWAITED])

    def begin(self, epoch: int) -> None:
        """Start a pass: set the epoch and forget what was counted."""
        for memory in (self._memory, self._left):
            if memory is not None:
                memory[_EPOCH], memory[_SHARE:_WORDS], memory[_HEAD:] = epoch, 0, 0

    @property
    def visits(self) -> int:
        """How many samples were visited in this epoch."""
        return int(self._words[_VISITS])

    def recall(self, visits: int) -> None:
        """Take up a count of visits, from a state of this epoch.

        A state knows less than was visited: workers tell of it before their last batches.
        """
        share = self._share()
        unknown = share // 4 if visits * 2 >= share else 0
        self._words[_VISITS] = max(visits + unknown, self._words[_VISITS])
        self._words[_SHARE] = share

    def _share(self) -> int:
        """Samples that one rank visits in a pass."""
        ranks = max(int(self._words[_RANKS]), known_ranks()[1])
        if ranks > 1 and who_asks().dispatches:  # one rank loads for all
            ranks = 1
        return -(-self._words[_LENGTH] // ranks)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Context manager: a worker process that is started inside keeps the epoch it has now.

        It gets memory of its own, without marks, so that the next pass of the same dataset may
        begin before this one's workers have looked at their epoch.
        """
        kept = self.__dict__.copy()
        self._shared = None
        self._view(self._memory[:_HEAD].copy(), 0)
        try:
            yield
        finally:
            self.__dict__.update(kept)

    def visit(self, indices: Sequence[int], worker: int, name: object) -> None:
        """Count samples as visited; warn once when the epoch is being run a second time.

        One pass visits a rank's share of the samples. Much more than that is a second pass, even
        if each rank was dealt other samples in it. A pass that stops early is told by its samples:
        as many were there before as are new, over more than two batches (a look at one is none).
        """
        words, marks, size = self._words, self._marks, self._size
        words[_AWAITED] = 0
        if not words[_VISITS]:
            words[_SHARE] = self._share()
        if self._looked != os.getpid():
            self._looked = os.getpid()
            if repeats_its_sampler():
                self._warn(name, _AHEAD)
            trainers = None if self.by_somebody else epoch_of_trainer()
            if trainers is not None and trainers[0] != self.epoch:
                self._warn(name, _BEHIND, *trainers)
        count, seen, repeats = len(indices), 0, 0
        for index in indices:
            if 0 <= index < size:
                repeats += marks[index]
                seen += not marks[index]
                marks[index] = 1
        words[_VISITS] += count
        words[_SEEN] += seen
        words[_REPEATS] += repeats
        share, visits = words[_SHARE], words[_VISITS]
        # One pass may visit a batch more than its share, to fill the last; and some samples are
        # looked at between passes.
        second = share > 0 and visits >= share + count and visits * 4 >= share * 7
        if second or words[_REPEATS] >= words[_SEEN] > 2 * count:
            self._warn(name, _EPOCH_TWICE)
        if share < words[_LENGTH]:
            self._watch_order(indices, worker, name)

    def _watch_order(self, indices: Sequence[int], worker: int, name: object) -> None:
        """Warn once when a rank's shuffled order is the same in two epochs.

        Told by the first batch that a worker loads in each: where a dataset has `set_epoch`, some
        training scripts (timm's) set no other, and a DistributedSampler stays in one order.
        """
        epoch, place = self.epoch + 1, _WORDS + 2 * worker
        if worker >= _ORDERS or len(indices) < _TELLING or self._words[place] == epoch:
            return
        looks, alike = self._words[place], hash(tuple(indices))
        shuffled = any(a > b for a, b in itertools.pairwise(indices))
        if looks and shuffled and self._words[place + 1] == alike:
            self._warn(name, _ORDER_TWICE)
        self._words[place], self._words[place + 1] = epoch, alike

    def finish(self, worker: int) -> None:
        """Mark an iterable's worker as having come to its end in this epoch."""
        if worker < self._size:
            self._marks[worker] = _ENDED

    def restart(self, worker: int, name: object) -> None:
        """Warn once when an iterable's worker had come to its end in this epoch, or begins again.

        Beginning twice is a look at the first samples and then the pass; more is more passes.
        """
        self._words[_AWAITED] = 0
        if worker < self._size:
            if self._marks[worker] >= _ENDED:
                self._warn(name, _EPOCH_TWICE)
            else:
                self._marks[worker] += 1

    def _warn(self, name: object, what: str, *more: object) -> None:
        if self._words[_WARNED]:
            return
        self._words[_WARNED] = 1
        warnings.warn(
            what.format(*more, name=name, epoch=self.epoch), RepeatedEpochWarning, stacklevel=4
        )


_EPOCH_TWICE = (
    "{name!r}: epoch {epoch} is run a second time (or a sampler gives samples more than once), and "
    "its samples get the same draws again. With the stock DataLoader call set_epoch(epoch) before "
    "each pass (also to repeat one on purpose), or use seedaug.DataLoader, whose epochs advance by "
    "themselves and which counts visits"
)
_AHEAD = (
    "{name!r}: its loader repeats its sampler without end (timm's MultiEpochsDataLoader, YOLO's "
    "InfiniteDataLoader), so workers load the first samples of each epoch before the dataset is "
    "told of it, with the draws of the epoch before. Use seedaug.DataLoader(..., "
    "persistent_workers=True), which keeps its workers too"
)
_BEHIND = (
    "{name!r}: the Trainer is in epoch {0}, and samples are drawn in epoch {epoch}: nobody told "
    "the dataset. Give the Trainer callbacks=[seedaug.integrations.{1}.EpochCallback()]"
)
_ORDER_TWICE = (
    "{name!r}: epoch {epoch} comes in the same shuffled order as the one before: the dataset was "
    "told the epoch, its DistributedSampler was not. Call loader.sampler.set_epoch(epoch) too, "
    "have the dataset do it (seedaug.integrations.timm.follow(loader)), or use seedaug.DataLoader"
)
OVERRULED = (
    "seedaug: epoch {before} was set, and then accelerate set epoch {epoch}, by its own count of "
    "passes. Call set_epoch(epoch) on the loader that accelerate prepared, before each pass"
)
SHARED = (
    "seedaug: a loader that accelerate prepared sets epoch {epoch}, by its own count, on a dataset "
    "that another one has begun to load in epoch {before}: if that pass goes on, the rest of it is "
    "drawn in epoch {epoch}. Give each loader a SeededDataset of its own (over one dataset), or "
    "prepare a seedaug.DataLoader"
)
