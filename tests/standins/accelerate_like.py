"""Treats loaders as accelerate 1.15 does, and as Hugging Face's Trainer does with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch.utils.data as data


class BatchSamplerShard(data.BatchSampler):
    """Every `num_processes`-th batch of another; a rest is filled up from its beginning.

    It has accelerate's name, as a caller by which it is known.
    """

    def __init__(self, batch_sampler: Any, num_processes: int, process_index: int) -> None:
        self.batch_sampler = batch_sampler
        self.num_processes, self.process_index = num_processes, process_index
        self.batch_size = batch_sampler.batch_size
        self.drop_last = False

    def __len__(self) -> int:
        return -(-len(self.batch_sampler) // self.num_processes)

    def __iter__(self) -> Iterator[list[int]]:
        start: list[int] = []
        own, number, batch = None, -1, []
        for number, batch in enumerate(self.batch_sampler):
            if number < self.num_processes:
                start += batch
            if number % self.num_processes == self.process_index:
                own = batch
            if number % self.num_processes == self.num_processes - 1 and self._full(batch):
                yield own
                own = None
        if number < 0 or (self._full(batch) and (number + 1) % self.num_processes == 0):
            return
        yield from self._filled(start, own, number, batch)

    def _full(self, batch: list[int]) -> bool:
        return len(batch) == self.batch_size

    def _filled(self, start: list[int], own: Any, number: int, batch: Any) -> Iterator[Any]:
        if own and self._full(own):
            yield own
        while len(start) < self.num_processes * self.batch_size:
            start += start
        if self._full(batch):
            batch, number = [], number + 1
        taken = 0
        while number % self.num_processes or batch:
            end = taken + self.batch_size - len(batch)
            batch += start[taken:end]
            if number % self.num_processes == self.process_index:
                yield batch
            taken, batch, number = end, [], number + 1


class DataLoaderDispatcher:
    """Here for its name; not stood in for."""


class SkipBatchSampler(data.BatchSampler):
    """Another batch sampler without its first batches."""

    def __init__(self, batch_sampler: Any, skip: int) -> None:
        self.batch_sampler, self.skip = batch_sampler, skip

    def __len__(self) -> int:
        return len(self.batch_sampler) - self.skip

    def __iter__(self) -> Iterator[Any]:
        for number, batch in enumerate(self.batch_sampler):
            if number >= self.skip:
                yield batch


class AccelerateLike:
    """A prepared loader: torch's, over the batch sampler of the loader that was given.

    Args:
        loader: what to prepare.
        rank, world: which process this is, of how many.
        batches: what takes the place of its batch sampler.
        iteration: passes before.
    """

    def __init__(
        self, loader: Any, rank: int = 0, world: int = 1, batches: Any = None, iteration: int = 0
    ) -> None:
        self.given, self.iteration = loader, iteration
        if batches is None:
            batches = loader.batch_sampler
            if world > 1:
                batches = BatchSamplerShard(batches, world, rank)
        self.batch_sampler = batches
        self.dataset = loader.dataset
        self.base = data.DataLoader(
            loader.dataset,
            batch_sampler=batches,
            num_workers=loader.num_workers,
            persistent_workers=loader.persistent_workers,
            collate_fn=loader.collate_fn,
        )

    def set_epoch(self, epoch: int) -> None:
        """To whoever is there; to the dataset only if no sampler two deep heeds it."""
        self.iteration = epoch
        one = self.batch_sampler
        two = getattr(getattr(one, "batch_sampler", None), "sampler", None)
        for part in (one, getattr(one, "sampler", None)):
            if hasattr(part, "set_epoch"):
                part.set_epoch(epoch)
        if hasattr(two, "set_epoch"):
            two.set_epoch(epoch)
        elif hasattr(self.dataset, "set_epoch"):
            self.dataset.set_epoch(epoch)

    def __iter__(self) -> Iterator[Any]:
        self.set_epoch(self.iteration)
        batches = iter(self.base)
        batch = next(batches, None)
        while batch is not None:  # one ahead, to know which is the last
            following = next(batches, None)
            yield batch
            batch = following
        self.iteration += 1

    def skip_first_batches(self, skip: int) -> AccelerateLike:
        """A new loader that leaves out the beginning of its epochs."""
        batches = SkipBatchSampler(self.batch_sampler, skip)
        return AccelerateLike(self.given, batches=batches, iteration=self.iteration)


def trainer_epoch(loader: Any, epoch: int, skip: int = 0) -> Any:
    """What Hugging Face's Trainer iterates over in an epoch, of a prepared loader or a bare one."""
    if skip and isinstance(loader, AccelerateLike):
        loader = loader.skip_first_batches(skip)
    elif skip:
        batches = SkipBatchSampler(loader.batch_sampler, skip)
        loader = data.DataLoader(
            loader.dataset,
            batch_sampler=batches,
            num_workers=loader.num_workers,
            persistent_workers=loader.persistent_workers,
            collate_fn=loader.collate_fn,
        )
    if hasattr(loader, "set_epoch"):
        loader.set_epoch(epoch)
    inner = getattr(getattr(loader, "batch_sampler", None), "batch_sampler", None)
    if hasattr(inner, "set_epoch"):
        inner.set_epoch(epoch)
    return iter(loader)
