"""Audio and volumes: what one, two and four dimensions mean, under one key and under N."""

import math

import numpy as np
import pytest
import torch

import seedaug
from seedaug import Key, keys, sample
from seedaug import functional as F
from seedaug._core import KINDS
from seedaug.transforms.kinds import register_kind
from seedaug.transforms.stream import Stream

KEYS = keys(seed=4, index=range(3))
KEY = Key(4, index=2)
NOISE = seedaug.GaussianNoise(sigma=0.5, clip=False)
CHAIN = seedaug.Compose([seedaug.Normalize([0.25], [2.0]), NOISE], dtype=torch.float16)


class Echo(seedaug.Transform):
    """Adds normals of its stream, and says what it was given."""

    kind = register_kind("echo", 118)

    def make_params(self, draws, size):
        return {"size": size, "noise": draws.normals(size[0] * size[1])}

    def transform(self, image, params):
        return image + torch.from_numpy(params["noise"]).reshape(image.shape)


def normals(key, shape):
    """What NOISE adds, by the contract: element e of its stream for row-major index e."""
    drawn = Stream(key.packed(), KINDS["gaussian_noise"], 0).normals(math.prod(shape))
    return torch.from_numpy(drawn).reshape(shape) * 0.5


def waves(*shape, dtype=torch.float32):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(dtype)


@pytest.mark.parametrize("transform", [NOISE, CHAIN, seedaug.ToDtype(torch.float16), Echo()])
@pytest.mark.parametrize("shape", [(50,), (2, 25)])
def test_a_row_of_a_batch_is_the_sample_alone(transform, shape, device):
    x = waves(3, *shape).to(device)
    made = transform(x, keys=KEYS.to(device))
    assert made.shape == x.shape
    for n, key in enumerate(Key(4, index=n) for n in range(3)):
        alone = transform(x[n], keys=key)
        assert torch.equal(made[n], alone)
        with sample(key):
            assert torch.equal(transform(x[n]), alone)
        assert torch.equal(transform({"wave": x[n], "label": 3}, keys=key)["wave"], alone)
        if isinstance(transform, seedaug.GaussianNoise):
            assert torch.allclose(alone - x[n], normals(key, shape).to(device), atol=1e-6)


def test_mono_is_drawn_alike_with_and_without_its_channel():
    x = waves(3, 50)
    for transform in (NOISE, CHAIN):
        assert torch.equal(transform(x, keys=KEYS), transform(x[:, None], keys=KEYS)[:, 0])
        assert torch.equal(transform(x[0], keys=KEY), transform(x[:1], keys=KEY)[0])
        assert torch.equal(transform(x[0], keys=KEY), transform(x[0, None, None], keys=KEY)[0, 0])


def test_arrays_gradients_results_and_lists():
    x = waves(3, 50)
    wanted = NOISE(x, keys=KEYS)
    assert np.array_equal(NOISE(x.numpy(), keys=KEYS), wanted)
    assert np.array_equal(NOISE(x[2].numpy(), keys=KEY), wanted[2])
    out = torch.empty_like(x)
    assert NOISE(x, keys=KEYS, out=out) is out
    assert torch.equal(out, wanted)
    with pytest.raises(ValueError, match=r"out must be \[3, 50\], got \[3, 1, 50\]"):
        NOISE(x, keys=KEYS, out=out[:, None])
    y = x.clone().requires_grad_()
    seedaug.Compose([seedaug.Normalize([0.0], [2.0]), NOISE])(y, keys=KEYS).sum().backward()
    assert torch.equal(y.grad, torch.full_like(x, 0.5))
    assert torch.equal(F.gaussian_noise(x, keys=KEYS, sigma=0.5, clip=False), wanted)
    assert torch.equal(NOISE([*x[:, None]], keys=KEYS)[:, 0], wanted)


