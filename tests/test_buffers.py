"""The memory of large results is used again, and never while anything refers to it."""

import gc
import io
import threading

import pytest
import torch

import seedaug
from seedaug import buffers
from seedaug.buffers import Buffers

NBYTES = 1 << 16
SIZE = (NBYTES // 4,)  # float32


def own():
    return Buffers(smallest=NBYTES, largest=64 * NBYTES)


@pytest.mark.parametrize(
    "keep",
    [
        lambda x: x[3:5],
        lambda x: x.detach(),
        lambda x: x.numpy(),
        lambda x: x.untyped_storage(),
        lambda x: x.view(torch.uint8),
        lambda x: torch.utils.dlpack.to_dlpack(x),
        lambda x: memoryview(x.numpy()),
        lambda x: x.reshape(2, -1).t(),
    ],
)
def test_memory_comes_back_when_the_last_view_goes(keep):
    pool = own()
    batch = pool.empty(torch.float32, SIZE)
    address = batch.data_ptr()
    kept = keep(batch)
    del batch
    gc.collect()
    other = pool.empty(torch.float32, SIZE)
    assert other.data_ptr() != address
    del kept
    gc.collect()
    assert pool.empty(torch.float32, SIZE).data_ptr() == address


def test_one_free_buffer_is_kept():
    pool = own()
    held = [pool.empty(torch.float32, SIZE) for _ in range(10)]
    assert len({batch.data_ptr() for batch in held}) == 10
    held.clear()
    assert len(pool._free) == 1


def test_a_buffer_of_another_size_is_not_used():
    pool = own()
    for factor in (1, 8, 1, 64, 2, 1):
        batch = pool.empty(torch.float32, (factor * SIZE[0],))
        assert batch.untyped_storage().nbytes() == factor * NBYTES
        del batch
        assert len(pool._free) == 1
        assert pool._free[0].nbytes == factor * NBYTES or factor == 1


@pytest.mark.parametrize("size", [(0,), (3,), (2, 3, 4), (NBYTES, 0), (65 * SIZE[0],)])
def test_small_and_huge_results_are_torchs(size):
    pool = own()
    batch = pool.empty(torch.float32, size)
    assert batch.shape == size
    del batch
    assert not pool._free


def test_a_negative_size():
    with pytest.raises(RuntimeError):
        own().empty(torch.float32, (-SIZE[0], -1))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32])
def test_tensors_are_ordinary(dtype):
    batch = own().empty(dtype, (4, 1 << 16)).zero_()
    assert type(batch) is torch.Tensor
    assert not batch._is_view()
    assert batch.is_contiguous()
    batch += 1
    assert batch.float().sum() == 4 << 16
    saved = io.BytesIO()
    torch.save(batch, saved)
    saved.seek(0)
    assert torch.equal(torch.load(saved), batch)


def test_threads():
    pool, wrong = own(), []

    def work(number):
        for _ in range(300):
            batch = pool.empty(torch.float32, SIZE).fill_(number)
            more = pool.empty(torch.float32, SIZE).fill_(-number)
            if not (batch == number).all() or not (more == -number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --- Storages that live on with other memory ---


@pytest.mark.parametrize("strategy", ["file_descriptor", "file_system"])
@pytest.mark.parametrize("share", [lambda x: x.share_memory_(), lambda x: x[3].share_memory_()])
def test_memory_is_not_used_again_while_a_view_reads_it(share, strategy):
    before = torch.multiprocessing.get_sharing_strategy()
    torch.multiprocessing.set_sharing_strategy(strategy)
    pool = own()
    batch = pool.empty(torch.float32, SIZE).fill_(7)
    address, array = batch.data_ptr(), batch.numpy()
    share(batch)
    torch.multiprocessing.set_sharing_strategy(before)
    assert batch.is_shared()
    others = [pool.empty(torch.float32, SIZE).fill_(n) for n in range(3)]
    assert address not in [other.data_ptr() for other in others]
    assert (array == 7).all()
    del batch
    others.append(pool.empty(torch.float32, SIZE).fill_(9))
    assert (array == 7).all()
    del array
    gc.collect()
    others += [pool.empty(torch.float32, SIZE) for _ in range(3)]
    assert address in [other.data_ptr() for other in others]


def test_an_operation_that_runs_reads_on():
    pool, wrong = own(), []
    for number in range(60):
        batch = pool.empty(torch.float32, (4 * SIZE[0],)).fill_(number)
        thread = threading.Thread(
            target=lambda x, n: wrong.append(n) if (x.cumsum(0)[-1] != n * len(x)) else None,
            args=(batch.double(), number) if number % 2 else (batch, number),
        )
        thread.start()
        batch.share_memory_()
        del batch
        pool.empty(torch.float32, (4 * SIZE[0],)).fill_(-1)
        thread.join()
    assert not [n for n in wrong if n < 16]  # greater sums are not exact in float32


# --- Results of transforms ---


def augment_and_images(count=64, size=96, **options):
    images = torch.arange(count, dtype=torch.uint8)[:, None, None, None]
    images = images.expand(-1, 3, size, size).contiguous()
    augment = seedaug.Compose([seedaug.RandomCrop(size - 8)], dtype=torch.float32, **options)
    return augment, images, seedaug.keys(index=range(count))


@pytest.mark.parametrize("memory_format", [None, torch.channels_last])
@pytest.mark.parametrize("as_list", [False, True])
def test_results_of_large_batches_come_back(memory_format, as_list):
    augment, images, keys = augment_and_images(memory_format=memory_format)
    x = [*images] if as_list else images
    assert images.numel() * 4 > buffers.results.smallest
    addresses = set()
    for _ in range(6):
        result = augment(x, keys=keys)
        wanted = (images.float() / 255)[..., :88, :88]
        assert torch.allclose(result, wanted)
        assert result.is_contiguous(memory_format=memory_format or torch.contiguous_format)
        addresses.add(result.data_ptr())
    assert len(addresses) == 2


def test_results_that_are_held_keep_their_values():
    augment, images, keys = augment_and_images()
    held = [augment(images + n, keys=keys) for n in range(5)]
    for n, result in enumerate(held):
        assert torch.allclose(result[:, 0, 0, 0], (images[:, 0, 0, 0] + n).float() / 255)


def test_results_under_other_modes():
    augment, images, keys = augment_and_images()
    expected = augment(images, keys=keys).clone()
    with torch.inference_mode():
        assert torch.equal(augment(images, keys=keys), expected)
    floats = images.float().requires_grad_()
    flip = seedaug.RandomHorizontalFlip()
    flip(floats, keys=keys).sum().backward()
    assert (floats.grad == 1).all()
    with torch.device("meta"):
        assert torch.equal(augment(images, keys=keys), expected)
    mapped = torch.vmap(lambda x, key: augment(x, keys=key))(images, keys)
    assert torch.equal(mapped, expected)


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_trace_of_a_large_batch():
    augment, images, keys = augment_and_images()
    traced = torch.jit.trace(lambda x, k: augment(x, keys=k), (images, keys), check_trace=False)
    assert torch.equal(traced(images, keys), augment(images, keys=keys))
