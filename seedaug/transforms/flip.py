"""Flips: RandomHorizontalFlip and RandomVerticalFlip."""

from __future__ import annotations

from typing import Any

from seedaug.schema import SCHEMAS, Instruction
from seedaug.transforms.arguments import check_probability
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["RandomHorizontalFlip", "RandomVerticalFlip"]


def horizontal_flip(p: float = 0.5) -> Instruction:
    """The instruction of a flip from left to right with probability `p`."""
    return SCHEMAS["horizontal_flip"](p=check_probability("RandomHorizontalFlip", p))


def vertical_flip(p: float = 0.5) -> Instruction:
    """The instruction of a flip upside down with probability `p`."""
    return SCHEMAS["vertical_flip"](p=check_probability("RandomVerticalFlip", p))


class RandomHorizontalFlip(ProgramTransform):
    """Flip from left to right, with probability `p`.

    Args:
        p: in [0, 1]; default 0.5.

    Words of its stream: 0, the gate of `p`. As torchvision v2's RandomHorizontalFlip.

    >>> import torch, seedaug
    >>> image = torch.tensor([[[1, 2, 3]]], dtype=torch.uint8)
    >>> seedaug.RandomHorizontalFlip(p=1.0)(image, seedaug.Key())
    tensor([[[3, 2, 1]]], dtype=torch.uint8)
    """

    schema = SCHEMAS["horizontal_flip"]
    kind = schema.kind

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = check_probability("RandomHorizontalFlip", p)

    def instruction(self, target: type) -> Instruction:
        """The flip."""
        return horizontal_flip(self.p)

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints flipped."""
        return functional.horizontal_flip(shape) if drawn["flipped"] else shape

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any:
        """A PIL image flipped."""
        from PIL import Image

        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if drawn["flipped"] else image


class RandomVerticalFlip(ProgramTransform):
    """Flip upside down, with probability `p`.

    Args:
        p: in [0, 1]; default 0.5.

    Words of its stream: 0, the gate of `p`. As torchvision v2's RandomVerticalFlip.

    >>> import torch, seedaug
    >>> image = torch.tensor([[[1], [2]]], dtype=torch.uint8)
    >>> seedaug.RandomVerticalFlip(p=1.0)(image, seedaug.Key()).flatten()
    tensor([2, 1], dtype=torch.uint8)
    """

    schema = SCHEMAS["vertical_flip"]
    kind = schema.kind

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = check_probability("RandomVerticalFlip", p)

    def instruction(self, target: type) -> Instruction:
        """The flip."""
        return vertical_flip(self.p)

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints flipped."""
        return functional.vertical_flip(shape) if drawn["flipped"] else shape

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any:
        """A PIL image flipped."""
        from PIL import Image

        return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if drawn["flipped"] else image
