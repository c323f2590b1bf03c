"""Mistakes: each names the argument, what was wanted and what came, before anything is written."""

import math

import numpy as np
import pytest
import torch
from torchvision import tv_tensors

import seedaug
from seedaug import Key, keys, ops, sample
from seedaug import functional as F
from seedaug._core import KINDS
from seedaug.transforms.kinds import register_kind

NAN = math.nan


class Plain(seedaug.Transform):
    kind = register_kind("plain", 121)

    def transform(self, image, params):
        return image


def image(dtype=torch.uint8, shape=(3, 32, 40)):
    return torch.zeros(shape, dtype=dtype)


# --- Construction ---


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: seedaug.RandomCrop(0), ValueError, "size must be from 1"),
        (lambda: seedaug.RandomCrop((3, -1)), ValueError, r"from 1 to .*got \(3, -1\)"),
        (lambda: seedaug.RandomCrop((1, 2, 3)), ValueError, r"\(height, width\), got \(1, 2, 3\)"),
        (lambda: seedaug.RandomCrop("12"), ValueError, "size must be an integer or"),
        (lambda: seedaug.RandomCrop(2.5), TypeError, "size must be integers, got 2.5"),
        (lambda: seedaug.RandomCrop(True), TypeError, "size must be integers, got True"),
        (lambda: seedaug.CenterCrop(2**31), ValueError, r"2\*\*31 - 1"),
        (
            lambda: seedaug.RandomCrop(3, padding=(1, 2, 3)),
            ValueError,
            "padding must be an integer",
        ),
        (
            lambda: seedaug.RandomCrop(3, padding=-1),
            ValueError,
            "padding must be 0 or more, got -1",
        ),
        (lambda: seedaug.Pad(1.5), TypeError, "Pad: padding must be integers, got 1.5"),
        (lambda: seedaug.Pad(2**30), ValueError, r"padding must be below 2\*\*30"),
        (lambda: seedaug.Pad("1"), ValueError, "padding must be an integer, or"),
        (
            lambda: seedaug.Pad(1, padding_mode="wrap"),
            ValueError,
            "one of 'constant', .*got 'wrap'",
        ),
        (lambda: seedaug.RandomCrop(1, padding_mode=3), ValueError, "padding_mode must be one of"),
        (lambda: seedaug.Pad(1, fill=NAN), ValueError, "fill must not be NaN"),
        (lambda: seedaug.Pad(1, fill="red"), TypeError, "fill must be a number, .*got 'red'"),
        (lambda: seedaug.Pad(1, fill=["a"]), TypeError, "fill must be numbers"),
        (lambda: seedaug.Pad(1, fill=()), TypeError, "fill must be a number"),
        (lambda: seedaug.Pad(1, fill={"mask": 1}), TypeError, "a fill dict goes from types"),
        (lambda: seedaug.Pad(1, fill={int: {int: 1}}), TypeError, "a fill dict goes from types"),
        (lambda: seedaug.RandomHorizontalFlip(1.5), ValueError, r"p=1.5\): p must be in \[0, 1\]"),
        (lambda: seedaug.RandomVerticalFlip(-0.1), ValueError, r"p must be in \[0, 1\]"),
        (lambda: seedaug.RandomVerticalFlip(NAN), ValueError, r"p=nan\): p must be in"),
        (lambda: seedaug.RandomVerticalFlip("0.5"), TypeError, "p must be a number in"),
        (lambda: seedaug.GaussianNoise(sigma=-0.1), ValueError, r"sigma=-0.1\): sigma must be 0"),
        (
            lambda: seedaug.GaussianNoise(sigma=NAN),
            ValueError,
            r"sigma=nan\): sigma must be finite",
        ),
        (lambda: seedaug.GaussianNoise(mean=math.inf), ValueError, "mean must be finite"),
        (lambda: seedaug.GaussianNoise(sigma=(0, 1)), TypeError, "sigma must be a number"),
        (
            lambda: seedaug.GaussianNoise(sigma=10**400),
            ValueError,
            "sigma must be finite in float32",
        ),
        (lambda: seedaug.GaussianNoise(mean=-1e39), ValueError, r"mean=-1e\+39\): mean must be"),
        (lambda: seedaug.GaussianNoise(sigma=True), TypeError, "sigma must be a number, got True"),
        (lambda: seedaug.RandomVerticalFlip(True), TypeError, "p must be a number in .*got True"),
        (lambda: seedaug.Pad(1, fill=10**400), ValueError, "Pad: fill is beyond what a float"),
        (
            lambda: seedaug.Pad(1, padding_mode=np.array(["edge", "wrap"])),
            ValueError,
            "padding_mode must be one of",
        ),
        (lambda: seedaug.Normalize("5", "1"), TypeError, "sequences of numbers, got '5' and '1'"),
        (lambda: seedaug.Normalize([1e39], [1]), ValueError, "both in float32"),
        (lambda: seedaug.Normalize([0], [1e39]), ValueError, "both in float32"),
        (lambda: seedaug.Normalize([0], [1e-39]), ValueError, "1 / std must be finite in float32"),
        (lambda: seedaug.Normalize([10**400], [1]), TypeError, "sequences of numbers"),
        (lambda: seedaug.Normalize([0.5], [0.0]), ValueError, "std finite and not 0"),
        (lambda: seedaug.Normalize([NAN], [1.0]), ValueError, "mean must be finite"),
        (lambda: seedaug.Normalize([1, 2], [1, 2, 3]), ValueError, "got 2 and 3"),
        (lambda: seedaug.Normalize([], []), ValueError, "got 0 and 0"),
        (lambda: seedaug.Normalize(0.5, 0.5), TypeError, "must be sequences of numbers"),
        (lambda: seedaug.Normalize([0], [1], inplace=True), ValueError, "never modified"),
        (lambda: seedaug.ToDtype(torch.float64), ValueError, "can become uint8.*torch.float64"),
        (lambda: seedaug.ToDtype("float32"), TypeError, "must be a torch.dtype or a dict"),
        (lambda: seedaug.RandomCrop(3, resize=2), TypeError, "resize"),
        (lambda: seedaug.GaussianNoise(std=2), TypeError, "std"),
    ],
)
def test_arguments(make, error, match):
    with pytest.raises(error, match=match):
        make()


