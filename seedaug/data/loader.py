"""DataLoader: torch's, whose epochs advance by themselves and which resumes in mid-epoch."""

from __future__ import annotations

import copy
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import Any

import torch.utils.data
from torch.utils.data import BatchSampler, IterableDataset, default_collate

from seedaug import _core
from seedaug.data.adopt import adopt
from seedaug.data.callers import evaluated_by_lightning, fetched_ahead, who_asks
from seedaug.data.collation import KeyedCollate, StreamCollate
from seedaug.data.counted import CountedPass
from seedaug.data.dealing import deal, dealt_already, predicting, warn_of_a_part
from seedaug.data.epoch import RepeatedEpochWarning
from seedaug.data.index import known_length, ride
from seedaug.data.keyed import KeyedSource
from seedaug.data.passes import EpochBatches, Loading, PassOrder
from seedaug.data.ranks import known_ranks
from seedaug.data.sampler import (
    DealtSampler,
    KeyedSampler,
    StreamSampler,
    ToldSampler,
    ToldSequence,
)
from seedaug.data.state import Extent, LoaderState, Position
from seedaug.data.tellers import Tellers
from seedaug.key import check_coordinate

_beginning = threading.RLock()  # one pass begins at a time; a forked worker may begin its own
_NEW_LOADER = (
    "{!r}: epoch {} is run a second time, by a new seedaug.DataLoader, and its samples get the "
    "same draws again. Make the loader once, before the loop over epochs (each pass is the next "
    "epoch); or call its set_epoch(epoch), also to repeat one on purpose"
)
_UNPICKLABLE = re.compile(r"pickle|local object", re.IGNORECASE)


