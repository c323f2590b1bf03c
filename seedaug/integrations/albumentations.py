"""Albumentations: the key of the sample becomes the seed of each call."""

from __future__ import annotations

import copy
import inspect
import threading
from typing import Any

import numpy as np

from seedaug.random import py_random, rng

__all__ = ["Keyed"]

_SEED_WORDS = 8  # 256 bits


class Keyed:
    """An albumentations `Compose` whose random numbers follow the key of the sample.

    Albumentations holds generators, which are seeded for each worker and go on from sample to
    sample. AlbumentationsX from 2.5 takes a seed for each call (`invocation_seed`); before, and in
    the older `albumentations` 2.0, `set_random_state` is called before each use, and threads other
    than the main one use copies. Attributes of the `Compose` are reached through it.

    Args:
        compose: a `Compose` or `ReplayCompose`; others nest in it.

    Raises:
        TypeError: `compose` is nothing of the kind.
        NoKeyError: it is called outside a sample.
        RuntimeError: it is the 17th use of `seedaug.rng()` in a sample.

    Words: elements 0 … 7 of the sample's next `seedaug.rng()` are the seed, the first lowest.
    Where there is no `invocation_seed`: the next `seedaug.rng()` and `seedaug.py_random()`.
    """

    def __init__(self, compose: Any) -> None:
        if not callable(getattr(compose, "set_random_state", None)) or not hasattr(
            compose, "transforms"
        ):
            raise TypeError(
                f"Keyed needs an albumentations.Compose (2.0 or later), got {compose!r}; put a "
                "single transform into one"
            )
        self.__setstate__({"compose": compose})

    def __getstate__(self) -> dict[str, Any]:
        return {"compose": self.compose}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.compose = state["compose"]
        parameters = inspect.signature(type(self.compose).__call__).parameters
        self._by_call = "invocation_seed" in parameters
        self._own = threading.local()

    def __call__(self, *arguments: Any, **data: Any) -> Any:
        if self._by_call:
            words = rng().integers(2**32, size=_SEED_WORDS, dtype=np.uint32)
            seed = int.from_bytes(words.astype("<u4").tobytes(), "little")
            return self.compose(*arguments, invocation_seed=seed, **data)
        compose = self._mine()
        compose.set_random_state(rng(), py_random())
        return compose(*arguments, **data)

    def _mine(self) -> Any:
        if threading.current_thread() is threading.main_thread():
            return self.compose
        if not hasattr(self._own, "compose"):
            self._own.compose = copy.deepcopy(self.compose)
        return self._own.compose

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "compose" not in self.__dict__:
            raise AttributeError(f"Keyed has no attribute {name!r}")
        return getattr(self.compose, name)

    def __repr__(self) -> str:
        return f"Keyed({type(self.compose).__name__})"
