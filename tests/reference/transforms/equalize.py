"""RandomEqualize: Pillow's table for each channel of each image, in integers."""

import numpy as np

from reference.gated import WORDS, Drawn, draw
from reference.pixels import UINT8, Image, to_dtype

__all__ = ["WORDS", "Drawn", "apply", "draw", "table"]


def table(counts):
    """256 bytes from 256 counts; None where the pixels besides the brightest are too few."""
    last = max(v for v in range(256) if counts[v])
    step = (sum(counts) - counts[last]) // 255
    if step == 0:
        return None
    below, made = 0, []
    for v in range(256):
        made.append(min((below + step // 2) // step, 255))
        below += counts[v]
    return np.array(made, np.uint8)


def apply(image):
    """Floats go through uint8 and back, also where the table changes nothing."""
    if image.dtype != UINT8:
        return to_dtype(apply(to_dtype(image, UINT8, True)), image.dtype, True)
    height, width = image.data.shape[-2:]
    planes = []
    for plane in image.data.reshape(-1, height, width):
        made = table(np.bincount(plane.reshape(-1), minlength=256).tolist())
        planes.append(plane if made is None else made[plane])
    return Image(np.stack(planes).reshape(image.data.shape), UINT8)
