"""Pad: rows and columns put around an image, or taken off it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from seedaug.schema import SCHEMAS, SIDES, Instruction
from seedaug.transforms.arguments import (
    FillArgument,
    check_fill,
    check_mode,
    check_padding,
    fill_values,
)
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["Pad"]


def pad(
    padding: int | Sequence[int],
    fill: FillArgument = 0,
    padding_mode: str = "constant",
    target: type = Tensor,
) -> Instruction:
    """The instruction of a pad; arguments as `Pad`."""
    sides = check_padding("Pad", padding, negative=True)
    mode = check_mode("Pad", padding_mode)
    values = fill_values("Pad", fill, target) if mode == 0 else ()
    around = dict(zip(SIDES, sides, strict=True))
    return SCHEMAS["pad"](**around, padding_mode=mode, fill=values)


class Pad(ProgramTransform):
    """Pad on all sides.

    Args:
        padding: an integer, or 2 (left/right, top/bottom) or 4 (left, top, right, bottom) of
            them. Negative sides are cut off.
        fill: of constant padding, in the units of the image's values: a number, one for each
            channel, or a dict of these by type (``{tv_tensors.Mask: 255, "others": 0}``).
        padding_mode: "constant"; "edge", the outermost pixel again; "reflect", mirrored without
            repeating it; "symmetric", mirrored with it. A mirror reaches as far as the image.

    Draws nothing and needs no key. As torchvision v2's Pad.

    >>> import torch, seedaug
    >>> image = torch.arange(1, 4, dtype=torch.uint8).reshape(1, 1, 3)
    >>> seedaug.Pad((2, 0), padding_mode="reflect")(image)
    tensor([[[3, 2, 1, 2, 3, 2, 1]]], dtype=torch.uint8)
    """

    schema = SCHEMAS["pad"]
    kind = schema.kind

    def __init__(
        self,
        padding: int | Sequence[int],
        fill: FillArgument = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.padding = check_padding("Pad", padding, negative=True)
        check_fill("Pad", fill)
        self.fill = fill
        self.padding_mode = padding_mode
        self.instruction(Tensor)

    @property
    def typed(self) -> bool:
        """Whether `fill` goes by type."""
        return isinstance(self.fill, dict)

    def instruction(self, target: type) -> Instruction:
        """The pad, with the fill for `target`."""
        return pad(self.padding, self.fill, self.padding_mode, target)

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints padded; torchvision knows constant padding of these alone."""
        mode = self.padding_mode
        return functional.pad(shape, padding=[*drawn["padding"]], padding_mode=mode)

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any | None:
        """None: the program pads."""
        return None
