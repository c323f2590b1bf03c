"""Resize: separable taps, horizontal first; integers for uint8, float32 for floats."""

import math

import numpy as np

from reference.fma import fma
from reference.pixels import UINT8, Image, rounded

F = np.float32
NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC = "nearest", "nearest-exact", "bilinear", "bicubic"
MODES = (NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC)
REACH = {BILINEAR: 1, BICUBIC: 2}
MOST_PRECISION = 22


def output_size(height, width, size, max_size=None):
    """(h, w) that an image becomes; size is one number (the shorter side), a pair or None."""
    short, long = min(height, width), max(height, width)
    if size is None:
        new_short, new_long = int(max_size * short / long), max_size
    elif isinstance(size, int) or len(size) == 1:
        new_short = size if isinstance(size, int) else size[0]
        new_long = int(new_short * long / short)
        assert max_size is None or max_size > new_short
        if max_size is not None and new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    else:
        return tuple(size)
    return (new_long, new_short) if width <= height else (new_short, new_long)


# --- Nearest: one index a pixel, in float32 ---


def nearest_index(n, m, mode):
    """The source coordinate of each of m pixels on an axis of length n."""
    scale = F(n) / F(m)
    i = np.arange(m).astype(F)
    at = i * scale if mode == NEAREST else (i + F(0.5)) * scale
    return np.minimum(np.floor(at).astype(np.int64), n - 1)


# --- Taps: in binary64, for every type ---


def linear(x):
    x = abs(x)
    return 1.0 - x if x < 1 else 0.0


def cubic(x, a):
    """Keys's cubic; a = -1/2 with antialias (as Pillow), -3/4 without (as OpenCV)."""
    x = abs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    if x < 2:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return 0.0


def filter_value(x, mode, antialias):
    if mode == BILINEAR:
        return linear(x)
    return cubic(x, -0.5 if antialias else -0.75)


def antialiased_taps(n, m, i, mode):
    """(first, weights, the largest of them) of output pixel i: the filter is widened to scale."""
    scale = n / m
    inverse = 1 / scale if scale >= 1 else 1.0
    support = REACH[mode] * scale if scale >= 1 else float(REACH[mode])
    centre = scale * (i + 0.5)
    first = max(int(centre - support + 0.5), 0)
    count = min(int(centre + support + 0.5), n) - first
    count = min(max(count, 0), 2 * math.ceil(support) + 1)
    weights = [filter_value((j + first - centre + 0.5) * inverse, mode, True) for j in range(count)]
    total = 0.0
    for weight in weights:
        total += weight
    weights = [weight / total for weight in weights]
    return first, weights, max(weights)


def plain_taps(n, m, i, mode):
    """Two or four taps around the place; those beyond the border count for the border's pixel.

    The largest weight is that of all partial sums at the border, as torch has it.
    """
    reach = REACH[mode]
    place = n / m * (i + 0.5) - 0.5
    if mode == BILINEAR:
        place = max(place, 0.0)
    below = min(math.floor(F(place)), n - 1)  # in float32: 2.99999999 is 3, with nothing over
    over = min(max(place - below, 0.0), 1.0)
    lowest = below - reach + 1
    first = min(max(lowest, 0), n - 1)
    last = min(max(below + reach, 0), n - 1)
    weights, largest = [0.0] * (last - first + 1), 0.0
    for j in range(2 * reach):
        to = min(max(lowest + j, 0), n - 1) - first
        weights[to] += filter_value(j + 1 - reach - over, mode, False)
        largest = max(largest, weights[to])
    return first, weights, largest


def axis_taps(n, m, mode, antialias):
    """[(first, weights)] of an axis, and the largest weight of all."""
    make = antialiased_taps if antialias else plain_taps
    taps = [make(n, m, i, mode) for i in range(m)]
    return [tap[:2] for tap in taps], max(tap[2] for tap in taps)


# --- Along one axis, the last ---


def precision(largest):
    """Bits after the point of an axis' int16 weights: as many as the largest of them allows."""
    p = 0
    while p < MOST_PRECISION and int(0.5 + largest * 2.0 ** (p + 1)) < 1 << 15:
        p += 1
    return p


def fixed(weight, p):
    """A weight as an integer: half away from zero."""
    v = weight * 2.0**p
    return int(v - 0.5) if v < 0 else int(v + 0.5)


def weigh_integers(data, taps, p):
    """uint8 [..., n] to uint8 [..., m]: int32 sums from a half, shifted, clamped."""
    columns = []
    for first, weights in taps:
        total = np.full(data.shape[:-1], 1 << (p - 1), np.int32)
        for j, weight in enumerate(weights):
            total = total + data[..., first + j].astype(np.int32) * np.int32(fixed(weight, p))
        columns.append(np.clip(total >> p, 0, 255).astype(np.uint8))
    return np.stack(columns, -1)


def weigh_floats(values, taps):
    """float32 [..., n] to float32 [..., m]: a product, then fused multiply-adds in order."""
    columns = []
    for first, weights in taps:
        total = values[..., first] * F(weights[0])
        for j, weight in enumerate(weights[1:], 1):
            total = fma(values[..., first + j], F(weight), total)
        columns.append(total)
    return np.stack(columns, -1)


def along_last(values, m, mode, antialias):
    """One axis resized; nothing happens to an axis whose length stays."""
    n = values.shape[-1]
    if m == n:
        return values
    taps, largest = axis_taps(n, m, mode, antialias)
    if values.dtype == np.uint8:
        return weigh_integers(values, taps, precision(largest))
    with np.errstate(all="ignore"):
        return weigh_floats(values, taps)


def apply(image, size, mode=BILINEAR, antialias=True):
    """The image at (h, w). Floats are float32 between the two passes too."""
    height, width = size
    if mode in (NEAREST, NEAREST_EXACT):
        rows = nearest_index(image.data.shape[-2], height, mode)
        columns = nearest_index(image.data.shape[-1], width, mode)
        return Image(image.data[..., rows[:, None], columns[None, :]], image.dtype)
    if image.data.shape[-2:] == (height, width):
        return image
    values = image.data if image.dtype == UINT8 else image.values()
    values = along_last(values, width, mode, antialias)
    values = along_last(values.swapaxes(-1, -2), height, mode, antialias).swapaxes(-1, -2)
    return Image(values, UINT8) if image.dtype == UINT8 else rounded(values, image.dtype)
