"""The plain twins of transforms against torchvision's functions on tensors, and what they draw.

Where the arithmetic is torchvision's own, the bytes are: uint8 and float32 on every layout. float16
and bfloat16 are rounded once an op here, and by torchvision after each step inside of one, on some
layouts: there a few units in the last place.
"""

import importlib
import math
from itertools import permutations

import numpy as np
import pytest
import torch
from reference.bridge import to_tensor
from reference.exp import exp2, log2
from reference.pixels import FLOAT32, STORAGE, UINT8, Image, rounded
from reference.stream import KINDS, PARAM_BLOCKS, Coordinates, Stream
from reference.transforms import KINDS as PROPOSED
from reference.transforms import (
    adjust_sharpness,
    autocontrast,
    channel_permutation,
    color_jitter,
    equalize,
    erasing,
    gaussian_blur,
    grayscale,
    invert,
    posterize,
    random_resized_crop,
    resize,
    solarize,
)
from scipy import stats

pytest.importorskip("torchvision")
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as TF

LAYOUTS = {
    "contiguous": lambda x: x,
    "channels_last": lambda x: x.movedim(0, -1).contiguous().movedim(-1, 0),
    "in a batch": lambda x: torch.stack([x, x]),
    "cut out": lambda x: torch.nn.functional.pad(x, (2, 1, 1, 3))[..., 1:-3, 2:-1],
}
HALVES = {"float16": 2.0**-9, "bfloat16": 2.0**-6}  # two units in the last place at 1
EXACT = [UINT8, FLOAT32]
ANY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def picture(seed, dtype, channels=3, height=None, width=None):
    """An image [C, H, W] of plain values, at least 3 x 3 unless told; some of few values."""
    rng = np.random.default_rng(seed)
    shape = (channels, height or rng.integers(3, 40), width or rng.integers(3, 40))
    if dtype == UINT8:
        most = rng.choice([256, 256, 3, 40])
        return Image((rng.integers(0, most, shape) + 257 - most - 1).astype(np.uint8), dtype)
    return rounded(rng.choice([1, 1, 0.3]) * rng.random(shape, np.float32), dtype)


def torchvisions(function, image, layout, *arguments, **more):
    """What torchvision's function makes of an image in some layout: [C, H, W]."""
    made = function(LAYOUTS[layout](to_tensor(image)), *arguments, **more)
    return made[0] if layout == "in a batch" else made


def distance(image, tensor):
    """The largest difference to a tensor of the same shape."""
    made = to_tensor(image)
    assert made.shape == tensor.shape
    return float((made.double() - tensor.double()).abs().max())


def words(seed, count, blocks):
    """The parameter words of so many samples, of a kind that nothing here has."""
    return [Stream(Coordinates(seed, index=i), 127).parameters(blocks) for i in range(count)]


def test_proposed_kinds_are_reserved():
    reserved = {*range(10, 16), *range(19, 24), *range(32, 96)} - set(KINDS.values())
    assert set(PROPOSED.values()) <= reserved
    assert len(set(PROPOSED.values())) == len(PROPOSED)


@pytest.mark.parametrize("name", PROPOSED)
def test_twins_are_found_by_name(name):
    """Each applies; each that draws says which words it reads, the gate's first."""
    twin = importlib.import_module(f"reference.transforms.{name}")
    assert callable(twin.apply)
    if name != "resize":
        assert callable(twin.draw)
        assert twin.WORDS[0] == "gate"
        assert len(set(twin.WORDS)) == len(twin.WORDS) <= 4 * PARAM_BLOCKS


S = Coordinates(seed=0x0123456789ABCDEF, epoch=7, worker=3, index=0x1122334455)


def test_draws_of_one_sample():
    """Known answers, for other implementations too: the sample S of docs/stream-format.md."""
    w = {name: Stream(S, kind).parameters(6) for name, kind in PROPOSED.items()}
    assert random_resized_crop.draw(w["random_resized_crop"], 375, 500) == (20, 110, 349, 350)
    assert erasing.draw(w["erasing"], 224, 224) == (True, 87, 7, 57, 99)
    assert channel_permutation.draw(w["channel_permutation"], 3).order == (1, 0, 2)
    assert float(gaussian_blur.draw(w["gaussian_blur"]).sigma).hex() == "0x1.fca2380000000p-2"
    order, *drawn = color_jitter.draw(w["color_jitter"], 0.4, 0.4, 0.4, 0.1)
    assert order == ("contrast", "hue", "saturation", "brightness")
    expected = ["0x1.630398p-1", "0x1.52ac2cp+0", "0x1.da0684p-1", "0x1.7da9c6p-4"]
    assert drawn == [float.fromhex(one) for one in expected]