class DataLoader(torch.utils.data.DataLoader[Any]):
    """torch's DataLoader, keyed: each pass is an epoch of its own, and can be resumed.

    The arguments are torch's, in torch's order, with these differences:

    * each pass is the next epoch, beginning with 0; it begins when its first batch is asked for,
      and until then `set_epoch` counts. The indices that go to the workers carry the epoch, so
      persistent workers, prefetching and every start method are right;
    * `shuffle=True` follows (seed, epoch), and `generator` has no part in it;
    * the order is dealt out over ranks once (see `KeyedSampler`), by the loader or by the framework
      that it is given to; a sampler of yours is taken to do that itself, unless `num_replicas` is
      given;
    * the r-th visit of an index within an epoch (sampling with replacement) draws anew: its
      worker coordinate is r;
    * a `collate_fn` runs under a key of its batch, so what it draws follows (seed, epoch, batch).

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
    >>> state = loader.state_dict()
    >>> state["epoch"], state["batch"], state["samples"], state["order"]
    (0, 3, 6, '6 samples, shuffled')
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
        self._settings: dict[str, Any] = {}
        dataset, self._sources = adopt(dataset, seed)
        self.seed = self._sources[0].seed
        iterable = isinstance(dataset, IterableDataset)
        own_order = sampler is None and batch_sampler is None and not iterable
        dealt = num_replicas is not None or rank is not None
        if dealt and dealt_already(batch_sampler, num_replicas, rank):
            dealt = False  # Lightning makes a loader anew from what the first one made
        if dealt and (iterable or batch_sampler is not None):
            raise ValueError(
                "num_replicas= and rank= deal out the loader's own order or a sampler's: a "
                "batch_sampler or an iterable dataset deals out itself"
            )
        if sampler is not None and dealt:
            sampler = DealtSampler(sampler, num_replicas, rank, drop_last, dataset)
        elif sampler is not None and any(not part.apart_by_rank for part in self._sources):
            sampler = deal(sampler, drop_last, dataset)
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
        self._state = LoaderState(self.seed)
        self._transforms: list[tuple[Any, Any, Any]] = []  # that the last pass had
        self._order: PassOrder | None = None
        if iterable:
            self.__dict__["sampler"] = StreamSampler(self._state)  # torch lets nobody set it anew
        else:
            self._order = PassOrder(self._plan(batch_sampler))
        given = self.__dict__["batch_sampler"]
        own = None if self._order is None else self._order.batches
        self._tellers = Tellers(self._sources, self.sampler, given, own)

    def _plan(self, batch_sampler: Any) -> EpochBatches:
        """The loader's order."""
        if batch_sampler is None:
            batches = EpochBatches(self.sampler, self.batch_size, self.drop_last)
        else:
            given = predicting(batch_sampler)
            batches = EpochBatches(given, None, False, batched=True)
            batches.batch_size = getattr(given, "batch_size", None)  # type: ignore[assignment]
            batches.drop_last = getattr(given, "drop_last", False)
            # Torch puts a SequentialSampler there. Frameworks tell the epoch to what is there, and
            # Lightning deals it out and makes the batch sampler anew with that.
            own = getattr(given, "sampler", self.sampler)
            kind = ToldSequence if type(given) is BatchSampler else ToldSampler
            self.__dict__["sampler"] = kind(own, batches.clock)
        clocks = [source._clock for source in self._sources]
        apart = all(source.apart_by_rank for source in self._sources)
        batches.loading = Loading(
            self.seed,
            self.dataset,
            self._settings,
            self.num_workers,
            self.num_workers * (self.prefetch_factor or 2),
            clocks,
            apart,
            self._state,
        )
        return batches

    @property
    def collate_fn(self) -> Any:
        """What makes a batch of samples; for torch's iterators and accelerate's, under a key."""
        given = self.__dict__["collate_fn"]
        if (collating := self.__dict__.get("_collating")) is not None:
            return collating
        return (
            self._collation(None) if "_order" in self.__dict__ and who_asks().accelerate else given
        )

    @collate_fn.setter
    def collate_fn(self, given: Any) -> None:
        self.__dict__["collate_fn"] = given
        self._settings["collate_fn"] = given

    def _collation(self, epoch: int | None) -> Any:
        """The collate_fn, made so that it draws under the key of its batch.

        Args:
            epoch: that a pass over a stream in this process is of.
        """
        given = self.__dict__["collate_fn"]
        if not self._auto_collation or given is default_collate:
            return given
        seed_globals = any(source.seed_globals for source in self._sources)
        if self._order is not None:
            return KeyedCollate(given, self.seed, seed_globals)
        fixed = None if self.num_workers else epoch
        return StreamCollate(given, self.seed, seed_globals, fixed, known_ranks())

    @property
    def batch_sampler(self) -> Any:
        """What gives the batches: with epochs and visits, to whoever wraps it.

        A batch sampler of yours is given back as it is (Lightning makes it anew by its class), but
        to accelerate.
        """
        given = self.__dict__["batch_sampler"]
        order: PassOrder | None = self.__dict__.get("_order")
        if order is None or order.batches.single:
            return given
        return given if order.batches.batched and not who_asks().accelerate else order.batches

    @batch_sampler.setter
    def batch_sampler(self, given: Any) -> None:
        if self.__dict__.get("_order") is not None:
            raise TypeError(
                "seedaug.DataLoader: batch_sampler cannot be replaced once the loader is made. To "
                "keep workers over epochs (InfiniteDataLoader, MultiEpochsDataLoader) give "
                "persistent_workers=True; each pass is then the next epoch"
            )
        self.__dict__["batch_sampler"] = given

    @property
    def _index_sampler(self) -> Any:
        """What torch's iterators take their indices from (torch's name for it)."""
        return super()._index_sampler if self._order is None else self._order

    @property
    def _extent(self) -> Extent | None:
        """How far a batch goes in the global order, where that is dealt out here."""
        sampler = self.sampler
        if self._order is None or not isinstance(sampler, KeyedSampler):
            return None
        size = self._order.batches.batch_size or 1
        return Extent(size * sampler.num_replicas, sampler.total)

    @property
    def epoch(self) -> int:
        """The epoch of the pass that was last asked for or moved on; before that, of the first."""
        return self._state.where.epoch

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

    def state_dict(self) -> dict[str, Any]:
        """Where the loader is: after how many batches of which epoch.

        Batches count when they are handed out, not when a worker loads them, so a state taken in
        the loop's body resumes with the next batch.

        Returns:
            ``{"seed", "epoch", "batch", "samples", "order", "stream_version"}`` (JSON).
            ``samples``, how many of the epoch's order all ranks together have had, is there only
            where the loader makes the order, and ``digest``, of the indices that were given, where
            a sampler of yours does; ``order`` says in words what the place is a place in.

        Raises:
            RuntimeError: the loader was made with ``in_order=False`` and workers: then the batches
                handed out are no prefix of the epoch.
        """
        if self.num_workers > 0 and not self.in_order:
            raise RuntimeError(
                "a DataLoader with in_order=False and workers has no state to resume"
            )
        dealt = isinstance(self.sampler, KeyedSampler)
        ahead = fetched_ahead() or 0
        state = self._state.to_dict(self._in_words, dealt, ahead)
        return {**state, "stream_version": _core.STREAM_VERSION}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make the next pass resume where `state` was taken.

        No sample of a map-style dataset is loaded again. A stream is: it has no order to skip in,
        so its workers run through it from the start, and the batches handed out before are dropped.

        Args:
            state: from `state_dict` of a loader of the same dataset. The number of workers may be
                another, and where the loader makes the order so may batch size and ranks: what is
                left of the epoch is dealt out anew, nothing lost and nothing twice. A sampler of
                yours needs the same of both; a stream the same number of workers, too.

        Raises:
            TypeError: the state is no dict, or an entry is no integer.
            ValueError: an entry is missing, the seed, order or stream version is another, or the
                epoch has not that many batches (where its length is unknown, the pass says so; and
                so it does where a sampler of yours gives other indices than before).
        """
        batches = None if self._order is None else known_length(self._order)
        self._state.load(state, _core.STREAM_VERSION, self._in_words, batches, self._extent)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # counts what torch's gives
        # Torch's iterator draws a number where it is made: on the device that is the default now.
        start = partial(self._begin, torch.get_default_device())
        return CountedPass(
            self._state, start, self._ran, self._extent, super().__len__, self.persistent_workers
        )

    def _ran(self, position: Position) -> None:
        """Remember in the datasets which epoch of which order was run last."""
        for source in self._sources:
            source._ran = position.epoch, self._in_words

    def _warn_of_a_new_loader(self, epoch: int) -> None:
        """Warn where each epoch gets a loader of its own, which nobody tells the epoch."""
        sampler = self.sampler
        if isinstance(sampler, KeyedSampler) and not sampler.shuffle:  # likely validation
            return
        for source in self._sources:
            if source._ran == (epoch, self._in_words) and not source._warned_of_new_loader:
                source._warned_of_new_loader = True
                warnings.warn(_NEW_LOADER.format(source, epoch), RepeatedEpochWarning, stacklevel=4)

    @property
    def _in_words(self) -> str:
        """What a state's place is a place in."""
        sampler = self.sampler
        if isinstance(sampler, KeyedSampler):
            seed = "" if sampler.seed == self.seed else f" by seed {sampler.seed}"
            how = f"shuffled{seed}" if sampler.shuffle else "in order"
            return f"{sampler.total} samples, {how}"
        ranks = f"{known_ranks()[1]} ranks"
        if self._order is None:
            workers = max(self.num_workers, 1)
            return f"a stream in batches of {self.batch_size}, {workers} workers, {ranks}"
        batches = self._order.batches
        source = batches.source.source if isinstance(sampler, DealtSampler) else batches.source
        if isinstance(batches.source, DealtSampler):
            ranks = f"{batches.source.num_replicas} ranks"
        return f"{type(source).__name__} in batches of {batches.batch_size}, {ranks}"

    def _begin(self, device: torch.device) -> tuple[Position, Iterator[Any], int]:
        """Begin the next pass: its position, torch's iterator, and how many batches come again."""
        # Entered only where it is another: in it each call of torch's costs more, also in workers.
        same = device == torch.get_default_device()
        with _beginning, nullcontext() if same else device:
            if (epoch := self._tellers.hear()) is not None:
                self._state.choose(epoch)
            first = self._state.begun is None
            begun = self._state.begin(self._tellers.clocks(), evaluated_by_lightning())
            begun.order = self._in_words
            if first and self._state.by_itself:
                self._warn_of_a_new_loader(begun.epoch)
            if first and isinstance(self.sampler, KeyedSampler) and self.sampler.given is None:
                warn_of_a_part(self.dataset)
            self._renew_workers()
            return begun, *self._iterate(copy.copy(begun))

    def _renew_workers(self) -> None:
        """End persistent workers that have another transform than the datasets have by now."""
        transforms = [
            (source.transform, source.target_transform, source.transforms)
            for source in self._sources
        ]
        if self.persistent_workers and self._transforms != transforms:
            self._iterator = None
        self._transforms = transforms

    def _iterate(self, position: Position) -> tuple[Iterator[Any], int]:
        self._tellers.tell(position.epoch)
        if self._order is not None:
            self._order.position = position
        try:
            with ExitStack() as started:
                # In a sample of another loader: its epoch is not this pass's, nor its workers'.
                started.callback(ride.reset, ride.set(None))
                if self._order is None and not self.persistent_workers:
                    for source in self._sources:
                        started.enter_context(source._clock.apart())
                # Torch's iterators find this as collate_fn, users and frameworks their own.
                started.callback(self.__dict__.update, _collating=None)
                self.__dict__["_collating"] = self._collation(position.epoch)
                inner = super().__iter__()
        except Exception as error:
            if self.num_workers and _UNPICKLABLE.search(str(error)):
                raise TypeError(self._unpicklable(error)) from error
            raise
        return inner, position.batch if self._order is None else 0

    def _unpicklable(self, error: Exception) -> str:
        what = repr(self.dataset) if isinstance(self.dataset, KeyedSource) else type(self.dataset)
        return (
            f"seedaug.DataLoader: {what} or its functions cannot be sent to a worker process: "
            f"{error}. Define classes and functions at the top level of a module (no lambda, no "
            'open file), or use multiprocessing_context="fork" or num_workers=0'
        )
