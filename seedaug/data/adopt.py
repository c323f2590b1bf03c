"""Finding the seeded datasets inside what a loader is given, and carrying the epoch to them."""

from __future__ import annotations

from typing import Any

from torch.utils.data import Dataset, IterableDataset

from seedaug.data.collation import arrived
from seedaug.data.dataset import SeededDataset
from seedaug.data.index import EpochBatch, SampleIndex, as_epoch_batch
from seedaug.data.iterable import SeededIterableDataset
from seedaug.data.keyed import KeyedSource
from seedaug.key import check_coordinate

_DEPTH = 50  # of datasets within datasets; a mock has any attribute, without end


def seeded_within(dataset: Any) -> list[KeyedSource]:
    """The outermost seeded datasets in `dataset`: itself, or those in its `dataset(s)`."""
    seen: dict[int, Any] = {}
    waiting = [(dataset, 0)]
    while waiting:
        part, depth = waiting.pop()
        if id(part) in seen or depth > _DEPTH:
            continue
        seen[id(part)] = part
        if isinstance(part, KeyedSource):
            continue
        held = _attribute(part, "datasets")
        inner = [*held.values()] if isinstance(held, dict) else held
        parts = [*inner] if isinstance(inner, (list, tuple)) else []
        parts += [_attribute(part, "dataset")]
        waiting += [(each, depth + 1) for each in reversed(parts)]
    return [part for part in seen.values() if isinstance(part, KeyedSource)]


def _attribute(part: Any, name: str) -> Any:
    try:
        return getattr(part, name, None)
    except Exception:  # a dataset's own __getattr__ may raise anything
        return None


def adopt(dataset: Any, seed: int | None) -> tuple[Any, list[KeyedSource]]:
    """What the loader is to load from, and the seeded datasets that it sets epochs for.

    Raises:
        ValueError: there is no seed, or `seed` is another than the seeded datasets'.
    """
    found = seeded_within(dataset)
    if not found:
        if seed is None:
            raise ValueError(
                f"seedaug: {type(dataset).__name__} has no seed; wrap it in "
                "seedaug.SeededDataset(dataset, seed=...), or give seed= here"
            )
        stream = isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__")
        wrapped = (SeededIterableDataset if stream else SeededDataset)(dataset, seed)
        return wrapped, [wrapped]
    if seed is not None and all(check_coordinate("seed", seed) != part.seed for part in found):
        raise ValueError(
            f"seedaug: seed={seed}, but {found[0]!r} has seed {found[0].seed}; "
            "leave out one of them"
        )
    if isinstance(dataset, (KeyedSource, IterableDataset, CarryingDataset)):
        return dataset, found
    return CarryingDataset(dataset), found


class CarryingDataset(Dataset[Any]):
    """Hands the epoch and repeat of its indices to the seeded datasets further in.

    A `Subset` or `ConcatDataset` computes a new, plain index for the dataset that it holds; what
    rode on the index reaches that dataset through the context instead. To users, who find it as
    `loader.dataset`, it is the dataset that it holds: its class, its attributes, also when set.

    Args:
        held: what holds the seeded datasets.
    """

    def __init__(self, held: Any) -> None:
        self.__dict__["_held"] = held

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance() asks for it
        return type(self._held)

    def __reduce__(self) -> tuple[Any, ...]:
        return CarryingDataset, (self._held,)

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, SampleIndex):
            return index.load(self._held.__getitem__)
        return self._held[index]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        if not isinstance(indices, EpochBatch):
            indices = as_epoch_batch(indices) or indices
        if isinstance(indices, EpochBatch):
            at_once = getattr(self._held, "__getitems__", None)
            if callable(at_once) and indices.repeats is None:
                samples = indices.carry(at_once)
            else:
                samples = indices.load(self._held.__getitem__)
            arrived(indices.epoch, indices.number)
            return samples
        return [self[index] for index in indices]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_held":
            raise AttributeError(f"CarryingDataset has no attribute {name!r}")
        return getattr(self._held, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._held, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._held, name)

    def __repr__(self) -> str:
        return repr(self._held)
