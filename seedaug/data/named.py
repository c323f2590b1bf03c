"""Keys of a stream's samples by their own index: ``SeededIterableDataset(..., index=...)``."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from seedaug import _core
from seedaug.context import current
from seedaug.data.place import Place
from seedaug.key import Packed, pack

PLACES = (_core.MAX_WORKER + 1) // 2
"""The first worker coordinate of a stream's places; those below are for visits of its samples."""

_MAX_INDEX: int = _core.MAX_INDEX
_SHUFFLE: int = _core.KINDS["shuffle"]


class SampleKeys:
    """The keys of one pass, with visits counted.

    Args:
        index: of a sample, as the user gave it.
        name: of the dataset, in messages.
        seed: 0 … 2**64 - 1.
        place: the pass, with its split.
        own: whether every worker of every rank draws its own.
    """

    def __init__(
        self, index: Callable[[Any], Any], name: str, seed: int, place: Place, own: bool
    ) -> None:
        self._index = index
        self._name = name
        self._seed = seed
        self._epoch = place.epoch
        self._first, self._step = (place.worker, place.workers) if own else (0, 1)
        self._visits: dict[int, int] = {}

    def next(self, sample: Any) -> Packed:
        """The key of the next sample: its index, and which visit of it this is.

        Raises:
            TypeError: `index` gave no integer.
            ValueError: it raised, gave one out of range, or one too often.
        """
        index = self._checked(sample)
        visit = self._visits.get(index, 0)
        self._visits[index] = visit + 1
        worker = self._first + visit * self._step
        if worker >= PLACES:
            raise ValueError(
                f"{self._name}: index {index} came {visit + 1} times in one pass; there are "
                f"{PLACES} worker coordinates for visits (worker='own' shares them out)"
            )
        return pack(self._seed, self._epoch, worker, index)

    def _checked(self, sample: Any) -> int:
        try:
            given = self._index(sample)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{self._name}: index= raised {type(error).__name__}({error}) for {said(sample)}; "
                "it is called with the sample as the source gives it, before the transforms"
            ) from error
        try:
            if isinstance(given, bool):
                raise TypeError
            index = operator.index(given)
        except TypeError:
            raise TypeError(
                f"{self._name}: index= must return an integer, got {given!r} "
                f"({type(given).__name__}) for {said(sample)}; for a key like '000123' give "
                "index=lambda sample: int(sample['__key__'])"
            ) from None
        if not 0 <= index <= _MAX_INDEX:
            raise ValueError(
                f"{self._name}: index= must return 0 … 2**{_MAX_INDEX.bit_length()} - 1, got "
                f"{index} for {said(sample)}"
            )
        return index


def said(sample: Any) -> str:
    """What a sample is, in a message."""
    kind = type(sample).__name__
    if isinstance(sample, Mapping):
        return f"a {kind} with the keys {[*sample][:12]}"
    return f"a {kind} of {len(sample)}" if isinstance(sample, (tuple, list)) else f"a {kind}"


def warn_of_draws(name: str) -> bool:
    """Warn if the source has drawn from seedaug while it made the current sample."""
    drawn = [kind for kind in current().counts if kind != _SHUFFLE]
    if drawn:
        warnings.warn(
            f"{name}: the wrapped dataset itself draws random numbers. It does so before index= is "
            "asked, so they belong to the place in the stream and change with the number of "
            "workers; give what draws as transform= (or transforms=)",
            UserWarning,
            stacklevel=4,
        )
    return bool(drawn)


def warn_of_resampling(name: str, source: Any) -> None:
    """Warn that several workers draw webdataset's shards on their own, and so the same samples."""
    stages = getattr(source, "pipeline", None)
    if isinstance(stages, list) and any("Resampled" in type(one).__name__ for one in stages):
        warnings.warn(
            f"{name}: every worker draws the shards anew, so that several give the same sample, "
            'with the same draws for its first visit in each; give worker="own" and each draws '
            "its own",
            UserWarning,
            stacklevel=4,
        )
