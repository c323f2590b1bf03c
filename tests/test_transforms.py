"""Each transform by itself: torchvision's results given what was drawn, and its own promises."""

import copy
import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as TF

import seedaug
from seedaug import Key, NoKeyError, keys, sample
from seedaug import functional as F

MODES = ["constant", "edge", "reflect", "symmetric"]
DTYPES = [torch.uint8, torch.float16, torch.bfloat16, torch.float32]
KEYS = [Key(seed=3, epoch=1, index=i) for i in range(6)]

ALL = [
    seedaug.RandomCrop(5, padding=2, fill=7),
    seedaug.CenterCrop((4, 20)),
    seedaug.Pad((1, 2, 3, 4), fill=9),
    seedaug.RandomHorizontalFlip(),
    seedaug.RandomVerticalFlip(p=0.3),
    seedaug.GaussianNoise(mean=0.1, sigma=0.2),
    seedaug.Normalize([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
    seedaug.ToDtype(torch.float16, scale=True),
]
GEOMETRY = ALL[:5]


def name(transform):
    return type(transform).__name__


def image(dtype=torch.uint8, device="cpu", memory="contiguous", height=11, width=13, channels=3):
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (channels, height, width)))
    x = (x / 256).to(dtype) if dtype.is_floating_point else x.to(dtype)
    if memory == "channels_last":
        x = x.movedim(0, -1).contiguous().movedim(-1, 0)
    return x.to(device)


def pil_image(mode="RGB", height=11, width=13):
    values = np.random.default_rng(1).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(values, "RGBA").convert(mode)


def expected(transform, x, drawn):
    """torchvision's result for parameters that seedaug drew; x is a tensor or a PIL image."""
    if isinstance(transform, seedaug.RandomCrop):
        drawn = drawn["random_crop"]
        mode, fill = transform.padding_mode, transform.fill
        if any(drawn["padding"]):
            x = TF.pad(x, [*drawn["padding"]], fill=fill, padding_mode=mode)
        return TF.crop(x, drawn["top"], drawn["left"], drawn["height"], drawn["width"])
    if isinstance(transform, seedaug.CenterCrop):
        return TF.center_crop(x, [*transform.size])
    if isinstance(transform, seedaug.Pad):
        return TF.pad(x, [*transform.padding], transform.fill, transform.padding_mode)
    horizontal = isinstance(transform, seedaug.RandomHorizontalFlip)
    (entry,) = drawn.values()
    if not entry["flipped"]:
        return x
    return TF.horizontal_flip(x) if horizontal else TF.vertical_flip(x)


# --- References: torchvision given the parameters drawn ---

CROPS = [
    {"size": 5},
    {"size": (11, 13)},
    {"size": (9, 4), "padding": 3},
    {"size": 7, "padding": (2, 1), "fill": 40},
    {"size": (12, 9), "padding": (1, 2, 3, 4), "fill": (10, 20, 30)},
    {"size": (30, 20), "pad_if_needed": True, "fill": 5},
    {"size": (14, 30), "padding": 1, "pad_if_needed": True},
]


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
@pytest.mark.parametrize("arguments", CROPS, ids=str)
def test_random_crop_is_torchvisions(device, arguments, memory):
    transform = seedaug.RandomCrop(**arguments)
    x = image(device=device, memory=memory)
    for key in KEYS:
        drawn = transform.params(key, (11, 13))
        assert torch.equal(transform(x, key), expected(transform, x, drawn))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
def test_crop_and_pad_in_every_padding_mode(device, mode, dtype):
    x = image(dtype, device)
    for transform in (
        seedaug.RandomCrop(10, padding=(3, 4), padding_mode=mode),
        seedaug.Pad((1, 2, 3, 4), padding_mode=mode),
        seedaug.Pad(10, padding_mode=mode),
    ):
        for key in KEYS[:3]:
            drawn = transform.params(key, (11, 13))
            assert torch.equal(transform(x, key), expected(transform, x, drawn))


@pytest.mark.parametrize("fill", [0, 12, 3.5, (1, 2, 3), [4.5, 5.5, 6.5], (7,), None])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.int64])
def test_pad_fills_as_torchvision(device, dtype, fill):
    x = image(dtype, device)
    transform = seedaug.Pad(2, fill=fill)
    assert torch.equal(transform(x, KEYS[0]), TF.pad(x, [2], fill))


