"""Who tells a loader the epoch, and whom it tells: its datasets and samplers."""

from __future__ import annotations

from typing import Any

from seedaug.data.epoch import SharedEpoch
from seedaug.data.keyed import KeyedSource
from seedaug.data.passes import EpochBatches
from seedaug.data.sampler import DealtSampler, KeyedSampler, StreamSampler, ToldSampler
from seedaug.key import check_coordinate

_OURS = (EpochBatches, ToldSampler, KeyedSampler, DealtSampler, StreamSampler)


class Tellers:
    """A loader's datasets and samplers, on any of which somebody may set the epoch.

    Args:
        sources: the seeded datasets.
        sampler: the loader's, as users see it.
        batch_sampler: the loader's, as it was given; None with single indices and streams.
        batches: the loader's order; None with streams.
    """

    def __init__(
        self,
        sources: list[KeyedSource],
        sampler: Any,
        batch_sampler: Any,
        batches: EpochBatches | None,
    ) -> None:
        self._sources = sources
        self._batches = batches
        self._samplers = [batch_sampler, getattr(batch_sampler, "sampler", None), sampler]
        self._remember()

    def clocks(self) -> list[SharedEpoch]:
        """Where somebody may have chosen an epoch."""
        clocks = [source._clock for source in self._sources]
        for sampler in self._samplers:
            if isinstance(sampler, (KeyedSampler, StreamSampler, DealtSampler)):
                clocks.append(sampler.clock)
        return clocks if self._batches is None else [*clocks, self._batches.clock]

    def hear(self) -> int | None:
        """An epoch that was set on a sampler of the user's itself since it was told one."""
        heard = None
        for sampler in self._users():
            told = self._told.get(id(sampler))
            if told is not None and sampler.epoch != told and type(sampler.epoch) is int:
                heard = check_coordinate("epoch", sampler.epoch)
        return heard

    def tell(self, epoch: int) -> None:
        """Begin the epoch everywhere: in the datasets, and by the samplers' own `set_epoch`."""
        for source in self._sources:
            source._clock.begin(epoch)
            source._refresh_rank()
        if self._batches is None:
            return
        told: list[Any] = []
        for sampler in self._samplers:
            ours = isinstance(sampler, (EpochBatches, ToldSampler))
            if ours or any(sampler is other for other in told):
                continue
            told.append(sampler)
            if isinstance(sampler, KeyedSampler):
                sampler.clock.begin(epoch)
            elif isinstance(sampler, DealtSampler):
                sampler.tell(epoch)
            elif callable(set_epoch := getattr(sampler, "set_epoch", None)):
                set_epoch(epoch)
        self._remember()

    def _remember(self) -> None:
        self._told = {id(sampler): sampler.epoch for sampler in self._users()}

    def _users(self) -> list[Any]:
        """The samplers of the user's that have an epoch and can be told one."""
        parts = [*self._samplers, *(getattr(part, "source", None) for part in self._samplers)]
        found = {id(part): part for part in parts if not isinstance(part, _OURS)}
        return [
            part
            for part in found.values()
            if hasattr(part, "epoch") and callable(getattr(part, "set_epoch", None))
        ]
