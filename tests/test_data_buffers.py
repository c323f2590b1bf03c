"""The memory of batches is used again, and never while anything still refers to it."""

import copy
import gc
import io
import multiprocessing
import os
import pickle

import pytest
import torch
from torch.utils.data import TensorDataset, default_collate

import seedaug
from seedaug.data import buffers
from seedaug.data.buffers import SMALLEST, SPARE, Buffers

COUNT, BATCH = 64, 8
IMAGES = torch.arange(COUNT, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 64, 64)
SIZE = (SMALLEST // 4,)  # float32

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


def numbered(collate_fn=None, workers=2, **options):
    """A loader of images whose pixels are their index, 96 KiB a batch as float32."""
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


def test_memory_comes_back_when_the_last_view_goes():
    own = Buffers(shared=False)
    batch = own.empty(torch.float32, SIZE)
    address = batch.data_ptr()
    for keep in (
        lambda x: x[3:5],
        lambda x: x.detach(),
        lambda x: x.numpy(),
        lambda x: x.untyped_storage(),
        lambda x: x.view(torch.uint8),
        lambda x: torch.utils.dlpack.to_dlpack(x),
        lambda x: memoryview(x.numpy()),
    ):
        kept = keep(batch)
        del batch
        gc.collect()
        other = own.empty(torch.float32, SIZE)
        assert other.data_ptr() != address
        del kept, other
        batch = own.empty(torch.float32, SIZE)
        while batch.data_ptr() != address:  # of two that are free, the other one
            spare, batch = batch, own.empty(torch.float32, SIZE)
        spare = None  # noqa: F841


def test_few_spare_buffers_are_kept():
    own = Buffers(shared=False)
    held = [own.empty(torch.float32, SIZE) for _ in range(10)]
    assert len({batch.data_ptr() for batch in held}) == len(own) == 10
    held.clear()
    own.empty(torch.float32, SIZE)
    assert len(own) <= SPARE + 1


def test_a_buffer_of_another_size_is_not_hoarded():
    own = Buffers(shared=False)
    for factor in (1, 8, 1, 64, 2, 1):
        batch = own.empty(torch.float32, (factor * SIZE[0],))
        assert batch.untyped_storage().nbytes() == factor * SMALLEST
        del batch
    assert len(own) <= SPARE + 1


@pytest.mark.parametrize("size", [(0,), (3,), (2, 3, 4), (SMALLEST, 0)])
def test_small_tensors_are_torchs(size):
    own = Buffers(shared=True)
    batch = own.empty(torch.float16, size)
    assert type(batch) is torch.Tensor
    assert batch.shape == size
    assert len(own) == 0


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32])
def test_tensors_are_ordinary(dtype):
    batch = Buffers(shared=False).empty(dtype, (4, 1 << 16)).zero_()
    assert type(batch) is torch.Tensor
    assert not batch._is_view()
    assert batch.is_contiguous()
    batch += 1
    assert batch.float().sum() == 4 << 16
    saved = io.BytesIO()
    torch.save(batch, saved)
    saved.seek(0)
    assert torch.equal(torch.load(saved), batch)


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
    return sum(len(memory) for _, memory in buffers._received.values())


def test_few_buffers_serve_many_batches():
    loader = numbered(workers=1, persistent_workers=True)
    seen = set()
    for _ in range(10):
        for images, labels in loader:
            assert_numbered(images, labels)
            seen.add(images.data_ptr())
    # in the making, two prefetched, at hand, and one that is just being given back
    assert len(seen) <= 6
    assert mapped() <= 6
    del loader, images
    gc.collect()


def test_finished_workers_are_forgotten():
    for _ in range(5):
        for images, labels in numbered():
            assert_numbered(images, labels)
    buffers.forget_finished_workers()
    assert mapped() == 0


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


def test_a_stock_loader_copies_nothing():
    dataset = numbered().dataset
    samples = dataset.__getitems__([3, 1, 2])
    images, labels = default_collate(samples)
    assert images.data_ptr() == samples[0][0].data_ptr()
    assert labels.tolist() == [3, 1, 2]
    again, _ = default_collate(samples[::-1])  # in another order they are put together anew
    assert torch.equal(again, images.flip(0))


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
