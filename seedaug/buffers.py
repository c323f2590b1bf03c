"""Memory for large results that is used again once nothing refers to it.

Fresh memory costs a page fault for every 4 KiB: several times what augmenting into it costs. So
the memory of a result goes back to a pool when its storage is freed, whatever views of it there
were: the storage holds a `Lease`, whose end is told. A storage can also live on and let go of its
memory: ``share_memory_`` and sending put another in its place, while NumPy views and running
operations, which hold the storage, still read the first. That is kept until the storage is freed.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seedaug.torch_compat import StorageWeakRef

__all__ = ["Buffers", "Bytes", "Empty", "empty_images", "lease", "on_storage", "results"]

Bytes: TypeAlias = npt.NDArray[np.uint8]
Empty: TypeAlias = Callable[[torch.dtype, Sequence[int]], Tensor]
"""Gives memory: a contiguous tensor with undefined values."""


def empty_images(
    empty: Empty, dtype: torch.dtype, size: Sequence[int], innermost: bool
) -> tuple[Tensor, Tensor]:
    """Memory for a batch, and the batch in it.

    Args:
        empty: where the memory comes from.
        dtype, size: of the batch, [N, ..., C, H, W] or [N, H, W].
        innermost: put the channels side by side in memory.
    """
    if not innermost or len(size) < 4:
        memory = empty(dtype, size)
        return memory, memory
    *outer, channels, height, width = size
    memory = empty(dtype, [*outer, height, width, channels])
    return memory, memory.movedim(-1, -3)


# Storages that live on with other memory, and what is to be called when they are freed.
_swapped: list[tuple[Any, Callable[[], None]]] = []


class Lease(np.ndarray):
    """Bytes of a buffer that a storage holds; tells when nothing can read them through it."""

    storage: Any = None  # a weak reference
    end: Callable[[], None]

    def __del__(self) -> None:
        if self.storage is None:  # a view of another
            return
        if self.storage.expired():
            self.end()
        else:
            _swapped.append((self.storage, self.end))


def _end_swapped() -> None:
    for _ in range(len(_swapped)):
        try:
            storage, end = _swapped.pop(0)
        except IndexError:  # another thread was faster
            return
        if storage.expired():
            end()
        else:
            _swapped.append((storage, end))


def lease(
    memory: Bytes,
    dtype: torch.dtype,
    size: Sequence[int],
    end: Callable[[], None],
) -> Tensor:
    """A contiguous tensor, no view of another, from the start of `memory`.

    Args:
        memory: as many bytes or more.
        dtype, size: of the tensor.
        end: called, in whatever thread, once its storage is freed.
    """
    if _swapped:
        _end_swapped()
    leased = memory[: prod(size) * dtype.itemsize].view(Lease)
    storage = torch.from_numpy(leased).untyped_storage()
    leased.end = end
    leased.storage = StorageWeakRef(storage)
    return on_storage(storage, dtype, size)


def on_storage(
    storage: Any, dtype: torch.dtype, size: Sequence[int], strides: Sequence[int] | None = None
) -> Tensor:
    """The tensor, no view of another, at the start of a storage; contiguous if not said else."""
    if strides is None:
        strides = torch.empty(tuple(size), device="meta").stride()
    made: Any = torch.empty(0, dtype=dtype, device="cpu")
    found: Tensor = made.set_(storage, 0, tuple(size), tuple(strides))
    return found


def _fresh(nbytes: int) -> Bytes:
    """Memory of this process, in 2 MiB pages where the system has them to give."""
    memory = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype=np.uint8)


class Buffers:
    """Memory of this process. One free buffer is kept: in a loop the other holds what is at hand.

    There is no lock: results are freed at any point of any thread. Lists are popped and appended
    to in one step each.

    Args:
        smallest, largest: bytes of the results that it is for; others are torch's.
    """

    def __init__(self, smallest: int = 1 << 20, largest: int = 1 << 28) -> None:
        self.smallest = smallest
        self.largest = largest
        self._free: list[Bytes] = []

    def takes(self, dtype: torch.dtype, size: Sequence[int]) -> bool:
        """Whether it is for such results."""
        nbytes = prod(size) * dtype.itemsize
        return self.smallest <= nbytes <= self.largest and min(size) > 0

    def empty(self, dtype: torch.dtype, size: Sequence[int]) -> Tensor:
        """A contiguous tensor with undefined values, on the CPU.

        Raises:
            RuntimeError: a size is negative.
        """
        nbytes = prod(size) * dtype.itemsize
        if not self.takes(dtype, size):
            return torch.empty(tuple(size), dtype=dtype, device="cpu")
        try:
            memory = self._free.pop()
            if not nbytes <= memory.nbytes <= 2 * nbytes:
                memory = _fresh(nbytes)
        except IndexError:
            memory = _fresh(nbytes)
        return lease(memory, dtype, size, partial(self._take_back, memory))

    def _take_back(self, memory: Bytes) -> None:
        if not self._free:
            self._free.append(memory)


results = Buffers(smallest=1 << 22)
"""For results of transforms called on large batches."""