# --- Calls ---


@pytest.mark.parametrize("under", ["key", "context", "tensor", "batch"])
@pytest.mark.parametrize(
    ("transform", "shape", "error", "match"),
    [
        (
            seedaug.RandomCrop(64),
            (3, 32, 40),
            ValueError,
            r"RandomCrop\(size=\(64, 64\)\): the padded image is 32x40; give a smaller size, "
            r"padding=, or pad_if_needed=True",
        ),
        (seedaug.RandomCrop(40, padding=3), (3, 32, 40), ValueError, "padded image is 38x46"),
        (
            seedaug.Compose([seedaug.Pad(2), seedaug.CenterCrop(8), seedaug.RandomCrop(9)]),
            (3, 32, 40),
            ValueError,
            "padded image is 8x8",
        ),
        (
            seedaug.Pad(32, padding_mode="reflect"),
            (3, 32, 40),
            ValueError,
            "at most 31 rows and 39",
        ),
        (
            seedaug.Pad(41, padding_mode="symmetric"),
            (3, 32, 40),
            ValueError,
            "at most 32 rows and 40",
        ),
        (
            seedaug.RandomCrop(99, pad_if_needed=True, padding_mode="reflect"),
            (3, 32, 40),
            ValueError,
            r"at most 31 rows .*got \(left, top, right, bottom\) = \(59, 67, 59, 67\)",
        ),
        (
            seedaug.RandomCrop(2),
            (3, 0, 40),
            ValueError,
            "image is 0x40: it needs at least one pixel",
        ),
        (seedaug.RandomHorizontalFlip(), (3, 32, 0), ValueError, "image is 32x0"),
        (seedaug.Pad(1, fill=(1, 2)), (3, 4, 4), ValueError, "fill has 2 values, .* 3 channels"),
        (seedaug.Pad(1, fill=(1, 2)), (4, 4), ValueError, "fill has 2 values, .* 1 channels"),
        (seedaug.Normalize([1, 2], [1, 2]), (3, 4, 4), ValueError, "mean and std have 2 values"),
        (seedaug.Pad(-2), (1, 4, 4), (ValueError, RuntimeError), "Pad"),
    ],
)
def test_shapes(transform, shape, error, match, under):
    x = image(shape=shape)
    if under == "context":
        with sample(Key()), pytest.raises(error, match=match):
            transform(x)
        return
    if under == "batch":
        x = x.expand(2, *shape)
    given = {"key": Key(), "tensor": Key().tensor(), "batch": keys(index=range(2))}[under]
    with pytest.raises(error, match=match):
        transform(x, keys=given)


