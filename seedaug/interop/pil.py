"""PIL images: their pixels as a tensor, and back with mode, palette and info kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["from_tensor", "to_tensor"]


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
