"""Functional twins: the same bits as the transforms; and raw numbers against their words."""

import numpy as np
import pytest
import torch

import seedaug
from seedaug import Key, _core, keys
from seedaug import functional as F
from seedaug.transforms import color, crop, flip, noise

DRAWING = [
    (F.random_crop, seedaug.RandomCrop, {"size": 5, "padding": 2, "fill": (1, 2, 3)}),
    (F.random_horizontal_flip, seedaug.RandomHorizontalFlip, {"p": 0.4}),
    (F.random_vertical_flip, seedaug.RandomVerticalFlip, {}),
    (F.gaussian_noise, seedaug.GaussianNoise, {"mean": 0.1, "sigma": 0.3}),
]
STILL = [  # the function, the same with a key, its arguments
    (F.center_crop, seedaug.CenterCrop, {"size": (3, 20)}),
    (F.pad, seedaug.Pad, {"padding": (1, 2), "fill": (7, 8, 9)}),
    (F.horizontal_flip, lambda: seedaug.RandomHorizontalFlip(1.0), {}),
    (F.vertical_flip, lambda: seedaug.RandomVerticalFlip(1.0), {}),
    (F.normalize, seedaug.Normalize, {"mean": [0.1, 0.2, 0.3], "std": [0.5]}),
    (F.to_dtype, seedaug.ToDtype, {"dtype": torch.float16, "scale": True}),
]


def images(device):
    x = torch.arange(4 * 3 * 8 * 9, device=device).reshape(4, 3, 8, 9)
    return x.remainder(251).to(torch.uint8)


@pytest.mark.parametrize(("function", "transform", "arguments"), DRAWING)
def test_functions_are_the_transforms(device, function, transform, arguments):
    x, k = images(device), keys(seed=1, index=range(4), device=device)
    wanted = transform(**arguments)(x, keys=k)
    assert torch.equal(function(x, keys=k, **arguments), wanted)
    assert torch.equal(function(x, k, **arguments), wanted)
    assert torch.equal(function(x[1], Key(seed=1, index=1), **arguments), wanted[1])
    assert torch.equal(function(list(x), keys=k, **arguments), wanted)
    out = torch.empty_like(wanted)
    assert function(x, keys=k, **arguments, out=out) is out
    assert torch.equal(out, wanted)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'keys'"):
        function(x, **arguments)


@pytest.mark.parametrize(("function", "transform", "arguments"), STILL)
def test_what_draws_nothing_takes_no_key(device, function, transform, arguments):
    x = images(device)
    wanted = transform(**arguments)(x, keys=keys(seed=1, index=range(4), device=device))
    positional = [*arguments.values()]
    assert torch.equal(function(x, **arguments), wanted)
    assert torch.equal(function(x[1], *positional), wanted[1])
    assert torch.equal(function([*x], **arguments), wanted)
    assert torch.equal(function(x[0, 0], **arguments | MONO.get(function, {})), wanted[0, 0])
    innermost = function(x.contiguous(memory_format=torch.channels_last), **arguments)
    assert torch.equal(innermost, wanted)
    assert innermost.is_contiguous(memory_format=torch.channels_last)
    out = torch.empty_like(wanted)
    assert function(x, **arguments, out=out) is out
    assert torch.equal(out, wanted)
    assert function(x[:0], **arguments).shape == (0, *wanted.shape[1:])
    with pytest.raises(TypeError, match="keys"):
        function(x, **arguments, keys=Key())
    with pytest.raises(TypeError, match=r"x must be a tensor, or a list of N tensors .* got str"):
        function("x", **arguments)


MONO = {F.normalize: {"mean": [0.1]}, F.pad: {"fill": 7}}


@pytest.mark.parametrize("shape", [(4, 3, 8, 9), (3, 8, 9), (8, 9), (2, 4, 3, 8, 9)])
def test_flips_always_flip(device, shape):
    x = torch.arange(torch.tensor(shape).prod().item(), device=device).reshape(shape)
    assert torch.equal(F.horizontal_flip(x), x.flip(-1))
    assert torch.equal(F.vertical_flip(x), x.flip(-2))
    y = x.float().requires_grad_()
    (F.horizontal_flip(y) * x).sum().backward()
    assert torch.equal(y.grad, x.float().flip(-1))


@pytest.mark.parametrize("function", [F.horizontal_flip, F.center_crop, F.normalize])
def test_keys_in_second_place_are_no_arguments_of_what_draws_nothing(function):
    old = {F.center_crop: (3,), F.normalize: ([0.5], [0.5])}.get(function, ())
    with pytest.raises(TypeError, match="positional argument"):
        function(images("cpu"), keys(index=range(4)), *old)