@pytest.mark.parametrize("batched", [True, False])
def test_a_loader_gives_the_same(batched):
    x = waves(9, 50)
    dataset = torch.utils.data.TensorDataset(x, torch.arange(9))
    loader = seedaug.DataLoader(
        seedaug.SeededDataset(dataset, 4, transform=NOISE), 4 if batched else 1
    )
    made = torch.cat([wave for wave, _ in loader])
    assert torch.equal(made, NOISE(x, keys=keys(seed=4, index=range(9))))


@pytest.mark.parametrize("transform", [seedaug.RandomHorizontalFlip(), seedaug.RandomCrop((1, 9))])
def test_geometry_wants_two_dimensions(transform):
    for one in (transform, seedaug.Compose([NOISE, transform])):
        with pytest.raises(ValueError, match=r"geometry takes audio \[T\] as \[1, T\]"):
            one(waves(50), keys=KEY)
        with sample(KEY), pytest.raises(ValueError, match=r"audio \[T\] as \[1, T\]"):
            one(waves(50))
        with pytest.raises(ValueError, match=r"geometry takes audio \[N, T\] as \[N, 1, T\]"):
            one(waves(3, 50), keys=KEYS)


def test_what_could_be_a_target_is_no_audio():
    image, target = waves(3, 8, 8), waves(10)
    match = r"the first tensor of a sample counts as its image, or audio, .*put the image first"
    for parts in ({"target": target, "image": image}, (target, waves(50))):
        with pytest.raises(ValueError, match=match):
            NOISE(parts, keys=KEY)
        with sample(KEY), pytest.raises(ValueError, match=match):
            NOISE(parts)
    for parts in ((waves(3, 10), waves(3, 3, 8, 8)), (waves(3, 10), waves(3, 50))):
        with pytest.raises(ValueError, match=match):
            NOISE(parts, keys=KEYS)
    made, same = NOISE((image, target), keys=KEY)
    assert torch.equal(made, NOISE(image, keys=KEY))
    assert same is target
    loader = seedaug.DataLoader(
        seedaug.SeededDataset([(target, image)] * 4, 4, transforms=NOISE), batch_size=2
    )
    with pytest.raises(ValueError, match=match):
        list(loader)


def test_channels_of_audio():
    stereo = seedaug.Normalize([0.0, 1.0], [1.0, 2.0])
    for x, k in ((waves(2, 50), KEY), (waves(3, 2, 50), KEYS)):
        with pytest.raises(ValueError, match=r"audio \[C, T\] has its channels .* \[C, 1, T\]"):
            stereo(x, keys=k)
        made = stereo(x.unsqueeze(-2), keys=k).squeeze(-2)
        wanted = (x - torch.tensor([0.0, 1.0])[:, None]) / torch.tensor([1.0, 2.0])[:, None]
        assert torch.allclose(made, wanted)


def test_volumes():
    """[C, D, H, W]: what does the same to a clip and a volume; and channels where they count."""
    volume, k = waves(2, 5, 9, 9), Key(1)
    geometry = seedaug.Compose([seedaug.RandomCrop(6), seedaug.RandomHorizontalFlip()])
    made = geometry(volume, keys=k)
    for c in range(2):
        for d in range(5):
            assert torch.equal(made[c, d], geometry(volume[c, d], keys=k))
    assert torch.allclose(NOISE(volume, keys=k) - volume, normals(k, (2, 5, 9, 9)), atol=1e-6)
    two = seedaug.Normalize([0.0, 1.0], [1.0, 2.0])
    for x, given in ((volume, k), (volume.expand(3, 2, 5, 9, 9), KEYS)):
        with pytest.raises(ValueError, match=r"2 values, but the image has 5 channels.*movedim"):
            two(x, keys=given)
        made = two(x.movedim(-4, -3), keys=given).movedim(-3, -4)
        wanted = (x - torch.tensor([0.0, 1.0])[:, None, None, None]) / torch.tensor([1.0, 2.0])[
            :, None, None, None
        ]
        assert torch.allclose(made, wanted)