@pytest.mark.parametrize(
    "transform",
    [
        seedaug.GaussianNoise(),
        seedaug.Normalize([0], [1]),
        seedaug.ToDtype(torch.float16),
        seedaug.Compose([seedaug.CenterCrop(3)], torch.float32),
    ],
)
@pytest.mark.parametrize("dtype", [torch.int64, torch.float64, torch.bool, torch.complex64])
def test_dtypes_that_are_not_computed_with(transform, dtype):
    with pytest.raises(TypeError, match=rf"computes with uint8, float16.*got {dtype}"):
        transform(image(dtype), Key())


def test_dtypes_that_are_not_even_copied():
    with pytest.raises(ValueError, match="unsupported dtype"):
        seedaug.CenterCrop(3)(image(torch.complex64), Key())


@pytest.mark.parametrize("shape", [(), (3,)])
def test_too_few_dimensions(shape):
    with pytest.raises(ValueError, match=r"\[..., H, W\] or \[..., C, H, W\], got"):
        seedaug.CenterCrop(3)(image(shape=shape), Key())


# --- Keys ---


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        (3, TypeError, "keys must be a seedaug.Key, or an int64 tensor .*got int"),
        ((0, 0, 0), TypeError, "got tuple"),
        (np.zeros(3, np.int64), TypeError, "got ndarray"),
        (torch.zeros(3), TypeError, "got a tensor of torch.float32"),
        (torch.zeros(3, dtype=torch.int32), TypeError, "got a tensor of torch.int32"),
        (torch.zeros(4, dtype=torch.int64), ValueError, r"shape \[3\] or \[N, 3\], got \[4\]"),
        (torch.zeros(3, 4, dtype=torch.int64), ValueError, r"got \[3, 4\]"),
        (torch.zeros(2, 2, 3, dtype=torch.int64), ValueError, r"got \[2, 2, 3\]"),
        (keys(index=range(4)), ValueError, r"4 keys need .*\[4, ..., H, W\], got \[3, 32, 40\]"),
    ],
)
@pytest.mark.parametrize(
    "transform", [seedaug.CenterCrop(3), seedaug.Compose([seedaug.CenterCrop(3), lambda x: x])]
)
def test_keys(transform, given, error, match):
    with pytest.raises(error, match=match):
        transform(image(), keys=given)


def test_keys_that_are_not_packed():
    with pytest.raises(ValueError, match="not a packed key"):
        seedaug.CenterCrop(3)(image(), keys=torch.tensor([0, 1, 0]))


@pytest.mark.cuda
def test_keys_on_another_device():
    k = keys(index=range(4))
    with pytest.raises(ValueError, match=r"keys are on cpu, the input is on cuda:0"):
        seedaug.CenterCrop(3)(image(shape=(4, 3, 8, 8)).cuda(), keys=k)
    with pytest.raises(ValueError, match=r"keys are on cuda:0, the input is on cpu"):
        seedaug.CenterCrop(3)(image(shape=(4, 3, 8, 8)), keys=k.cuda())
    with pytest.raises(RuntimeError, match="keys must be on the device of the images"):
        ops.augment(image(shape=(4, 3, 8, 8)).cuda(), k, [2, 0, 2, 3, 3], [], torch.uint8, 0)


def test_keys_on_the_meta_device():
    with pytest.raises(ValueError, match="keys are on meta, the input is on cpu"):
        seedaug.CenterCrop(3)(image(), keys=keys(device="meta")[0])


@pytest.mark.parametrize("options", [{"view": 1}, {"stage": 1}, {"same_on_batch": True}])
@pytest.mark.parametrize("make", [lambda: seedaug.CenterCrop(3), lambda: seedaug.Compose([len])])
def test_options_that_only_keys_give_a_meaning(make, options):
    with sample(Key()), pytest.raises(ValueError, match="go with keys="):
        make()(image(), **options)


def test_views_stages_and_unknown_options():
    crop = seedaug.RandomCrop(3)
    with pytest.raises(ValueError, match="view must be 0 or more, got -1"):
        crop(image(), Key(), view=-1)
    with pytest.raises(ValueError, match="stage must be 0 or 1, got 2"):
        crop(image(), Key(), stage=2)
    with pytest.raises(TypeError, match="seed"):
        crop(image(), Key(), seed=3)
    with pytest.raises(ValueError, match="same_on_batch=True needs at least one key"):
        crop(image(shape=(0, 3, 4, 4)), keys=keys(index=range(0)), same_on_batch=True)


