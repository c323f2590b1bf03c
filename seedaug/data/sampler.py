"""The order in which samples are visited: keyed by (seed, epoch), shared out over ranks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

from seedaug import _core
from seedaug.data.epoch import SharedEpoch
from seedaug.data.index import SampleIndex
from seedaug.data.order import OrderPass
from seedaug.data.ranks import resolve_ranks
from seedaug.data.visits import Visits, index_of, places, visit_numbers
from seedaug.key import check_coordinate


class KeyedSampler(Sampler[int]):
    """Indices in an order that (seed, epoch) decide, each carrying its epoch.

    `seedaug.DataLoader` makes its own. Give one to the stock DataLoader for the same order and
    for indices that bring their epoch to a `SeededDataset`, and call `set_epoch` before each pass.

    Over ranks it deals out one global order in turn, as torch's DistributedSampler: rank r takes
    positions r, r + num_replicas, …. A rest is filled up from the order's start, and those second
    visits draw anew (their repeat number is 1); `drop_last` leaves the rest out instead.

    Args:
        dataset: anything with a length, or the length itself. Where a `Subset` or `ConcatDataset`
            has a sample twice, its second visit draws anew.
        seed: as in `SeededDataset`.
        shuffle: shuffle anew in each epoch, or count up.
        num_replicas, rank: how many ranks there are and which this is; default torch.distributed's
            where that is initialised, else 1 and 0.
        drop_last: drop the rest that would not fill all ranks.

    Raises:
        TypeError: an argument that must be an integer is none.
        ValueError: one is out of range.

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
        self.rank, self.num_replicas = resolve_ranks(num_replicas, rank)
        self.dataset = dataset
        self.seed = check_coordinate("seed", seed)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.clock = SharedEpoch(1)

    @property
    def epoch(self) -> int:
        """The epoch whose order is next."""
        return self.clock.epoch

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch: 0 … 2**24 - 1 (else ValueError)."""
        self.clock.choose(epoch)

    @property
    def total(self) -> int:
        """Samples in one whole epoch, before it is shared out."""
        if isinstance(self.dataset, Sized):
            return len(self.dataset)
        return check_coordinate("index", self.dataset)

    def __len__(self) -> int:
        full, rest = divmod(self.total, self.num_replicas)
        return full if self.drop_last or not rest else full + 1

    def order(self, epoch: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
        """This rank's indices in `epoch`, and their repeat numbers or None if all are 0."""
        total, count = self.total, len(self)
        if not self.shuffle:
            whole = np.arange(total, dtype=np.int64)
        else:
            whole = _core.permutation(self.seed, epoch, 0, total)
        whole = np.resize(whole, count * self.num_replicas)  # filled up from its start, or cut
        own = slice(self.rank, None, self.num_replicas)
        found = places(self.dataset)
        if found is None and whole.size <= total:
            return whole[own], None
        repeats = visit_numbers(whole if found is None else found[whole])[own]
        return whole[own], repeats if repeats.any() else None

    def __iter__(self) -> Iterator[SampleIndex]:
        return OrderPass(self._run, self.clock, repr(self))

    def _run(self, epoch: int) -> Iterator[SampleIndex]:
        if self.clock.epoch == epoch:
            self.clock.restart(0, self)
        indices, repeats = self.order(epoch)
        for position, index in enumerate(indices.tolist()):
            yield SampleIndex(index, epoch, 0 if repeats is None else int(repeats[position]))
        if self.clock.epoch == epoch:
            self.clock.finish(0)

    def __repr__(self) -> str:
        known: Any = self.total
        return f"KeyedSampler({known}, seed={self.seed}, shuffle={self.shuffle})"


class DealtSampler(Sampler[int]):
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
        self.dataset = dataset
        self.source = source
        self.rank, self.num_replicas = resolve_ranks(num_replicas, rank)
        self.drop_last = drop_last

    def set_epoch(self, epoch: int) -> None:
        """Tell the sampler, if it wants to know."""
        if callable(inner := getattr(self.source, "set_epoch", None)):
            inner(epoch)

    def __len__(self) -> int:
        full, rest = divmod(len(self.source), self.num_replicas)  # type: ignore[arg-type]
        return full if self.drop_last or not rest else full + 1

    def __iter__(self) -> Iterator[SampleIndex]:
        visits = Visits(self.dataset)
        source = iter(self.source)
        start: list[int] = []  # what fills up the rest
        while group := [index_of(i) for i in itertools.islice(source, self.num_replicas)]:
            start = start or group
            if len(group) < self.num_replicas:
                if self.drop_last:
                    return
                filling = itertools.cycle(start if len(start) == self.num_replicas else group)
                group += itertools.islice(filling, self.num_replicas - len(group))
            repeats = [visits.number(index) for index in group]
            yield SampleIndex(group[self.rank], 0, repeats[self.rank])
