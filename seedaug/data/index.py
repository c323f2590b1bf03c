"""Indices that carry their epoch and their repeat number to the worker that loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

Ride = tuple[int, int]
"""(epoch, repeat) of the sample being loaded."""

# What the loader sent along with the index, for datasets further in that see a plain index.
ride: ContextVar[Ride | None] = ContextVar("seedaug_ride", default=None)

# The epoch of the loader's pass whose order is being made, for samplers that are asked for it.
passing: ContextVar[int | None] = ContextVar("seedaug_passing", default=None)


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
    again: int | None  # the repeat number if whoever takes it gives it once more, to fill a batch

    def __new__(
        cls, index: int, epoch: int, repeat: int = 0, again: int | None = None
    ) -> SampleIndex:
        self = super().__new__(cls, index)
        self.epoch = epoch
        self.repeat = repeat
        self.again = again
        return self

    def __reduce__(self) -> tuple[type[SampleIndex], tuple[int, int, int, int | None]]:
        return SampleIndex, (int(self), self.epoch, self.repeat, self.again)

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

    A framework may cut it or fill it up (accelerate does); what comes of that is one again.

    Args:
        indices: what the batch holds.
        epoch: the epoch they are drawn in.
        repeats: which visit each is, or None when all are first visits.
        collated: whether torch's default_collate, and nothing else, is what the samples go to; and
        sent: whether what that makes goes straight to another process.
        number: which batch of the epoch it is, counted over all ranks.
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

    def like(self, indices: Iterable[int], repeats: list[int] | None) -> EpochBatch:
        """A batch of other indices, and all else as it is here."""
        return EpochBatch(indices, self.epoch, repeats, self.collated, self.sent, self.number)

    def __reduce__(self) -> tuple[type[EpochBatch], tuple[Any, ...]]:
        rest = (self.epoch, self.repeats, self.collated, self.sent, self.number)
        return EpochBatch, ([int(index) for index in self], *rest)

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        if not isinstance(place, slice):
            return found
        return self.like(found, self.repeats[place] if self.repeats else None)

    def copy(self) -> EpochBatch:
        """The same, to be changed apart."""
        return self[:]  # type: ignore[no-any-return]

    def __iadd__(self, others: Iterable[Any]) -> EpochBatch:  # type: ignore[override]
        """Fill the batch up with indices that were given before."""
        filled = [*others]
        repeats = self.repeats or [0] * len(self)
        self.repeats = repeats + filling_visits(filled)
        super().extend(filled)
        return self

    def __add__(self, others: Iterable[Any]) -> EpochBatch:  # type: ignore[override]
        added = self.copy()
        added += others
        return added

    def carry(self, items: Callable[[list[int]], list[Any]]) -> list[Any]:
        """Call `items` on the plain indices, with their epoch in reach; all are first visits."""
        token = ride.set((self.epoch, 0))
        try:
            return items([*map(int, self)])
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
                # A SampleIndex would ride by itself; what was fetched stays with its index.
                loaded.append(item(int(index) if type(index) is SampleIndex else index))
            return loaded
        finally:
            ride.reset(token)


def filling_visits(indices: Iterable[Any]) -> list[int]:
    """Which visit each index is that somebody gives once more, to fill up a batch."""
    seen: dict[int, int] = {}
    visits = []
    for index in indices:
        number = seen.get(index, 0)
        seen[index] = number + 1
        again = getattr(index, "again", None)
        visits.append(number + (getattr(index, "repeat", 0) if again is None else again))
    return visits


def as_epoch_batch(indices: list[Any]) -> EpochBatch | None:
    """A plain list of indices that bring their epoch, as an `EpochBatch`; None if they don't.

    Where an order's batches are `EpochBatch`es of indices with `again`, a plain list of such
    indices was put together by somebody else: it is a filling.
    """
    first = indices[0] if indices else None
    if type(first) is not SampleIndex:
        return None
    epoch = first.epoch
    if any(type(index) is not SampleIndex or index.epoch != epoch for index in indices):
        return None
    if first.again is None:
        repeats = [index.repeat for index in indices]
    else:
        repeats = filling_visits(indices)
    number = (1 << 39) + int(first)  # a number of its own for its collation: beyond all batches
    return EpochBatch(map(int, indices), epoch, repeats if any(repeats) else None, number=number)
