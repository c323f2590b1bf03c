"""Which visit of its sample an index is, within one pass, through wrappers that repeat samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import ConcatDataset

from seedaug.data.adopt import CarryingDataset
from seedaug.data.index import SampleIndex, known_length
from seedaug.data.keyed import KeyedSource

Numbers = npt.NDArray[np.int64]


def places(dataset: Any) -> Numbers | None:
    """For each index of `dataset` a number that two indices share when they are one sample.

    Looked through are `ConcatDataset`, and what has `dataset` and `indices` of its own as `Subset`
    has. Any other dataset is taken to have a sample of its own for each index.

    Returns:
        int64 [len(dataset)], or None when no sample is there twice, or a length is unknown.
    """
    if isinstance(dataset, KeyedSource):
        return None
    found = _places(dataset, _Leaves())
    if found is None or not found.size:
        return None
    seen = np.zeros(found.max() + 1, dtype=bool)
    seen[found] = True
    return None if np.count_nonzero(seen) == found.size else found


class _Leaves:
    """Numbers the samples of the datasets that are looked through to, one after another."""

    def __init__(self) -> None:
        self._starts: dict[int, int] = {}
        self._total = 0

    def start(self, dataset: Any, length: int) -> int:
        if id(dataset) not in self._starts:
            self._starts[id(dataset)] = self._total
            self._total += length
        return self._starts[id(dataset)]


def _places(dataset: Any, leaves: _Leaves) -> Numbers | None:
    if isinstance(dataset, CarryingDataset):
        return _places(dataset._held, leaves)
    own = {} if isinstance(dataset, KeyedSource) else getattr(dataset, "__dict__", {})
    if isinstance(dataset, ConcatDataset):
        parts = [_places(part, leaves) for part in dataset.datasets]
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if len(known) == len(parts) else None
    length = known_length(dataset)
    if "dataset" in own and "indices" in own:
        indices = np.asarray(own["indices"])
        if indices.dtype.kind in "iu" and indices.shape == (length,):
            inner = _places(own["dataset"], leaves)
            try:
                return None if inner is None else inner[indices]
            except IndexError:  # the dataset will say so when it is asked for that sample
                return None
    if length is None:
        return None
    return leaves.start(dataset, length) + np.arange(length, dtype=np.int64)


def visit_numbers(visited: Numbers) -> Numbers:
    """How often each entry has come before.

    >>> visit_numbers(np.array([3, 9, 3, 3, 9])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(visited, kind="stable")
    ordered = visited[order]
    positions = np.arange(visited.size, dtype=np.int64)
    first = np.ones(visited.size, dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    numbers = np.empty_like(positions)
    numbers[order] = positions - np.maximum.accumulate(np.where(first, positions, 0))
    return numbers


class Visits:
    """Counts the visits of one pass, index by index.

    Args:
        dataset: what the indices are of.
    """

    def __init__(self, dataset: Any) -> None:
        self.places = places(dataset)
        self._length = known_length(dataset)
        self._counts: dict[int, int] = {}

    def number(self, index: Any) -> int:
        """Which visit of its sample this is; a `SampleIndex` brings its own number."""
        if type(index) is SampleIndex:
            return index.repeat
        place = index_of(index)
        if self._length is not None and -self._length <= place < 0:
            place += self._length
        if self.places is not None and 0 <= place < self.places.size:
            place = int(self.places[place])
        number = self._counts.get(place, 0)
        self._counts[place] = number + 1
        return number


def index_of(index: Any) -> int:
    """A sampler's index as a plain int.

    Raises:
        TypeError: it is no integer.
    """
    if type(index) is int:
        return index
    if not hasattr(index, "__index__"):
        raise TypeError(
            f"seedaug.DataLoader: a sampler must give integers, got {index!r} "
            f"({type(index).__name__}); an index is a coordinate of its sample's key"
        )
    return int(index.__index__())


def visit_counts(dataset: Any, indices: Numbers) -> list[int]:
    """For each of the indices, how often its sample is visited by all of them."""
    found = places(dataset)
    if found is None:
        return [1] * indices.size
    visited = found[indices]
    counts: list[int] = np.bincount(visited)[visited].tolist()
    return counts
