"""SeededIterableDataset: a stream of samples, each made under its own key."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator
from typing import Any, Literal

from torch.utils.data import IterableDataset, get_worker_info

from seedaug import _core
from seedaug.data.collation import stream_began
from seedaug.data.hugging_face import is_hugging_face, own_epochs
from seedaug.data.index import ride
from seedaug.data.keyed import NOTHING, KeyedSource, Transform
from seedaug.data.named import PLACES, SampleKeys, warn_of_draws, warn_of_resampling
from seedaug.data.place import Place
from seedaug.data.ranks import known_ranks
from seedaug.data.resume import checked_state, take_over
from seedaug.key import Packed, check_coordinate, pack

_WATCHED_WORKERS = 1024


class SeededIterableDataset(KeyedSource, IterableDataset[Any]):
    """An iterable dataset whose samples are made under a key each.

    A stream has no indices. Without `index`, a sample's coordinates are who hands it out and as
    which: ``worker = rank * num_workers + worker id`` and ``index`` = the running count in that
    worker. The same number of workers and ranks gives the same run; another number deals the
    stream out differently, and so draws differently.

    With `index`, a sample's coordinates are its own: ``index = index(sample)`` and ``worker`` = how
    often that index has come before in this pass, in this process. Draws then depend neither on
    workers and ranks nor on the order, as for `SeededDataset`.

    The wrapped dataset must split its samples over workers and ranks itself, as for torch (see
    `torch.utils.data.get_worker_info`); its `set_epoch`, if it has one, is called at the start of
    each pass, in the worker.

    Args:
        dataset: an iterable of samples, iterated anew for each pass.
        seed: which run; 0 … 2**64 - 1, or a negative 64-bit integer.
        index: called with each sample as the source gave it, before the transforms; returns an
            integer that no other sample has, 0 … 2**40 - 1. What the source itself draws (in a
            decoder, a `.map`) still belongs to the place in the stream.
        worker: with `index`: 0, or "own" to let every worker of every rank draw its own for the
            same sample, where several may get it (shards that are resampled).
        transform, target_transform, transforms, return_key, seed_globals: as for `SeededDataset`.

    Raises:
        TypeError: `dataset` is no iterable, or an argument is of the wrong type.
        ValueError: `seed` or `worker` is out of range, or transforms are given both ways.

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
        index: Callable[[Any], int] | None = None,
        worker: Literal[0, "own"] = 0,
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
        if index is not None and not callable(index):
            raise TypeError(f"index must be callable with a sample, or None, got {index!r}")
        if worker not in (0, "own") or (worker == "own" and index is None):
            raise ValueError(
                'worker must be 0, or with index= also "own" (without index= each worker draws its '
                f"own anyhow), got {worker!r}"
            )
        self.index = index
        self.worker = worker
        self._rank, self._world = known_ranks()
        self._place: Place | None = None  # of the pass that was begun last in this process
        self._resumed: Place | None = None  # where the next pass begins
        self._alone_in: int | None = None  # the process in which the source's epoch is its own
        self._source_moved = False  # whether the source was told where to go on
        self._told_of_draws = False

    def __len__(self) -> int:
        return len(self.dataset)

    def __getstate__(self) -> dict[str, Any]:
        self._refresh_rank()
        return {**self.__dict__, "_place": None}  # a pass stays in its process

    def state_dict(self) -> dict[str, Any]:
        """Where the pass is that was begun last in this process.

        torchdata's StatefulDataLoader takes it in each worker. The source's own state is in it
        where it has one (Hugging Face's streams do), and then the source goes on from there. Else,
        and with `index`, a resumed pass runs through the source from its start, without the
        transforms, to where it was.

        Returns:
            ``{"seed", "epoch", "stream_version", "count", "ended", "split", "source"}``.
        """
        place = self._resumed or self._place or Place(self.epoch)
        base = {"seed": self.seed, "epoch": place.epoch, "stream_version": _core.STREAM_VERSION}
        return {**base, **place.state(self.dataset, skips=self.index is None)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make the next pass go on where `state` was taken, in its epoch.

        The passes after it are of the epoch that `set_epoch` says.

        Args:
            state: from `state_dict`, of the same worker of as many, on the same rank of as many
                (else the pass raises ValueError at its first sample).

        Raises:
            TypeError: `state` is no dict, or an entry is no integer.
            ValueError: an entry is missing, or the seed or stream version is another.
        """
        loaded = checked_state(state, self.seed, repr(self), ("count", "ended", "split", "source"))
        loaded["count"] = check_coordinate("index", loaded["count"])
        self._resumed = Place(loaded["epoch"], loaded)
        take_over(self._clock, loaded["epoch"], repr(self))

    def __iter__(self) -> Iterator[Any]:
        # The epoch is read now, and not when the first sample is asked for: by then another pass
        # may have begun.
        riding = ride.get()
        place, self._resumed = self._resumed, None
        if place is None:
            place = Place(self._clock.epoch if riding is None else riding[0])
        self._place = place
        stream_began(self, place.epoch)
        return self._run(place)

    def _run(self, place: Place) -> Iterator[Any]:
        self._refresh_rank()
        info = get_worker_info()
        own, workers = (0, 1) if info is None else (info.id, info.num_workers)
        place.take_split([self._rank, self._world, own, workers])
        check_coordinate("worker", place.worker)
        clock = self._clock
        if not place.resumed and clock.epoch == place.epoch:
            clock.restart(own, self)
        if not place.ended:
            yield from self._samples(place)
        if clock.epoch == place.epoch:  # also if a state said that it had ended: no pass is left
            clock.finish(own)

    def _samples(self, place: Place) -> Iterator[Any]:
        """The samples that are left of the pass."""
        source, again = self._go_to(place)
        keys = self._sample_keys(place)
        worker = place.worker if keys is None else PLACES + place.worker
        for number in range(again):
            sample = self._under(pack(self.seed, place.epoch, worker, number), self._fetch, source)
            if sample is NOTHING:
                raise ValueError(
                    f"{self!r}: the state was taken after {again} samples, and now the source has "
                    f"only {number}: it is not what it was"
                )
            if keys is not None:
                keys.next(sample)
            place.count = number + 1
        make = self._next_of if keys is None else self._fetch
        for number in itertools.count(place.count):
            sample = self._under(pack(self.seed, place.epoch, worker, number), make, source)
            if sample is NOTHING:
                break
            place.count = number + 1
            place.resumed = False
            yield sample if keys is None else self._under(keys.next(sample), self._finish, sample)
        place.ended = True

    def _go_to(self, place: Place) -> tuple[Iterator[Any], int]:
        """The source's iterator, and how many samples are to be dropped to get to the place."""
        if callable(set_epoch := getattr(self.dataset, "set_epoch", None)):
            if multiprocessing.parent_process() is not None and self._alone_in != os.getpid():
                own_epochs(self.dataset)  # of a worker, or a rank
                self._alone_in = os.getpid()
            set_epoch(place.epoch)
        if self._source_moved and is_hugging_face(self.dataset):
            self.dataset.load_state_dict({})  # else it goes there again in each pass of that epoch
        source, replayed = place.open(self.dataset)
        self._source_moved = place.resumed and not replayed
        if replayed and place.worker == 0:
            logging.getLogger("seedaug").warning(
                "%r: resuming by running through the first %d samples of the source (each worker "
                "its own), without the transforms",
                self,
                replayed,
            )
        return source, replayed

    def _sample_keys(self, place: Place) -> SampleKeys | None:
        if self.index is None:
            return None
        if self.worker == 0 and place.workers > 1 and place.worker == 0:
            warn_of_resampling(repr(self), self.dataset)
        return SampleKeys(self.index, repr(self), self.seed, place, self.worker == "own")

    def _next_of(self, source: Iterator[Any], packed: Packed) -> Any:
        return self._finish(next(source, NOTHING), packed)

    def _fetch(self, source: Iterator[Any], packed: Packed) -> Any:
        """The next sample as the source gives it."""
        sample = next(source, NOTHING)
        if self.index is not None and not self._told_of_draws:
            self._told_of_draws = warn_of_draws(repr(self))
        return sample
