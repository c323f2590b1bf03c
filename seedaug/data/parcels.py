"""Batches that a loader's worker sends in shared memory, which it uses again.

Clearing fresh shared memory costs more than anything else in a worker, so a worker keeps its last
buffers. What arrives is torch's own shared tensor, opened by torch's own code: it can be shared,
sent on, viewed and kept as any other. Who refers to it, and where, is not counted here. The kernel
does that:

    worker                                      loader, and whoever it is sent on to
    buffer: descriptor A, mapped     opens      descriptor B, mapped
            flock(A, EX)?  <------- one file -------> flock(B, SH)

Each batch goes out under an opening B of the file of its own, with a shared lock on it. Copies of
B's descriptor, mappings of it, and those of forked processes, all keep that one opening, and the
lock ends with the last of them, however that ends. So an exclusive lock on A is had just when
nothing anywhere refers to the batch.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from functools import cache
from math import prod
from multiprocessing import reduction
from typing import Any

import torch
from torch import Tensor, multiprocessing

from seedaug.buffers import lease, on_storage
from seedaug.torch_compat import (
    new_shared_storage,
    received_storage,
    shared_bytes,
    shared_storage_of,
)

__all__ = ["Parcel", "SharedBuffer", "SharedBuffers", "shared_memory"]

SMALLEST = 1 << 16  # bytes: less is not worth a buffer
SPARE = 2  # free buffers that are kept at most
KNOWN = 64  # buffers, in use or free, that are kept at most: each is an open descriptor
ROOM = 8  # buffers of its size must fit beside one that is kept


class SharedBuffer:
    """Shared memory of a worker, for one batch at a time.

    Args:
        capacity: bytes.

    Raises:
        RuntimeError: torch's; there is no room for it.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.memory, self.descriptor = shared_bytes(capacity)
        self.filling = False  # something in this process lies in it

    def is_free(self) -> bool:
        """Whether nothing refers to it, here or in any process."""
        if self.filling:
            return False
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        return True

    def leaves_room(self) -> bool:
        """Whether it may be kept: what holds shared memory has many times its size to spare."""
        space = os.fstatvfs(self.descriptor)
        return not space.f_blocks or space.f_bavail * space.f_frsize >= ROOM * self.capacity

    def lease(self, dtype: torch.dtype, size: Sequence[int]) -> Tensor:
        """A tensor in it, for use in this process."""
        self.filling = True
        return lease(self.memory.numpy(), dtype, size, self._emptied)

    def _emptied(self) -> None:
        self.filling = False

    def opened(self) -> int:
        """A descriptor to be sent: the buffer is in use until all copies and mappings are gone."""
        descriptor = os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor


class SharedBuffers:
    """A worker's buffers, made as they are needed."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.buffers: list[SharedBuffer] = []  # the one taken last at the end

    def take(self, nbytes: int) -> SharedBuffer:
        """A buffer of at least so many bytes to which nothing refers.

        Raises:
            RuntimeError: torch's; there is no room for one.
        """
        free = [buffer for buffer in self.buffers if buffer.is_free()]
        fitting = [buffer for buffer in free if nbytes <= buffer.capacity <= 2 * nbytes]
        if fitting:
            taken = fitting[-1]
            free.remove(taken)
            self.buffers.remove(taken)
        else:
            try:
                taken = SharedBuffer(nbytes)
            except RuntimeError:
                self._drop(free)
                free = []
                taken = SharedBuffer(nbytes)
        self._drop(free[: max(len(free) - SPARE, 0)])
        self._drop(self.buffers[: max(len(self.buffers) - KNOWN, 0)])
        if fitting or taken.leaves_room():
            self.buffers.append(taken)
        return taken

    def _drop(self, buffers: list[SharedBuffer]) -> None:
        """Keep no longer; the memory goes back to the system when nothing refers to it."""
        for buffer in buffers:
            self.buffers.remove(buffer)


_own: SharedBuffers | None = None


def own_buffers() -> SharedBuffers:
    """The shared buffers of this process, a loader's worker."""
    global _own
    if _own is None or _own.process != os.getpid():
        _own = SharedBuffers()
    return _own


@cache
def kernel_tells() -> bool:
    """Whether this system's locks end as told above; one that forbids or lacks them does not."""
    try:
        buffer = SharedBuffer(SMALLEST)
        told = [buffer.is_free()]
        descriptor = buffer.opened()
        told.append(not buffer.is_free())
        received = shared_storage_of(descriptor, SMALLEST)
        os.close(descriptor)
        told.append(not buffer.is_free())
        del received
        told.append(buffer.is_free())
    except (OSError, RuntimeError):
        return False
    return all(told)


def shared_memory(dtype: torch.dtype, size: Sequence[int]) -> tuple[Tensor, SharedBuffer | None]:
    """A contiguous tensor with undefined values in shared memory, and its buffer.

    Without a buffer it is torch's, and used once.

    Raises:
        RuntimeError: torch's; there is no room for it.
    """
    torchs: Any = multiprocessing
    nbytes = prod(size) * dtype.itemsize
    if torchs.get_sharing_strategy() == "file_descriptor" and kernel_tells():
        buffer = own_buffers().take(nbytes)
        return buffer.lease(dtype, size), buffer
    return on_storage(new_shared_storage(nbytes), dtype, size), None


class Parcel:
    """A batch on its way: pickled, it is what torch's own shared tensor is; received, that tensor.

    Only what goes from a worker's collation straight into its loader's queue may be one.

    Args:
        batch: the tensor.
        buffer: what it lies in, from its start.
    """

    def __init__(self, batch: Tensor, buffer: SharedBuffer) -> None:
        self.batch = batch
        self.buffer = buffer

    def __reduce__(self) -> Any:
        batch = self.batch
        descriptor = self.buffer.opened()
        try:
            sent: Any = reduction.DupFd(descriptor)
        finally:
            os.close(descriptor)
        nbytes = batch.untyped_storage().nbytes()
        return _receive, (sent, nbytes, batch.dtype, batch.size(), batch.stride())


def _receive(sent: Any, nbytes: int, dtype: torch.dtype, size: Any, strides: Any) -> Tensor:
    return on_storage(received_storage(sent, nbytes), dtype, size, strides)
