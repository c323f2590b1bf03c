"""Batches of samples that lie in memory as rows of tensors: nothing is fetched one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Subset, TensorDataset

from seedaug import ops
from seedaug.buffers import Empty, empty_images
from seedaug.data.fused import fusable, only_step, result_size
from seedaug.transforms.pipeline import Pipeline

__all__ = ["Resident", "augment_rows", "find_resident"]


class Resident(NamedTuple):
    """Where samples are: sample n is row ``rows[n]`` of each tensor."""

    tensors: tuple[Tensor, ...]
    rows: Sequence[int]
    bare: bool  # a sample is the row itself, and no tuple


def find_resident(dataset: Any, indices: Sequence[int]) -> Resident | None:
    """The samples of a TensorDataset, a tensor, or a Subset of these; None for other datasets."""
    rows = indices
    while type(dataset) is Subset:
        try:
            rows = [dataset.indices[row] for row in rows]
        except IndexError:  # one by one it is explained
            return None
        dataset = dataset.dataset
    if type(dataset) is TensorDataset:
        found = Resident(dataset.tensors, rows, bare=False)
    elif type(dataset) is Tensor:
        found = Resident((dataset,), rows, bare=True)
    else:
        return None
    if not found.tensors or type(found.tensors[0]) is not Tensor:
        return None
    inside = min(rows) >= 0 and max(rows) < min(map(len, found.tensors))
    return found if inside else None


def augment_rows(
    samples: Resident, packed: Tensor, pipeline: Pipeline, empty: Empty
) -> tuple[Tensor, list[Tensor]] | None:
    """A batch of rows, by one call.

    Args:
        samples: which rows of which tensors.
        packed: their keys, [N, 3].
        pipeline: for the first tensor's.
        empty: gives memory for its batch.

    Returns:
        That memory, and the columns of the batch; None if one call can't do it.
    """
    images, *others = samples.tensors
    if not pipeline.within_limit or images.dim() < 3 or not fusable(images):
        return None
    step = only_step(pipeline, images, Tensor, pipeline.first[0])
    if step is None:
        return None
    rows = torch.tensor(samples.rows, device="cpu")
    innermost = pipeline.layout == ops.CHANNELS_LAST
    size = [len(rows), *result_size(step, images.shape[1:])]
    try:
        memory, whole = empty_images(empty, step.dtype, size, innermost)
        ops.augment_rows_out(images, rows, packed, step.program, step.values, whole)
        return memory, [whole, *(column[rows] for column in others)]
    except (RuntimeError, TypeError, ValueError):  # one by one the error is explained
        return None
