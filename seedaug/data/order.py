"""One pass of a `KeyedSampler`, which can tell its place: torchdata saves and resumes it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from seedaug.data.epoch import SharedEpoch
from seedaug.data.index import SampleIndex, passing
from seedaug.data.resume import take_over
from seedaug.key import check_coordinate


class OrderPass:
    """Hands out a pass's indices and counts them. Until the first one, `set_epoch` counts.

    Args:
        run: gives the indices of an epoch.
        count: how many that are.
        clock: the sampler's.
        name: the sampler's, in messages.
    """

    def __init__(
        self,
        run: Callable[[int], Iterator[SampleIndex]],
        count: Callable[[], int],
        clock: SharedEpoch,
        name: str,
    ) -> None:
        self._count = count
        self._run = run
        self._clock = clock
        self._name = name
        self._epoch: int | None = None  # that of the state which was loaded, or once begun
        self._given = 0
        self._indices: Iterator[SampleIndex] | None = None

    def __iter__(self) -> OrderPass:
        return self

    def __next__(self) -> SampleIndex:
        if self._indices is None:
            if self._epoch is None:
                carried = passing.get()
                self._epoch = self._clock.epoch if carried is None else carried
            self._indices = itertools.islice(self._run(self._epoch), self._given, None)
        index = next(self._indices)
        self._given += 1
        return index

    def state_dict(self) -> dict[str, int]:
        """The pass's epoch, and how many indices it has given."""
        epoch = self._clock.epoch if self._epoch is None else self._epoch
        return {"epoch": epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken, in its epoch's order."""
        self._epoch = check_coordinate("epoch", state["epoch"])
        self._given = check_coordinate("index", state["given"])
        self._indices = None
        if take_over(self._clock, self._epoch, self._name) and self._given >= self._count():
            self._indices = iter(())
            self._clock.finish(0)  # another pass of it will be warned of
