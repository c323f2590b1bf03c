"""Loads a batch of a SeededDataset at once: fetches its samples and augments them together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seedaug._core import MAX_INDEX, MAX_WORKER
from seedaug.buffers import Buffers
from seedaug.context import current
from seedaug.data.collate import MadeBatch
from seedaug.data.fetch import Fetcher
from seedaug.data.fused import BatchInMaking, Plan, Plans, rows_of
from seedaug.data.index import ride
from seedaug.data.keyed import closing, with_key
from seedaug.data.parcels import SMALLEST, Parcel, SharedBuffer, shared_memory
from seedaug.data.resident import augment_rows, find_resident
from seedaug.key import Packed, keys
from seedaug.torch_compat import SUPPORTED_NODES, tree_flatten, tree_unflatten
from seedaug.transforms.pipeline import Pipeline
from seedaug.transforms.sample import find_roles, find_size

if TYPE_CHECKING:
    from seedaug.data.dataset import SeededDataset

__all__ = ["BatchLoad", "Workshop"]


class Workshop:
    """What a dataset keeps from batch to batch in one process; never sent to another."""

    def __init__(self) -> None:
        self.plans = Plans()
        self.buffers = Buffers(smallest=1 << 18)
        self._fetcher: Fetcher | None = None

    def fetcher(self, source: SeededDataset) -> Fetcher:
        """What fetches batches of a source's samples."""
        found = self._fetcher
        if found is None or found.dataset is not source.dataset:
            found = self._fetcher = Fetcher(source.dataset, source.seed_globals)
        return found


class Opened(NamedTuple):
    """A sample taken apart, without its images."""

    parts: list[Any]
    places: tuple[int, ...]  # of the images among them
    close: Callable[[list[Any]], Any]  # makes a sample of all parts


