"""Batches from workers lie in memory that is used again, never while anything refers to it."""

import copy
import gc
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import time

import pytest
import torch
from torch.utils.data import TensorDataset, default_collate

import seedaug
from seedaug.data import parcels

COUNT, BATCH = 64, 8
IMAGES = torch.arange(COUNT, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 96, 96)

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


def numbered(collate_fn=None, workers=2, **options):
    """A loader of images whose pixels are their index, 864 KiB a batch as float32."""
    transform = seedaug.Compose([seedaug.RandomHorizontalFlip()], dtype=torch.float32)
    dataset = seedaug.SeededDataset(
        TensorDataset(IMAGES.contiguous(), torch.arange(COUNT)), 0, transform
    )
    return seedaug.DataLoader(
        dataset, BATCH, shuffle=True, num_workers=workers, collate_fn=collate_fn, **options
    )


def assert_numbered(images, labels):
    wanted = labels.float()[:, None, None, None] / 255
    assert torch.allclose(images, wanted.expand_as(images))


# --- In one process ---


def test_batches_that_are_held_keep_their_pixels():
    held = [*numbered(workers=0)]
    assert len({images.data_ptr() for images, _ in held}) == COUNT // BATCH
    for images, labels in held:
        assert_numbered(images, labels)


def test_memory_is_used_again_in_a_loop():
    addresses = {images.data_ptr() for images, _ in numbered(workers=0)}
    assert len(addresses) == 2  # the next batch is made while the last is still at hand


# --- From workers ---


@pytest.mark.parametrize(
    ("method", "persistent"),
    [("fork", False), ("fork", True), ("spawn", True), ("forkserver", True)],
)
def test_batches_from_workers(method, persistent):
    loader = numbered(multiprocessing_context=method, persistent_workers=persistent)
    for _ in range(3):
        for images, labels in loader:
            assert type(images) is torch.Tensor
            assert_numbered(images, labels)


@pytest.mark.parametrize("keep", [lambda x: x, lambda x: x[1:3], lambda x: x.numpy()])
def test_held_batches_from_workers_keep_their_pixels(keep):
    loader = numbered(persistent_workers=True, prefetch_factor=4)
    held = []
    for _ in range(2):
        held += [(keep(images), images.clone(), labels) for images, labels in loader]
    for kept, images, labels in held:
        assert_numbered(images, labels)
        assert torch.equal(torch.as_tensor(kept), keep(images) if torch.is_tensor(kept) else images)


def test_a_view_outlives_its_loader():
    loader = numbered()
    images, labels = next(iter(loader))
    view = images[2:4]
    del loader, images
    gc.collect()
    assert_numbered(view, labels[2:4])


def mapped():
    """How many shared tensors' memory this process has mapped."""
    with open("/proc/self/maps") as file:
        return sum("/torch_" in line for line in file)


def buffer_of(images):
    """What tells one buffer from another."""
    return os.fstat(images.untyped_storage()._share_fd_cpu_()[0]).st_ino


def test_few_buffers_serve_many_batches():
    loader = numbered(workers=1, persistent_workers=True)
    seen = set()
    for _ in range(10):
        for images, labels in loader:
            assert_numbered(images, labels)
            seen.add(buffer_of(images))
    # in the making, two prefetched, at hand, and one that is just being given back
    assert len(seen) <= 6


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_memory_ends_with_the_last_batch(persistent, whole):
    gc.collect()
    before = mapped()
    for _ in range(3):
        loader = numbered(persistent_workers=persistent)
        for images, labels in loader:
            assert_numbered(images, labels)
            if not whole:
                break
        del loader
    gc.collect()
    assert mapped() <= before + 2
    assert_numbered(images, labels)
    del images, labels
    assert mapped() <= before


def test_batches_that_differ_in_size():
    transform = seedaug.Compose([seedaug.RandomHorizontalFlip()], dtype=torch.float32)
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES, torch.arange(COUNT)), 0, transform)
    sizes = [1, 9, 2, 20, 3, 40, 1, 5, 30, 8]
    batches = [list(range(size)) for size in sizes] * 4
    loader = seedaug.DataLoader(dataset, batch_sampler=batches, num_workers=1)
    for images, labels in loader:
        assert_numbered(images, labels)
        assert images.untyped_storage().nbytes() == images.nbytes