# --- exp2 and log2 ---


def test_exp2_of_every_fraction():
    """The error over all 2^24 of them is below 0.95 ulp, and a larger y has no smaller power."""
    last = np.float32(0)
    for first in range(-(1 << 23), 1 << 23, 1 << 21):
        f = np.arange(first, first + (1 << 21)).astype(np.float32) * np.float32(2.0**-24)
        made, true = exp2(f), np.exp2(f.astype(np.float64))
        assert np.max(np.abs(made - true) / np.where(true < 1, 2.0**-24, 2.0**-23)) < 0.95
        assert made[0] >= last
        assert np.all(np.diff(made) >= 0)
        last = made[-1]


def test_exp2_of_integers():
    for y in range(-126, 128):
        assert exp2(np.float32(y)) == 2.0**y
    assert exp2(np.float32(-127)) == 0


def test_log2():
    rng = np.random.default_rng(0)
    for x in (1.0, 2.0, 0.75, 4 / 3, 0.3, 3.3, *np.exp(rng.uniform(-20, 20, 1000))):
        assert log2(x) == pytest.approx(math.log2(x), rel=1e-15, abs=1e-16)
    assert (log2(1.0), log2(2.0), log2(0.125)) == (0, 1, -3)


# --- Resize ---

# No result is one pixel wide. There torch 2.13 is wrong where an image is not channels_last: with
# five channels or floats the values, and with three channels it raises at 1 x 1.
SIZES = [
    ((7, 9), (7, 9)), ((7, 9), (7, 4)), ((7, 9), (21, 9)), ((40, 30), (11, 13)), ((9, 7), (31, 45)),
    ((33, 5), (4, 64)), ((5, 33), (64, 4)), ((100, 70), (3, 2)), ((1, 1), (3, 4)), ((2, 3), (5, 2)),
    ((64, 48), (32, 24)), ((17, 31), (1, 2)), ((300, 4), (7, 5)), ((19, 23), (18, 22)),
    ((4, 199), (5, 198)),
]  # fmt: skip


@ANY_LAYOUT
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("mode", [resize.BILINEAR, resize.BICUBIC])
@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_resize_of_bytes(channels, mode, antialias, layout):
    """Not one byte differs."""
    for i, (before, after) in enumerate(SIZES):
        image = picture(i, UINT8, channels, *before)
        expected = torchvisions(TF.resize, image, layout, list(after), mode, antialias=antialias)
        assert distance(resize.apply(image, after, mode, antialias), expected) == 0, (before, after)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("mode", [resize.BILINEAR, resize.BICUBIC])
@pytest.mark.parametrize("dtype", [FLOAT32, *HALVES])
def test_resize_of_floats(dtype, mode, antialias):
    """torchvision's weights have the image's type: those of float64 images are the nearer ones."""
    for i, (before, after) in enumerate(SIZES):
        image, how = picture(i, dtype, 3, *before), {"antialias": antialias, "interpolation": mode}
        made, x = resize.apply(image, after, mode, antialias), to_tensor(image)
        if dtype in HALVES:
            assert distance(made, TF.resize(x, list(after), **how)) <= HALVES[dtype]
            continue
        assert distance(made, TF.resize(x, list(after), **how)) < 2e-5
        assert distance(made, TF.resize(x.double(), list(after), **how)) < 1e-6


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_resize_to_the_nearest(dtype, layout):
    for i, (before, after) in enumerate(SIZES):
        for mode in (resize.NEAREST, resize.NEAREST_EXACT):
            image = picture(i, dtype, 4, *before)
            expected = torchvisions(
                TF.resize, image, layout, list(after), v2.InterpolationMode(mode)
            )
            assert distance(resize.apply(image, after, mode), expected) == 0


