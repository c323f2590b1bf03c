"""SeededIterableDataset: a stream of samples, each made under its own key."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from seedaug.data.collation import stream_began
from seedaug.data.index import ride
from seedaug.data.keyed import NOTHING, KeyedSource, Transform
from seedaug.data.ranks import known_ranks
from seedaug.key import Packed, check_coordinate, pack

_WATCHED_WORKERS = 1024


class SeededIterableDataset(KeyedSource, IterableDataset[Any]):
    """An iterable dataset whose random draws depend on who hands out a sample, and as which.

    A stream has no indices, so a sample's coordinates are ``worker = rank * num_workers + worker
    id`` and ``index`` = the running count in that worker. The same number of workers and ranks
    gives the same run; another number deals the stream out differently, and so draws differently.

    The wrapped dataset must split its samples over workers and ranks itself, as for torch (see
    `torch.utils.data.get_worker_info`); its `set_epoch`, if it has one, is called at the start of
    each pass, in the worker.

    Args:
        dataset: an iterable of samples, iterated anew for each pass.
        seed: which run; 0 … 2**64 - 1, or a negative 64-bit integer.
        transform, target_transform, transforms, return_key, seed_globals: as for `SeededDataset`.

    Raises:
        TypeError: `dataset` is no iterable, or an argument is of the wrong type.
        ValueError: `seed` is out of range, or transforms are given both ways.

    >>> import seedaug
    >>> def draw(x): return x, int(seedaug.rng().integers(1000))
    >>> stream = seedaug.SeededIterableDataset(range(3), seed=0, transform=draw)
    >>> first = list(stream)
    >>> stream.set_epoch(0)  # again, on purpose
    >>> list(stream) == first
    True
    """

    def __init__(
        self,
        dataset: Any,
        seed: int,
        transform: Transform | None = None,
        *,
        target_transform: Transform | None = None,
        transforms: Transform | None = None,
        return_key: bool = False,
        seed_globals: bool = False,
    ) -> None:
        if not hasattr(dataset, "__iter__") or isinstance(dataset, Iterator):
            raise TypeError(
                "SeededIterableDataset needs an iterable that can be iterated anew for each pass, "
                f"got {type(dataset).__name__}"
            )
        super().__init__(
            dataset,
            seed,
            transform,
            target_transform,
            transforms,
            return_key,
            seed_globals,
            _WATCHED_WORKERS,
        )
        self._rank, self._world = known_ranks()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getstate__(self) -> dict[str, Any]:
        self._refresh_rank()
        return self.__dict__.copy()

    def _refresh_rank(self) -> None:
        """Read the rank again where torch.distributed knows it: in the main process."""
        if get_worker_info() is None:
            rank, world = known_ranks()
            if world > 1:
                self._rank, self._world = rank, world

    def __iter__(self) -> Iterator[Any]:
        # The epoch is read now, and not when the first sample is asked for: by then another pass
        # may have begun.
        riding = ride.get()
        epoch = self._clock.epoch if riding is None else riding[0]
        stream_began(self, epoch)
        return self._run(epoch)

    def _run(self, epoch: int) -> Iterator[Any]:
        self._refresh_rank()
        info = get_worker_info()
        own, workers = (0, 1) if info is None else (info.id, info.num_workers)
        worker = check_coordinate("worker", self._rank * workers + own)
        clock = self._clock
        if clock.epoch == epoch:
            clock.restart(own, self)
        if callable(inner := getattr(self.dataset, "set_epoch", None)):
            inner(epoch)
        source = iter(self.dataset)
        for index in itertools.count():
            packed = pack(self.seed, epoch, worker, index)
            sample = self._under(packed, self._next_of, source)
            if sample is NOTHING:
                break
            yield sample
        if clock.epoch == epoch:
            clock.finish(own)

    def _next_of(self, source: Iterator[Any], packed: Packed) -> Any:
        return self._finish(next(source, NOTHING), packed)