def test_occurrences_are_views():
    x, key = images("cpu")[0], Key(seed=1)
    for view in (0, 3, 15):
        wanted = seedaug.GaussianNoise()(x, key, view=view)
        assert torch.equal(F.gaussian_noise(x, key, occurrence=view), wanted)
    stage = seedaug.GaussianNoise()(x, key, stage=1)
    assert torch.equal(F.gaussian_noise(x, key, occurrence=16), stage)


def test_augment_runs_instructions(device):
    x, k = images(device), keys(seed=1, index=range(4), device=device)
    program = [
        crop.random_crop(5),
        flip.horizontal_flip(),
        color.normalize([0.5], [0.2]),
        (noise.gaussian_noise(clip=False), 2),
    ]
    plain = seedaug.Compose(
        [seedaug.RandomCrop(5), seedaug.RandomHorizontalFlip(), seedaug.Normalize([0.5], [0.2])]
    )
    wanted = F.gaussian_noise(plain(x, keys=k), k, clip=False, occurrence=2)
    assert torch.equal(F.augment(x, k, program), wanted)


# --- Raw numbers ---


def element_words(key, kind, count, occurrence=0):
    return _core.words(*key.packed(), _core.KINDS[kind], occurrence, _core.PARAM_BLOCKS, count)


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint32])
def test_words(device, dtype):
    each = [Key(seed=4, epoch=2, index=i) for i in range(3)]
    k = keys(seed=4, epoch=2, index=range(3), device=device)
    got = F.words(k, (2, 5), dtype, occurrence=3)
    assert got.shape == (3, 2, 5)
    assert got.dtype == dtype
    for key, row in zip(each, got.cpu(), strict=True):
        assert np.array_equal(
            row.numpy().view(np.uint32).ravel(), element_words(key, "words", 10, 3)
        )
    assert torch.equal(F.words(each[1], (2, 5), dtype, occurrence=3), got[1].cpu())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_uniform(device, dtype):
    k = keys(seed=4, index=range(3), device=device)
    got = F.uniform(k, 1001, dtype)
    words = np.stack([element_words(Key(seed=4, index=i), "uniform", 1001) for i in range(3)])
    wanted = torch.from_numpy((words >> 8) * np.float32(2.0**-24)).to(dtype)
    assert torch.equal(got.cpu(), wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_normal(device, dtype):
    k = keys(seed=4, index=range(3), device=device)
    got = F.normal(k, 1002, dtype).cpu()
    words = np.stack([element_words(Key(seed=4, index=i), "normal", 1002) for i in range(3)])
    a, b = words[:, ::2] >> 8, words[:, 1::2] >> 8
    radius, angle = np.sqrt(-2 * np.log((a + 1) * 2.0**-24)), 2 * np.pi * b * 2.0**-24
    wanted = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).reshape(3, 1002)
    eps = torch.finfo(dtype).eps
    assert np.allclose(got.double().numpy(), wanted, rtol=eps, atol=2e-6)
    assert torch.equal(F.normal(k, 1002).to(dtype).cpu(), got)


def test_an_empty_shape_and_no_keys(device):
    k = keys(index=range(2), device=device)
    assert F.words(k, 0).shape == (2, 0)
    assert F.uniform(k, (3, 0)).shape == (2, 3, 0)
    assert F.uniform(k, ()).shape == (2,)
    assert F.normal(k[:0], 5).shape == (0, 5)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: F.augment(3, Key(), []), TypeError, "x must be a tensor, or"),
        (lambda x: F.augment([x], Key(), []), TypeError, r"with keys \[N, 3\] a list"),
        (lambda x: F.random_crop(x, "key", 3), TypeError, "keys must be a seedaug.Key.*got str"),
        (lambda x: F.center_crop([x, 3], 3), TypeError, "or a list of N .* a list of Tensor, int"),
        (lambda x: F.center_crop([], 3), ValueError, "the list of images is empty"),
        (lambda x: F.normalize(x, [0.1, 0.2], [1]), ValueError, "2 values, but the image has 3"),
        (
            lambda x: F.gaussian_noise(x, Key(), occurrence=32),
            ValueError,
            "occurrence must be from 0",
        ),
        (lambda x: F.words(Key(), -1), ValueError, "shape must not be negative"),
        (lambda x: F.words(Key(), 3, torch.float32), TypeError, "words: dtype must be one of"),
        (lambda x: F.uniform(Key(), 3, torch.float64), TypeError, "uniform: dtype must be one of"),
        (lambda x: F.normal(Key(), 3, torch.uint8), TypeError, "normal: dtype must be one of"),
        (lambda x: F.random_crop(x, Key(), 3, filler=1), TypeError, "filler"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call(images("cpu")[0])