def test_every_nearest_pixel_of_small_axes():
    """nearest-exact is what torch does for four channels and more in channels_last, and on GPUs."""
    for n in range(1, 48):
        x = torch.arange(n, dtype=torch.float32).expand(2, 4, n).movedim(1, -1).contiguous()
        for m in range(1, 48):
            for mode in (resize.NEAREST, resize.NEAREST_EXACT):
                how = v2.InterpolationMode(mode)
                expected = TF.resize(x.movedim(-1, 0), [2, m], how)[0, 0].numpy()
                assert np.array_equal(resize.nearest_index(n, m, mode), expected), (n, m, mode)


def test_output_sizes():
    for height in range(1, 20):
        for width in range(1, 20):
            x = torch.empty(1, height, width, dtype=torch.uint8)
            for size, max_size in ((7, None), ([5], 9), (None, 40), ((3, 8), None)):
                given = size if size is None or isinstance(size, int) else list(size)
                expected = resize.output_size(height, width, size, max_size)
                if min(expected) > 0:
                    made = TF.resize(x, given, "nearest", max_size=max_size)
                    assert made.shape[1:] == expected


# --- RandomResizedCrop ---


@pytest.mark.parametrize("mode", resize.MODES)
def test_resized_crop(mode):
    """No pixel outside of the crop is read."""
    for i, drawn in enumerate(random_resized_crop.Drawn(*box) for box in BOXES):
        image = picture(i, UINT8, 4, 50, 60)
        x = LAYOUTS["channels_last"](to_tensor(image))
        expected = TF.resized_crop(x, *drawn, [16, 24], v2.InterpolationMode(mode))
        assert distance(random_resized_crop.apply(image, drawn, (16, 24), mode), expected) == 0


BOXES = [(0, 0, 50, 60), (5, 7, 16, 24), (30, 10, 20, 9), (49, 59, 1, 1), (3, 0, 31, 60)]


def same_distribution(ours, theirs, least=1e-3):
    """A two-sample test of each column."""
    for mine, other in zip(np.transpose(ours), np.transpose(theirs), strict=True):
        assert stats.ks_2samp(mine, other).pvalue > least


@pytest.mark.parametrize(
    ("size", "arguments"),
    [
        ((375, 500), {}),
        ((100, 400), {"scale": (0.15, 1.0)}),  # one in four falls back
        ((37, 29), {"ratio": (0.2, 3.0)}),
    ],
)
def test_boxes_of_resized_crops(size, arguments):
    torch.manual_seed(0)
    theirs = v2.RandomResizedCrop(8, **arguments)
    made = [theirs.make_params([torch.empty(1, *size)]) for _ in range(1500)]
    ours = [random_resized_crop.draw(w, *size, **arguments) for w in words(1, 1500, 6)]
    same_distribution(ours, [(p["top"], p["left"], p["height"], p["width"]) for p in made])


def test_where_no_crop_fits():
    """The whole image, or the centre of it that has the nearest shape."""
    for height, width in [(10, 100), (100, 10), (11, 13), (7, 10), (13, 9)]:
        arguments = {"scale": (4.0, 5.0), "ratio": (0.9, 1.2)}
        theirs = v2.RandomResizedCrop(8, **arguments).make_params([torch.empty(1, height, width)])
        made = random_resized_crop.draw(words(0, 1, 6)[0], height, width, **arguments)
        assert made._asdict() == theirs


# --- RandomErasing ---


@pytest.mark.parametrize("arguments", [{}, {"scale": (0.2, 0.9), "ratio": (0.1, 4.0)}])
def test_boxes_of_erasing(arguments):
    size = (64, 48)
    torch.manual_seed(0)
    theirs = v2.RandomErasing(**arguments)
    made = [theirs.make_params([torch.empty(1, *size)]) for _ in range(2000)]
    ours = [erasing.draw(w, *size, p=1, **arguments) for w in words(2, 2000, 6)]
    boxes = [(p["i"], p["j"], p["h"], p["w"]) for p in made if p["v"] is not None]
    same_distribution([one[1:] for one in ours if one.applied], boxes)
    fits = sum(one.applied for one in ours)
    assert stats.fisher_exact([[fits, 2000 - fits], [len(boxes), 2000 - len(boxes)]]).pvalue > 1e-3