@pytest.mark.parametrize("make", [lambda t: t, lambda t: seedaug.Compose([t])])
def test_views_and_stages_are_integers(make):
    noise, x = make(seedaug.GaussianNoise()), image()
    for bad in (1.0, 1.5, "1", None, True):
        with pytest.raises(TypeError, match=f"view must be an integer, got {bad!r}"):
            noise(x, Key(), view=bad)
    for bad in (0.0, 1.0, "1", True):
        with pytest.raises(TypeError, match=f"stage must be an integer, got {bad!r}"):
            noise(x, Key(), stage=bad)
    made = noise(x, Key(), view=np.int64(1), stage=np.int8(1))
    assert torch.equal(made, noise(x, Key(), view=1, stage=1))


@pytest.mark.parametrize("make", [lambda t: t, lambda t: seedaug.Compose([t])])
def test_inputs_and_keys_that_are_missing_or_too_many(make):
    crop = make(seedaug.CenterCrop(3))
    with pytest.raises(TypeError, match="nothing to transform: pass an image"):
        crop(keys=Key())
    with sample(Key()), pytest.raises(TypeError, match="nothing to transform"):
        crop()
    with pytest.raises(TypeError, match="keys were given twice: Key"):
        crop(image(), Key(), keys=Key())


@pytest.mark.parametrize("padding", [[0, -1, 0, -1], (-27, 0), -1, (-60, 0, 2, 0)])
def test_a_pad_that_leaves_nothing_is_one_mistake_everywhere(padding):
    pad = seedaug.Compose([seedaug.Pad(padding)])
    said = []
    for call in (
        lambda: pad.params(Key(), size=(2, 54)),
        lambda: pad(image(shape=(3, 2, 54)), Key()),
        lambda: pad(image(shape=(2, 3, 2, 54)), keys=keys(seed=0, index=range(2))),
        lambda: seedaug.Pad(padding).params(Key(), (2, 54)),
    ):
        with pytest.raises(
            ValueError, match=r"^Pad: the padded image would be -?\d+x-?\d+$"
        ) as one:
            call()
        said.append(str(one.value))
    assert len(set(said)) == 1


def test_params_without_a_size():
    with pytest.raises(ValueError, match=r"params needs size=\(height, width\)"):
        seedaug.RandomCrop(3).params(Key())
    with pytest.raises(ValueError, match="padded image is 2x9"):
        seedaug.RandomCrop(3).params(Key(), (2, 9))


@pytest.mark.parametrize("make", [lambda t: t, lambda t: seedaug.Compose([t])])
@pytest.mark.parametrize("transform", [seedaug.RandomCrop(3), Plain()])
def test_the_size_of_params(make, transform):
    for size in (5, (1, 2, 3), "ab", (4.0, 4.0)):
        with pytest.raises(TypeError, match="params: size must be"):
            make(transform).params(Key(), size)
    one, other = (
        make(transform).params(Key(), (9, 8)),
        make(transform).params(Key(), [9, np.int8(8)]),
    )
    assert one == other


def test_shapes_and_occurrences_of_numbers():
    for shape in (1.5, "3", (2, 1.5), None, True):
        with pytest.raises(TypeError, match=r"normal: shape must be an integer or a sequence"):
            F.normal(Key(), shape)
    assert torch.equal(F.normal(Key(), np.int64(3)), F.normal(Key(), (3,)))
    with pytest.raises(TypeError, match=r"occurrence must be an integer, got 1\.5"):
        F.random_crop(image(), keys=Key(), size=3, occurrence=1.5)


# --- Results ---


@pytest.mark.parametrize(
    ("out", "match"),
    [
        (torch.empty(3, 4, 4), "out must have the dtype of the result, torch.uint8"),
        (torch.empty(3, 4, 5, dtype=torch.uint8), r"out must be \[3, 4, 4\], got \[3, 4, 5\]"),
        (torch.empty(3, 4, 1, dtype=torch.uint8).expand(3, 4, 4), "hold an element twice"),
    ],
)
def test_out(out, match):
    with pytest.raises((ValueError, RuntimeError), match=match):
        seedaug.CenterCrop(4)(image(), Key(), out=out)


def test_out_that_shares_memory_with_the_input():
    x = image()
    with pytest.raises(ValueError, match="out must not share memory with the input"):
        seedaug.RandomHorizontalFlip()(x, Key(), out=x)


