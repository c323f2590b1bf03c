"""Crops: RandomCrop and CenterCrop."""

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
    check_size,
    fill_values,
)
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["CenterCrop", "RandomCrop"]


def random_crop(
    size: int | Sequence[int],
    padding: int | Sequence[int] | None = None,
    pad_if_needed: bool = False,
    fill: FillArgument = 0,
    padding_mode: str = "constant",
    target: type = Tensor,
) -> Instruction:
    """The instruction of a random crop; arguments as `RandomCrop`."""
    rows, columns = check_size("RandomCrop", size)
    sides = (0, 0, 0, 0) if padding is None else check_padding("RandomCrop", padding)
    mode = check_mode("RandomCrop", padding_mode)
    values = fill_values("RandomCrop", fill, target) if mode == 0 else ()
    return SCHEMAS["random_crop"](
        height=rows,
        width=columns,
        **dict(zip(SIDES, sides, strict=True)),
        padding_mode=mode,
        pad_if_needed=bool(pad_if_needed),
        fill=values,
    )


def center_crop(size: int | Sequence[int]) -> Instruction:
    """The instruction of a centre crop; arguments as `CenterCrop`."""
    rows, columns = check_size("CenterCrop", size)
    return SCHEMAS["center_crop"](height=rows, width=columns)


def _cut(image: Any, drawn: dict[str, Any]) -> Any | None:
    """A PIL image cropped, unless it is padded before."""
    if any(drawn["padding"]):
        return None
    top, left = drawn["top"], drawn["left"]
    return image.crop((left, top, left + drawn["width"], top + drawn["height"]))


class RandomCrop(ProgramTransform):
    """Crop at a random place.

    Args:
        size: of the result: an integer for a square, or (height, width).
        padding: put on before cropping: an integer, or 2 (left/right, top/bottom) or 4 (left,
            top, right, bottom) of them. Default None, no padding.
        pad_if_needed: pad an image that is smaller than `size`, on both sides by what is missing.
        fill: of constant padding, in the units of the image's values: a number, one for each
            channel, or a dict of these by type (``{tv_tensors.Mask: 255, "others": 0}``).
        padding_mode: "constant", "edge", "reflect" or "symmetric".

    Raises:
        ValueError: an argument is out of range; in calls, a crop larger than the padded image.

    Words of its stream: 0 the gate (unused), 1 top, 2 left, each an integer in
    [0, padded - cropped]. As torchvision v2's RandomCrop.

    >>> import torch, seedaug
    >>> crop = seedaug.RandomCrop(2)
    >>> image = torch.arange(16, dtype=torch.uint8).reshape(1, 4, 4)
    >>> key = seedaug.Key(seed=0, epoch=0, index=5)
    >>> crop(image, key).shape
    torch.Size([1, 2, 2])
    >>> at = crop.params(key, (4, 4))["random_crop"]
    >>> torch.equal(crop(image, key), image[:, at["top"] :, at["left"] :][:, :2, :2])
    True
    """

    schema = SCHEMAS["random_crop"]
    kind = schema.kind

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: FillArgument = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = check_size("RandomCrop", size)
        self.padding = None if padding is None else check_padding("RandomCrop", padding)
        self.pad_if_needed = pad_if_needed
        check_fill("RandomCrop", fill)
        self.fill = fill
        self.padding_mode = padding_mode
        self.instruction(Tensor)

    @property
    def typed(self) -> bool:
        """Whether `fill` goes by type."""
        return isinstance(self.fill, dict)

    def instruction(self, target: type) -> Instruction:
        """The crop, with the fill for `target`."""
        return random_crop(
            self.size, self.padding, self.pad_if_needed, self.fill, self.padding_mode, target
        )

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints padded and cropped, only where there is something to do."""
        padding, size = [*drawn["padding"]], (drawn["height"], drawn["width"])
        if any(padding):
            shape = functional.pad(shape, padding=padding, padding_mode=self.padding_mode)
        if shape.canvas_size == size:
            return shape
        top, left = drawn["top"], drawn["left"]
        return functional.crop(shape, top=top, left=left, height=size[0], width=size[1])

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any | None:
        """A PIL image cropped, unless it is padded before."""
        return _cut(image, drawn)


class CenterCrop(ProgramTransform):
    """Crop the middle; an image smaller than `size` is padded with zeros first.

    Args:
        size: of the result: an integer for a square, or (height, width).

    Draws nothing and needs no key. As torchvision v2's CenterCrop: where the margins differ by
    one pixel, the offset is rounded half to even.

    >>> import torch, seedaug
    >>> image = torch.arange(16, dtype=torch.uint8).reshape(1, 4, 4)
    >>> seedaug.CenterCrop(2)(image)
    tensor([[[ 5,  6],
             [ 9, 10]]], dtype=torch.uint8)
    """

    schema = SCHEMAS["center_crop"]
    kind = schema.kind

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = check_size("CenterCrop", size)

    def instruction(self, target: type) -> Instruction:
        """The crop."""
        return center_crop(self.size)

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints padded and cropped."""
        return functional.center_crop(shape, [drawn["height"], drawn["width"]])

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any | None:
        """A PIL image cropped, unless it is padded before."""
        return _cut(image, drawn)