class BatchLoad:
    """One batch to be loaded.

    Args:
        source: of the samples.
        plan: how its transform makes images.
        indices: of the samples.
        epoch: they are drawn in.
        repeats: which visit each is, or None when all are first visits.
        collated: whether torch's default_collate, and nothing else, gets the samples; and
        sent: what that makes goes straight to another process.
        carried: whether the epoch came with the indices, for datasets further in too.
    """

    def __init__(
        self,
        source: SeededDataset,
        plan: Plan,
        indices: Sequence[int],
        epoch: int,
        repeats: Sequence[int] | None,
        collated: bool = False,
        sent: bool = False,
        carried: bool = False,
    ) -> None:
        self.source = source
        self.plan = plan
        self.indices = indices
        self.epoch = epoch
        self.repeats = repeats
        self.collated = collated
        self.sent = sent
        self.carried = carried
        self._made: dict[int, BatchInMaking] = {}  # by the place of their image in a sample
        self._stand_in = True  # no code of the user's makes the samples from their parts
        self._shared: dict[int, SharedBuffer] = {}  # by the address of the memory given

    def load(self) -> list[Any] | None:
        """The samples as they are to be collated, or None if they must be loaded one by one."""
        packed = self._keys()
        if packed is None:
            return None
        try:
            return self._resident(packed) or self._fetched(packed)
        finally:
            self._made.clear()  # which refer to this: the memory must not wait for a collection

    def _keys(self) -> Tensor | None:
        if min(self.indices) < 0 or max(self.indices) > MAX_INDEX:
            return None
        again = 0 if self.repeats is None else np.array(self.repeats)
        workers = self.source._rank + again * self.source._world
        if np.max(workers) >= MAX_WORKER:  # which is that of batches
            return None
        return keys(self.source.seed, self.epoch, workers, np.array(self.indices, dtype=np.int64))

    def _resident(self, packed: Tensor) -> list[Any] | None:
        """The samples of a dataset of tensors, or None if it is another."""
        source = self.source
        joint = source.transforms is not None or source.target_transform is not None
        samples = None if joint or self.plan.before else find_resident(source.dataset, self.indices)
        if samples is None:
            return None
        made = augment_rows(samples, packed, self.plan.pipeline, self._empty)
        if made is None:
            return None
        memory, columns = made
        if source.return_key:
            columns.append(packed)
        bare = samples.bare and len(columns) == 1
        if self.collated:  # one sample that stands for all
            ready = (self._ready(columns[0], memory), *map(MadeBatch, columns[1:]))
            return [ready[0] if bare else ready]
        rows = [rows_of(columns[0]), *(column.unbind(0) for column in columns[1:])]
        return [*rows[0]] if bare else [*zip(*rows, strict=True)]

    def _empty(self, dtype: torch.dtype, size: Sequence[int]) -> Tensor:
        """Memory for a batch, shared if it is to be sent as a parcel."""
        nbytes = prod(size) * dtype.itemsize
        if not self.sent or nbytes < SMALLEST or min(size) < 0:
            return self.source._workshop.buffers.empty(dtype, size)
        memory, buffer = shared_memory(dtype, size)
        if buffer is not None:
            self._shared[memory.data_ptr()] = buffer
        return memory

    def _ready(self, whole: Tensor, memory: Tensor) -> MadeBatch:
        buffer = self._shared.get(memory.data_ptr())
        return MadeBatch(whole if buffer is None else Parcel(whole, buffer))

    def _fetched(self, packed: Tensor) -> list[Any]:
        """Any dataset's samples, fetched one by one."""
        make = self._make if self.source.transforms is None else self._make_joint
        opened: list[Opened] = []
        token = ride.set((self.epoch, 0)) if self.carried else None
        try:
            for place, (index, row) in enumerate(zip(self.indices, packed.tolist(), strict=True)):
                if self.carried and self.repeats is not None:
                    ride.set((self.epoch, self.repeats[place]))
                opened.append(self.source._under(tuple(row), make, index))
        finally:
            if token is not None:
                ride.reset(token)
        return self._assemble(opened, packed)

    def _make(self, index: int, packed: Packed) -> Opened:
        """Fetch a sample and augment its image."""
        source = self.source
        sample = source._fetch(index)
        parts = source._open(sample)
        if parts is None:
            opened = Opened([sample], _IMAGE, _first)
        else:
            opened = Opened(parts, _IMAGE, closing(type(sample)))
        parts = opened.parts
        if self.plan.before:
            parts[0] = self._before(parts[0])
        self._augment(parts, 0, packed, self.plan.pipeline.take(current()))
        if source.target_transform is not None:
            parts[1] = source.target_transform(parts[1])
        return opened

    def _make_joint(self, index: int, packed: Packed) -> Opened:
        """Fetch a sample and augment its images, masks, boxes and keypoints."""
        sample = self._before(self.source._fetch(index))
        self._stand_in = self._stand_in and is_builtin(sample)
        leaves, structure = tree_flatten(sample)
        roles = find_roles(leaves)
        if self.plan.pipeline.sized:
            find_size(leaves, roles)
        places = tuple(at for at, role in enumerate(roles) if role)
        occurrences = self.plan.pipeline.take(current())
        for at in places:
            self._augment(leaves, at, packed, occurrences)
        return Opened(leaves, places, lambda parts: tree_unflatten(parts, structure))

    def _before(self, x: Any) -> Any:
        for part in self.plan.before:
            x = part.in_context((x,)) if isinstance(part, Pipeline) else part(x)
        return x

    def _augment(
        self, parts: list[Any], at: int, packed: Packed, occurrences: tuple[int, ...]
    ) -> None:
        making = self._made.get(at)
        if making is None:
            making = BatchInMaking(len(self.indices), self.plan.pipeline, self._empty)
            self._made[at] = making
        making.add(parts[at], packed, occurrences)
        parts[at] = None

    def _assemble(self, opened: Sequence[Opened], packed: Tensor) -> list[Any]:
        """The samples with their images, or with what stands for those of the whole batch."""
        alike = all(sample.places == opened[0].places for sample in opened)
        stand_in = self.collated and alike and self._stand_in
        images: dict[int, Iterator[Any]] = {}
        for at, making in self._made.items():
            whole = making.whole() if stand_in else None
            if whole is None or making.memory is None:
                images[at] = iter(making.images())
            else:
                images[at] = repeat(self._ready(whole, making.memory))
        keyed: Iterator[Any] = repeat(MadeBatch(packed)) if self.collated else iter(packed)
        samples = []
        for parts, places, close in opened:
            for at in places:
                parts[at] = next(images[at])
            sample = close(parts)
            samples.append(with_key(sample, next(keyed)) if self.source.return_key else sample)
        return samples


def is_builtin(sample: Any) -> bool:
    """Whether a sample is built of Python's own containers, and leaves."""
    kind = type(sample)
    named = hasattr(kind, "_fields") and kind.__bases__ == (tuple,)
    if kind in (tuple, list) or named:
        return all(map(is_builtin, sample))
    if kind in (dict, OrderedDict, defaultdict):
        return all(map(is_builtin, sample.values()))
    return kind not in SUPPORTED_NODES and not isinstance(sample, tuple)


_IMAGE = (0,)


def _first(parts: list[Any]) -> Any:
    return parts[0]
