"""Batches from workers lie in memory that is used again, never while anything refers to it."""

import copy
import gc
import multiprocessing
import os
import pickle
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
    return sum(len(memory) for _, memory in parcels._received.values())


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


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_finished_workers_are_forgotten(persistent, whole):
    for _ in range(3):
        loader = numbered(persistent_workers=persistent)
        for images, labels in loader:
            assert_numbered(images, labels)
            if not whole:
                break
        del loader
    gc.collect()
    assert mapped() == 0
    assert_numbered(images, labels)


def test_buffers_are_few_when_batches_differ_in_size():
    transform = seedaug.Compose([seedaug.RandomHorizontalFlip()], dtype=torch.float32)
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES, torch.arange(COUNT)), 0, transform)
    sizes = [1, 9, 2, 20, 3, 40, 1, 5, 30, 8]
    batches = [list(range(size)) for size in sizes] * 4
    loader = seedaug.DataLoader(dataset, batch_sampler=batches, num_workers=1)
    for images, labels in loader:
        assert_numbered(images, labels)
        assert mapped() <= 8


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
