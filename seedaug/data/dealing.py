"""Whose order is dealt out over ranks, and by whom: what is known of a sampler by its type."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from torch.utils.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from seedaug.data.ranks import Ranked, known_ranks
from seedaug.data.sampler import DealtSampler, KeyedSampler

_RANDOM = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)
# What a sampler has that deals itself out over ranks.
_RANKS = ("num_replicas", "world_size", "num_processes", "num_shards", "rank")


def visits_once(sampler: Any) -> bool:
    """Whether the sampler is known to give no index twice in a pass."""
    if type(sampler) is BatchSampler:
        return visits_once(sampler.sampler)
    if type(sampler) is DealtSampler and sampler.num_replicas == 1:
        return visits_once(sampler.source)
    if type(sampler) is RandomSampler:
        return not sampler.replacement and sampler.num_samples <= len(sampler.data_source)
    if type(sampler) is WeightedRandomSampler:
        return not sampler.replacement
    return type(sampler) in (SequentialSampler, DistributedSampler)


def draws_at_first(sampler: Any) -> bool:
    """Whether the sampler is known to draw from global generators at its first index only."""
    if type(sampler) is BatchSampler:
        return draws_at_first(sampler.sampler)
    if type(sampler) is DealtSampler:
        return draws_at_first(sampler.source)
    known = (*_RANDOM, SequentialSampler, DistributedSampler, KeyedSampler, list, tuple, range)
    return type(sampler) in known


def deal(sampler: Any, drop_last: bool, dataset: Any) -> Any:
    """A sampler that knows of no ranks, dealt out over them; others as they are.

    Torch's own give all ranks the same order, because their draws are keyed here.
    """
    if type(sampler) in _RANDOM and sampler.generator is None:
        return DealtSampler(sampler, None, None, drop_last, dataset)
    return sampler


def warn_of_a_part(dataset: Any) -> None:
    """Warn where a rank's part of a dataset, cut out by hand, would be dealt out over ranks again.

    As `Subset(dataset, range(rank, len(dataset), world))`: each rank would see a part of its part.
    """
    rank, ranks = known_ranks()
    indices = getattr(dataset, "indices", None)
    if ranks == 1 or not isinstance(indices, (list, tuple, range)) or len(indices) < 2:
        return
    if all(index == rank + ranks * place for place, index in enumerate(indices)):
        warnings.warn(
            f"seedaug.DataLoader: the dataset looks like the part of rank {rank} of {ranks}, and "
            "the loader deals it out over the ranks once more, so that each would see a part of "
            "its part. Give the loader the whole dataset, or num_replicas=1, rank=0",
            UserWarning,
            stacklevel=4,
        )


def warn_of_equal_ranks(sampler: Any) -> None:
    """Warn when all ranks would load the same: nothing of the sampler seems to know of ranks."""
    if known_ranks()[1] == 1:
        return
    parts = [sampler, getattr(sampler, "sampler", None), getattr(sampler, "source", None)]
    if any(hasattr(part, name) for part in parts for name in _RANKS):
        return
    warnings.warn(
        f"seedaug.DataLoader: {type(sampler).__name__} gives every rank the same order, as far as "
        "can be seen; give num_replicas= and rank= to deal a sampler out, SeededDataset("
        "worker='rank') to draw anew on every rank, or a batch sampler that deals itself out an "
        "attribute num_replicas",
        UserWarning,
        stacklevel=4,
    )


def dealt_already(batches: Any, num_replicas: int | None, rank: int | None) -> bool:
    """Whether a batch sampler is a loader's own, with these ranks."""
    source = getattr(getattr(batches, "_batch_sampler", batches), "source", None)
    return isinstance(source, Ranked) and source.given == (rank, num_replicas)


def predicting(batches: Any) -> Any:
    """A batch sampler as it is; Lightning's for prediction then fills up no rank.

    Lightning sees to it that `Trainer.predict` gives each sample once, however many ranks there
    are, and wraps the batches in a class that keeps their indices.
    """
    inner = getattr(batches, "_batch_sampler", None)
    if type(batches).__name__ != "_IndexBatchSamplerWrapper" or inner is None:
        return batches
    if isinstance(getattr(inner, "source", None), KeyedSampler):  # a loader's own
        inner.source = inner.sampler = copy.copy(inner.source)
        inner.source.even = False
    return batches
