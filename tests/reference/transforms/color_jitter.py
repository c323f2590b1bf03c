"""ColorJitter: brightness, contrast, saturation and hue, in an order that is the sample's too."""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from reference.fma import fma
from reference.pixels import FLOAT32, UINT8, Image, clamp, rounded, to_dtype
from reference.stream import between, bounded
from reference.transforms.grayscale import luma

F = np.float32
OPS = ("brightness", "contrast", "saturation", "hue")
ORDERS = tuple(permutations(OPS))  # lexicographic
WORDS = ("gate", "order", *OPS)
SIXTH = F(1 / 6)
MOST = F(1024)  # of a float's luma, in magnitude, as far as the mean goes
FRACTION = F(2.0**20)


class Drawn(NamedTuple):
    """The order of the four, and a factor each; None is not applied, yet keeps its place."""

    order: tuple
    brightness: np.float32 | None
    contrast: np.float32 | None
    saturation: np.float32 | None
    hue: np.float32 | None


def factors(value, centre=1.0):
    """The range (low, high) that an argument of torchvision's means, or None."""
    if value is None:
        return None
    if isinstance(value, int | float):
        low, high = centre - value, centre + value
        value = (max(low, 0.0) if centre == 1 else low, high)
    low, high = value
    assert (0 <= low <= high) if centre == 1 else (-0.5 <= low <= high <= 0.5)
    return None if low == high == centre else (low, high)


def draw(words, brightness=None, contrast=None, saturation=None, hue=None):
    """Arguments as torchvision's; a word is an op's, whether or not it is asked for."""
    ranges = [factors(value) for value in (brightness, contrast, saturation)]
    ranges.append(factors(hue, centre=0.0))
    drawn = [
        None if each is None else between(word, *each)
        for word, each in zip(words[2:6], ranges, strict=True)
    ]
    return Drawn(ORDERS[bounded(words[1], len(ORDERS))], *drawn)


def in_bounds(v, dtype):
    """Clamped to [0, 255] and truncated, or to [0, 1]; rounded to the type."""
    bounded_v = clamp(v, F(0), F(255 if dtype == UINT8 else 1))
    return rounded(np.trunc(bounded_v) if dtype == UINT8 else bounded_v, dtype)


def blend(image, other, ratio):
    """ratio of the image and 1 - ratio of float32 values."""
    ratio = F(ratio)
    with np.errstate(all="ignore"):
        return in_bounds(fma(other, F(1) - ratio, image.values() * ratio), image.dtype)


def brightness(image, factor):
    assert image.data.shape[-3] in (1, 3)
    with np.errstate(all="ignore"):
        return in_bounds(image.values() * F(factor), image.dtype)


def mean(image):
    """The mean luma [..., 1, 1, 1] of each image or frame: a sum of integers, divided once.

    Floats count in steps of 2^-20, at most 1024 in magnitude, NaN as 0.
    """
    grey = luma(image)
    if image.dtype == UINT8:
        steps, unit = grey.astype(np.int64), 1.0
    else:
        grey = clamp(np.where(np.isnan(grey), F(0), grey), -MOST, MOST)
        steps, unit = np.rint(grey * FRACTION).astype(np.int64), 2.0**-20
    total = steps.sum((-3, -2, -1), keepdims=True)
    pixels = grey.shape[-2] * grey.shape[-1]
    return (total.astype(np.float64) / (pixels / unit)).astype(F)


def contrast(image, factor):
    assert image.data.shape[-3] in (1, 3)
    return blend(image, mean(image), factor)


def saturation(image, factor):
    assert image.data.shape[-3] in (1, 3)
    return image if image.data.shape[-3] == 1 else blend(image, luma(image), factor)


# --- Hue: Pillow's HSV in float32, every operation rounded by itself ---


def to_hsv(v):
    """h [0, 1), s and v, of r, g, b; channels stand at -3."""
    red, green, blue = (v[..., c, :, :] for c in range(3))
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    grey = most == least
    width = most - least
    s = width / np.where(grey, F(1), most)
    to_red, to_green, to_blue = (
        (most - c) / np.where(grey, F(1), width) for c in (red, green, blue)
    )
    h = np.where(
        most == red,
        to_blue - to_green,
        np.where(most == green, (to_red + F(2)) - to_blue, (to_green + F(4)) - to_red),
    )
    h = h * SIXTH + F(1)
    return np.where(h >= 1, h - F(1), h), s, most


def turned(h, factor):
    """h + factor, around a circle of length 1."""
    h = h + F(factor)
    h = h - np.trunc(h)
    return np.where(h < 0, h + F(1), h)


def to_rgb(h, s, v):
    """r, g, b; v itself is not clamped. Without a hue (a NaN) the sector is the first."""
    six = h * F(6)
    sector = np.floor(six)
    along = s * (six - sector)
    rest = F(1) - s
    q = clamp((F(1) - along) * v, F(0), F(1))
    t = clamp((along + rest) * v, F(0), F(1))
    p = clamp(rest * v, F(0), F(1))
    sectors = [(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]
    sector = np.where(np.isnan(sector), F(0), sector).astype(np.int64) % 6
    return np.stack([np.choose(sector, [one[c] for one in sectors]) for c in range(3)], -3)


def hue(image, factor):
    """factor in turns, -1/2 ... 1/2; images of one channel have no hue."""
    assert image.data.shape[-3] in (1, 3)
    if image.data.shape[-3] == 1:
        return image
    with np.errstate(all="ignore"):
        h, s, v = to_hsv(to_dtype(image, FLOAT32, True).values())
        changed = Image(to_rgb(turned(h, factor), s, v), FLOAT32)
        return to_dtype(changed, image.dtype, True)


ADJUST = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}


def apply(image, drawn):
    """Op after op, each rounded to the image's type."""
    for name in drawn.order:
        factor = getattr(drawn, name)
        if factor is not None:
            image = ADJUST[name](image, factor)
    return image
