"""Hypothesis strategies: coordinates, images of every type and hostile values, and programs."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from reference.geometry import CONSTANT, EDGE, MODES, REFLECT
from reference.pixels import STORAGE, UINT8, Image, rounded
from reference.stream import Coordinates


def examples(count):
    """So many examples, the same ones in every run, however long they take."""
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


COORDINATES = st.builds(
    Coordinates,
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 2**24 - 1),
    worker=st.integers(0, 2**20 - 1),
    index=st.integers(0, 2**40 - 1),
)
HEIGHTS = st.integers(1, 9)
WIDTHS = st.one_of(st.integers(1, 20), st.sampled_from([31, 32, 33, 64, 65, 131]))
FILLS = (0, 1, 7, 200.7, -3.5, 300, 1e5, 0.1, -0.4, 1e-7, 1 + 2**-11 + 2**-30, 1 + 2**-8 + 2**-40,
         254.99999999, 0.99999999, 1e300, -np.inf)  # fmt: skip
NUMBERS = st.one_of(st.floats(-2, 2, width=32), st.sampled_from([0.0, 0.5, 1 / 3, 1e-30, 1e4]))
HOSTILE = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-40, 6e-8, 65504, 65520, 3e38, 0.5, 255, 255.5],
    np.float32,
)


def picture(seed, shape, dtype):
    """An image: mostly plain values, and among floats every special one, NaNs with payloads."""
    rng = np.random.default_rng(seed)
    if dtype == UINT8:
        return Image(rng.integers(0, 256, shape, np.uint8), dtype)
    values = rng.normal(0.5, 1, shape).astype(np.float32)
    hostile = rng.random(shape) < 0.1 * rng.integers(0, 2)
    image = rounded(np.where(hostile, rng.choice(HOSTILE, shape), values), dtype)
    bits = image.data.view({2: np.uint16, 4: np.uint32}[image.data.itemsize])
    payload = rng.integers(0, 8, shape).astype(bits.dtype)
    bits = np.where(np.isnan(image.values()), bits | payload, bits)
    return Image(bits.view(STORAGE[dtype]), dtype)


def _fill(draw, channels):
    one = st.sampled_from(FILLS)
    return draw(st.one_of(one, st.lists(one, min_size=channels, max_size=channels).map(tuple)))


def _reach(mode, n):
    """How far beyond an axis of length n a mode may pad."""
    if mode in (CONSTANT, EDGE):
        return 5
    return min(5, n - 1 if mode == REFLECT else n)


def _border(draw, mode, channels):
    extra = {"mode": mode}
    return extra | {"fill": _fill(draw, channels)} if mode == CONSTANT else extra


def _random_crop(draw, channels, height, width):
    mode, if_needed = draw(st.sampled_from(MODES)), draw(st.booleans())
    down, across = (draw(st.integers(0, _reach(mode, n))) for n in (height, width))
    top, left = draw(st.integers(0, down)), draw(st.integers(0, across))
    padding = (left, top, across, down)
    tall, wide = height + top + down, width + left + across
    more_down = _reach(mode, height) - down if if_needed else 0
    more_across = _reach(mode, width) - across if if_needed else 0
    size = (draw(st.integers(1, tall + more_down)), draw(st.integers(1, wide + more_across)))
    arguments = {"size": size, "padding": padding, "pad_if_needed": if_needed}
    return arguments | _border(draw, mode, channels), size


def _pad(draw, channels, height, width):
    mode = draw(st.sampled_from(MODES))
    down = [draw(st.integers(-((height - 1) // 2), _reach(mode, height))) for _ in range(2)]
    across = [draw(st.integers(-((width - 1) // 2), _reach(mode, width))) for _ in range(2)]
    padding = (across[0], down[0], across[1], down[1])
    size = (height + sum(down), width + sum(across))
    return {"padding": padding} | _border(draw, mode, channels), size


def _center_crop(draw, channels, height, width):
    size = (draw(st.integers(1, height + 5)), draw(st.integers(1, width + 5)))
    return {"size": size}, size


def _flip(draw, channels, height, width):
    return {"p": draw(st.sampled_from([0, 0.25, 0.5, 1]))}, (height, width)


MOVES = {
    "random_crop": _random_crop,
    "center_crop": _center_crop,
    "pad": _pad,
    "horizontal_flip": _flip,
    "vertical_flip": _flip,
}


def _normalize(draw, channels, dtype):
    count = draw(st.sampled_from([1, channels]))
    std = st.one_of(st.floats(0.0625, 4), st.sampled_from([-0.5, 1e-3]))
    return {
        "mean": tuple(draw(NUMBERS) for _ in range(count)),
        "std": tuple(draw(std) for _ in range(count)),
    }, "float32" if dtype == UINT8 else dtype


def _noise(draw, channels, dtype):
    sigma = draw(st.one_of(st.floats(0, 2), st.sampled_from([0.0, 1e-4, 1e30])))
    return {"mean": draw(NUMBERS), "sigma": sigma, "clip": draw(st.booleans())}, dtype


def _to_dtype(draw, channels, dtype):
    to = draw(st.sampled_from([*STORAGE]))
    return {"dtype": to, "scale": draw(st.booleans())}, to


def _clamp(draw, channels, dtype):
    bound = st.floats(-3, 3, width=16)
    if dtype == UINT8:
        bound = st.one_of(st.integers(-5, 260), st.integers(-3, 520).map(lambda n: n / 2))
    low, high = sorted([draw(bound), draw(bound)])
    return {"low": low, "high": high}, dtype


CHANGES = {
    "normalize": _normalize,
    "gaussian_noise": _noise,
    "to_dtype": _to_dtype,
    "clamp": _clamp,
}


@st.composite
def steps(draw, channels, size, dtype, moves=tuple(MOVES), changes=tuple(CHANGES), most=6):
    """A list of steps that an image [channels, *size] of a type can go through."""
    made, names = [], st.sampled_from([*moves, *changes])
    for name in draw(st.lists(names, min_size=1, max_size=most)):
        if name in MOVES:
            arguments, size = MOVES[name](draw, channels, *size)
        else:
            arguments, dtype = CHANGES[name](draw, channels, dtype)
        made.append((name, arguments))
    return made


@st.composite
def cases(draw, leading=(), **limits):
    """(steps, image [*leading, C, H, W])."""
    dtype = draw(st.sampled_from([*STORAGE]))
    channels, size = draw(st.integers(1, 4)), (draw(HEIGHTS), draw(WIDTHS))
    image = picture(draw(st.integers(0, 2**32)), (*leading, channels, *size), dtype)
    return draw(steps(channels, size, dtype, **limits)), image
