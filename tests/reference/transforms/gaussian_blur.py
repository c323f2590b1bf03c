"""GaussianBlur: one row of weights for each axis, horizontal first, borders reflected."""

from typing import NamedTuple

import numpy as np

from reference import geometry
from reference.exp import exp2
from reference.fma import fma
from reference.pixels import UINT8, rounded, to_nearest_uint8
from reference.stream import between

F = np.float32
HALF_LOG2_E = F(float.fromhex("0x1.715476p-1"))
NOTHING = F(-127)  # whose power of two is 0
WORDS = ("gate", "sigma")


class Drawn(NamedTuple):
    sigma: np.float32


def draw(words, sigma=(0.1, 2.0)):
    """sigma in pixels; a number is that number."""
    low, high = (sigma, sigma) if isinstance(sigma, int | float) else sigma
    assert 0 < low <= high
    return Drawn(between(words[1], low, high))


def weights(size, sigma):
    """exp(-(x / sigma)^2 / 2) for x = -size / 2 ... size / 2, over their sum from the left."""
    ratio = np.arange(-(size // 2), size // 2 + 1).astype(F) / F(sigma)
    with np.errstate(over="ignore"):
        made = exp2(np.maximum(ratio * ratio * -HALF_LOG2_E, NOTHING))
    total = F(0)
    for weight in made:
        total = total + weight
    return made / total


def along_last(v, row):
    """float32 [..., n]: a product, then fused multiply-adds from the left."""
    n, reach = v.shape[-1], len(row) // 2
    assert reach < n
    total = None
    for x, weight in enumerate(row):
        part = v[..., [geometry.source(i + x - reach, n, geometry.REFLECT) for i in range(n)]]
        total = part * weight if total is None else fma(part, weight, total)
    return total


def apply(image, kernel_size, sigma):
    """kernel_size (x, y), both odd. float32 between the axes, and one rounding at the end."""
    across, down = kernel_size
    with np.errstate(all="ignore"):
        v = along_last(image.values(), weights(across, sigma))
        v = along_last(v.swapaxes(-1, -2), weights(down, sigma)).swapaxes(-1, -2)
    return to_nearest_uint8(v) if image.dtype == UINT8 else rounded(v, image.dtype)