def test_gate_of_erasing():
    applied = [erasing.draw(w, 64, 48).applied for w in words(3, 2000, 6)]
    assert stats.binomtest(sum(applied), 2000, 0.5).pvalue > 1e-3
    assert erasing.draw(words(3, 1, 6)[0], 64, 48, p=0) == erasing.Drawn(False, 0, 0, 0, 0)
    assert not erasing.draw(words(3, 1, 6)[0], 1, 48, p=1).applied  # no box is less than one high


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_erased_values(dtype, layout):
    image = picture(0, dtype, 3, 20, 30)
    for drawn in (erasing.Drawn(True, 3, 4, 5, 6), erasing.Drawn(True, 15, 0, 5, 29)):
        for value in (0, (0.25, 7, 200.5)):
            v = torch.tensor(np.reshape(value, (-1, 1, 1)), dtype=torch.float32)
            expected = torchvisions(TF.erase, image, layout, *drawn[1:], v)
            assert distance(erasing.apply(image, drawn, value), expected) == 0


def test_erased_at_random():
    """Each erased value is the normal of its own element; bytes are truncated and saturated."""
    stream, drawn = Stream(Coordinates(7), PROPOSED["erasing"]), erasing.Drawn(True, 3, 4, 5, 6)
    for dtype in EXACT:
        image = picture(0, dtype, 3, 20, 30)
        z = erasing.normals(stream, image)
        made = erasing.apply(image, drawn, "random", z).data
        assert np.array_equal(made[:, 3:8, 4:10], z[:, 3:8, 4:10])
        made[:, 3:8, 4:10] = image.data[:, 3:8, 4:10]
        assert np.array_equal(made, image.data)
    assert z[2, 1, 4] == erasing.normal_elements(stream, 1, (2 * 20 + 1) * 30 + 4)[0]


# --- ColorJitter and RandomGrayscale ---

ADJUST = {
    "brightness": TF.adjust_brightness,
    "contrast": TF.adjust_contrast,
    "saturation": TF.adjust_saturation,
    "hue": TF.adjust_hue,
}


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
@pytest.mark.parametrize("name", ADJUST)
def test_adjust_colour(name, dtype, layout):
    """Exact, but for the order in which torch sums floats for their mean."""
    allowed = HALVES.get(dtype, 0.0) * (name in ("contrast", "saturation"))
    if name == "contrast" and dtype == FLOAT32:
        allowed = 1e-6
    for i in range(24):
        image, rng = picture(i, dtype, (1, 3)[i % 2]), np.random.default_rng(i)
        factor = rng.uniform(-0.5, 0.5) if name == "hue" else rng.uniform(0, 1.5)
        factor = np.float32(factor)
        expected = torchvisions(ADJUST[name], image, layout, float(factor))
        assert distance(color_jitter.ADJUST[name](image, factor), expected) <= allowed


UNFUSED = [
    (20, 152, 7), (40, 244, 244), (40, 252, 80), (110, 111, 26), (140, 160, 81), (140, 236, 23),
    (140, 252, 195), (170, 61, 170), (190, 175, 206), (220, 222, 52), (230, 225, 177),
    (240, 222, 175), (250, 9, 228), (250, 17, 64), (250, 47, 199), (250, 55, 35), (250, 95, 215),
    (250, 117, 14), (250, 133, 186), (250, 171, 157), (250, 247, 99),
]  # fmt: skip


