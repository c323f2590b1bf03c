"""Loads a batch of a SeededDataset at once: fetches its samples and augments them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from seedaug._core import MAX_INDEX, MAX_WORKER
from seedaug.context import current
from seedaug.data.buffers import Buffers, worker_buffers
from seedaug.data.collate import MadeBatch, made_samples
from seedaug.data.fused import BatchInMaking, Plan, Plans
from seedaug.data.index import ride
from seedaug.data.keyed import closing, with_key
from seedaug.data.resident import augment_rows, find_resident
from seedaug.key import Packed, keys
from seedaug.transforms.pipeline import Pipeline
from seedaug.transforms.sample import find_roles, find_size

if TYPE_CHECKING:
    from seedaug.data.dataset import SeededDataset

__all__ = ["BatchLoad", "Workshop"]


class Workshop:
    """What a dataset keeps from batch to batch in one process; never sent to another."""

    def __init__(self) -> None:
        self.plans = Plans()
        self._own = Buffers(shared=False)

    @property
    def buffers(self) -> Buffers:
        """Where batches lie: in a worker in shared memory."""
        shared = worker_buffers()
        return self._own if shared is None else shared


class Opened(NamedTuple):
    """A fetched sample, taken apart."""

    parts: list[Any]
    places: tuple[int, ...]  # of the images and masks among them
    close: Callable[[list[Any]], Any]  # makes a sample of all parts


class BatchLoad:
    """One batch to be loaded.

    Args:
        source: of the samples.
        plan: how its transform makes images.
        indices: of the samples.
        epoch: they are drawn in.
        repeats: which visit each is, or None when all are first visits.
        collated: whether torch's default_collate, and nothing else, gets the samples.
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
        carried: bool = False,
    ) -> None:
        self.source = source
        self.plan = plan
        self.indices = indices
        self.epoch = epoch
        self.repeats = repeats
        self.collated = collated
        self.carried = carried
        self._made: dict[int, BatchInMaking] = {}  # by the place of their image in a sample

    def load(self) -> list[Any] | None:
        """The samples as they are to be collated, or None if they must be loaded one by one."""
        packed = self._keys()
        if packed is None:
            return None
        self.plan.pipeline.refresh()
        return self._resident(packed) or self._fetched(packed)

    def _keys(self) -> Tensor | None:
        if min(self.indices) < 0 or max(self.indices) > MAX_INDEX:
            return None
        again = 0 if self.repeats is None else np.array(self.repeats)
        workers = self.source._rank + again * self.source._world
        if np.max(workers) > MAX_WORKER:
            return None
        return keys(self.source.seed, self.epoch, workers, np.array(self.indices, dtype=np.int64))

    def _resident(self, packed: Tensor) -> list[Any] | None:
        """The samples of a dataset of tensors, or None if it is another."""
        source = self.source
        joint = source.transforms is not None or source.target_transform is not None
        samples = None if joint or self.plan.before else find_resident(source.dataset, self.indices)
        if samples is None:
            return None
        columns = augment_rows(samples, packed, self.plan.pipeline, source._workshop.buffers)
        if columns is None:
            return None
        if source.return_key:
            columns.append(packed)
        bare = samples.bare and len(columns) == 1
        if self.collated:  # one sample that stands for all
            ready = tuple(map(MadeBatch, columns))
            return [ready[0] if bare else ready]
        rows = [column.unbind(0) for column in columns]
        return [*rows[0]] if bare else made_samples({0: columns[0]}, [*zip(*rows, strict=True)])

    def _fetched(self, packed: Tensor) -> list[Any]:
        """Any dataset's samples, fetched one by one."""
        rows: list[Any] = [*map(tuple, packed.tolist())]
        fetch = self._fetch if self.source.transforms is None else self._fetch_joint
        opened: list[Opened] = []
        made = self._made
        token = ride.set((self.epoch, 0)) if self.carried else None
        try:
            for place, (index, row) in enumerate(zip(self.indices, rows, strict=True)):
                if self.carried and self.repeats is not None:
                    ride.set((self.epoch, self.repeats[place]))
                sample, occurrences = self.source._under(row, fetch, index)
                opened.append(sample)
                parts = sample.parts
                for at in sample.places:
                    making = made.get(at) or self._making(at)
                    making.add(parts[at], row, occurrences)
                    parts[at] = None
        finally:
            if token is not None:
                ride.reset(token)
        for making in self._made.values():
            making.flush()
        return self._assemble(opened, packed)

    def _making(self, place: int) -> BatchInMaking:
        found = self._made.get(place)
        if found is None:
            source, count = self.source, len(self.indices)
            found = self._made[place] = BatchInMaking(
                count, self.plan.pipeline, source._workshop.buffers, source._name_sample
            )
        return found

    def _fetch(self, index: int, packed: Packed) -> tuple[Opened, tuple[int, ...]]:
        """A sample as it comes before the program, and the program's occurrences."""
        source = self.source
        sample = source._fetch(index)
        parts = source._open(sample)
        if parts is None:
            opened = Opened([self._before(sample)], (0,), _first)
        else:
            if self.plan.before:
                parts[0] = self._before(parts[0])
            opened = Opened(parts, (0,), closing(type(sample)))
        occurrences = self.plan.pipeline.take(current())
        if source.target_transform is not None:
            opened.parts[1] = source.target_transform(opened.parts[1])
        return opened, occurrences

    def _fetch_joint(self, index: int, packed: Packed) -> tuple[Opened, tuple[int, ...]]:
        """The same where all of the sample is transformed: images, masks, boxes."""
        leaves, structure = tree_flatten(self._before(self.source._fetch(index)))
        roles = find_roles(leaves)
        if self.plan.pipeline.sized:
            find_size(leaves, roles)
        places = tuple(at for at, role in enumerate(roles) if role)
        occurrences = self.plan.pipeline.take(current())
        return Opened(leaves, places, lambda parts: tree_unflatten(parts, structure)), occurrences

    def _before(self, x: Any) -> Any:
        for part in self.plan.before:
            x = part.in_context((x,), current()) if isinstance(part, Pipeline) else part(x)
        return x

    def _assemble(self, opened: Sequence[Opened], packed: Tensor) -> list[Any]:
        alike = all(sample.places == opened[0].places for sample in opened)
        wholes = {at: making.whole() for at, making in self._made.items()} if alike else {}
        made: dict[int, Tensor] = {at: x for at, x in wholes.items() if x is not None}
        images: dict[int, Any] = {}
        for at, making in self._made.items():
            standing = self.collated and at in made
            images[at] = iter([MadeBatch(made[at])] * len(opened) if standing else making.images())
        keyed: Sequence[Any] = ()
        if self.source.return_key:
            keyed = [MadeBatch(packed)] * len(opened) if self.collated else packed.unbind(0)
        samples = []
        for place, (parts, places, close) in enumerate(opened):
            for at in places:
                parts[at] = next(images[at])
            sample = close(parts)
            samples.append(with_key(sample, keyed[place]) if keyed else sample)
        if self.collated or not made:
            return samples
        flat = all(
            type(sample) is tuple and len(sample) == len(one.parts) + bool(keyed)
            for sample, one in zip(samples, opened, strict=True)
        )
        return made_samples(made, samples) if flat else samples


def _first(parts: list[Any]) -> Any:
    return parts[0]
