"""SeededDataset: a map-style dataset whose every sample is made under its own key."""

from __future__ import annotations

import multiprocessing
import operator
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from torch.utils.data import Dataset, IterableDataset, get_worker_info

from seedaug import _core
from seedaug.data.batch import BatchLoad, Workshop
from seedaug.data.collate import rules_are_torchs
from seedaug.data.collation import BATCHES, arrived
from seedaug.data.fetch import Fetched
from seedaug.data.index import EpochBatch, SampleIndex, as_epoch_batch, known_length, ride
from seedaug.data.keyed import KeyedSource, Transform
from seedaug.data.ranks import known_ranks
from seedaug.data.resume import checked_state, is_stateful, take_over
from seedaug.key import Packed, check_coordinate, pack
from seedaug.torch_compat import LOADERS_FETCH

_MAX_INDEX: int = _core.MAX_INDEX


class SeededDataset(KeyedSource, Dataset[Any]):
    """A dataset whose random draws depend on (seed, epoch, index) and on nothing else.

    Whatever seedaug transform runs while a sample is made, in the wrapped dataset or in the
    transforms given here, takes its key from that sample. The number of workers, their start
    method, the batch size, the order and the history make no difference.

    Args:
        dataset: a map-style dataset: `__getitem__` with an integer, and mostly `__len__`.
        seed: which run; 0 … 2**64 - 1, or a negative 64-bit integer.
        transform: called with the sample, or with the first element of a sample that is a tuple
            or list (the image of ``(image, label)``), as in torchvision.
        target_transform: called with the second element.
        transforms: called with the whole sample, whatever it is, instead of the two before: for
            joint transforms of image and mask, or of a dict.
        return_key: append the packed key, int64 [3], to a sample that is a tuple or list, or
            return ``(sample, key)``; batches of it collate to [N, 3].
        seed_globals: set `random`, NumPy's and torch's (CPU) global generators from the key
            around each sample and put them back, so that third-party transforms follow it too.
            Samples are then made in the main thread of a process, or a RuntimeError says so.
        worker: 0, or "rank" to give every rank draws of its own for the same sample (repeated
            augmentation). The rank is torch.distributed's or torchrun's, looked up at each pass.

    Raises:
        TypeError: `dataset` is no map-style dataset, or an argument is of the wrong type.
        ValueError: `seed` or `worker` is out of range, or transforms are given both ways.

    >>> import seedaug
    >>> noisy = seedaug.SeededDataset(range(100), seed=0, transform=lambda x: (x, draw()))
    >>> def draw(): return int(seedaug.rng().integers(1000))
    >>> noisy[7] == noisy[7], noisy[7] == noisy[8]
    (True, False)
    >>> before = noisy[7]
    >>> noisy.set_epoch(1)
    >>> noisy[7] == before
    False
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
        worker: Literal[0, "rank"] = 0,
    ) -> None:
        if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__"):
            raise TypeError(
                f"SeededDataset needs a map-style dataset (with __getitem__), got "
                f"{type(dataset).__name__}; for an iterable one use SeededIterableDataset"
            )
        if worker not in (0, "rank"):
            raise ValueError(f'worker must be 0 or "rank", got {worker!r}')
        super().__init__(
            dataset,
            seed,
            transform,
            target_transform,
            transforms,
            return_key,
            seed_globals,
            watched=known_length(dataset) or 0,
        )
        self.worker = worker
        self._rank, self._world = known_ranks() if worker == "rank" else (0, 1)

    def _refresh_rank(self) -> None:
        if self.worker == "rank":
            super()._refresh_rank()

    @property
    def apart_by_rank(self) -> bool:
        """Whether ranks that load the same sample draw differently."""
        return self.worker == "rank"

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        if type(index) is not int:
            if type(index) is SampleIndex:
                return index.load(self.__getitem__)
            if type(index) is not Fetched:
                index = self._plain(index)
        riding = ride.get()
        if riding is not None:
            return self._item(index, *riding)
        if is_loading(get_worker_info()):
            self._clock.visit((index,), 0, self)
        return self._item(index, self._clock.epoch, 0)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """A batch of samples: what a DataLoader calls, with an `EpochBatch` or plain indices.

        They are fetched by the dataset's own `__getitems__`, if it has one that draws nothing.
        Where the transform ends in a program, that runs once for the whole batch; the images are
        then views of one tensor.
        """
        if not isinstance(indices, EpochBatch):
            carried = as_epoch_batch([*indices])
            if carried is None and any(type(index) is SampleIndex for index in indices):
                return [self[index] for index in indices]
            indices = carried or indices
        samples = self._samples(indices)
        if isinstance(indices, EpochBatch):
            arrived(indices.epoch, indices.number)
        return samples

    def _samples(self, indices: Sequence[int]) -> list[Any]:
        transform = self.transform if self.transforms is None else self.transforms
        own = type(self).__getitem__ is SeededDataset.__getitem__
        plan = self._workshop.plans.find(transform) if own and indices else None
        fetched = self._workshop.fetcher(self).fetch(indices) if own else None
        if isinstance(indices, EpochBatch):
            epoch, repeats = indices.epoch, indices.repeats
            if fetched is not None:
                indices = indices.like(fetched, repeats)
            if plan is not None:
                # A subclass that overrides this gets samples, to do with what it likes.
                final = type(self).__getitems__ is SeededDataset.__getitems__
                final = final and rules_are_torchs()  # in this process too
                collated, sent = final and indices.collated, final and indices.sent
                load = BatchLoad(self, plan, indices, epoch, repeats, collated, sent, True)
                if (made := load.load()) is not None:
                    return made
            return indices.load(self.__getitem__)
        if not own:
            return [self[index] for index in indices]
        riding = ride.get()
        plain = fetched or [self._plain(index) for index in indices]
        if riding is None:
            worker = get_worker_info()
            self._clock.visit(plain, 0 if worker is None else worker.id, self)
        epoch, repeat = (self._clock.epoch, 0) if riding is None else riding
        if plan is not None:
            again = [repeat] * len(plain) if repeat else None
            if (made := BatchLoad(self, plan, plain, epoch, again).load()) is not None:
                return made
        return [self._item(index, epoch, repeat) for index in plain]

    @property
    def _workshop(self) -> Workshop:
        found: Workshop | None = self.__dict__.get("_kept")
        if found is None:
            found = self.__dict__["_kept"] = Workshop()
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_kept"}

    def state_dict(self) -> dict[str, Any]:
        """The epoch, for loaders that save their dataset's state (torchdata's StatefulDataLoader).

        Returns:
            ``{"seed", "epoch", "stream_version"}``, how many samples were visited as "visits", and
            the wrapped dataset's state as "dataset" if it has any.
        """
        state: dict[str, Any] = {"seed": self.seed, "epoch": self.epoch}
        state["stream_version"] = _core.STREAM_VERSION
        if self._clock.visits:
            state["visits"] = self._clock.visits
        if is_stateful(self.dataset):
            state["dataset"] = self.dataset.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Draw in the epoch of `state`, unless `set_epoch` has chosen a later one for what comes.

        Raises:
            TypeError: `state` is no dict, or its epoch no integer.
            ValueError: an entry is missing, or the seed or stream version is another.
        """
        loaded = checked_state(state, self.seed, repr(self))
        if "dataset" in loaded and is_stateful(self.dataset):
            self.dataset.load_state_dict(loaded["dataset"])
        visits = check_coordinate("index", loaded.get("visits", 0))
        if take_over(self._clock, loaded["epoch"], repr(self)):
            self._clock.recall(visits)  # a whole epoch's: another pass of it will be warned of

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def _plain(self, index: Any) -> int:
        try:
            return operator.index(index)
        except TypeError:
            raise TypeError(
                f"{self!r}: a sample's index must be an integer, got {index!r}; an index that is "
                "no integer cannot be a coordinate: number the samples first"
            ) from None

    def _item(self, index: int, epoch: int, repeat: int) -> Any:
        if not 0 <= index <= _MAX_INDEX:
            index = self._normalised(index)
        worker = self._rank + repeat * self._world
        if worker >= BATCHES:
            raise ValueError(
                f"{self!r}: sample {index} is visited too often in epoch {epoch}: worker must be "
                f"from 0 to {BATCHES - 1} (that of batches comes next), got {worker}"
            )
        return self._under(pack(self.seed, epoch, worker, index), self._sample, index)

    def _sample(self, index: int, packed: Packed) -> Any:
        return self._finish(self._fetch(index), packed)

    def _normalised(self, index: int) -> int:
        """A negative index counted from the end, as in a list."""
        if index < 0:
            length = len(self)
            if index < -length:
                raise IndexError(f"{self!r}: index {index} is out of range for {length} samples")
            return index + length
        return check_coordinate("index", index)

    def _fetch(self, index: int) -> Any:
        if type(index) is Fetched:
            return index.sample
        try:
            return self.dataset[index]
        except IndexError as error:
            length = known_length(self.dataset)
            if length is None or index >= length:
                raise
            raise IndexError(
                f"{self!r}: sample {index} raised IndexError ({error}), though len() is {length}; "
                "the dataset's length and its samples must agree"
            ) from error


def is_loading(worker: Any) -> bool:
    """Whether the caller's caller loads data, rather than looking at a sample.

    That is what runs in a worker, in a thread, in a process of somebody's (grain's), or what
    torch's loader calls for single samples.
    """
    if worker is not None or threading.get_ident() != threading.main_thread().ident:
        return True
    if multiprocessing.parent_process() is not None:
        return True
    asker = sys._getframe(2).f_globals.get("__name__")
    return asker == LOADERS_FETCH
