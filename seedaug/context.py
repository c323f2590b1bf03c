"""The key that the current sample runs under.

`SeededDataset` opens a context around each sample, and every transform called inside takes its
key from there. The context is a `contextvars.ContextVar`: right in threads, tasks and nested
datasets, and never a global generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from seedaug._core import OCCURRENCES_PER_STAGE
from seedaug.key import Key, Packed

__all__ = ["NoKeyError", "Sample", "current", "in_sample", "no_sample", "sample"]


class NoKeyError(RuntimeError):
    """Something random was asked for where no key is within reach."""


class Sample:
    """One sample being made: its packed key, its stage, and how often each kind was used.

    Args:
        packed: the packed key, three signed 64-bit integers.
        stage: 0 in the dataset, 1 on the collated batch.
    """

    __slots__ = ("counts", "packed", "stage")

    def __init__(self, packed: Packed, stage: int = 0) -> None:
        self.packed = packed
        self.stage = stage
        self.counts: dict[int, int] = {}

    @property
    def key(self) -> Key:
        """The coordinates of this sample."""
        return Key.unpack(self.packed)

    def take(self, kind: int, name: str) -> int:
        """Count one use of `kind` (called `name` in messages) and return its occurrence.

        Returns:
            0 … 15 in stage 0, 16 … 31 in stage 1.

        Raises:
            RuntimeError: the kind was used 16 times already in this stage of this sample.
        """
        used = self.counts.get(kind, 0)
        if used >= OCCURRENCES_PER_STAGE:
            raise RuntimeError(
                f"{name} was used more than {OCCURRENCES_PER_STAGE} times for one sample "
                f"({self.key}, stage {self.stage}); draw more numbers from one use, give a "
                "transform of your own another kind, or move some to the batch (stage=1)"
            )
        self.counts[kind] = used + 1
        return used + self.stage * OCCURRENCES_PER_STAGE

    def __repr__(self) -> str:
        return f"Sample({self.key}, stage={self.stage})"


_current: ContextVar[Sample | None] = ContextVar("seedaug_sample", default=None)


def current() -> Sample:
    """The sample that is being made in this thread or task.

    Raises:
        NoKeyError: there is none.
    """
    found = _current.get()
    if found is None:
        raise NoKeyError(
            "no key within reach: wrap the dataset in seedaug.SeededDataset(dataset, seed=...), "
            "pass keys= to the call (by name: a tensor in second place is data), or call it inside "
            "`with seedaug.sample(seedaug.Key(seed=..., epoch=..., index=...)):`"
        )
    return found


def in_sample() -> bool:
    """Whether a sample is being made in this thread or task."""
    return _current.get() is not None


@contextmanager
def no_sample() -> Iterator[None]:
    """Context manager: what is called inside has no key, whatever sample is being made outside."""
    if torch.compiler.is_compiling():  # which can't set a ContextVar
        yield
        return
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def packed_key(caller: str, key: object, stage: int) -> Packed:
    """The packed key that `caller` was given, with a stage.

    Raises:
        TypeError: `key` is neither a `Key` nor a packed key.
        ValueError: it is no packed key, or `stage` is neither 0 nor 1.
    """
    if stage not in (0, 1):
        raise ValueError(f"stage must be 0 (dataset) or 1 (batch), got {stage!r}")
    if not isinstance(key, Key):
        if not isinstance(key, (torch.Tensor, np.ndarray, Sequence)):
            raise TypeError(
                f"{caller}: key must be a seedaug.Key or a packed key (int64[3] tensor or "
                f"array, three integers), got {key!r}"
            )
        key = Key.unpack(key)
    return key.packed()


class sample(ContextDecorator):
    """Context manager: what is called inside is made under `key`.

    Args:
        key: a `Key`, or a packed key (int64[3] tensor or array, or three integers).
        stage: 0 (as in a dataset) or 1 (a second pipeline on the same keys).

    Gives the `Sample`. Contexts nest, and the innermost counts; each is entered once.

    Raises:
        TypeError: `key` is nothing of the kind.
        ValueError: `stage` is neither 0 nor 1, or `key` is no packed key.

    >>> with sample(Key(seed=0, index=3)) as s:
    ...     current() is s, s.key.index
    (True, 3)
    """

    def __init__(
        self, key: Key | torch.Tensor | npt.NDArray[Any] | Sequence[int], stage: int = 0
    ) -> None:
        self._packed = packed_key("seedaug.sample", key, stage)
        self._stage = stage
        self._token: Token[Sample | None] | None = None

    def _recreate_cm(self) -> sample:
        """As a decorator: a context of its own for each call."""
        made = sample.__new__(sample)
        made._packed, made._stage, made._token = self._packed, self._stage, None
        return made

    def __enter__(self) -> Sample:
        if self._token is not None:
            raise RuntimeError("seedaug.sample: this context was entered before; make another")
        opened = Sample(self._packed, self._stage)
        self._token = _current.set(opened)
        return opened

    def __exit__(self, *raised: object) -> None:
        assert self._token is not None
        _current.reset(self._token)
