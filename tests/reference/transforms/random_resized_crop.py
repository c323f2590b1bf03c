"""RandomResizedCrop: a crop of random area and shape, resized."""

import math
from typing import NamedTuple

import numpy as np

from reference import geometry
from reference.exp import exp2, log2
from reference.pixels import Image
from reference.stream import between, bounded
from reference.transforms import resize

TRIES = 10
WORDS = ("gate", "top", "left", *(f"{name}{t}" for t in range(TRIES) for name in ("area", "ratio")))


class Drawn(NamedTuple):
    """In pixels of what comes in."""

    top: int
    left: int
    height: int
    width: int


def area_and_ratio(words, t, pixels, scale, ratio):
    """Try t of a part of the area and a shape: log-uniform in [r0, r1], by its binary logarithm."""
    area = float(pixels) * float(between(words[3 + 2 * t], *scale))
    return area, float(exp2(between(words[4 + 2 * t], log2(ratio[0]), log2(ratio[1]))))


def central(height, width, ratio):
    """(h, w) of the largest crop of an allowed shape, where no try fits; at least a pixel."""
    if width / height < min(ratio):
        return max(round(width / min(ratio)), 1), width
    if width / height > max(ratio):
        return height, max(round(height * max(ratio)), 1)
    return height, width


def draw(words, height, width, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)):
    """ratio is width / height; sizes are rounded to nearest, ties to even."""
    for t in range(TRIES):
        area, shape = area_and_ratio(words, t, height * width, scale, ratio)
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < w <= width and 0 < h <= height:
            top, left = bounded(words[1], height - h + 1), bounded(words[2], width - w + 1)
            return Drawn(top, left, h, w)
    h, w = central(height, width, ratio)
    return Drawn((height - h) // 2, (width - w) // 2, h, w)


def apply(image, drawn, size, mode=resize.BILINEAR, antialias=True):
    """The crop is cut out first: no pixel outside of it is read."""
    data = geometry.crop(image.data, *drawn)
    return resize.apply(Image(np.ascontiguousarray(data), image.dtype), size, mode, antialias)
