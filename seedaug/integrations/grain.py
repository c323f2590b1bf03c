"""grain: each record is drawn under (seed, epoch, its own index), wherever grain reads it.

grain asks for records by numbers that count on over the epochs: behind `shuffle`, slices and
`repeat`, number k means record k % n in epoch k // n. That is all a key needs, so workers,
prefetching and checkpoints of grain's own make no difference.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from torch.utils.data import IterableDataset

from seedaug._core import MAX_EPOCH
from seedaug.data.adopt import adopt
from seedaug.data.epoch import RepeatedEpochWarning
from seedaug.data.index import SampleIndex
from seedaug.data.visits import places, visit_numbers
from seedaug.key import check_coordinate

__all__ = ["DataLoader", "source"]


def source(dataset: Any, seed: int | None = None) -> Any:
    """A grain `MapDataset` of a seeded dataset's samples, for `shuffle`, `repeat`, `batch`, ….

    ::

        train = seedaug.SeededDataset(photos, seed=0, transform=augment)
        batches = seedaug.integrations.grain.source(train).shuffle(seed=1).repeat(90).batch(64)

    A sample's epoch is the dataset's (`set_epoch`, by default 0) plus how often `repeat` has come
    round. A second loop over the same grain dataset is the same epochs again, as always in grain.

    Args:
        dataset: a `SeededDataset`, what holds one (`Subset`, `ConcatDataset`), or with `seed` any
            dataset with a length and `__getitem__`, a grain `MapDataset` or data source among them.
        seed: wrap `dataset` as ``SeededDataset(dataset, seed)``.

    Raises:
        TypeError: the dataset has no length, or no `__getitem__`.
        ValueError: there is no seed, or another than the dataset's; or the dataset is endless.

    Warns:
        RepeatedEpochWarning: most samples of an epoch are made a second time in this process.
    """
    import grain

    records = _Records(dataset, seed)
    return grain.MapDataset.range(len(records)).map_with_index(records.load)


def DataLoader(
    *,
    data_source: Any,
    sampler: Any,
    seed: int | None = None,
    epoch_of: Callable[[int], int] | None = None,
    **options: Any,
) -> Any:
    """A `grain.DataLoader` whose records are drawn in the epoch that the sampler is in.

    Args:
        data_source: as `dataset` in `source`.
        sampler: grain's `IndexSampler` or `SequentialSampler`; another needs `epoch_of`.
        seed: as in `source`.
        epoch_of: the epoch, from 0, of the sampler's k-th record: a function of k.
        **options: grain's own: operations, worker_count, worker_buffer_size, shard_options, ….

    Raises:
        TypeError: as `source`; or the sampler is of a kind whose epochs are not known.
        ValueError: as `source`.

    Warns:
        RepeatedEpochWarning: as `source`.
    """
    import grain

    records = _Records(dataset=data_source, seed=seed)
    epochs = _EpochSampler(sampler, epoch_of or _known_epochs(sampler), records.count)
    return grain.DataLoader(data_source=_AllEpochs(records), sampler=epochs, **options)


class _Records:
    """Samples by numbers that count on over the epochs.

    Args:
        dataset, seed: as in `source`.
    """

    def __init__(self, dataset: Any, seed: int | None) -> None:
        if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__"):
            raise TypeError(
                "seedaug.integrations.grain: records need an index each, as in a SeededDataset; "
                f"{type(dataset).__name__} has no __getitem__"
            )
        self.dataset, self._sources = adopt(dataset, seed)
        self.count = len(self.dataset)
        if self.count >= sys.maxsize // 2:
            raise ValueError(
                "seedaug.integrations.grain: the dataset is endless; put repeat() behind source()"
            )
        where = places(self.dataset)  # of a sample that is there twice, each has draws of its own
        self._visits = None if where is None else visit_numbers(where)
        self._watch = _Watch(self.count)

    def __len__(self) -> int:
        return self.count

    def load(self, number: int, _: Any = None) -> Any:
        """The sample that grain's `number` stands for."""
        clock = self._sources[0]._clock
        turn, index = divmod(int(number), self.count)
        epoch = check_coordinate("epoch", clock.epoch + turn)
        self._watch.see(epoch, index, clock.tick, self._sources[0])
        repeat = 0 if self._visits is None else int(self._visits[index])
        return self.dataset[SampleIndex(index, epoch, repeat)]

    def __repr__(self) -> str:
        return f"{self._sources[0]!r}"


