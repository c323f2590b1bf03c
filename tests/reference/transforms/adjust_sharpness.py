"""RandomAdjustSharpness: the image against its smoothed self, inside of the border."""

import numpy as np

from reference.fma import fma
from reference.gated import WORDS, Drawn, draw
from reference.pixels import UINT8
from reference.transforms.color_jitter import in_bounds

__all__ = ["WORDS", "Drawn", "apply", "draw", "smoothed"]

F = np.float32
THIRTEENTH, FIVE_13THS = F(1 / 13), F(5 / 13)
AROUND = [(y, x) for y in range(3) for x in range(3)]


def smoothed(image):
    """float32 [..., C, H - 2, W - 2]: 3 x 3 weights of 1 and a 5, over 13.

    uint8 is a sum of integers rounded to nearest; of 13 there are no ties. Floats are a product
    and fused multiply-adds, row by row.
    """
    height, width = image.data.shape[-2:]
    parts = [image.values()[..., y : height - 2 + y, x : width - 2 + x] for y, x in AROUND]
    if image.dtype == UINT8:
        total = sum(part.astype(np.int64) for part in parts) + 4 * parts[4].astype(np.int64)
        return ((2 * total + 13) // 26).astype(F)
    total = parts[0] * THIRTEENTH
    for k, part in enumerate(parts[1:], 1):
        total = fma(part, FIVE_13THS if k == 4 else THIRTEENTH, total)
    return total


def apply(image, factor):
    """Images with a side below 3 stay as they are. The border is only clamped."""
    assert image.data.shape[-3] in (1, 3)
    if min(image.data.shape[-2:]) <= 2:
        return image
    v = image.values().copy()
    with np.errstate(all="ignore"):
        inside = v[..., 1:-1, 1:-1]
        inside[...] = fma(smoothed(image) - inside, F(1) - F(factor), inside)
    return in_bounds(v, image.dtype)
