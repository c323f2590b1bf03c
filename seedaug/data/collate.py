"""A batch that is there before it is collated, and how torch's collation finds it.

`torch.utils.data.default_collate` looks types up in `default_collate_fn_map`, which is there to be
extended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import default_collate

from seedaug.torch_compat import collate as rules
from seedaug.torch_compat import default_collate_fn_map

__all__ = ["MadeBatch", "collates_by_itself", "rules_are_torchs"]


class MadeBatch:
    """Stands in samples for their part of a batch; collated, it is the whole batch.

    Only for samples that go straight to torch's `default_collate`.

    Args:
        whole: [N, ...], or what is sent in its place.
    """

    __slots__ = ("whole",)

    def __init__(self, whole: Any) -> None:
        self.whole = whole


def _collate(batch: Sequence[MadeBatch], *, collate_fn_map: Any = None) -> Any:
    return batch[0].whole


default_collate_fn_map[MadeBatch] = _collate


def rules_are_torchs() -> bool:
    """Whether `default_collate` goes by torch's rules alone, none changed and none added."""
    return all(
        function is _collate or getattr(rules, function.__name__, None) is function
        for function in default_collate_fn_map.values()
    )


def collates_by_itself(collate_fn: Any) -> bool:
    """Whether samples are collated by torch's rules and nothing else."""
    return collate_fn is default_collate and rules_are_torchs()
