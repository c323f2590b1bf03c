"""The order in which samples are visited: keyed by (seed, epoch), shared out over ranks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import DistributedSampler, Sampler, SequentialSampler

from seedaug import _core
from seedaug.data.callers import dealt_twice, fetched_ahead, who_asks
from seedaug.data.epoch import SharedEpoch
from seedaug.data.index import SampleIndex, passing
from seedaug.data.order import OrderPass
from seedaug.data.ranks import Ranked
from seedaug.data.state import LoaderState
from seedaug.data.visits import Visits, index_of, places, visit_numbers
from seedaug.key import check_coordinate

Indices = npt.NDArray[np.int64]


class KeyedSampler(Ranked, DistributedSampler[int]):  # type: ignore[override]
    """Indices in an order that (seed, epoch) decide, each carrying its epoch.

    `seedaug.DataLoader` makes its own. Give one to the stock DataLoader for the same order and
    for indices that bring their epoch to a `SeededDataset`, and call `set_epoch` before each pass.

    Over ranks it deals out one global order in turn, as torch's DistributedSampler, which it is to
    whoever asks: rank r takes positions r, r + num_replicas, …. A rest is filled up from the
    order's start, and those second visits draw anew (their repeat number is 1); `drop_last` leaves
    the rest out instead.

    Args:
        dataset: anything with a length, or the length itself. Where a `Subset` or `ConcatDataset`
            has a sample twice, its second visit draws anew.
        seed: as in `SeededDataset`.
        shuffle: shuffle anew in each epoch, or count up.
        num_replicas, rank: how many ranks there are and which this is; default torch.distributed's
            where that is initialised, else torchrun's (RANK, WORLD_SIZE), else 1 and 0, looked up
            at each pass.
        drop_last: drop the rest that would not fill all ranks.

    Raises:
        TypeError: an argument that must be an integer is none.
        ValueError: one is out of range.
        RuntimeError: in a pass: accelerate deals out the order that is dealt out here.

    Words: shuffling takes the kind ``shuffle`` at index 0 of the epoch.

    >>> import seedaug
    >>> sampler = seedaug.KeyedSampler(6, seed=0)
    >>> sampler.set_epoch(3)
    >>> next(iter(sampler)).epoch, sorted(int(index) for index in sampler)
    (3, [0, 1, 2, 3, 4, 5])
    """

    def __init__(
        self,
        dataset: Sized | int,
        seed: int,
        *,
        shuffle: bool = True,
        num_replicas: int | None = None,
        rank: int | None = None,
        drop_last: bool = False,
    ) -> None:
        # Not DistributedSampler's own: that wants torch.distributed, and ranks that never change.
        self._set_ranks(num_replicas, rank)
        self.dataset = dataset  # type: ignore[assignment]
        self.seed = check_coordinate("seed", seed)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.even = True  # whether each rank gets as many; else none is filled up
        self.clock = SharedEpoch(1)
        if not hasattr(dataset, "__getitem__"):
            _ = self.total  # which says what is wrong with a number

    @property
    def epoch(self) -> int:  # type: ignore[override]
        """The epoch whose order is next."""
        return self.clock.epoch

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch: 0 … 2**24 - 1 (else ValueError)."""
        self.clock.choose(epoch)

    @property
    def total(self) -> int:
        """Samples in one whole epoch, before it is shared out."""
        if isinstance(self.dataset, Sized):
            total = len(self.dataset)
        else:
            try:
                total = check_coordinate("index", self.dataset)
            except (TypeError, ValueError):
                raise TypeError(
                    "KeyedSampler: dataset must have a length, or be a number of samples from 0 "
                    f"up, got {self.dataset!r}"
                ) from None
        if self.shuffle and total > _core.MAX_SHUFFLED:
            raise ValueError(
                f"KeyedSampler: at most 2**{_core.MAX_SHUFFLED.bit_length() - 1} samples can be "
                f"shuffled, got {total}; give shuffle=False, or shuffle parts"
            )
        return total

    def count(self, start: int = 0, rank: int | None = None, ranks: int | None = None) -> int:
        """Indices that a rank gets from the position `start` of the global order on."""
        ranks = self.num_replicas if ranks is None else ranks
        full, rest = divmod(max(self.total - start, 0), ranks)
        if not rest or self.drop_last:
            return full
        return full + (self.even or (self.rank if rank is None else rank) < rest)

    def __len__(self) -> int:
        return self.count()

    @property
    def num_samples(self) -> int:  # type: ignore[override]
        """As of a DistributedSampler: indices that this rank gets in an epoch."""
        return self.count()

    @property
    def total_size(self) -> int:  # type: ignore[override]
        """As of a DistributedSampler: indices that all ranks get."""
        return self.num_samples * self.num_replicas

    def order(
        self, epoch: int, start: int = 0, rank: int | None = None, ranks: int | None = None
    ) -> tuple[Indices, Indices | None]:
        """A rank's indices in `epoch`, and their repeat numbers or None if all are 0.

        Args:
            epoch: whose order.
            start: how many of the global order come before.
            rank, ranks: for whom; default this rank.
        """
        total = self.total
        rank = self.rank if rank is None else rank
        ranks = self.num_replicas if ranks is None else ranks
        positions = start + rank + ranks * np.arange(self.count(start, rank, ranks), dtype=np.int64)
        whole = (
            _core.permutation(self.seed, epoch, 0, total)
            if self.shuffle
            else np.arange(total, dtype=np.int64)
        )
        indices = whole[positions % total] if total else whole
        found = places(self.dataset)
        if found is None:  # a position beyond the end is its sample's next visit
            repeats = positions // max(total, 1)
        else:
            upto = int(positions[-1]) + 1 if positions.size else 0
            repeats = visit_numbers(found[np.resize(whole, upto)])[positions]
        return indices, repeats if repeats.any() else None

    def __iter__(self) -> Iterator[SampleIndex]:
        return OrderPass(self._run, self.__len__, self.clock, repr(self))

    def _run(self, epoch: int) -> Iterator[SampleIndex]:
        alone = passing.get() is None  # no loader of seedaug's asks
        if alone and self.num_replicas > 1 and who_asks().dealer is not None:
            raise dealt_twice(repr(self))
        alone = alone and self.clock.epoch == epoch
        if alone:
            self.clock.restart(0, self)
        indices, repeats = self.order(epoch)
        for position, index in enumerate(indices.tolist()):
            yield SampleIndex(index, epoch, 0 if repeats is None else int(repeats[position]))
        if alone and self.clock.epoch == epoch:
            self.clock.finish(0)

    def __repr__(self) -> str:
        return f"KeyedSampler({self.total}, seed={self.seed}, shuffle={self.shuffle})"