# --- They are torch's ---


@pytest.fixture(params=["file_descriptor", "file_system"])
def strategy(request):
    before = torch.multiprocessing.get_sharing_strategy()
    torch.multiprocessing.set_sharing_strategy(request.param)
    yield request.param
    torch.multiprocessing.set_sharing_strategy(before)


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_received_batch_is_shared(strategy, channels_last):
    layout = torch.channels_last if channels_last else None
    flip = seedaug.RandomHorizontalFlip()
    transform = seedaug.Compose([flip], dtype=torch.float32, memory_format=layout)
    data = TensorDataset(IMAGES.contiguous(), torch.arange(COUNT))
    loader = seedaug.DataLoader(seedaug.SeededDataset(data, 0, transform), 8, num_workers=1)
    for images, labels in loader:
        assert images.is_contiguous(memory_format=layout or torch.contiguous_format)
        assert images.is_shared()
        assert labels.is_shared()
        array, address = images.numpy(), images.data_ptr()
        assert images.share_memory_() is images
        assert images.data_ptr() == address
        assert (array == images.numpy()).all()
        assert images.untyped_storage().nbytes() == images.nbytes
        with pytest.raises(RuntimeError, match="not resizable"):
            images.resize_(2 * COUNT, 3, 96, 96)


def test_a_batch_that_is_sent_on_is_the_same_memory(strategy):
    line = torch.multiprocessing.get_context("fork").SimpleQueue()
    held = []
    for images, labels in numbered():
        array = images.numpy()
        line.put(images)
        again = line.get()
        again[0, 0, 0, 0] = 7
        assert images[0, 0, 0, 0] == 7
        images[0, 0, 0, 0] = images[0, 0, 0, 1]
        held.append((array, labels))
        del images, again
    for array, labels in held:
        assert_numbered(torch.from_numpy(array), labels)