@pytest.mark.parametrize("x", [image(shape=(2, 3, 8, 8)), [image(shape=(3, 8, 8))] * 2])
@pytest.mark.parametrize("transform", [seedaug.ToDtype(torch.uint8), seedaug.RandomVerticalFlip()])
def test_out_where_nothing_or_little_is_done(transform, x):
    k = keys(index=range(2))
    for out, match in (
        (torch.empty(2, 3, 8, 8), "out must have the dtype of the result, torch.uint8"),
        (image(shape=(5, 2, 3, 8, 8)), r"out must be \[2, 3, 8, 8\], got \[5, 2, 3, 8, 8\]"),
        (image(shape=(9,)), r"out must be \[2, 3, 8, 8\], got \[9\]"),
        ("x", "out must be a tensor to write the result into, got 'x'"),
    ):
        with pytest.raises((TypeError, ValueError, RuntimeError), match=match):
            transform(x, keys=k, out=out)
    with pytest.raises(ValueError, match="not a packed key"):
        transform(x, keys=torch.tensor([[0, 1, 0]] * 2), out=image(shape=(2, 3, 8, 8)))
    out = image(shape=(2, 3, 8, 8))
    assert transform(x, keys=k, out=out) is out


# --- Lists of images ---


@pytest.mark.parametrize(
    ("images", "transform", "error", "match"),
    [
        ([image()], seedaug.CenterCrop(4), ValueError, "1 images need 1 keys, got 2"),
        ([], seedaug.CenterCrop(4), ValueError, "list of images is empty"),
        (
            [image(), image(shape=(3, 9, 9))],
            seedaug.Pad(1),
            ValueError,
            r"different sizes \(11x11, 34x42\) don't make one batch; end with a crop",
        ),
        ([image(), image(shape=(3, 9, 9))], seedaug.RandomCrop(12), ValueError, "image is 9x9"),
        (
            [image(), image(torch.float32)],
            seedaug.CenterCrop(4),
            ValueError,
            "must have the dtype and device",
        ),
        ([image(), image(shape=(1, 9, 9))], seedaug.CenterCrop(4), ValueError, "must be like"),
        (
            [image(), image(torch.float32)],
            seedaug.RandomVerticalFlip(),
            ValueError,
            "one dtype and device, got torch.float32 on cpu, torch.uint8 on cpu",
        ),
        (
            [image(), image(shape=(1, 32, 40))],
            seedaug.RandomVerticalFlip(),
            ValueError,
            r"different shapes don't make one batch: \[1, 32, 40\], \[3, 32, 40\]",
        ),
    ],
)
def test_lists(images, transform, error, match):
    with pytest.raises(error, match=match):
        transform(images, keys=keys(index=range(2)))


@pytest.mark.parametrize(
    "sample",
    [
        tuple([image()] * 3),
        {"a": (image(),) * 3},
        ([image()] * 3, [image()] * 3),
        [image().numpy()] * 3,
        {"a": image(shape=(3, 3, 9, 9)), "b": image(shape=(3, 1, 9, 9))},
    ],
    ids=["tuple", "in a dict", "in a tuple", "arrays", "batches"],
)
@pytest.mark.parametrize("make", [lambda: seedaug.CenterCrop(4), lambda: Plain()])
def test_several_batches_under_n_keys(make, sample):
    with pytest.raises(ValueError, match="N keys need one batch of images, but several tensors"):
        make()(sample, keys=keys(index=range(3)))


@pytest.mark.parametrize("make", [lambda: seedaug.CenterCrop(4), lambda: Plain()])
def test_a_list_in_a_sample_is_the_batch_that_it_is_alone(make):
    images, k = [image()] * 3, keys(index=range(3))
    wanted = make()(images, keys=k)
    assert torch.equal(make()({"a": images, "label": 3}, keys=k)["a"], wanted)
    assert torch.equal(make()((images, torch.zeros(3)), keys=k)[0], wanted)
    for wrong in (images[:2], [*images, *images]):
        with pytest.raises(ValueError, match=rf"{len(wrong)} images need {len(wrong)} keys, got 3"):
            make()({"a": wrong}, keys=k)


def test_typed_images_are_no_batch():
    picture = tv_tensors.Image(image(shape=(3, 9, 9)))
    with pytest.raises(ValueError, match=r"Image \[3, 9, 9\] is a single one: stack N of them"):
        seedaug.CenterCrop(4)([picture] * 3, keys=keys(index=range(3)))
    clip = tv_tensors.Video(image(shape=(3, 1, 9, 9)))
    with pytest.raises(ValueError, match=r"Video \[3, 1, 9, 9\] is a single one"):
        seedaug.CenterCrop(4)(clip, keys=keys(index=range(3)))


