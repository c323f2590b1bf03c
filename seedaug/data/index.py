"""Indices that carry their epoch and their repeat number to the worker that loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

Ride = tuple[int, int]
"""(epoch, repeat) of the sample being loaded."""

# What the loader sent along with the index, for datasets further in that see a plain index.
ride: ContextVar[Ride | None] = ContextVar("seedaug_ride", default=None)


def known_length(source: Any) -> int | None:
    """The length of a dataset or a sampler, or None where it doesn't say."""
    try:
        return len(source)
    except (TypeError, NotImplementedError):
        return None


class SampleIndex(int):
    """An index with the epoch it is drawn in, and which visit of it within that epoch this is.

    It is an int of the same value, so any dataset takes it.

    >>> index = SampleIndex(5, epoch=2)
    >>> index + 1, index.epoch, index.repeat
    (6, 2, 0)
    """

    epoch: int
    repeat: int

    def __new__(cls, index: int, epoch: int, repeat: int = 0) -> SampleIndex:
        self = super().__new__(cls, index)
        self.epoch = epoch
        self.repeat = repeat
        return self

    def __reduce__(self) -> tuple[type[SampleIndex], tuple[int, int, int]]:
        return SampleIndex, (int(self), self.epoch, self.repeat)

    def load(self, item: Callable[[int], Any]) -> Any:
        """Call `item` on the plain index, with its epoch and repeat in reach."""
        token = ride.set((self.epoch, self.repeat))
        try:
            return item(int(self))
        finally:
            ride.reset(token)

    def __repr__(self) -> str:
        return f"SampleIndex({int(self)}, epoch={self.epoch}, repeat={self.repeat})"


class EpochBatch(list[int]):
    """A batch's indices, all of one epoch: cheaper to send than a `SampleIndex` for each.

    Args:
        indices: what the batch holds.
        epoch: the epoch they are drawn in.
        repeats: which visit each is, or None when all are first visits.
        collated: whether torch's default_collate, and nothing else, is what the samples go to; and
        sent: whether what that makes goes straight to another process.
        number: of the batch, over all ranks, where its collation has a key; else None.
    """

    def __init__(
        self,
        indices: Iterable[int],
        epoch: int,
        repeats: list[int] | None = None,
        collated: bool = False,
        sent: bool = False,
        number: int | None = None,
    ) -> None:
        super().__init__(indices)
        self.epoch = epoch
        self.repeats = repeats
        self.collated = collated
        self.sent = sent
        self.number = number

    def __reduce__(self) -> tuple[type[EpochBatch], tuple[Any, ...]]:
        rest = self.repeats, self.collated, self.sent, self.number
        return EpochBatch, ([*self], self.epoch, *rest)

    def carry(self, items: Callable[[list[int]], list[Any]]) -> list[Any]:
        """Call `items` on the plain indices, with their epoch in reach; all are first visits."""
        token = ride.set((self.epoch, 0))
        try:
            return items([*self])
        finally:
            ride.reset(token)

    def load(self, item: Callable[[int], Any]) -> list[Any]:
        """Call `item` on each index, with its epoch and repeat in reach."""
        token = ride.set((self.epoch, 0))
        try:
            if self.repeats is None:
                return [item(index) for index in self]
            loaded = []
            for index, repeat in zip(self, self.repeats, strict=True):
                ride.set((self.epoch, repeat))
                loaded.append(item(index))
            return loaded
        finally:
            ride.reset(token)
