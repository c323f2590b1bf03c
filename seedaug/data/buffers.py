"""Memory for batches that is used again once nothing refers to it, within and across processes.

Fresh memory costs a page fault for every 4 KiB: several times what augmenting into it costs, and in
a worker, where it is shared memory, most of all. So a process keeps the memory of its last
batches. A batch's storage holds a `_Lease`, which gives the memory back when the storage is freed,
whatever views of it there were. What a worker sends is leased to the process that receives it; that
process ends the lease in the shared memory itself, in a word behind the pixels.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.multiprocessing.reductions import reduce_tensor
from torch.utils.data import get_worker_info

__all__ = ["Buffers", "alias", "forget_finished_workers", "worker_buffers"]

SMALLEST = 1 << 16  # bytes: less is not worth keeping
SPARE = 2  # free buffers that are kept at most
_STATE_BYTES = 64  # behind the pixels: one word, in a cache line of its own
_FREE, _SENT = 0, 1

Bytes: TypeAlias = npt.NDArray[np.uint8]
State: TypeAlias = npt.NDArray[np.int32]


class _Lease(np.ndarray):
    """Bytes of a buffer; `release` is called when the last storage on them is freed."""

    release: Callable[[], None] | None = None

    def __del__(self) -> None:
        if self.release is not None:
            self.release()


def _lease(memory: Bytes, release: Callable[[], None]) -> torch.UntypedStorage:
    leased = memory.view(_Lease)
    leased.release = release
    return torch.from_numpy(leased).untyped_storage()


def _tensor(
    storage: torch.UntypedStorage,
    dtype: torch.dtype,
    size: Sequence[int],
    stride: Sequence[int] | None = None,
) -> Tensor:
    """A tensor that is no view of another, from the start of a storage; default contiguous."""
    made: Any = torch.empty(0, dtype=dtype)
    steps = torch.empty(tuple(size), device="meta").stride() if stride is None else tuple(stride)
    found: Tensor = made.set_(storage, 0, tuple(size), steps)
    return found


def _state(memory: Tensor) -> State:
    return memory.numpy()[-_STATE_BYTES:].view(np.int32)


class Buffer:
    """A piece of memory: leased to a batch of this process, sent to another process, or free.

    Args:
        capacity: bytes.
        number: what the receiver knows it by.
        shared: whether it can be sent.
    """

    def __init__(self, capacity: int, number: int, shared: bool) -> None:
        self.capacity = capacity
        self.number = number
        memory: Any = torch.empty(0 if shared else capacity + _STATE_BYTES, dtype=torch.uint8)
        if shared:
            new: Any = torch.UntypedStorage._new_shared
            memory.set_(new(capacity + _STATE_BYTES, device="cpu"))
        self.memory: Tensor = memory
        self.state = _state(memory)
        self.state[0] = _FREE
        self.leased = False
        self.announced = False  # the receiver was told where it is

    def is_free(self) -> bool:
        """Whether there is no batch in it, here or elsewhere."""
        return not self.leased and int(self.state[0]) == _FREE

    def lease(self, nbytes: int) -> torch.UntypedStorage:
        """Its first bytes, for one batch of this process."""
        self.leased = True
        return _lease(self.memory.numpy()[:nbytes], self._return)

    def _return(self) -> None:
        self.leased = False


class Buffers:
    """Some buffers of one process, made as they are needed.

    Args:
        shared: in shared memory, which other processes can be sent.
    """

    def __init__(self, shared: bool) -> None:
        self.shared = shared
        self.session = secrets.token_hex(8)
        self.retired: list[int] = []  # numbers that the receiver is still to forget
        self._buffers: list[Buffer] = []  # the one taken last at the end
        self._made = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buffers)

    def empty(self, dtype: torch.dtype, size: Sequence[int]) -> Tensor:
        """A contiguous tensor with undefined values.

        Raises:
            RuntimeError: a size is negative.
        """
        nbytes = prod(size) * dtype.itemsize
        if nbytes < SMALLEST or min(size) < 0:
            return torch.empty(tuple(size), dtype=dtype)
        with self._lock:
            buffer = self._take(nbytes)
            storage = buffer.lease(nbytes)
        made = _tensor(storage, dtype, size)
        if not self.shared:
            return made
        sendable = made.as_subclass(SendableBatch)
        sendable.origin = (self, buffer)
        return sendable

    def _take(self, nbytes: int) -> Buffer:
        free = [buffer for buffer in self._buffers if buffer.is_free()]
        fitting = [buffer for buffer in free if nbytes <= buffer.capacity <= 2 * nbytes]
        if fitting:
            taken = fitting[-1]
            free.remove(taken)
            self._buffers.remove(taken)
        else:
            taken = Buffer(nbytes, self._made, self.shared)
            self._made += 1
        for buffer in free[: max(len(free) - SPARE, 0)]:
            self._buffers.remove(buffer)
            if buffer.announced:
                self.retired.append(buffer.number)
        self._buffers.append(taken)
        return taken


_in_worker: tuple[int, Buffers] | None = None


def worker_buffers() -> Buffers | None:
    """The shared buffers of this process, if it is a DataLoader's worker."""
    global _in_worker
    if get_worker_info() is None:
        return None
    if _in_worker is None or _in_worker[0] != os.getpid():
        _in_worker = os.getpid(), Buffers(shared=True)
    return _in_worker[1]