class DealtSampler(Ranked, DistributedSampler[int]):  # type: ignore[override]
    """Another sampler's order, dealt out over ranks in turn, with repeats counted over all of them.

    Every rank runs through the whole order, so the sampler must give all ranks the same one, as
    any does whose draws `seedaug.DataLoader` keys. A rest is filled up from the order's start.

    Args:
        source: the sampler.
        num_replicas, rank: how many ranks there are and which this is.
        drop_last: drop the rest that would not fill all ranks.
        dataset: what the indices are of.
    """

    def __init__(
        self,
        source: Iterable[Any],
        num_replicas: int | None = None,
        rank: int | None = None,
        drop_last: bool = False,
        dataset: Any = None,
    ) -> None:
        # As for KeyedSampler, not DistributedSampler's own.
        self.dataset = dataset
        self.source = source
        self._set_ranks(num_replicas, rank)
        self.drop_last = drop_last
        self.clock = SharedEpoch(1)

    @property
    def epoch(self) -> int:  # type: ignore[override]
        """The epoch that was chosen here last."""
        return self.clock.epoch

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the loader's next pass, and tell the sampler."""
        self.clock.choose(epoch)
        self.tell(epoch)

    def tell(self, epoch: int) -> None:
        """Tell the sampler which epoch begins, if it wants to know."""
        if callable(inner := getattr(self.source, "set_epoch", None)):
            inner(epoch)

    def __len__(self) -> int:
        full, rest = divmod(len(self.source), self.num_replicas)  # type: ignore[arg-type]
        return full if self.drop_last or not rest else full + 1

    def __iter__(self) -> Iterator[SampleIndex]:
        visits = Visits(self.dataset)
        source = iter(self.source)
        start: list[int] = []  # what fills up the rest
        rank, ranks = self.rank, self.num_replicas
        if ranks == 1:
            yield from source
            return
        while group := [index_of(i) for i in itertools.islice(source, ranks)]:
            start = start or group
            if len(group) < ranks:
                if self.drop_last:
                    return
                filling = itertools.cycle(start if len(start) == ranks else group)
                group += itertools.islice(filling, ranks - len(group))
            repeats = [visits.number(index) for index in group]
            yield SampleIndex(group[rank], 0, repeats[rank])


class ToldSampler(Sampler[int]):
    """A sampler of the user's, as frameworks see it: what they tell it is heard here, too.

    Args:
        source: the sampler, or batch sampler.
        clock: on which the epoch is chosen.
    """

    def __init__(self, source: Iterable[Any], clock: SharedEpoch) -> None:
        self.source = source
        self.clock = clock

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, and tell the sampler if it wants to know."""
        self.clock.choose(epoch)
        if callable(inner := getattr(self.source, "set_epoch", None)):
            inner(epoch)

    def __len__(self) -> int:
        return len(self.source)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.source)


class ToldSequence(ToldSampler, SequentialSampler):
    """The same, where torch has a SequentialSampler and a plain BatchSampler: Lightning looks."""


class StreamSampler(Sampler[Any]):
    """What stands for a sampler where a dataset has no indices; it can be told the epoch.

    Args:
        state: of the loader, to know what runs.
    """

    def __init__(self, state: LoaderState) -> None:
        self.state = state
        self.clock = SharedEpoch(1)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass.

        Raises:
            RuntimeError: the pass that runs was begun in another, to read a batch ahead.
        """
        running, ahead = self.state.begun, fetched_ahead()
        early = ahead is not None and (ahead > 0 or self.state.empty)
        if running is not None and running.epoch != epoch and early:
            raise RuntimeError(
                f"seedaug.DataLoader: epoch {running.epoch} was read ahead before anybody said "
                f"that this is epoch {epoch}: Lightning does so with a stream of "
                "unknown length. Give the Trainer "
                "callbacks=[seedaug.integrations.lightning.EpochCallback()]"
            )
        self.clock.choose(epoch)

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)
