"""torch.compile: whole graphs, no more than two of them for any number of epochs, the same bits."""

import pytest
import torch
import torch._dynamo.testing

import seedaug
from seedaug import functional as F
from seedaug import keys

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

PIPELINES = {
    "images": seedaug.Compose(
        [
            seedaug.RandomCrop(24, padding=2, fill=(1, 2, 3)),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
            seedaug.GaussianNoise(sigma=0.05, clip=False),
        ],
        dtype=torch.float16,
    ),
    "segments": seedaug.Compose(
        [seedaug.GaussianNoise(), seedaug.RandomCrop(20), lambda x: x + 1, seedaug.Pad(2)]
    ),
    "channels_last": seedaug.Compose(
        [seedaug.RandomCrop(24), seedaug.RandomVerticalFlip()],
        memory_format=torch.channels_last,
    ),
    "single": seedaug.RandomCrop(24),
}


def images(device, dtype=torch.uint8, count=4):
    x = torch.randint(0, 256, (count, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    return (x / 255).to(device) if dtype.is_floating_point else x.to(dtype).to(device)


def compiled(function, backend="aot_eager"):
    """The compiled function, and a counter of the graphs that were made."""
    torch._dynamo.reset()
    graphs = torch._dynamo.testing.CompileCounterWithBackend(backend)
    return torch.compile(function, fullgraph=True, backend=graphs), graphs


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_eight_epochs_in_at_most_two_graphs(device, pipeline, memory_format):
    augment = PIPELINES[pipeline]
    x = images(device).contiguous(memory_format=memory_format)
    fast, graphs = compiled(lambda x, k: augment(x, keys=k))
    for epoch in range(8):
        k = keys(seed=3, epoch=epoch, index=range(4), device=device)
        got, wanted = fast(x, k), augment(x, keys=k)
        assert torch.equal(got, wanted)
        assert got.stride() == wanted.stride()
    assert graphs.frame_count <= 2


def test_batches_of_every_size_in_at_most_two_graphs(device):
    augment = PIPELINES["images"]
    fast, graphs = compiled(lambda x, k: augment(x, keys=k))
    for count in (4, 3, 7, 5, 16):
        x, k = images(device, count=count), keys(index=range(count), device=device)
        assert torch.equal(fast(x, k), augment(x, keys=k))
    assert graphs.frame_count <= 2


def test_gradients_through_a_compiled_pipeline(device):
    augment = seedaug.Compose(
        [seedaug.RandomCrop(24), seedaug.GaussianNoise(), seedaug.Normalize(MEAN, STD)]
    )
    fast, graphs = compiled(lambda x, k: augment(x, keys=k).square().sum())
    for epoch in range(4):
        k = keys(epoch=epoch, index=range(4), device=device)
        x, y = (images(device, torch.float32).requires_grad_() for _ in range(2))
        fast(x, k).backward()
        augment(y, keys=k).square().sum().backward()
        assert torch.allclose(x.grad, y.grad)
    assert graphs.frame_count <= 2


def test_functions_and_raw_numbers(device):
    def model(x, k):
        y = F.random_crop(x, keys=k, size=20, padding=2)
        y = F.normalize(F.random_horizontal_flip(y, keys=k), MEAN, STD)
        return F.gaussian_noise(y, keys=k, clip=False) + F.uniform(k, (3, 20, 20)), F.words(k, 7)

    fast, graphs = compiled(model)
    for epoch in range(8):
        x, k = images(device), keys(epoch=epoch, index=range(4), device=device)
        for got, wanted in zip(fast(x, k), model(x, k), strict=True):
            assert torch.equal(got, wanted)
    assert graphs.frame_count <= 2


TRACED = {
    "epochs": lambda n, t: keys(seed=3, epoch=n, index=range(4)),
    "indices": lambda n, t: keys(seed=3, epoch=2, index=t),
    "both": lambda n, t: keys(seed=-5, epoch=n + 2**23, index=t * 2**32 + t),
    "workers": lambda n, t: keys(2**64 - 1, 7, worker=n + 2**19, index=[5, 1, 2, 3]),
    "tensors": lambda n, t: keys(t - 2, t.to(torch.int32), t, t),
    "a range": lambda n, t: keys(seed=3, epoch=n, index=range(9, 1, -2)),
}


@pytest.mark.parametrize("case", TRACED)
def test_keys_made_in_the_graph(case):
    """The same values, for epochs and indices that vary, in few graphs."""
    augment, make, x = PIPELINES["images"], TRACED[case], images("cpu")
    fast, graphs = compiled(lambda n, t: (augment(x, keys=make(n, t)), make(n, t)))
    for n in (0, 1, 2, 3, 17, 18):
        t = torch.tensor([3, 0, 2, 200]) + n
        made, packed = fast(n, t)
        assert torch.equal(packed, make(n, t))
        assert torch.equal(made, augment(x, keys=make(n, t)))
    assert graphs.frame_count <= 3


def test_keys_made_in_the_graph_are_checked():
    fast, _ = compiled(lambda t: keys(index=t))
    for wrong in (torch.tensor([-1]), torch.tensor([2**40])):
        with pytest.raises(RuntimeError, match="index is out of its range"):
            fast(wrong)
    for make in (lambda: keys(epoch=2**24), lambda: keys(worker=True), lambda: keys(index=1.5)):
        with pytest.raises(Exception, match=r"(epoch|worker|index) must be"):
            compiled(make)[0]()


@pytest.mark.slow
def test_inductor_makes_the_same_bytes(device):
    augment = PIPELINES["images"]
    x, k = images(device), keys(index=range(4), device=device)
    torch._dynamo.reset()
    fast = torch.compile(lambda x, k: augment(x, keys=k) * 2, fullgraph=True)
    assert torch.equal(fast(x, k), augment(x, keys=k) * 2)
    inside = torch.compile(lambda x, n: augment(x, keys=keys(index=n)) * 2, fullgraph=True)
    assert torch.equal(inside(x, torch.arange(4)), augment(x, keys=k) * 2)


def test_a_mistake_is_still_a_mistake(device):
    fast, _ = compiled(lambda x, k: seedaug.RandomCrop(40)(x, keys=k))
    with pytest.raises(Exception, match="padded image is 32x32"):
        fast(images(device), keys(index=range(4), device=device))