def test_functions_take_lists_of_images_only():
    with pytest.raises(
        TypeError, match=r"a list of N tensors \[C, H, W\].*got a list of Tensor, str"
    ):
        F.random_crop([image(), "a"], keys=keys(index=range(2)), size=8)
    with pytest.raises(TypeError, match="got tuple"):
        F.random_crop((image(), image()), keys=keys(index=range(2)), size=8)


# --- Programs, straight into the op ---

CROP = [KINDS["center_crop"], 0, 2, 3, 3]


@pytest.mark.parametrize(
    ("program", "values", "match"),
    [
        (CROP * 33, [], "at most 32 instructions|at most 16"),
        ([99, 0, 0], [], "no instruction has kind 99"),
        (CROP[:-1], [], "breaks off"),
        (CROP[:2], [], "breaks off"),
        ([2, 32, 2, 3, 3], [], r"occurrence must be in \[0, 31\]"),
        ([2, 0, 1, 3], [], "CenterCrop"),
        ([4, 0, 1, 0], [], "RandomHorizontalFlip"),
        ([4, 0, 1, 0], [1.5], r"p must be in \[0, 1\], got 1.5"),
        ([4, 0, 1, 0], [NAN], r"p must be in \[0, 1\]"),
        ([8, 0, 2, 0, 0], [0.0, NAN], "sigma"),
        ([8, 0, 2, 0, 0, *CROP], [0.0, 0.1], "geometry"),
        ([6, 0, 2, 7, 0], [], "dtype must be one of"),
    ],
)
def test_programs(program, values, match):
    with pytest.raises(RuntimeError, match=match):
        ops.augment_nograd(image(), Key().tensor(), program, values, torch.uint8, 0)


def test_the_dtype_that_a_program_ends_in():
    with pytest.raises(RuntimeError, match="ends in uint8, but dtype=float32"):
        ops.augment_nograd(image(), Key().tensor(), CROP, [], torch.float32, 0)


# --- Users' kinds ---


def test_kinds():
    with pytest.raises(ValueError, match="kind must be from 96 to 127"):
        register_kind("mine", 8)
    with pytest.raises(TypeError, match="kind must be an integer"):
        register_kind("mine", "96")
    for name in (5, "", None):
        with pytest.raises(TypeError, match=f"name must be a string .*got {name!r}"):
            register_kind(name, 127)
    register_kind("mine", np.int64(127))
    assert register_kind("mine", 127) == 127
    with pytest.raises(ValueError, match="kind 127 already belongs to 'mine'"):
        register_kind("yours", 127)
    with pytest.raises(ValueError, match="kind must be from 96"):
        type("Bad", (seedaug.Transform,), {"kind": 95})
    nameless = type("Nameless", (seedaug.Transform,), {})()
    with pytest.raises(TypeError, match="Nameless has no kind: set a class attribute"):
        nameless(image(), Key())


def test_a_kind_belongs_to_the_class():
    for transform in (Plain(), seedaug.CenterCrop(3)):
        with pytest.raises(AttributeError, match="kind belongs to the class"):
            transform.kind = 8


# --- Inputs of every memory layout stay as they are ---


@pytest.mark.parametrize(
    "x",
    [
        torch.arange(48, dtype=torch.uint8).view(3, 4, 4).flip(-1),
        torch.arange(96, dtype=torch.uint8).view(3, 4, 8)[..., ::2],
        torch.arange(4, dtype=torch.uint8).expand(3, 4, 4),
        torch.arange(24, dtype=torch.uint8).as_strided((3, 4, 4), (4, 2, 1)),
        torch.arange(48, dtype=torch.uint8).view(4, 4, 3).permute(2, 0, 1),
    ],
    ids=["flipped", "strided", "expanded", "overlapping", "permuted"],
)
def test_views_of_any_kind_are_read(x):
    before = x.clone()
    wanted = F.random_crop(x.clone(), keys=Key(index=3), size=3, padding=1)
    assert torch.equal(F.random_crop(x, keys=Key(index=3), size=3, padding=1), wanted)
    assert torch.equal(x, before)


def test_one_pixel():
    x = torch.tensor([[[7]]], dtype=torch.uint8)
    for transform in (
        seedaug.RandomCrop(1),
        seedaug.RandomHorizontalFlip(1.0),
        seedaug.CenterCrop(1),
    ):
        assert torch.equal(transform(x, Key()), x)
    assert seedaug.Pad(1, padding_mode="edge")(x, Key()).tolist() == [[[7] * 3] * 3]
