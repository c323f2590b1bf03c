"""DataLoader: torch's, whose epochs advance by themselves and which resumes in mid-epoch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import torch.utils.data
from torch.utils.data import IterableDataset

from seedaug import _core
from seedaug.data.adopt import adopt
from seedaug.data.collate import collates_by_itself
from seedaug.data.index import known_length, ride
from seedaug.data.iterable import SeededIterableDataset
from seedaug.data.keyed import KeyedSource
from seedaug.data.passes import CountedBatches, KeyedBatches, warn_of_equal_ranks
from seedaug.data.sampler import DealtSampler, KeyedSampler
from seedaug.data.state import CountedPass, LoaderState
from seedaug.key import check_coordinate

_UNPICKLABLE = re.compile(r"pickle|local object", re.IGNORECASE)


class DataLoader(torch.utils.data.DataLoader[Any]):
    """torch's DataLoader, keyed: each pass is an epoch of its own, and can be resumed.

    The arguments are torch's, in torch's order, with these differences:

    * each `iter()` is the next epoch, beginning with 0; the indices that go to the workers carry
      it, so persistent workers, prefetching and every start method are right;
    * `shuffle=True` follows (seed, epoch), and `generator` has no part in it;
    * the order is dealt out over ranks (see `KeyedSampler`) where torch.distributed is
      initialised; a sampler of yours is taken to do that itself, unless `num_replicas` is given;
    * the r-th visit of an index within an epoch (sampling with replacement) draws anew: its
      worker coordinate is r.

    Args:
        dataset: a `SeededDataset` or `SeededIterableDataset`; something that holds one (`Subset`,
            `ConcatDataset`); or any dataset, when `seed` is given.
        batch_size, shuffle, sampler, batch_sampler, num_workers, collate_fn, pin_memory,
            drop_last, timeout, worker_init_fn, multiprocessing_context, generator,
            prefetch_factor, persistent_workers, pin_memory_device, in_order, and any other
            keyword that this torch knows: as for torch.
        seed: wrap `dataset` as ``SeededDataset(dataset, seed)``. Default: the dataset's own.
        num_replicas, rank: deal the order out over so many ranks; a sampler's too.

    Raises:
        ValueError: there is no seed, or another than the dataset's; ranks out of range or given
            with a sampler; whatever torch's DataLoader raises.

    >>> import seedaug
    >>> loader = seedaug.DataLoader(range(6), batch_size=2, shuffle=True, seed=0)
    >>> first, second = list(loader), list(loader)
    >>> loader.set_epoch(0)
    >>> all(bool((a == b).all()) for a, b in zip(first, loader))
    True
    >>> loader.state_dict()
    {'seed': 0, 'epoch': 0, 'batch': 3, 'stream_version': 1}
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: torch.Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
        num_replicas: int | None = None,
        rank: int | None = None,
        **options: Any,
    ) -> None:
        dataset, self._sources = adopt(dataset, seed)
        self.seed = self._sources[0].seed
        iterable = isinstance(dataset, IterableDataset)
        own_order = sampler is None and batch_sampler is None and not iterable
        dealt = num_replicas is not None or rank is not None
        if dealt and (iterable or batch_sampler is not None):
            raise ValueError(
                "num_replicas= and rank= deal out the loader's own order or a sampler's: a "
                "batch_sampler or an iterable dataset deals out itself"
            )
        if sampler is not None and dealt:
            sampler = DealtSampler(sampler, num_replicas, rank, drop_last, dataset)
        elif own_order:
            sampler = KeyedSampler(
                dataset,
                self.seed,
                shuffle=bool(shuffle),
                num_replicas=num_replicas,
                rank=rank,
                drop_last=drop_last,
            )
        super().__init__(
            dataset,
            batch_size,
            None if own_order else shuffle,
            sampler,
            batch_sampler,
            num_workers,
            collate_fn,
            pin_memory,
            drop_last,
            timeout,
            worker_init_fn,
            multiprocessing_context,
            generator,
            prefetch_factor=prefetch_factor,
            persistent_workers=persistent_workers,
            pin_memory_device=pin_memory_device,
            in_order=in_order,
            **options,
        )
        self._batches = self._plan(iterable, batch_sampler is None)
        self._state = LoaderState(self.seed)

    def _plan(self, iterable: bool, cut_here: bool) -> KeyedBatches | CountedBatches | None:
        if iterable:
            return None
        if cut_here and isinstance(self.sampler, KeyedSampler):
            return KeyedBatches(self.sampler, self.batch_size, self.drop_last)
        batched = self.batch_sampler is not None
        source: Any = self.batch_sampler if batched else self.sampler
        if any(getattr(part, "worker", 0) == 0 for part in self._sources):
            warn_of_equal_ranks(source)
        return CountedBatches(source, self.seed, batched, self.dataset)

    @property
    def _index_sampler(self) -> Any:
        """What torch's iterators take their indices from (torch's name for it)."""
        if self._batches is None:
            return super()._index_sampler
        return self._batches

    @property
    def epoch(self) -> int:
        """The epoch of the pass that last began or moved on; before the first, what it will be."""
        return self._state.shown_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass's, from its start.

        `set_epoch` of the dataset or of the loader's own sampler does the same; the last counts.

        Args:
            epoch: 0 … 2**24 - 1.

        Raises:
            TypeError: `epoch` is no integer.
            ValueError: it is out of range.
        """
        self._state.choose(check_coordinate("epoch", epoch))

    def state_dict(self) -> dict[str, int]:
        """Where the loader is: after how many batches of which epoch.

        Batches count when they are handed out, not when a worker loads them, so a state taken in
        the loop's body resumes with the next batch.

        Returns:
            ``{"seed", "epoch", "batch", "stream_version"}``, all integers (JSON).

        Raises:
            RuntimeError: the loader was made with ``in_order=False`` and workers: then the batches
                handed out are no prefix of the epoch.
        """
        if self.num_workers > 0 and not self.in_order:
            raise RuntimeError(
                "a DataLoader with in_order=False and workers has no state to resume"
            )
        return {**self._state.to_dict(), "stream_version": _core.STREAM_VERSION}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make the next pass resume where `state` was taken.

        No sample of a map-style dataset is loaded again. A stream is: it has no order to skip in,
        so its workers run through it from the start, and the batches handed out before are dropped.

        Args:
            state: from `state_dict` of a loader of the same dataset, batch size and ranks, and for
                a stream the same number of workers.

        Raises:
            TypeError: the state is no dict, or an entry is no integer.
            ValueError: an entry is missing, the seed or stream version is another, or the epoch
                has not that many batches (where its length is unknown, the pass says so).
        """
        batches = None if self._batches is None else known_length(self._batches)
        self._state.load(state, self.seed, _core.STREAM_VERSION, batches)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # counts what torch's gives
        self._heed_choices()
        position = self._state.begin()
        epoch, skip = position.epoch, position.batch
        for source in self._sources:
            source._clock.begin(epoch)
            if isinstance(source, SeededIterableDataset):
                source._refresh_rank()
        if self._batches is not None:
            self._batches.epoch, self._batches.skip = epoch, skip
            self._batches.collated = collates_by_itself(self.collate_fn)
            self._batches.sent = self._batches.collated and self.num_workers > 0
            self._tell_samplers(epoch)
        try:
            with ExitStack() as started:
                # In a sample of another loader: its epoch is not this pass's, nor its workers'.
                started.callback(ride.reset, ride.set(None))
                if self._batches is None and not self.persistent_workers:
                    for source in self._sources:
                        started.enter_context(source._clock.apart())
                inner = super().__iter__()
        except Exception as error:
            if self.num_workers and _UNPICKLABLE.search(str(error)):
                raise TypeError(self._unpicklable(error)) from error
            raise
        replayed = skip if self._batches is None else 0
        return CountedPass(self._state, inner, replayed, alone=self.persistent_workers)

    def _heed_choices(self) -> None:
        """Take over an epoch that was set on the dataset or on the loader's own sampler."""
        clocks = [source._clock for source in self._sources]
        if isinstance(self.sampler, KeyedSampler):
            clocks.append(self.sampler.clock)
        latest = max(clocks, key=lambda clock: clock.tick)
        if latest.tick > self._state.tick:
            self._state.choose(latest.epoch)

    def _tell_samplers(self, epoch: int) -> None:
        """Call the samplers' own `set_epoch`, as for a DistributedSampler."""
        inner = getattr(self.batch_sampler, "sampler", None)
        told: list[Any] = []
        for sampler in (self.batch_sampler, inner, self.sampler):
            if sampler is None or any(sampler is other for other in told):
                continue
            told.append(sampler)
            if isinstance(sampler, KeyedSampler):
                sampler.clock.begin(epoch)
            elif callable(set_epoch := getattr(sampler, "set_epoch", None)):
                set_epoch(epoch)

    def _unpicklable(self, error: Exception) -> str:
        what = repr(self.dataset) if isinstance(self.dataset, KeyedSource) else type(self.dataset)
        return (
            f"seedaug.DataLoader: {what} or its functions cannot be sent to a worker process: "
            f"{error}. Define classes and functions at the top level of a module (no lambda, no "
            'open file), or use multiprocessing_context="fork" or num_workers=0'
        )