# --- From a worker to the process that reads its batches ----------------------------------------


class SendableBatch(Tensor):
    """A tensor in a worker's shared buffer: a plain one in all but how it is sent.

    What is computed from it is a plain tensor, and so is what the other process receives.
    """

    origin: tuple[Buffers, Buffer]

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: Any) -> Any:
        plain: Any = self.as_subclass(Tensor)
        return plain.__reduce_ex__(protocol)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self.as_subclass(Tensor).clone()


def alias(batch: Tensor, view: Tensor) -> Tensor:
    """`view`, all of `batch` with its dimensions in another order, to be sent as `batch` is."""
    if not isinstance(batch, SendableBatch):
        return view
    sendable = view.as_subclass(SendableBatch)
    sendable.origin = batch.origin
    return sendable


def _send(batch: SendableBatch) -> Any:
    """How a worker's queue pickles it: the name of its buffer, and the buffer the first time."""
    buffers, buffer = batch.__dict__.get("origin", (None, None))
    moved = buffer is None or batch.data_ptr() != buffer.memory.data_ptr()
    if moved or batch.requires_grad or batch.numel() == 0:
        reduce: Any = reduce_tensor
        return reduce(batch.as_subclass(Tensor))
    memory = None if buffer.announced else buffer.memory
    retired, buffers.retired = buffers.retired, []
    buffer.announced = True
    buffer.state[0] = _SENT
    name = (buffers.session, os.getpid(), buffer.number)
    return _receive, (name, memory, retired, batch.dtype, [*batch.shape], [*batch.stride()])


ForkingPickler.register(SendableBatch, _send)

# What workers have sent: by session, the worker's process and its buffers by number.
_received: dict[str, tuple[int, dict[int, Tensor]]] = {}


def _receive(
    name: tuple[str, int, int],
    memory: Tensor | None,
    retired: list[int],
    dtype: torch.dtype,
    size: list[int],
    stride: list[int],
) -> Tensor:
    session, process, number = name
    if session not in _received:
        forget_finished_workers()
        _received[session] = process, {}
    known = _received[session][1]
    for other in retired:
        known.pop(other, None)
    if memory is not None:
        known[number] = memory
    whole = known[number]
    release = partial(_end_lease, _state(whole), os.getpid())
    pixels = whole.numpy()[: prod(size) * dtype.itemsize]
    return _tensor(_lease(pixels, release), dtype, size, stride)


def _end_lease(state: State, receiver: int) -> None:
    # A process forked from the receiver frees its copies too, but they are not what was sent.
    if os.getpid() == receiver:
        state[0] = _FREE


def forget_finished_workers() -> None:
    """Unmap what workers sent that run no more, as far as no batch is left in it."""
    for session, (process, _) in list(_received.items()):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            _received.pop(session, None)
        except PermissionError:
            pass


os.register_at_fork(after_in_child=_received.clear)
