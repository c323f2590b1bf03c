"""The key of a batch, for what a collate_fn draws: MixUp and CutMix, masking, padding at random.

A batch's coordinates are ``(seed, epoch, worker = 2**20 - 1, index = the batch's number)``, in
stage 1. That worker is kept for batches, so no sample has such a key. The number is the batch's
place in the epoch, times the ranks, plus the rank, and so is free of workers; of a stream, which
has no order that all workers share, it counts the batches of each worker:

    map-style   index = place * ranks + rank
    stream      index = (count * ranks + rank) * workers + worker id
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from torch.utils.data import get_worker_info

from seedaug._core import MAX_WORKER
from seedaug.context import Sample, _current
from seedaug.data.held import Watch
from seedaug.key import check_coordinate, pack
from seedaug.random import under_seeded_globals

__all__ = ["BATCHES", "KeyedCollate", "StreamCollate", "arrived", "stream_began"]

BATCHES = MAX_WORKER
"""The worker coordinate of batches."""

# Epoch and number of the batch whose samples this thread made last, until they are collated.
_arrived: ContextVar[tuple[int, int] | None] = ContextVar("seedaug_batch", default=None)


def arrived(epoch: int, number: int | None) -> None:
    """Say, when the samples of a batch are made, which batch is collated next in this thread."""
    if number is not None:
        _arrived.set((epoch, number))


class KeyedCollate:
    """A collate_fn that runs under the key of its batch; it goes to the workers in its place.

    Args:
        collate_fn: the user's.
        seed: 0 … 2**64 - 1.
        seed_globals: set the global generators too.
    """

    def __init__(
        self, collate_fn: Callable[[list[Any]], Any], seed: int, seed_globals: bool
    ) -> None:
        self.collate_fn = collate_fn
        self.seed = seed
        self.seed_globals = seed_globals
        self._watch: Watch | None = Watch()

    def __call__(self, samples: list[Any]) -> Any:
        batch = self._batch()
        if batch is None:
            self._warn()
            return self.collate_fn(samples)
        epoch, number = batch
        packed = pack(self.seed, epoch, BATCHES, check_coordinate("index", number))
        collate = self.collate_fn
        if self._watch is not None:
            collate = self._watch.around(collate, self, "collate_fn")
            if self._watch.over:
                self._watch = None
        sample = Sample(packed, stage=1)
        token = _current.set(sample)
        try:
            if not self.seed_globals:
                return collate(samples)
            with under_seeded_globals(sample):
                return collate(samples)
        finally:
            _current.reset(token)

    def _warn(self) -> None:
        warnings.warn(
            "seedaug.DataLoader: what collate_fn draws has no key: a dataset's __getitems__ hides "
            "which batch its samples are of. Where it overrides SeededDataset's, let it call "
            "super().__getitems__(indices) with what it was given",
            UserWarning,
            stacklevel=3,
        )

    def _batch(self) -> tuple[int, int] | None:
        """Epoch and number of the batch, or None if nobody told."""
        found = _arrived.get()
        _arrived.set(None)
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.collate_fn!r}, seed={self.seed})"


class StreamCollate(KeyedCollate):
    """The same for the batches of a stream, which it counts.

    Args:
        collate_fn, seed, seed_globals: as for `KeyedCollate`.
        epoch: of the one pass that it is for; None for whatever pass this thread began last, as
            in workers, which serve one at a time.
        ranks: this rank, and how many there are.
    """

    def __init__(
        self,
        collate_fn: Callable[[list[Any]], Any],
        seed: int,
        seed_globals: bool,
        epoch: int | None,
        ranks: tuple[int, int],
    ) -> None:
        super().__init__(collate_fn, seed, seed_globals)
        self.epoch = epoch
        self.ranks = ranks
        self._count = 0

    def _batch(self) -> tuple[int, int] | None:
        if self.epoch is None and _pass.fresh:
            self._count, _pass.fresh = 0, False
        count, (rank, world) = self._count, self.ranks
        self._count += 1
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        epoch = _pass.epoch if self.epoch is None else self.epoch
        return epoch, (count * world + rank) * workers + worker


class _Pass(threading.local):
    """The pass over streams that this thread began last."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.epoch = 0
        self.fresh = False  # whether none of its batches was counted yet
        self.begun: set[int] = set()  # the streams that it ran over, in a chain of several


_pass = _Pass()


def stream_began(source: object, epoch: int) -> None:
    """Say that a stream is iterated: a new pass, if that stream was part of the last one."""
    if _pass.process != os.getpid():  # forked, with what the parent began
        _pass.__init__()  # type: ignore[misc]
    if not _pass.begun or id(source) in _pass.begun:
        _pass.begun.clear()
        _pass.epoch, _pass.fresh = epoch, True
    _pass.begun.add(id(source))
