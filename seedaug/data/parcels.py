"""Batches that a loader's worker sends in shared memory which both sides keep and use again.

Fresh shared memory costs more page faults than anything else in a worker. A worker therefore keeps
its last buffers. What it sends is the name of one; the process that receives it maps it
once, and marks it free in the shared memory itself, in a word behind the pixels, when the last
tensor on it is gone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seedaug.buffers import lease

__all__ = ["Parcel", "SharedBuffer", "SharedBuffers", "forget_finished_workers", "own_buffers"]

SMALLEST = 1 << 16  # bytes: less is not worth a buffer
SPARE = 2  # free buffers that are kept at most
_TRAILER = 64  # bytes behind the pixels: two words, in a cache line of their own
_STATE, _MAPPED = 0, 1  # those words
_FREE, _SENT, _LOST = 0, 1, 2  # _LOST: somewhere there is a reference that nobody counts

Words: TypeAlias = npt.NDArray[np.int32]


def _words(memory: Tensor) -> Words:
    return memory.numpy()[-_TRAILER:].view(np.int32)


class SharedBuffer:
    """A worker's piece of shared memory, for one batch at a time.

    Args:
        capacity: bytes.
        number: what the receiver knows it by.
    """

    def __init__(self, capacity: int, number: int) -> None:
        self.capacity = capacity
        self.number = number
        new: Any = torch.UntypedStorage._new_shared
        memory: Any = torch.empty(0, dtype=torch.uint8, device="cpu")
        self.memory: Tensor = memory.set_(new(capacity + _TRAILER, device="cpu"))
        self.words = _words(self.memory)
        self.words[:] = 0
        self.filling = False  # a batch of this process lies in it

    def is_free(self) -> bool:
        """Whether no batch lies in it, here or there."""
        return not self.filling and int(self.words[_STATE]) == _FREE

    def is_lost(self) -> bool:
        """Whether it can never be used again."""
        return int(self.words[_STATE]) == _LOST

    def lease(self, dtype: torch.dtype, size: Sequence[int]) -> Tensor:
        """A tensor in it, until that is gone or sent."""
        self.filling = True
        return lease(self.memory.numpy(), dtype, size, self._emptied)

    def _emptied(self) -> None:
        self.filling = False


class SharedBuffers:
    """A worker's buffers, made as they are needed."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.session = secrets.token_hex(8)
        self.retired: list[int] = []  # numbers that the receiver is still to forget
        self.buffers: list[SharedBuffer] = []  # the one taken last at the end
        self._made = 0

    def take(self, nbytes: int) -> SharedBuffer:
        """A buffer of at least so many bytes in which no batch lies."""
        free = [buffer for buffer in self.buffers if buffer.is_free()]
        fitting = [buffer for buffer in free if nbytes <= buffer.capacity <= 2 * nbytes]
        if fitting:
            taken = fitting[-1]
            free.remove(taken)
            self.buffers.remove(taken)
        else:
            taken = SharedBuffer(nbytes, self._made)
            self._made += 1
        lost = [buffer for buffer in self.buffers if buffer.is_lost()]
        for buffer in free[: max(len(free) - SPARE, 0)] + lost:
            self.buffers.remove(buffer)
            self.retired.append(buffer.number)
        self.buffers.append(taken)
        return taken


_own: SharedBuffers | None = None


def own_buffers() -> SharedBuffers:
    """The shared buffers of this process, a loader's worker."""
    global _own
    if _own is None or _own.process != os.getpid():
        _own = SharedBuffers()
    return _own


class Parcel:
    """A batch on its way: pickled, it is the name of its buffer; received, a plain tensor.

    Only what goes from a worker's collation straight into its loader's queue may be one.

    Args:
        batch: the tensor.
        buffer: what it lies in, from its start.
    """

    def __init__(self, batch: Tensor, buffer: SharedBuffer) -> None:
        self.batch = batch
        self.buffer = buffer

    def __reduce__(self) -> Any:
        sender, buffer, batch = own_buffers(), self.buffer, self.batch
        memory = None if buffer.words[_MAPPED] else buffer.memory
        forget = [sender.retired.pop() for _ in range(len(sender.retired))]
        buffer.words[_STATE] = _SENT
        name = (sender.session, sender.process, buffer.number)
        strides = batch.stride()
        order = sorted(range(batch.dim()), key=lambda d: (-strides[d], d))
        size = [batch.shape[d] for d in order]
        return _receive, (name, memory, forget, batch.dtype, size, order)


# --- The other side -----------------------------------------------------------------------------

# What workers have sent: by session, the worker's process and its buffers by number.
_received: dict[str, tuple[int, dict[int, Tensor]]] = {}
_held: dict[int, Words] = {}  # of received batches that are still there


def _receive(
    name: tuple[str, int, int],
    memory: Tensor | None,
    forget: list[int],
    dtype: torch.dtype,
    size: list[int],
    order: list[int],
) -> Tensor:
    """A batch; dimension ``order[d]`` of it is the d-th in memory, of length ``size[d]``."""
    session, process, number = name
    if session not in _received:
        forget_finished_workers()
        _received[session] = process, {}
    known = _received[session][1]
    for other in forget:
        known.pop(other, None)
    if memory is not None:
        known[number] = memory
    whole = known[number]
    words = _words(whole)
    words[_MAPPED] = 1
    _held[id(words)] = words
    made = lease(whole.numpy(), dtype, size, partial(_end, words, os.getpid()))
    if order == [*range(len(order))]:
        return made
    return made.permute([order.index(d) for d in range(len(order))])


def _end(words: Words, receiver: int) -> None:
    # A process forked from the receiver lets go of its own references, not of the receiver's.
    if os.getpid() == receiver:
        _held.pop(id(words), None)
        if words[_STATE] == _SENT:
            words[_STATE] = _FREE


def _lose_held() -> None:
    """Before a fork: the child's references to what is held here are counted by nobody."""
    for words in [*_held.values()]:
        words[_STATE] = _LOST


def forget_finished_workers() -> None:
    """Unmap what workers sent that run no more, as far as no batch is left in it."""
    for session, (process, _) in [*_received.items()]:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            _received.pop(session, None)
        except PermissionError:
            pass


def _begin_anew() -> None:
    """In a forked process."""
    _received.clear()
    _held.clear()


os.register_at_fork(before=_lose_held, after_in_child=_begin_anew)