class _Watch:
    """Marks what this process has made of an epoch, and warns when most of it is made again.

    Args:
        count: records in an epoch.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.warned = False
        self.lock = threading.Lock()
        self._begin(0)

    def _begin(self, tick: int) -> None:
        self.tick = tick
        self.marks: dict[int, bytearray] = {}
        self.again: dict[int, int] = {}

    def see(self, epoch: int, index: int, tick: int, name: object) -> None:
        """One record is made; `tick` changes when the user sets the epoch."""
        if self.warned:
            return
        if tick != self.tick:
            self._begin(tick)
        marks = self.marks.get(epoch)
        if marks is None:
            with self.lock:  # grain reads in threads
                if len(self.marks) > 1:  # prefetching overlaps two epochs
                    del self.marks[min(self.marks)]
                marks = self.marks.setdefault(epoch, bytearray(self.count))
        again = self.again[epoch] = self.again.get(epoch, 0) + marks[index]
        marks[index] = 1
        if again * 2 > self.count:
            self.warned = True
            warnings.warn(
                f"{name!r}: grain makes the samples of epoch {epoch} a second time, with the same "
                "draws; use repeat() (MapDataset) or num_epochs= (IndexSampler) for more epochs, "
                "or call the dataset's set_epoch(epoch) before each loop",
                RepeatedEpochWarning,
                stacklevel=3,
            )

    def __getstate__(self) -> tuple[int]:
        return (self.count,)

    def __setstate__(self, state: tuple[int]) -> None:
        self.__init__(*state)  # type: ignore[misc]


class _AllEpochs:
    """A data source of all epochs of the records, one after another."""

    def __init__(self, records: _Records) -> None:
        self._records = records

    def __len__(self) -> int:
        return min(MAX_EPOCH + 1, sys.maxsize // max(self._records.count, 1)) * self._records.count

    def __getitem__(self, number: int) -> Any:
        return self._records.load(number)

    def __repr__(self) -> str:  # grain compares it with the checkpoint's
        return f"_AllEpochs({self._records!r})"


class _EpochSampler:
    """Another sampler's records, each as a number that tells its epoch too.

    Args:
        sampler: grain's, or one like it.
        epoch_of: the epoch of its k-th record.
        count: records in the data source.
    """

    def __init__(self, sampler: Any, epoch_of: Callable[[int], int], count: int) -> None:
        self._sampler = sampler
        self._epoch_of = epoch_of
        self._count = count
        if hasattr(sampler, "_shard_options"):  # where grain's DataLoader looks for them
            self._shard_options = sampler._shard_options

    def __len__(self) -> int:
        return len(self._sampler)

    def __getitem__(self, position: int) -> Any:
        found = self._sampler[position]
        index = found.record_key
        if not 0 <= index < self._count:
            raise IndexError(f"the sampler gives record {index}, the data source has {self._count}")
        found.record_key = self._epoch_of(position) * self._count + index
        return found

    def __repr__(self) -> str:  # grain compares it with the checkpoint's
        return f"_EpochSampler({self._sampler!r})"


def _known_epochs(sampler: Any) -> Callable[[int], int]:
    """The epoch of a sampler's k-th record, for grain's own samplers."""
    from grain import samplers

    if isinstance(sampler, samplers.SequentialSampler):
        return lambda position: 0
    if isinstance(sampler, samplers.IndexSampler):
        shards, records = sampler._shard_options.shard_count, len(sampler._record_keys)
        return lambda position: position // shards // records
    raise TypeError(
        f"seedaug.integrations.grain: the epochs of {type(sampler).__name__} are not known; give "
        "epoch_of=, the epoch of the sampler's k-th record, as in `lambda k: k // len(train)`"
    )
