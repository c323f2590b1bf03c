"""One pass over the data: batches of indices that carry their epoch, from any sampler."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch.utils.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from seedaug import _core
from seedaug.data.index import EpochBatch, SampleIndex
from seedaug.data.ranks import initialised_ranks, known_ranks
from seedaug.data.sampler import KeyedSampler
from seedaug.data.state import beyond_the_end
from seedaug.data.visits import Visits, index_of
from seedaug.key import pack
from seedaug.random import SeededGlobals, Streams

_SHUFFLE = _core.KINDS["shuffle"]
# A sampler of the user's draws from the global generators, set from these at its first index.
_SAMPLER_STREAMS: Streams = ((_SHUFFLE, 1), (_SHUFFLE, 2), (_SHUFFLE, 3))
_RANDOM_SAMPLERS = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)
_END: Any = object()


def visits_once(sampler: Any) -> bool:
    """Whether the sampler is known to give no index twice in a pass."""
    if type(sampler) is BatchSampler:
        return visits_once(sampler.sampler)
    if type(sampler) is RandomSampler:
        return not sampler.replacement and sampler.num_samples <= len(sampler.data_source)
    if type(sampler) is WeightedRandomSampler:
        return not sampler.replacement
    return type(sampler) in (SequentialSampler, DistributedSampler)


def warn_of_equal_ranks(sampler: Any) -> None:
    """Warn when all ranks would load the same: a sampler of torch's, keyed, knows no rank."""
    inner = sampler.sampler if type(sampler) is BatchSampler else sampler
    if initialised_ranks()[1] > 1 and type(inner) in _RANDOM_SAMPLERS:
        warnings.warn(
            f"seedaug.DataLoader: {type(inner).__name__} gives every rank the same order; give "
            "num_replicas= and rank= to deal it out, or SeededDataset(worker='rank') to draw "
            "anew on every rank",
            UserWarning,
            stacklevel=4,
        )


class KeyedBatches:
    """Batches (or single indices) of a `KeyedSampler`, cut from its order.

    Args:
        sampler: whose order it is.
        batch_size: indices in a batch, or None for single indices.
        drop_last: leave out a last batch that isn't full.
    """

    def __init__(self, sampler: KeyedSampler, batch_size: int | None, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.epoch = 0
        self.skip = 0
        self.collated = self.sent = self.numbered = False  # see `EpochBatch`

    def __len__(self) -> int:
        count = len(self.sampler)
        if self.batch_size is None:
            return count
        return (count if self.drop_last else count + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        return self._run(self.epoch, self.skip)

    def _run(self, epoch: int, skip: int) -> Iterator[Any]:
        indices, repeats = self.sampler.order(epoch)
        again = np.zeros_like(indices) if repeats is None else repeats
        size = self.batch_size
        for number in range(skip, len(self)):
            if size is None:
                yield SampleIndex(int(indices[number]), epoch, int(again[number]))
                continue
            part = slice(number * size, (number + 1) * size)
            some = None if repeats is None else again[part].tolist()
            place = number * self.sampler.num_replicas + self.sampler.rank
            own = place if self.numbered else None
            yield EpochBatch(indices[part].tolist(), epoch, some, self.collated, self.sent, own)


class CountedBatches:
    """What a sampler of the user's gives, with epochs, and repeats counted.

    A pass is the same for the same (seed, epoch), so that it can be resumed by leaving out its
    start: the sampler finds the global generators set from them when it is asked for its first
    index, which is when torch's samplers draw. One that holds a generator keeps its own counsel.

    Args:
        source: a sampler, or a batch sampler when `batched`.
        seed: 0 … 2**64 - 1.
        batched: whether `source` gives sequences of indices.
        dataset: what the indices are of.
    """

    def __init__(self, source: Iterable[Any], seed: int, batched: bool, dataset: Any) -> None:
        self.dataset = dataset
        self.source = source
        self.seed = seed
        self.batched = batched
        self.epoch = 0
        self.skip = 0
        self.collated = self.sent = self.numbered = False  # see `EpochBatch`

    def __len__(self) -> int:
        return len(self.source)  # type: ignore[arg-type]  # torch's own rule: if it has one

    def __iter__(self) -> Iterator[Any]:
        return self._run(self.epoch, self.skip)

    def _keyed(self, epoch: int) -> Iterator[Any]:
        with SeededGlobals(pack(self.seed, epoch, 0, 0), _SAMPLER_STREAMS):
            source = iter(self.source)
            first = next(source, _END)
        if first is not _END:
            yield first
            yield from source

    def _run(self, epoch: int, skip: int) -> Iterator[Any]:
        visits = Visits(self.dataset)
        counted = visits.places is not None or not visits_once(self.source)
        number, (rank, world) = -1, known_ranks()
        for number, item in enumerate(self._keyed(epoch)):
            given = item if self.batched else [item]
            repeats = [visits.number(index) for index in given] if counted else None
            if number < skip:
                continue
            batch = [index_of(index) for index in given]
            if self.batched:
                some = repeats if repeats and any(repeats) else None
                own = number * world + rank if self.numbered else None
                yield EpochBatch(batch, epoch, some, self.collated, self.sent, own)
            else:
                yield SampleIndex(batch[0], epoch, repeats[0] if repeats else 0)
        if number + 1 < skip:
            raise beyond_the_end(skip, number + 1)
