"""timm: its training script tells the epoch to the dataset or to the sampler, never to both."""

from __future__ import annotations

import warnings
from typing import Any

from seedaug.data.adopt import seeded_within

__all__ = ["follow"]


def follow(loader: Any) -> Any:
    """Have a loader's sampler told of each epoch that its dataset is told.

    timm's script calls `dataset.set_epoch(epoch)` where there is one, and only else
    `loader.sampler.set_epoch(epoch)`: with a `SeededDataset`, a `DistributedSampler` would give
    the same order in every epoch (a `RepeatedEpochWarning` says so).

    Args:
        loader: from `timm.data.create_loader`, or any with `dataset` and `sampler`, of a
            `SeededDataset` or something that holds one.

    Returns:
        The loader.

    Raises:
        TypeError: no seeded dataset is in it.

    >>> import seedaug, torch
    >>> from seedaug.integrations import timm
    >>> train = seedaug.SeededDataset(range(8), seed=0)
    >>> sampler = torch.utils.data.DistributedSampler(train, num_replicas=2, rank=0)
    >>> loader = timm.follow(torch.utils.data.DataLoader(train, sampler=sampler))
    >>> train.set_epoch(3)
    >>> sampler.epoch
    3
    """
    sources = seeded_within(loader.dataset)
    if not sources:
        raise TypeError(
            f"follow: {type(loader.dataset).__name__} holds no SeededDataset; wrap it in "
            "seedaug.SeededDataset(dataset, seed=...) before the loader is made"
        )
    sampler = loader.sampler
    if getattr(sampler, "num_repeats", 1) > 1 and not all(one.apart_by_rank for one in sources):
        warnings.warn(
            f"follow: {type(sampler).__name__} gives each sample {sampler.num_repeats} times, and "
            "torch's loader counts no visits, so all of them draw alike. Use seedaug.DataLoader("
            "dataset, sampler=...), or on several ranks SeededDataset(worker='rank')",
            UserWarning,
            stacklevel=2,
        )
    if callable(getattr(sampler, "set_epoch", None)):
        for source in sources:
            source._followers.append(sampler)
    return loader