@pytest.mark.parametrize("padding", [-1, (2, -3), (-2, 1, 4, -3)])
def test_pad_cuts_off_where_negative(device, padding):
    x = image(device=device)
    assert torch.equal(seedaug.Pad(padding)(x, KEYS[0]), TF.pad(x, padding))


@pytest.mark.parametrize("size", [3, 4, (5, 8), (11, 13), (20, 6), (6, 20), (17, 18), (1, 1)])
@pytest.mark.parametrize("shape", [(11, 13), (10, 7), (8, 8)])
def test_center_crop_is_torchvisions(device, size, shape):
    x = image(device=device, height=shape[0], width=shape[1])
    assert torch.equal(seedaug.CenterCrop(size)(x, KEYS[0]), TF.center_crop(x, size))


@pytest.mark.parametrize("dtype", [*DTYPES, torch.bool, torch.int16, torch.float64])
@pytest.mark.parametrize("flip", [seedaug.RandomHorizontalFlip, seedaug.RandomVerticalFlip])
def test_flips_are_torchvisions(device, flip, dtype):
    x, transform = image(dtype, device), flip()
    flipped = [transform.params(key)[transform_name(flip)]["flipped"] for key in KEYS]
    assert len(set(flipped)) == 2
    for key in KEYS:
        drawn = transform.params(key)
        assert torch.equal(transform(x, key), expected(transform, x, drawn))


def transform_name(flip):
    return "horizontal_flip" if flip is seedaug.RandomHorizontalFlip else "vertical_flip"


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "F", "I", "CMYK"])
@pytest.mark.parametrize(
    "transform",
    [
        seedaug.RandomCrop((6, 7)),
        seedaug.CenterCrop((20, 6)),
        seedaug.Pad((1, 2, 3, 4)),
        seedaug.RandomHorizontalFlip(1.0),
        seedaug.RandomVerticalFlip(),
    ],
    ids=name,
)
def test_pil_images_are_torchvisions(mode, transform):
    x = pil_image(mode)
    for key in KEYS[:3]:
        got = transform(x, key)
        wanted = expected(transform, x, transform.params(key, (11, 13)))
        assert (got.mode, got.size) == (wanted.mode, wanted.size)
        assert got.tobytes() == wanted.tobytes()
        assert got.getpalette() == wanted.getpalette()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pil_mode", ["RGB", "L"])
def test_pil_padding_modes_are_torchvisions(mode, pil_mode):
    x = pil_image(pil_mode)
    transform = seedaug.Pad((1, 2, 3, 4), fill=17, padding_mode=mode)
    assert transform(x, KEYS[0]).tobytes() == expected(transform, x, {}).tobytes()


def test_center_crop_and_flips_keep_what_pil_images_carry():
    x = pil_image()
    x.info["dpi"] = (72, 72)
    assert seedaug.CenterCrop(4)(x, KEYS[0]).info == {"dpi": (72, 72)}


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_to_dtype_is_torchvisions(device, source, target, scale):
    x = image(source, device)
    got = seedaug.ToDtype(target, scale)(x, KEYS[0])
    wanted = TF.to_dtype(x.float() if source != torch.uint8 else x, torch.float32, scale)
    if target == torch.uint8 and source != torch.uint8:
        wanted = TF.to_dtype(x.float(), torch.uint8, scale)
    elif source == torch.uint8 and target == torch.uint8:
        wanted = x
    assert torch.equal(got, wanted.to(target))


def test_to_dtype_saturates_and_takes_nan_for_zero(device):
    x = torch.tensor([[[-1.0, 2.0, torch.nan, 0.5, torch.inf]]], device=device)
    got = seedaug.ToDtype(torch.uint8, scale=True)(x, KEYS[0])
    assert got.tolist() == [[[0, 255, 0, 127, 255]]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_is_one_fused_multiply_add(device, dtype):
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    x = image(dtype, device)
    got = seedaug.Normalize(mean, std)(x, KEYS[0])
    value = x.float() * np.float32(1 / 255).item() if dtype == torch.uint8 else x.float()
    a = torch.tensor([1 / s for s in std], device=device).float().double()
    b = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=device).float()
    exact = value.double() * a.view(3, 1, 1) + b.double().view(3, 1, 1)
    wanted_dtype = torch.float32 if dtype == torch.uint8 else dtype
    assert got.dtype == wanted_dtype
    ulp = torch.finfo(wanted_dtype).eps * exact.abs().clamp(min=1)
    assert ((got.double() - exact).abs() <= ulp).all()
    plain = TF.normalize(value, mean, std)
    assert torch.allclose(got.float(), plain, atol=4 * torch.finfo(wanted_dtype).eps)


