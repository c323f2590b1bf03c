"""RandomErasing: a box of random area and shape gets a value, or normals."""

import math
from typing import NamedTuple

import numpy as np

from reference.normal import normal_elements
from reference.pixels import UINT8, Image, rounded, saturated
from reference.stream import bounded, gate
from reference.transforms.random_resized_crop import TRIES, WORDS, area_and_ratio

__all__ = ["WORDS", "Drawn", "apply", "draw", "normals"]

F = np.float32


class Drawn(NamedTuple):
    """Where the box is, if the gate is open and a try fits; all 0 otherwise."""

    applied: bool
    top: int
    left: int
    height: int
    width: int


def draw(words, height, width, p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3)):
    """ratio is height / width, the reverse of the crop's. A box spans no side; it may be empty."""
    nothing = Drawn(False, 0, 0, 0, 0)
    if not gate(words[0], p):
        return nothing
    for t in range(TRIES):
        area, shape = area_and_ratio(words, t, height * width, scale, ratio)
        h, w = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if h < height and w < width:
            top, left = bounded(words[1], height - h + 1), bounded(words[2], width - w + 1)
            return Drawn(True, top, left, h, w)
    return nothing


def normals(stream, image):
    """The normals [..., C, H, W] that "random" means: the element of each pixel, box or not."""
    z = normal_elements(stream, image.data.size).reshape(image.data.shape)
    if image.dtype == UINT8:
        z = np.trunc(saturated(z))
    return rounded(z, image.dtype).data


def apply(image, drawn, value=0, z=None):
    """value: a number, one a channel, or "random", which takes z from normals()."""
    if not drawn.applied:
        return image
    data = image.data.copy()
    box = (
        ...,
        slice(drawn.top, drawn.top + drawn.height),
        slice(drawn.left, drawn.left + drawn.width),
    )
    data[box] = z[box] if isinstance(value, str) else image.fill(value)[:, None, None]
    return Image(data, image.dtype)
