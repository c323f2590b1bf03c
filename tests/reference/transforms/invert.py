"""RandomInvert: 255 - v, or 1 - v of floats."""

import numpy as np

from reference.gated import WORDS, Drawn, draw
from reference.pixels import UINT8, Image, rounded

__all__ = ["WORDS", "Drawn", "apply", "draw"]

F = np.float32


def apply(image):
    if image.dtype == UINT8:
        return Image(~image.data, UINT8)
    return rounded(F(1) - image.values(), image.dtype)
