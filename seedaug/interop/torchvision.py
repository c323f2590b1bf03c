"""torchvision's tv_tensors: which part of a sample each is, and geometry for boxes and keypoints.

torchvision is never imported for its own sake: whoever passes a tv_tensor has imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from seedaug.program import (
    CENTER_CROP,
    GEOMETRY,
    HORIZONTAL_FLIP,
    PAD,
    PAD_MODES,
    RANDOM_CROP,
    Instruction,
)

__all__ = ["apply_geometry", "module", "wrap"]


def module() -> Any:
    """``torchvision.tv_tensors`` if something has imported it, else None."""
    return sys.modules.get("torchvision.tv_tensors")


def wrap(x: Tensor, like: Any) -> Any:
    """A tv_tensor of the type and metadata of `like`."""
    return module().wrap(x, like=like)


def _crop(shape: Any, functional: Any, instruction: Instruction, row: Sequence[int]) -> Any:
    """A random crop given its drawn row: pad and crop only where there is something to do."""
    rows, columns = instruction.head[:2]
    top, left, *padding = row
    if any(padding):
        mode = PAD_MODES[instruction.head[6]]
        shape = functional.pad(shape, padding=padding, padding_mode=mode)
    if shape.canvas_size == (rows, columns):
        return shape
    return functional.crop(shape, top=top, left=left, height=rows, width=columns)


def apply_geometry(
    shape: Any, instructions: Sequence[Instruction], rows: Sequence[Sequence[int]]
) -> Any:
    """Apply drawn geometry to BoundingBoxes or KeyPoints, by torchvision's own functions.

    Args:
        shape: the boxes (any format; clamped as their clamping_mode says) or keypoints.
        instructions: geometry, in order.
        rows: the row of the `params` op for each.

    Raises:
        ValueError: a padding mode other than "constant", which torchvision has none of for these.
    """
    from torchvision.transforms.v2 import functional

    for instruction, row in zip(instructions, rows, strict=True):
        kind = instruction.kind
        assert kind in GEOMETRY
        if kind == RANDOM_CROP:
            shape = _crop(shape, functional, instruction, row)
        elif kind == CENTER_CROP:
            shape = functional.center_crop(shape, [*instruction.head])
        elif kind == PAD:
            mode = PAD_MODES[instruction.head[4]]
            shape = functional.pad(shape, padding=[*instruction.head[:4]], padding_mode=mode)
        elif row[0]:
            horizontal = kind == HORIZONTAL_FLIP
            shape = (functional.horizontal_flip if horizontal else functional.vertical_flip)(shape)
    return shape
