"""RandomAutocontrast: each channel of each image stretched from its least to its greatest value."""

import numpy as np

from reference.gated import WORDS, Drawn, draw
from reference.pixels import UINT8, clamp, rounded

__all__ = ["WORDS", "Drawn", "apply", "draw"]

F = np.float32
ONE_255TH = F(1 / 255)


def apply(image):
    """A channel of one value stays as it is (floats clamped); NaN is neither least nor greatest."""
    v = image.values()
    some = ~np.isnan(v)
    least = np.min(v, (-2, -1), keepdims=True, initial=np.inf, where=some)
    most = np.max(v, (-2, -1), keepdims=True, initial=-np.inf, where=some)
    with np.errstate(all="ignore"):
        scale = (most - least) * (ONE_255TH if image.dtype == UINT8 else F(1))
        flat = most == least
        v = (v - np.where(flat, F(0), least)) / np.where(flat, F(1), scale)
    v = clamp(v, F(0), F(255 if image.dtype == UINT8 else 1))
    return rounded(np.trunc(v) if image.dtype == UINT8 else v, image.dtype)
