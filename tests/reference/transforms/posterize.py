"""RandomPosterize: the upper bits of a byte, or of a float in [0, 1] as many steps."""

import numpy as np

from reference.gated import WORDS, Drawn, draw
from reference.pixels import UINT8, Image, clamp, rounded

__all__ = ["WORDS", "Drawn", "apply", "draw"]

F = np.float32


def apply(image, bits):
    assert 0 <= bits <= 8
    if image.dtype == UINT8:
        return Image(image.data & np.uint8(0xFF << (8 - bits) & 0xFF), UINT8)
    levels = F(1 << bits)
    with np.errstate(over="ignore"):
        step = clamp(np.floor(image.values() * levels), F(0), levels - F(1))
    return rounded(step * (F(1) / levels), image.dtype)