@pytest.mark.parametrize("clip", [False, True])
def test_noise_has_the_mean_and_sigma_asked_for(device, clip):
    x = torch.full((3, 200, 200), 0.5, device=device)
    y = seedaug.GaussianNoise(mean=0.1, sigma=0.05, clip=clip)(x, KEYS[0]) - x
    assert y.mean().item() == pytest.approx(0.1, abs=0.001)
    assert y.std().item() == pytest.approx(0.05, rel=0.01)
    u = (x * 255).to(torch.uint8)
    z = seedaug.GaussianNoise(mean=0.1, sigma=0.05, clip=clip)(u, KEYS[0]).float() - u.float()
    assert z.mean().item() == pytest.approx(25.5, abs=0.2)
    assert z.std().item() == pytest.approx(12.75, rel=0.02)


def test_noise_clips(device):
    x = image(torch.float32, device)
    loud = seedaug.GaussianNoise(sigma=2.0)(x, KEYS[0])
    assert loud.min() == 0.0
    assert loud.max() == 1.0
    free = seedaug.GaussianNoise(sigma=2.0, clip=False)(x, KEYS[0])
    assert torch.equal(free.clamp(0, 1), loud)


# --- Properties ---


@pytest.mark.parametrize("transform", ALL, ids=name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_batch_is_its_samples(device, transform, dtype):
    x = torch.stack([image(dtype, device) for _ in KEYS])
    k = keys(seed=3, epoch=1, index=range(len(KEYS)), device=device)
    each = torch.stack([transform(one, key) for one, key in zip(x, KEYS, strict=True)])
    assert torch.equal(transform(x, keys=k), each)
    order = torch.tensor([4, 1, 5, 0, 3, 2], device=device)
    assert torch.equal(transform(x[order], keys=k[order]), each[order])
    last = x.contiguous(memory_format=torch.channels_last)
    made = transform(last, keys=k)
    assert torch.equal(made, each)
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_one_key_is_a_key_tensor_is_a_context(device, transform):
    x = image(device=device)
    for key in KEYS[:3]:
        y = transform(x, key)
        assert torch.equal(transform(x, keys=key.tensor(device)), y)
        assert torch.equal(transform(x, keys=key), y)
        with sample(key):
            assert torch.equal(transform(x), y)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_inputs_are_not_modified(transform):
    x = image()
    before = x.clone()
    transform(x, KEYS[0])
    transform(x, keys=keys(index=[0])[0])
    assert torch.equal(x, before)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_views_and_stages_are_repeated_uses_in_a_sample(transform):
    x = image()
    with sample(KEYS[0]):
        uses = [transform(x) for _ in range(3)]
    for view, used in enumerate(uses):
        assert torch.equal(transform(x, KEYS[0], view=view), used)
    with sample(KEYS[0], stage=1):
        assert torch.equal(transform(x), transform(x, KEYS[0], stage=1))


def test_views_and_stages_differ():
    noise, x = seedaug.GaussianNoise(), torch.full((1, 8, 8), 0.5)
    made = [noise(x, KEYS[0], view=v, stage=s) for v in range(16) for s in (0, 1)]
    assert len({tuple(one.flatten().tolist()) for one in made}) == 32


def test_same_on_batch_uses_the_first_key(device):
    x = torch.stack([image(device=device)] * 4)
    k = keys(seed=9, index=range(5, 9), device=device)
    crop = seedaug.RandomCrop(4)
    made = crop(x, keys=k, same_on_batch=True)
    assert torch.equal(made, crop(x, keys=k[0]))
    assert all(torch.equal(one, made[0]) for one in made)
    assert len({tuple(one.flatten().tolist()) for one in crop(x, keys=k)}) > 1


def test_same_on_batch_gives_each_image_the_same_noise(device):
    x = torch.stack([image(device=device)] * 4)
    k = keys(seed=9, index=range(5, 9), device=device)
    made = seedaug.GaussianNoise()(x, keys=k, same_on_batch=True)
    assert torch.equal(made, seedaug.GaussianNoise()(x, keys=k[:1].repeat(4, 1)))
    assert all(torch.equal(one, made[0]) for one in made)


def test_the_default_device_changes_nothing():
    x, flip = image(), seedaug.Compose([seedaug.RandomHorizontalFlip(), seedaug.RandomCrop(4)])
    pil = Image.fromarray(x.movedim(0, -1).numpy())
    k = keys(index=range(2))
    wanted = [
        flip(x, KEYS[0]),
        flip.params(KEYS[0], (9, 9)),
        F.normal(KEYS[0], 5),
        np.asarray(flip(pil, KEYS[0])),
        flip([x, x], keys=k),
    ]
    with torch.device("meta"):
        made = [
            flip(x, KEYS[0]),
            flip.params(KEYS[0], (9, 9)),
            F.normal(KEYS[0], 5),
            np.asarray(flip(pil, KEYS[0])),
            flip([x, x], keys=k),
        ]
        differentiable = flip(x.float().requires_grad_(), KEYS[0])
    for a, b in zip(made, wanted, strict=True):
        assert a == b if isinstance(a, dict) else np.array_equal(a, b)
    assert torch.equal(differentiable, wanted[0].float())


def test_p_of_zero_and_one():
    x = image()
    for key in KEYS:
        assert torch.equal(seedaug.RandomHorizontalFlip(0)(x, key), x)
        assert torch.equal(seedaug.RandomVerticalFlip(1)(x, key), x.flip(-2))


def test_an_empty_batch(device):
    k = keys(index=range(0), device=device)
    for transform in ALL:
        x = torch.empty(0, 3, 11, 13, dtype=torch.uint8, device=device)
        assert transform(x, keys=k).shape == (0, *transform(image(device=device), KEYS[0]).shape)


def test_out_is_written_and_returned(device):
    x, k = torch.stack([image(device=device)] * 6), keys(index=range(6), device=device)
    for transform in ALL:
        wanted = transform(x, keys=k)
        out = torch.empty_like(wanted)
        assert transform(x, keys=k, out=out) is out
        assert torch.equal(out, wanted)
        wanted = transform(x[0], KEYS[0])
        assert torch.equal(transform(x[0], KEYS[0], out=out[0]), wanted)


# --- Modules ---


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_modules_pickle_copy_and_print(transform):
    x = image()
    wanted = transform(x, KEYS[0])
    for other in (copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))):
        assert torch.equal(other(x, KEYS[0]), wanted)
        assert repr(other) == repr(transform)
    assert isinstance(transform, torch.nn.Module)
    assert repr(transform).startswith(f"{name(transform)}(")


