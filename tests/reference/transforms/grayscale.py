"""RandomGrayscale: the three channels become their luma."""

import numpy as np

from reference import gated
from reference.fma import fma
from reference.gated import WORDS, Drawn
from reference.pixels import UINT8, rounded

__all__ = ["WORDS", "Drawn", "apply", "draw", "luma"]

F = np.float32
RED, GREEN, BLUE = F(0.2989), F(0.587), F(0.114)


def draw(words, p=0.1):
    return gated.draw(words, p)


def luma(image):
    """float32 [..., 1, H, W], floored for uint8; an image of one channel is its own."""
    v = image.values()
    if v.shape[-3] == 1:
        return v
    red, green, blue = (v[..., c : c + 1, :, :] for c in range(3))
    grey = fma(BLUE, blue, fma(GREEN, green, RED * red))
    return np.floor(grey) if image.dtype == UINT8 else grey


def apply(image):
    assert image.data.shape[-3] in (1, 3)
    return rounded(np.broadcast_to(luma(image), image.data.shape), image.dtype)
