"""Loads a batch of a SeededDataset at once: fetches its samples and augments them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Subset, TensorDataset

from seedaug import ops
from seedaug._core import MAX_INDEX, MAX_WORKER
from seedaug.context import current
from seedaug.data.buffers import Buffers, worker_buffers
from seedaug.data.collate import MadeBatch, made_samples
from seedaug.data.fused import BatchInMaking, Plan, Plans, empty_batch, fusable, only_step
from seedaug.data.index import ride
from seedaug.data.keyed import close, with_key
from seedaug.key import Packed, keys
from seedaug.transforms.pipeline import Pipeline

if TYPE_CHECKING:
    from seedaug.data.dataset import SeededDataset


Opened: TypeAlias = tuple[type, list[Any] | None]
"""A sample's type, and its elements without the image if it is a tuple or list."""


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

    def load(self) -> list[Any] | None:
        """The samples as they are to be collated, or None if they must be loaded one by one."""
        packed = self._keys()
        if packed is None:
            return None
        self.plan.pipeline.refresh()
        found = self._resident(packed)
        return self._fetched(packed) if found is None else found

    def _keys(self) -> Tensor | None:
        if min(self.indices) < 0 or max(self.indices) > MAX_INDEX:
            return None
        again = 0 if self.repeats is None else np.array(self.repeats)
        workers = self.source._rank + again * self.source._world
        if np.max(workers) > MAX_WORKER:
            return None
        return keys(self.source.seed, self.epoch, workers, np.array(self.indices, dtype=np.int64))

    # --- Samples that lie in memory, as rows of tensors ---

    def _resident(self, packed: Tensor) -> list[Any] | None:
        """The batch of a TensorDataset (or a subset of one) without fetching sample by sample."""
        pipeline, source = self.plan.pipeline, self.source
        if self.plan.before or source.target_transform is not None or not pipeline.within_limit:
            return None
        found = find_resident(source.dataset, self.indices)
        if found is None:
            return None
        tensors, rows, bare = found
        if not tensors or min(rows) < 0 or max(rows) >= min(map(len, tensors)):
            return None
        images, others = tensors[0], tensors[1:]
        if images.dim() < 3 or not fusable(images):
            return None
        step = only_step(pipeline, images, Tensor, pipeline.first[0])
        if step is None:
            return None
        where = torch.tensor(rows)
        innermost = pipeline.layout == ops.CHANNELS_LAST
        try:
            whole = empty_batch(
                source._workshop.buffers, len(rows), step, images.shape[1:], innermost
            )
            ops.augment_rows_out(
                images, where, packed, step.program, step.values, whole.as_subclass(Tensor)
            )
        except (RuntimeError, ValueError):  # one by one the error is explained
            return None
        columns = [whole, *(column[where] for column in others)]
        if source.return_key:
            columns.append(packed)
        if self.collated:
            ready = tuple(map(MadeBatch, columns))
            return [*ready] if len(ready) == 1 and bare else [ready]
        if len(columns) == 1 and bare:
            return [*whole.unbind(0)]
        return made_samples(whole, [*zip(*(column.unbind(0) for column in columns), strict=True)])

    # --- Samples that are fetched one by one ---

    def _fetched(self, packed: Tensor) -> list[Any]:
        source, pipeline = self.source, self.plan.pipeline
        making = BatchInMaking(
            len(self.indices), pipeline, source._workshop.buffers, source._name_sample
        )
        opened: list[Opened] = []
        rows: list[Any] = [*map(tuple, packed.tolist())]
        token = ride.set((self.epoch, 0)) if self.carried else None
        try:
            for place, (index, row) in enumerate(zip(self.indices, rows, strict=True)):
                if self.carried and self.repeats is not None:
                    ride.set((self.epoch, self.repeats[place]))
                image, occurrences, rest = source._under(row, self._fetch, index)
                opened.append(rest)
                making.add(image, row, occurrences)
        finally:
            if token is not None:
                ride.reset(token)
        making.flush()
        return self._assemble(making, opened, packed)

    def _fetch(self, index: int, packed: Packed) -> tuple[Any, tuple[int, ...], Opened]:
        """The image as it comes before the program, the program's occurrences, and the rest."""
        sample = self.source._fetch(index)
        parts = self.source._open(sample)
        image = sample if parts is None else parts[0]
        for part in self.plan.before:
            image = (
                part.in_context((image,), current()) if isinstance(part, Pipeline) else part(image)
            )
        occurrences = self.plan.pipeline.take(current())
        if parts is not None:
            parts[0] = None
            if self.source.target_transform is not None:
                parts[1] = self.source.target_transform(parts[1])
        return image, occurrences, (type(sample), parts)

    def _assemble(
        self,
        making: BatchInMaking,
        opened: Sequence[Opened],
        packed: Tensor,
    ) -> list[Any]:
        whole = making.whole()
        images: Sequence[Any]
        rows: Sequence[Any] = packed.unbind(0) if self.source.return_key else ()
        if whole is None:
            images = making.images()
        elif self.collated:
            images = [MadeBatch(whole)] * len(opened)
            rows = [MadeBatch(packed)] * len(rows)
        else:
            images = making.images()
        samples = []
        for place, (kind, parts) in enumerate(opened):
            sample = images[place]
            if parts is not None:
                parts[0] = sample
                sample = close(kind, parts)
            samples.append(with_key(sample, rows[place]) if rows else sample)
        if whole is None or self.collated or any(type(sample) is not tuple for sample in samples):
            return samples
        return made_samples(whole, samples)


class Resident(NamedTuple):
    """Where samples lie in memory: row n of each tensor is sample n."""

    tensors: tuple[Tensor, ...]
    rows: Sequence[int]
    bare: bool  # a sample is the row itself, and no tuple


def find_resident(dataset: Any, indices: Sequence[int]) -> Resident | None:
    """The samples of a TensorDataset, a tensor, or a Subset of these; None for other datasets."""
    rows = indices
    while type(dataset) is Subset:
        rows = [dataset.indices[row] for row in rows]
        dataset = dataset.dataset
    if type(dataset) is TensorDataset:
        return Resident(dataset.tensors, rows, bare=False)
    return Resident((dataset,), rows, bare=True) if type(dataset) is Tensor else None
