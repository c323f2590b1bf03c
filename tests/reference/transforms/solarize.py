"""RandomSolarize: what reaches a threshold is inverted."""

import numpy as np

from reference.gated import WORDS, Drawn, draw
from reference.pixels import BFLOAT16, FLOAT16, UINT8, Image, rounded
from reference.transforms import invert

__all__ = ["WORDS", "Drawn", "apply", "draw"]

F = np.float32


def apply(image, threshold):
    """The threshold is rounded to float32, and to a float image's type from there."""
    threshold = F(threshold)
    assert threshold <= (255 if image.dtype == UINT8 else 1)
    if image.dtype in (FLOAT16, BFLOAT16):
        threshold = rounded(threshold, image.dtype).values()
    inverted = invert.apply(image)
    return Image(np.where(image.values() >= threshold, inverted.data, image.data), image.dtype)
