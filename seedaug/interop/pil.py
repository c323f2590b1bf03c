"""PIL images: their pixels as a tensor, and back with mode, palette and info kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seedaug.program import CENTER_CROP, HORIZONTAL_FLIP, PAD, RANDOM_CROP, Instruction

__all__ = ["apply_geometry", "from_tensor", "to_tensor"]


def to_tensor(image: Any) -> Tensor:
    """The pixels of a PIL image as [H, W], or [C, H, W] with the channels innermost in memory.

    A copy: PIL gives no writable view of its memory.
    """
    pixels = torch.from_numpy(np.array(image))
    return pixels.movedim(-1, -3) if pixels.dim() == 3 else pixels


def from_tensor(x: Tensor, like: Any) -> Any:
    """A PIL image from pixels, of the mode of `like` and with its palette and info."""
    from PIL import Image

    pixels = (x.movedim(-3, -1) if x.dim() == 3 else x).contiguous().numpy()
    if like.mode == "1":
        made = Image.fromarray(pixels)
    else:
        made = Image.frombuffer(
            like.mode, (pixels.shape[1], pixels.shape[0]), pixels, "raw", like.mode, 0, 1
        )
        if made.readonly:
            made = made.copy()
    if like.mode in ("P", "PA"):
        made.putpalette(like.getpalette(rawmode=None), like.palette.mode)
    made.info = {**like.info}
    return made


def apply_geometry(
    image: Any, instructions: Sequence[Instruction], rows: Sequence[Sequence[int]]
) -> Any | None:
    """Apply drawn geometry by PIL itself, which moves the same pixels with fewer copies.

    Args:
        image: a PIL image.
        instructions: geometry, in order.
        rows: the row of the `params` op for each.

    Returns:
        The image, or None if something is padded: that is left to the program.
    """
    from PIL import Image

    crops = (RANDOM_CROP, CENTER_CROP)
    for instruction, row in zip(instructions, rows, strict=True):
        if instruction.kind == PAD or (instruction.kind in crops and any(row[2:])):
            return None
    for instruction, row in zip(instructions, rows, strict=True):
        if instruction.kind in crops:
            top, left = row[:2]
            height, width = instruction.head[:2]
            image = image.crop((left, top, left + width, top + height))
        elif row[0]:
            horizontal = instruction.kind == HORIZONTAL_FLIP
            way = Image.Transpose.FLIP_LEFT_RIGHT if horizontal else Image.Transpose.FLIP_TOP_BOTTOM
            image = image.transpose(way)
    return image