@pytest.mark.parametrize(
    ("transform", "shown"),
    [
        (seedaug.RandomCrop(4), "size=(4, 4), pad_if_needed=False, fill=0, padding_mode=constant"),
        (seedaug.RandomHorizontalFlip(), "p=0.5"),
        (seedaug.GaussianNoise(), "mean=0.0, sigma=0.1, clip=True"),
        (seedaug.Pad(1, fill=3), "padding=(1, 1, 1, 1), fill=3, padding_mode=constant"),
    ],
    ids=lambda value: value if isinstance(value, str) else name(value),
)
def test_arguments_are_printed_as_torchvision_does(transform, shown):
    assert transform.extra_repr() == shown


@pytest.mark.parametrize("transform", [one for one in ALL if one.needs_key], ids=name)
def test_no_key_is_an_error_that_says_how_to_give_one(transform):
    for rest in ((), (Key().tensor(),), (keys(index=range(11)),)):  # a tensor is data
        with pytest.raises(NoKeyError, match=r"SeededDataset.*keys= to the call \(by name"):
            transform(image(), *rest)


def test_params_of_many_keys_is_a_list(device):
    crop, k = seedaug.RandomCrop(4), keys(seed=3, epoch=1, index=range(6), device=device)
    assert crop.params(k, (11, 13)) == [crop.params(key, (11, 13)) for key in KEYS]
    views = [crop.params(KEYS[0], (11, 13), view=view)["random_crop"] for view in range(16)]
    assert len({(one["top"], one["left"]) for one in views}) > 8
    assert seedaug.GaussianNoise().params(KEYS[0]) == {}
    assert seedaug.Pad(2).params(KEYS[0], (5, 5)) == {"pad": {"padding": (2, 2, 2, 2)}}