def colours(step=7):
    """Every step-th of the 2^24 colours."""
    some = np.arange(0, 1 << 24, step, dtype=np.int64)[: (1 << 24) // step // 64 * 64]
    planes = [(some >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)]
    return Image(np.stack(planes).reshape(3, 64, -1), UINT8)


def test_greys_of_many_colours():
    image = colours()
    assert distance(grayscale.apply(image), TF.rgb_to_grayscale(to_tensor(image), 3)) == 0


def test_greys_that_tell_whether_it_is_fused():
    """All 21 colours of 2^24 whose grey is another byte where products are rounded."""
    image = Image(np.array(UNFUSED, np.uint8).T.reshape(3, 1, -1), UINT8)
    assert distance(grayscale.apply(image), TF.rgb_to_grayscale(to_tensor(image), 3)) == 0
    red, green, blue = image.values()
    unfused = (np.float32(0.2989) * red + np.float32(0.587) * green) + np.float32(0.114) * blue
    assert np.all(np.floor(unfused) != grayscale.apply(image).values()[0])


@pytest.mark.parametrize("factor", [-0.5, -0.1, 0.25, 0.5])
def test_hues_of_many_colours(factor):
    image, factor = colours(211), np.float32(factor)
    expected = TF.adjust_hue(to_tensor(image), float(factor))
    assert distance(color_jitter.hue(image, factor), expected) == 0


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_grayscale(dtype, layout):
    for i in range(8):
        image = picture(i, dtype, (1, 3)[i % 2])
        expected = torchvisions(TF.rgb_to_grayscale, image, layout, image.data.shape[0])
        assert distance(grayscale.apply(image), expected) <= HALVES.get(dtype, 0)


def test_hue_of_what_is_no_number():
    """A NaN stays in its pixel."""
    image = picture(0, FLOAT32, 3, 4, 4)
    expected = color_jitter.hue(image, 0.1).data.copy()
    image.data[1, 2, 3] = np.nan
    made = color_jitter.hue(image, 0.1).data
    assert np.isnan(made[:, 2, 3]).any()
    made[:, 2, 3] = expected[:, 2, 3]
    assert np.array_equal(made, expected)


def test_mean_of_floats_beyond_bounds():
    """Neither a NaN nor an infinity takes the rest of the image with it."""
    image = Image(np.full((1, 8, 8), 0.5, np.float32), FLOAT32)
    image.data[0, 0, :3] = np.nan, np.inf, -np.inf
    assert color_jitter.mean(image) == np.float32(61 * 0.5 / 64)


def test_order_and_factors():
    drawn = [color_jitter.draw(w, 0.4, (0.5, 0.7), None, 0.1) for w in words(4, 4800, 2)]
    count = dict.fromkeys(permutations(color_jitter.OPS), 0)
    for one in drawn:
        count[one.order] += 1
    assert stats.chisquare(list(count.values())).pvalue > 1e-3
    for name, low, high in (("brightness", 0.6, 1.4), ("contrast", 0.5, 0.7), ("hue", -0.1, 0.1)):
        values = np.array([getattr(one, name) for one in drawn], np.float64)
        assert np.float32(low) <= values.min()
        assert values.max() <= np.float32(high)
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 1e-3
    assert {one.saturation for one in drawn} == {None}


def test_words_of_each_op_are_its_own():
    """Leaving one out changes nothing of the others."""
    (w,) = words(5, 1, 2)
    whole, less = color_jitter.draw(w, 0.4, 0.4, 0.4, 0.4), color_jitter.draw(w, 0.4, None, 0, 0.4)
    assert less == whole._replace(contrast=None, saturation=None)


@pytest.mark.parametrize("argument", [0.4, 1.5, (0.2, 0.9), 0, None])
def test_factors_are_torchvisions(argument):
    theirs = v2.ColorJitter(argument, hue=argument if argument in (0, 0.4, None) else 0.1)
    assert color_jitter.factors(argument) == theirs.brightness
    if argument in (0, 0.4, None):
        assert color_jitter.factors(argument, centre=0.0) == theirs.hue


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", EXACT)
def test_jitter_in_order(dtype, layout):
    for i, w in enumerate(words(6, 12, 2)):
        image, drawn = picture(i, dtype), color_jitter.draw(w, 0.4, None, 0.4, 0.2)
        x = LAYOUTS[layout](to_tensor(image))
        for name in drawn.order:
            if name != "contrast":
                x = ADJUST[name](x, float(getattr(drawn, name)))
        x = x[0] if layout == "in a batch" else x
        assert distance(color_jitter.apply(image, drawn), x) == 0


# --- What is exact in every type ---


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_invert_and_posterize(dtype, layout):
    for i in range(9):
        image = picture(i, dtype, (1, 3)[i % 2])
        assert distance(invert.apply(image), torchvisions(TF.invert, image, layout)) == 0
        expected = torchvisions(TF.posterize, image, layout, i)
        assert distance(posterize.apply(image, i), expected) == 0


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_solarize(dtype, layout):
    """Thresholds that are values, the floats after them, and any."""
    most = 255.0 if dtype == UINT8 else 1.0
    for i in range(8):
        image = picture(i, dtype)
        value = float(image.values().flat[i])
        after = float(np.nextafter(np.float32(value), np.float32(2**9)))
        for threshold in (0.0, most, value, min(after, most), most * 0.3):
            expected = torchvisions(TF.solarize, image, layout, threshold)
            assert distance(solarize.apply(image, threshold), expected) == 0


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_channel_permutation(dtype, layout):
    for order in permutations(range(3)):
        image = picture(0, dtype)
        expected = torchvisions(TF.permute_channels, image, layout, [*order])
        made = channel_permutation.apply(image, channel_permutation.Drawn(order))
        assert distance(made, expected) == 0


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_permutations_are_alike(channels):
    count = dict.fromkeys(permutations(range(channels)), 0)
    for w in words(7, 2400, 2):
        count[channel_permutation.draw(w, channels).order] += 1
    assert len(count) == math.factorial(channels)
    assert channels == 1 or stats.chisquare(list(count.values())).pvalue > 1e-3


# --- Statistics and stencils ---


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_autocontrast(dtype, layout):
    for i in range(12):
        image = picture(i, dtype, (1, 3)[i % 2])
        if i % 3 == 0:
            image.data[0] = image.data[0, 0, 0]  # a channel of one value
        expected = torchvisions(TF.autocontrast, image, layout)
        assert distance(autocontrast.apply(image), expected) <= HALVES.get(dtype, 0)


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_equalize(dtype, layout):
    """torchvision's white turns black in float16 and bfloat16: there its result for float32."""
    for i in range(24):
        image = picture(i, dtype, (1, 3)[i % 2])
        x = to_tensor(image)
        expected = TF.equalize(LAYOUTS[layout](x.float() if dtype in HALVES else x))
        expected = expected[0] if layout == "in a batch" else expected
        assert distance(equalize.apply(image), expected.to(x.dtype)) == 0


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_sharpness(dtype, layout):
    allowed = HALVES.get(dtype, 1e-6 * (dtype == FLOAT32))
    for i in range(16):
        height = (1, 2, 3, None)[i % 4]
        image = picture(i, dtype, (1, 3)[i % 2], height)
        factor = np.random.default_rng(i).uniform(0, 2)
        expected = torchvisions(TF.adjust_sharpness, image, layout, float(np.float32(factor)))
        assert distance(adjust_sharpness.apply(image, factor), expected) <= allowed


@ANY_LAYOUT
@pytest.mark.parametrize("dtype", STORAGE)
def test_blur(dtype, layout):
    """A byte may be the next one, where torch's own sum falls on the other side of a half."""
    allowed = {UINT8: 1, FLOAT32: 2e-6} | HALVES
    for i in range(12):
        image = picture(i, dtype, (1, 3, 4)[i % 3], 20, 30)
        kernel, sigma = [(3, 3), (5, 9), (23, 1)][i % 3], np.random.default_rng(i).uniform(0.1, 5)
        sigma = float(np.float32(sigma))
        expected = torchvisions(TF.gaussian_blur, image, layout, [*kernel], [sigma, sigma])
        assert distance(gaussian_blur.apply(image, kernel, sigma), expected) <= allowed[dtype]


def test_sigmas():
    values = [gaussian_blur.draw(w).sigma for w in words(8, 2000, 1)]
    assert stats.kstest(values, stats.uniform(0.1, 1.9).cdf).pvalue > 1e-3
    assert gaussian_blur.draw(words(8, 1, 1)[0], 1.5).sigma == 1.5


@pytest.mark.parametrize(
    ("twin", "p"),
    [(grayscale, 0.1), (invert, 0.5), (solarize, 0.5), (posterize, 0.5), (equalize, 0.5)],
)
def test_gates(twin, p):
    applied = sum(twin.draw(w).applied for w in words(9, 2000, 1))
    assert stats.binomtest(applied, 2000, p).pvalue > 1e-3
