"""MONAI: the key of the sample goes into `set_random_state` before each use."""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seedaug.data.held import Watch
from seedaug.data.reach import walk
from seedaug.random import rng

__all__ = ["Keyed"]

_SEED_WORDS = 8  # 256 bits


class Keyed:
    """A MONAI transform, or dataset, whose random numbers follow the key of the sample.

    MONAI's random transforms hold generators (`Randomizable.R`), which workers get copies of.
    Before each use, this calls `set_random_state` of whatever is random in `wrapped`, at any depth,
    and so no state is carried from one sample to the next. Attributes of `wrapped` are reached
    through it. Threads other than the main one use copies of what is random.

    Args:
        wrapped: a transform or a `Compose`, to be called; or a dataset (`Dataset`, `CacheDataset`,
            `PersistentDataset`, `ArrayDataset`, `IterableDataset`, ...), to be indexed or iterated,
            inside a `SeededDataset` or `SeededIterableDataset`.

    Raises:
        TypeError: `wrapped` is nothing of the kind.
        NoKeyError: it is used outside a sample, and something in it has `set_random_state` (any
            `Compose` of MONAI's has).
        RuntimeError: it is the 17th use of `seedaug.rng()` in a sample.

    Words: elements 0 … 7 of the sample's next `seedaug.rng()` seed one
    `numpy.random.RandomState`, which goes to all parts; MONAI's `Compose` draws from it a 32-bit
    seed for each of its own.
    """

    def __init__(self, wrapped: Any) -> None:
        usable = callable(wrapped) or hasattr(wrapped, "__getitem__")
        if not usable and not hasattr(wrapped, "__iter__"):
            raise TypeError(f"Keyed needs a transform or a dataset of MONAI's, got {wrapped!r}")
        self.__setstate__({"wrapped": wrapped})

    def __getstate__(self) -> dict[str, Any]:
        return {"wrapped": self.wrapped}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.wrapped = state["wrapped"]
        self._own = threading.local()
        self._watch: Watch | None = Watch()  # for a generator that set_random_state doesn't reach

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._use(lambda wrapped: wrapped(*arguments, **named))

    def __getitem__(self, index: Any) -> Any:
        return self._use(lambda wrapped: wrapped[index])

    def __len__(self) -> int:
        return len(self.wrapped)

    def __iter__(self) -> Iterator[Any]:
        wrapped, parts = self._mine()
        source, end = iter(wrapped), object()
        while True:
            _set_random_state(parts)
            sample = next(source, end)
            if sample is end:
                return
            yield sample

    def _use(self, function: Any) -> Any:
        use: Callable[[], Any] = functools.partial(self._keyed, function)
        if self._watch is not None:
            use = self._watch.around(use, self, "wrapped")
            if self._watch.over:
                self._watch = None
        return use()

    def _keyed(self, function: Any) -> Any:
        wrapped, parts = self._mine()
        _set_random_state(parts)
        return function(wrapped)

    def _mine(self) -> tuple[Any, list[Any]]:
        """This thread's `wrapped`, and what is random in it."""
        found: Any = getattr(self._own, "found", None)
        if found is None:
            parts = _randomizables(self.wrapped)
            if parts and threading.current_thread() is not threading.main_thread():
                copied = _copy(self.wrapped)
                found = copied, _randomizables(copied)
            else:
                found = self.wrapped, parts
            self._own.found = found
        wrapped, parts = found
        return wrapped, parts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "wrapped" not in self.__dict__:
            raise AttributeError(f"Keyed has no attribute {name!r}")
        return getattr(self.wrapped, name)

    def __repr__(self) -> str:
        return f"Keyed({type(self.wrapped).__name__})"


def _set_random_state(parts: list[Any]) -> None:
    if not parts:
        return
    words = rng().integers(2**32, size=_SEED_WORDS, dtype=np.uint32)
    state = np.random.RandomState(words)
    for part in parts:
        part.set_random_state(state=state)


def _randomizables(wrapped: Any) -> list[Any]:
    """What has MONAI's `set_random_state`, innermost first: an outer one sets its parts anew."""
    found = [
        value
        for _, value in walk({"wrapped": wrapped})
        if hasattr(type(value), "set_random_state") and hasattr(type(value), "R")
    ]
    return found[::-1]


def _copy(wrapped: Any) -> Any:
    """A deep copy that shares what holds nothing random: the data, a cache."""
    parts = vars(wrapped).values() if hasattr(wrapped, "__dict__") else ()
    shared = {id(part): part for part in parts if not _randomizables(part)}
    return copy.deepcopy(wrapped, shared)
