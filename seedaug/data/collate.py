"""Batches that are there before they are collated, and how torch's collation finds them.

`torch.utils.data.default_collate` looks up types in `default_collate_fn_map`, which it documents
for extensions like these two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.utils.data._utils.collate import collate, default_collate_fn_map

__all__ = ["MadeBatch", "MadeSample", "made_samples"]


class MadeBatch:
    """Stands in samples for their part of a batch; collated, it is the whole batch.

    Args:
        whole: [N, ...].
    """

    __slots__ = ("whole",)

    def __init__(self, whole: Tensor) -> None:
        self.whole = whole


class MadeSample(tuple[Any, ...]):
    """A sample (image, ...) whose image is a view of a batch that was made at once.

    A tuple in every other respect. Collated with the others of its batch, in order, the images are
    not copied together again.
    """

    wholes: Mapping[int, Tensor]  # batches, by the place of their images in the sample
    place: int  # of this sample in them

    def __reduce__(self) -> Any:
        return tuple, (tuple(self),)


def made_samples(wholes: Mapping[int, Tensor], samples: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Samples as `MadeSample`; element `at` of the n-th is a view of ``wholes[at][n]``."""
    made = []
    for place, sample in enumerate(samples):
        one = MadeSample(sample)
        one.wholes, one.place = wholes, place
        made.append(one)
    return made


def _collate_batch(batch: Sequence[MadeBatch], *, collate_fn_map: Any = None) -> Tensor:
    return batch[0].whole


def _collate_samples(batch: Sequence[MadeSample], *, collate_fn_map: Any = None) -> Any:
    wholes = batch[0].wholes
    complete = all(len(batch) == len(whole) for whole in wholes.values()) and all(
        type(one) is MadeSample and one.wholes is wholes and one.place == place
        for place, one in enumerate(batch)
    )
    ready = {at: MadeBatch(whole) for at, whole in wholes.items()} if complete else {}
    plain = [tuple(ready.get(at, part) for at, part in enumerate(one)) for one in batch]
    return collate(plain, collate_fn_map=collate_fn_map)


default_collate_fn_map[MadeBatch] = _collate_batch
default_collate_fn_map[MadeSample] = _collate_samples