def _hold(asked, told):
    held = []
    for images, labels in iter(asked.get, None):
        held.append((images, labels))
        told.put(True)
    for images, labels in held:
        wanted = (labels.float() / 255)[:, None, None, None].numpy()
        told.put(bool((abs(images.numpy() - wanted) < 1e-6).all()))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_another_process_holds_what_was_sent_on(method):
    context = torch.multiprocessing.get_context(method)
    asked, told = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=_hold, args=(asked, told))
    process.start()
    loader = numbered(workers=1, persistent_workers=True)
    for images, labels in loader:
        asked.put((images, labels))
        assert told.get()
        del images, labels
    for _ in range(2):
        assert [assert_numbered(*batch) for batch in loader]
    asked.put(None)
    assert [told.get() for _ in range(COUNT // BATCH)] == [True] * (COUNT // BATCH)
    process.join()


def no_lock(*args):
    raise OSError("no locks here")


def test_without_a_proof_nothing_is_used_again(monkeypatch):
    parcels.kernel_tells.cache_clear()
    monkeypatch.setattr(parcels.fcntl, "flock", no_lock)
    loader = numbered(workers=1, multiprocessing_context="fork")
    seen = []
    for images, labels in loader:
        assert images.is_shared()
        assert_numbered(images, labels)
        seen.append(images.untyped_storage())
    assert len({storage.data_ptr() for storage in seen}) == COUNT // BATCH
    assert not parcels.kernel_tells()
    parcels.kernel_tells.cache_clear()


# --- Buffers ---


def posted(buffer):
    """Send what lies in a buffer, as a parcel is; what the receiver has."""
    sent = buffer.opened()
    received = torch.UntypedStorage._new_shared_fd_cpu(sent, buffer.capacity)
    os.close(sent)
    return received


def test_a_buffer_is_free_when_no_process_refers_to_it():
    assert parcels.kernel_tells()
    buffer = parcels.SharedBuffer(1 << 16)
    assert buffer.is_free()
    here = buffer.lease(torch.uint8, (10,))
    assert not buffer.is_free()
    received = posted(buffer)
    del here
    assert not buffer.is_free()
    child = os.fork()
    if not child:
        os.closerange(3, 1 << 10)  # its mapping is left
        time.sleep(60)
        os._exit(0)
    del received
    time.sleep(0.2)
    assert not buffer.is_free()
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert buffer.is_free()


def test_free_buffers_are_given_back_when_there_is_no_room(monkeypatch):
    buffers, made = parcels.SharedBuffers(), parcels.SharedBuffer
    for factor in (1, 4):
        buffers.take(factor << 16)
    held = buffers.take(1 << 16).lease(torch.uint8, (10,))
    assert len(buffers.buffers) == 2

    def full(nbytes):
        if len(buffers.buffers) > 1:
            raise RuntimeError("No space left on device")
        return made(nbytes)

    monkeypatch.setattr(parcels, "SharedBuffer", full)
    buffers.take(64 << 16)
    assert [buffer.capacity >> 16 for buffer in buffers.buffers] == [1, 64]
    del held


def test_no_room_at_all_is_torchs_error(monkeypatch):
    def full(nbytes):
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(parcels, "SharedBuffer", full)
    with pytest.raises(RuntimeError, match="No space"):
        parcels.SharedBuffers().take(1 << 16)


def test_buffers_are_not_kept_where_room_is_scarce(monkeypatch):
    monkeypatch.setattr(parcels, "ROOM", 1 << 60)
    buffers = parcels.SharedBuffers()
    buffers.take(1 << 16)
    assert not buffers.buffers


def test_buffers_are_limited(monkeypatch):
    monkeypatch.setattr(parcels, "KNOWN", 4)
    buffers = parcels.SharedBuffers()
    held = [buffers.take(1 << 16).lease(torch.uint8, (1 << 16,)).fill_(n) for n in range(20)]
    assert len(buffers.buffers) <= 5
    assert all((x == n).all() for n, x in enumerate(held))


SMALL = """
import torch, seedaug
from torch.utils.data import TensorDataset, DataLoader
images = torch.arange(240)[:, None, None, None].expand(-1, 3, 128, 128)
if {ours}:
    data = TensorDataset(images.to(torch.uint8).contiguous(), torch.arange(240))
    flip = seedaug.Compose([seedaug.RandomHorizontalFlip()], dtype=torch.float32)
    loader = seedaug.DataLoader(seedaug.SeededDataset(data, 0, flip), 8, num_workers=1)
else:
    data = TensorDataset(images.float() / 255, torch.arange(240))
    loader = DataLoader(data, 8, num_workers=1)
held, count = [], 0
try:
    for x, y in loader:
        assert torch.allclose(x[:, 0, 0, 0] * 255, y.float())
        held.append(x)
        held = held[-{hold} :]
        count += 1
except RuntimeError as error:
    assert "unable to allocate shared memory" in str(error), error
print(count)
"""


def batches_in_8_mb(ours, hold):
    code = SMALL.format(ours=ours, hold=hold)
    mount = 'mount -t tmpfs -o size=8m tmpfs /dev/shm && exec "$0" -c "$1"'
    found = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, sys.executable, code],
        capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    if "unshare" in found.stderr or "mount:" in found.stderr:
        pytest.skip("needs the right to mount")
    assert found.returncode == 0, found.stderr
    return int(found.stdout.split()[-1])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.parametrize("hold", [1, 99])
def test_a_small_dev_shm_serves_as_many_batches_as_torchs(hold):
    assert batches_in_8_mb(True, hold) >= batches_in_8_mb(False, hold)


# --- Collate functions, and what a worker keeps ---


def doubled(samples):
    images, labels = default_collate(samples)
    images *= 2
    return images / 2, labels


def in_place(samples):
    images, labels = default_collate(samples)
    images += 0
    return images, labels


def twice(samples):
    images, labels = default_collate(samples)
    return images, labels, images, images[:3], images.numpy().sum()


def cloned(samples):
    images, labels = default_collate(samples)
    return copy.deepcopy(images), labels, pickle.dumps(images)


def singly(samples):
    return [image for image, _ in samples], torch.tensor([label for _, label in samples])


@pytest.mark.parametrize("collate", [doubled, in_place, twice, cloned])
@pytest.mark.parametrize("stock", [False, True])
def test_collate_functions_in_workers(collate, stock):
    loader = numbered(collate, persistent_workers=not stock)
    if stock:
        loader = torch.utils.data.DataLoader(
            loader.dataset, BATCH, num_workers=2, collate_fn=collate
        )
    held = [*loader, *loader] if not stock else [*loader]
    for images, labels, *more in held:
        assert type(images) is torch.Tensor
        assert_numbered(images, labels)
        if collate is twice:
            assert torch.equal(more[0], images)
            assert torch.equal(more[1], images[:3])
        if collate is cloned:
            assert torch.equal(pickle.loads(more[0]), images)


def test_samples_sent_singly():
    for images, labels in numbered(singly):
        assert_numbered(torch.stack(images), labels)


def with_the_last(samples, last=[]):  # noqa: B006  (kept from call to call on purpose)
    images, labels = default_collate(samples)
    before = last[0] if last else (images.clone(), labels)
    last[:] = [(images, labels)]
    return images, labels, *before


def test_a_batch_that_a_worker_keeps():
    held = []
    for images, labels, before, before_labels in numbered(with_the_last, workers=1):
        assert_numbered(images, labels)
        held.append((before, before_labels))
        del images
        time.sleep(0.02)
    for images, labels in held:
        assert_numbered(images, labels)


def test_what_a_worker_sends_elsewhere():
    queue = multiprocessing.get_context("fork").SimpleQueue()

    def logged(samples):
        images, labels = default_collate(samples)
        queue.put(float(images.mean()))
        return images, labels

    assert [assert_numbered(*batch) for batch in numbered(logged)]
    assert not queue.empty()


class Nested(torch.utils.data.Dataset):
    """Every sample is made of a batch that a loader of its own gives."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        images, labels = next(iter(numbered(workers=0)))
        assert type(images) is torch.Tensor
        assert_numbered(images, labels)
        return images.mean(), index


def test_a_loader_inside_a_worker():
    loader = seedaug.DataLoader(Nested(), seed=0, num_workers=1)
    assert len([*loader]) == 4


def _watch(batch, told, answer):
    pixels = batch[0].numpy()  # torch's thread pool does not survive a fork
    before = pixels.copy()
    answer.put(True)
    told.get()
    answer.put(bool((pixels == before).all()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_a_forked_process_holds_keeps_its_pixels():
    passes = iter(numbered(workers=1, persistent_workers=True))
    images, labels = next(passes)
    context = multiprocessing.get_context("fork")
    told, answer = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=_watch, args=((images, labels), told, answer))
    process.start()
    assert answer.get()
    del images, labels
    for images, labels in passes:
        assert_numbered(images, labels)
        del images
    told.put(True)
    assert answer.get()
    process.join()


def _drop(batch, queue):
    batch.pop()
    gc.collect()
    queue.put(os.getpid())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_does_not_give_back_what_its_parent_holds():
    loader = numbered(workers=1, persistent_workers=True)
    passes = iter(loader)
    images, labels = next(passes)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    box = [images]
    process = context.Process(target=_drop, args=(box, queue))
    process.start()
    queue.get()
    process.join()
    for _ in passes:
        pass
    assert_numbered(images, labels)


def test_a_batch_can_be_sent_on():
    images, labels = next(iter(numbered()))
    context = multiprocessing.get_context("spawn")
    queue = torch.multiprocessing.get_context("spawn").SimpleQueue()
    del context
    queue.put(images)
    assert torch.equal(queue.get(), images)
    assert_numbered(images, labels)


def test_gradients_of_a_batch():
    images, _ = next(iter(numbered()))
    images.requires_grad_()
    (images**2).sum().backward()
    assert torch.equal(images.grad, 2 * images)
