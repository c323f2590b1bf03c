"""Memory for large results that is used again once nothing refers to it.

Fresh memory costs a page fault for every 4 KiB: several times what augmenting into it costs. So
the memory of a result goes back to a pool when its storage is freed, whatever views of it there
were: the storage holds a `Lease`, whose end is told.
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

__all__ = ["Buffers", "Bytes", "Empty", "empty_images", "lease", "results"]

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


class Lease(np.ndarray):
    """Bytes of a buffer; `end` is called when the last storage on them is freed."""

    end: Callable[[], None] | None = None

    def __del__(self) -> None:
        if self.end is not None:
            self.end()


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
        end: called, in whatever thread, when its storage is freed.
    """
    leased = memory[: prod(size) * dtype.itemsize].view(Lease)
    leased.end = end
    strides = torch.empty(tuple(size), device="meta").stride()
    made: Any = torch.empty(0, dtype=dtype, device="cpu")
    found: Tensor = made.set_(torch.from_numpy(leased).untyped_storage(), 0, tuple(size), strides)
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
