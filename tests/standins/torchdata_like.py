"""Keeps and takes up a place as torchdata 0.11's StatefulDataLoader does, without workers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch.utils.data as data


class TorchdataLike:
    """A loader with a state: a count of batches, and the dataset's own state if it keeps one.

    Args:
        loader: torch's, without workers; what it loads, in its order.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self._streams = isinstance(loader.dataset, data.IterableDataset)
        self._stateful = hasattr(loader.dataset, "load_state_dict")
        self._place: dict[str, Any] | None = None
        self._count, self._ended = 0, False

    def __iter__(self) -> Iterator[Any]:
        place, self._place = self._place, None
        if place is None:
            return self._counted(self._batches(0), 0)
        rest = self._resumed(place)
        # From a state of an epoch's end it makes the empty rest, and then begins anew.
        return self._counted(self._batches(0), 0) if place["ended"] else rest

    def _resumed(self, place: dict[str, Any]) -> Iterator[Any]:
        skip = place["count"]
        order = None
        if not self._streams:
            for _ in range(2):  # iterators that it makes on the way
                next(iter(self.loader.batch_sampler))
            order = [*self.loader.batch_sampler][skip:]
        if self._stateful and place["dataset"] is not None:
            self.loader.dataset.load_state_dict(place["dataset"])
            if self._streams:  # which goes on by itself, or from its start
                return self._counted(self._batches(0), skip)
        return self._counted(self._batches(skip, order), skip)

    def _batches(self, skip: int, order: Any = None) -> Iterator[Any]:
        if self._streams:
            yield from itertools.islice(data.DataLoader.__iter__(self.loader), skip, None)
            return
        dataset = self.loader.dataset
        for indices in self.loader.batch_sampler if order is None else order:
            yield self.loader.collate_fn(dataset.__getitems__(indices))

    def _counted(self, batches: Iterator[Any], count: int) -> Iterator[Any]:
        self._count, self._ended = count, False
        for batch in batches:
            self._count += 1
            yield batch
        self._ended = True

    def state_dict(self) -> dict[str, Any]:
        """After the batch that was handed out last."""
        kept = self.loader.dataset.state_dict() if self._stateful else None
        return {"count": self._count, "ended": self._ended, "dataset": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """For the next pass."""
        self._place = state
