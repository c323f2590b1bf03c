"""The ways in which a program holds on to a batch that a loader gave it.

Each takes a batch and a `Place` and returns a call that reads the pixels again, as an array or a
tensor, for as long as that call is there. What it does not return it must not keep.
"""

import copy
import gc
import io
import itertools
import os
import pickle
import queue
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import torch
import torch.multiprocessing as mp


class Place:
    """What the ways share: a thread pool, and processes that hold what they are sent."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(2)
        self.holders = {}

    def holder(self, method):
        """A process of that start method, which keeps batches by number."""
        if method not in self.holders:
            self.holders[method] = Holder(method)
        return self.holders[method]

    def close(self):
        self.pool.shutdown()
        for holder in self.holders.values():
            holder.close()


class Holder:
    """A process that keeps what it is sent, and says what is in it when it is asked."""

    def __init__(self, method):
        context = mp.get_context(method)
        self.asked, self.told = context.SimpleQueue(), context.SimpleQueue()
        self.process = context.Process(target=_keep, args=(self.asked, self.told), daemon=True)
        self.process.start()
        self.count = 0

    def keep(self, x):
        self.count += 1
        self.asked.put(("keep", self.count, x))
        assert self.told.get() == "kept"
        return self.count

    def read(self, number, drop=True):
        self.asked.put(("drop" if drop else "read", number, None))
        return pickle.loads(self.told.get())

    def back(self, number):
        self.asked.put(("back", number, None))
        return self.told.get()

    def close(self):
        self.asked.put(("end", 0, None))
        self.process.join(20)


def _keep(asked, told):
    torch.set_num_threads(1)
    kept = {}
    while True:
        what, number, x = asked.get()
        if what == "keep":
            kept[number] = x
            told.put("kept")
        elif what in ("read", "drop"):
            told.put(pickle.dumps(kept[number].numpy().copy()))
            if what == "drop":
                del kept[number]
        elif what == "back":
            told.put(kept.pop(number))
        else:
            return
        del x


# --- In the process itself ---


def itself(x, place):
    return lambda: x


def view(x, place):
    part, whole = x[1:], x.shape
    return lambda: torch.as_strided(part, whole, part.stride(), 0)


def one_row(x, place):
    rows = list(x.unbind(0))
    return lambda: torch.stack(rows)


def transposed(x, place):
    turned = x.transpose(0, 1)
    return lambda: turned.transpose(0, 1)


def detached(x, place):
    y = x.detach()
    return lambda: y


def as_numpy(x, place):
    a = x.numpy()
    return lambda: a


def numpy_view_of_view(x, place):
    a = x.numpy()[:, ::1][...].view(np.uint8)
    dtype = x.numpy().dtype
    return lambda: a.view(dtype)


def from_numpy(x, place):
    y = torch.from_numpy(x.numpy())
    return lambda: y


def dlpack(x, place):
    y = torch.from_dlpack(x)
    return lambda: y


def numpy_dlpack(x, place):
    a = np.from_dlpack(x)
    return lambda: a


def capsule(x, place):
    held = [torch.utils.dlpack.to_dlpack(x)]
    return lambda: torch.utils.dlpack.from_dlpack(held.pop())


def memory_view(x, place):
    m, shape, dtype = memoryview(x.numpy()).cast("B"), x.shape, x.numpy().dtype
    return lambda: np.frombuffer(m, dtype).reshape(shape)


def storage_alone(x, place):
    s, dtype, shape, strides = x.untyped_storage(), x.dtype, x.shape, x.stride()
    return lambda: torch.empty(0, dtype=dtype).set_(s, 0, shape, strides)


def set_on_another(x, place):
    y = torch.empty(0, dtype=x.dtype).set_(x)
    return lambda: y


def data_of_another(x, place):
    y = torch.empty(0, dtype=x.dtype)
    y.data = x
    return lambda: y


def parameter(x, place):
    y = torch.nn.Parameter(x)
    z = y * 1
    return lambda: z.grad_fn and y.detach()


def saved_for_backward(x, place):
    weight = torch.ones((), requires_grad=True)
    product = (x * weight).sum()

    def read():
        saved = product.grad_fn.next_functions[0][0]._saved_self
        return x if saved is None else saved

    return read


def generator_frame(x, place):
    def running(y):
        while True:
            yield y

    frame = running(x)
    next(frame)
    return lambda: next(frame)


def traceback_frame(x, place):
    def fail(y):
        raise ValueError("on purpose")

    try:
        fail(x)
    except ValueError as error:
        kept = error
    return lambda: kept.__traceback__.tb_next.tb_frame.f_locals["y"]


class _Knot:
    pass


def cycle(x, place):
    knot = _Knot()
    knot.itself, knot.x = knot, x
    found = weakref.ref(knot)

    def read():
        there = found()  # a collection may have come first, which is not wrong
        return None if there is None else there.x

    return read


def weakly(x, place):
    found = weakref.ref(x)
    return lambda: found()


def resized(x, place):
    a = x.numpy()
    with suppress(RuntimeError):  # a shared storage, or one that NumPy looks at, cannot grow
        x.resize_(2 * x.shape[0], *x.shape[1:])
    return lambda: a


def thread_holds(x, place):
    box, ask, answer = [x], threading.Event(), queue.SimpleQueue()

    def wait(y):
        ask.wait()
        answer.put(y)

    thread = threading.Thread(target=wait, args=(box.pop(),), daemon=True)
    thread.start()

    def read():
        if not ask.is_set():
            ask.set()
            thread.join()
            box.append(answer.get())
        return box[0]

    return read


def pool_runs(x, place):
    before = x.double().sum().item()
    sums = [place.pool.submit(lambda y: y.double().cumsum(-1)[..., -1].sum().item(), x)]
    a = x.numpy()

    def read():
        found = sums[0].result()
        assert abs(found - before) <= 1e-6 * (1 + abs(before)), "a running operation read on"
        return a

    return read


def deep_copy(x, place):
    y, a = copy.deepcopy(x), x.numpy()
    return lambda: (np.testing.assert_array_equal(y.numpy(), a), a)[1]


def pickled(x, place):
    packed, saved = pickle.dumps(x), io.BytesIO()
    torch.save(x, saved)
    saved.seek(0)
    both = pickle.loads(packed), torch.load(saved)
    return lambda: (torch.equal(*both) and both[0]) if torch.equal(*both) else torch.zeros(1)


# --- Shared and sent on ---


def shared(x, place):
    a = x.numpy()
    x.share_memory_()
    return lambda: a


def shared_by_storage(x, place):
    m, shape, dtype = memoryview(x.numpy()).cast("B"), x.shape, x.numpy().dtype
    x.untyped_storage().share_memory_()
    return lambda: np.frombuffer(m, dtype).reshape(shape)


def shared_while_read(x, place):
    before = x.double().sum().item()
    sums = [place.pool.submit(lambda y: y.double().cumsum(-1)[..., -1].sum().item(), x)]
    x.share_memory_()
    a = x.numpy()

    def read():
        assert abs(sums[0].result() - before) <= 1e-6 * (1 + abs(before)), "read on"
        return a

    return read


def shared_row(x, place):
    a = x.numpy()
    x[0].share_memory_()
    return lambda: a


def _sent(method, keep_own=True):
    def way(x, place):
        holder = place.holder(method)
        a = x.numpy() if keep_own else None
        number = holder.keep(x)

        def read():
            there = holder.read(number)
            if a is not None:
                np.testing.assert_array_equal(there, a)
            return there

        return read

    way.__name__ = f"sent_{method}" + "_only" * (not keep_own)
    return way


def sent_and_back(x, place):
    holder = place.holder("fork")
    number = holder.keep(x)
    box = []

    def read():
        if not box:
            box.append(holder.back(number))
        return box[0]

    return read


def queued(x, place):
    line = mp.get_context("fork").SimpleQueue()
    a = x.numpy()
    line.put(x)
    box = []

    def read():
        if not box:
            box.append(line.get())
        np.testing.assert_array_equal(box[0].numpy(), a)
        return box[0]

    return read


def queued_while_read(x, place):
    line = mp.get_context("fork").SimpleQueue()
    before = x.double().sum().item()
    sums = [place.pool.submit(lambda y: y.double().cumsum(-1)[..., -1].sum().item(), x)]
    line.put(x)
    a = x.numpy()

    def read():
        assert abs(sums[0].result() - before) <= 1e-6 * (1 + abs(before)), "read on"
        return a

    return read


def forked(x, place):
    """Only a forked process holds it, which closes every descriptor that it does not need."""
    ask, tell = os.pipe(), os.pipe()
    gc.freeze()  # the child collects nothing of its parent's
    process = os.fork()
    if not process:
        try:
            keep = (ask[0], tell[1])
            top = os.sysconf("SC_OPEN_MAX")
            edges = sorted([2, *keep, min(top, 4096)])
            for low, high in itertools.pairwise(edges):
                os.closerange(low + 1, high)
            os.read(ask[0], 1)
            data = x.numpy().tobytes()
            while data:
                data = data[os.write(tell[1], data) :]
        finally:
            os._exit(0)
    gc.unfreeze()
    os.close(ask[0])
    os.close(tell[1])
    shape, dtype, box = x.shape, x.numpy().dtype, []

    def read():
        if not box:
            os.write(ask[1], b"!")
            with open(tell[0], "rb") as file:
                box.append(np.frombuffer(file.read(), dtype).reshape(shape))
            os.close(ask[1])
            os.waitpid(process, 0)
        return box[0]

    return read


IN_PROCESS = [
    itself, view, one_row, transposed, detached, as_numpy, numpy_view_of_view, from_numpy, dlpack,
    numpy_dlpack, capsule, memory_view, storage_alone, set_on_another, data_of_another, parameter,
    saved_for_backward, generator_frame, traceback_frame, cycle, weakly, resized, thread_holds,
    pool_runs, deep_copy, pickled,
]  # fmt: skip
SHARED = [
    shared, shared_by_storage, shared_while_read, shared_row, _sent("fork"), _sent("spawn"),
    _sent("forkserver"), _sent("fork", False), sent_and_back, queued, queued_while_read, forked,
]  # fmt: skip
WAYS = {way.__name__: way for way in IN_PROCESS + SHARED}


if __name__ == "__main__":
    print(*WAYS, sep="\n", file=sys.stderr)
