"""Flips: RandomHorizontalFlip and RandomVerticalFlip."""

from __future__ import annotations

from seedaug.program import HORIZONTAL_FLIP, VERTICAL_FLIP, Instruction
from seedaug.transforms.arguments import check_probability
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["RandomHorizontalFlip", "RandomVerticalFlip"]


def horizontal_flip(p: float = 0.5) -> Instruction:
    """The instruction of a flip from left to right with probability `p`."""
    return Instruction(HORIZONTAL_FLIP, (), (check_probability("RandomHorizontalFlip", p),), ())


def vertical_flip(p: float = 0.5) -> Instruction:
    """The instruction of a flip upside down with probability `p`."""
    return Instruction(VERTICAL_FLIP, (), (check_probability("RandomVerticalFlip", p),), ())


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

    kind = HORIZONTAL_FLIP

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = check_probability("RandomHorizontalFlip", p)

    def instruction(self, target: type) -> Instruction:
        """The flip."""
        return horizontal_flip(self.p)


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

    kind = VERTICAL_FLIP

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = check_probability("RandomVerticalFlip", p)

    def instruction(self, target: type) -> Instruction:
        """The flip."""
        return vertical_flip(self.p)
