"""Fetches a batch's samples from the wrapped dataset in one call, where it offers that.

A dataset with `__getitems__` reads a batch at a fraction of what its samples cost one by one
(`datasets.Dataset`: a seventh). What such a call draws belongs to no one sample, so no key is
within reach while it runs. A dataset that asks for one is fetched sample by sample, each under
its key, and so is every other that might give a sample other bytes for its company.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from typing import Any

from torch.utils.data import Subset

from seedaug.context import NoKeyError, no_sample
from seedaug.data.keyed import KeyedSource

__all__ = ["Fetched", "Fetcher"]


class Fetched(int):
    """An index whose sample has been fetched already."""

    sample: Any

    def __new__(cls, index: int, sample: Any) -> Fetched:
        self = super().__new__(cls, index)
        self.sample = sample
        return self


class Fetcher:
    """Fetches batches of one dataset, and keeps in mind if it can't be done.

    Args:
        dataset: the wrapped one.
        seed_globals: whether the global generators are set for each sample. Then only what is
            known to draw nothing may be fetched without that.
    """

    def __init__(self, dataset: Any, seed_globals: bool) -> None:
        self.dataset = dataset
        base = dataset
        while type(base) is Subset:
            base = base.dataset
        arrow = sys.modules.get("datasets.arrow_dataset")
        self._rows = Rows(base) if arrow and isinstance(base, arrow.Dataset) else None
        unknown = seed_globals or isinstance(base, KeyedSource)
        self._single = not _overrides_both(type(base)) or (unknown and self._rows is None)
        self._known = False  # that it gives a list of samples

    def fetch(self, indices: Sequence[int]) -> list[int] | None:
        """The indices, each with its sample; None where samples are to be fetched one by one."""
        if self._single or len(indices) < 2:
            return None
        try:
            plain = [operator.index(index) for index in indices]
            if min(plain) < 0 or not self._may(plain):
                return None
            with no_sample():
                samples = self.dataset.__getitems__(plain)
                known = self._known or _is_like(samples, plain, self.dataset[plain[0]])
        except NoKeyError:
            self._single = True
            return None
        except Exception:  # one by one it is known whose error it is
            return None
        if not known or len(samples) != len(plain):
            self._single = True
            return None
        self._known = True
        return [*map(Fetched, plain, samples)]

    def _may(self, indices: list[int]) -> bool:
        """Whether samples of a `datasets.Dataset` may come together; other datasets' always may."""
        if self._rows is None:
            return True
        dataset, rows = self.dataset, indices
        while type(dataset) is Subset:
            rows = [dataset.indices[row] for row in rows]
            dataset = dataset.dataset
        return self._rows.stand_alone(rows)


class Rows:
    """Tells which rows of a `datasets.Dataset` are the same from a batch as by themselves.

    A transform given to it may draw. A format makes arrays of whole columns: NumPy's are of other
    types than a row's ("numpy" gives float32 and float64), and a missing value in one row turns
    the integers beside it into floats. Without a format, and as tensors with none missing, they do.

    Args:
        dataset: its rows.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self._arrow: Any = None  # the same rows, unformatted; made once, for it takes long

    def stand_alone(self, rows: list[int]) -> bool:
        """Whether these rows do."""
        kind = self.dataset.format["type"]
        if kind is None:
            return True
        if kind != "torch":
            return False
        if self._arrow is None:
            self._arrow = self.dataset.with_format("arrow")
        table = self._arrow[rows]
        return all(_is_full(column.combine_chunks()) for column in table.columns)


def _overrides_both(kind: type) -> bool:
    """Whether `__getitems__` is of the class that has the last word on `__getitem__`, or below it.

    What a wrapper passes on by `__getattr__`, or inherits beside a `__getitem__` of its own, gives
    other samples than it does.
    """
    for base in kind.__mro__:
        if "__getitems__" in vars(base):
            return True
        if "__getitem__" in vars(base):
            return False
    return False


def _is_like(samples: Any, indices: list[int], alone: Any) -> bool:
    """Whether a dataset's answer to `indices` is a list of samples, and no batch of columns.

    Args:
        samples: the answer.
        indices: what was asked for.
        alone: the sample of the first of them, by itself.
    """
    if type(samples) is not list or len(samples) != len(indices):
        return False
    if type(samples[0]) is not type(alone):
        return False
    if isinstance(alone, (tuple, list, dict)):
        return len(samples[0]) == len(alone)
    return getattr(samples[0], "shape", None) == getattr(alone, "shape", None)


def _is_full(array: Any) -> bool:
    """Whether an Arrow array is of numbers or strings, or lists of such, with no value missing."""
    if array.null_count:
        return False
    types = sys.modules["pyarrow"].types
    kind = array.type
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inner = array.flatten()
        return inner.null_count == 0 and _is_value(inner.type)
    return _is_value(kind)


def _is_value(kind: Any) -> bool:
    types = sys.modules["pyarrow"].types
    return bool(types.is_primitive(kind) or types.is_string(kind) or types.is_large_string(kind))
